"""One AGI command as words, split the way Asterisk splits it: quotes group, a backslash takes the next character."""

import re
from typing import Final

_WORD: Final = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^\s"\\]|\\.)+', re.DOTALL)
_QUOTE_OR_ESCAPE: Final = re.compile(r'"|\\(.)', re.DOTALL)


def agi_words(line: str) -> list[str]:
    if '"' not in line and "\\" not in line:
        return line.split()
    return [_unquoted(word) for word in _WORD.findall(line)]


def _unquoted(word: str) -> str:
    if "\\" not in word:
        return word.replace('"', "")
    return _QUOTE_OR_ESCAPE.sub(lambda found: found[1] or "", word)


def number_of(text: str) -> float:
    """A number in an argument; as in Asterisk, what is none counts as 0."""
    try:
        return float(text)
    except ValueError:
        return 0.0
