"""The text of AGI: what a reply says, what a head holds, and how a command is written so that it stays one command.

Measured on Asterisk 22: `200 result=` is a bare '#', `200 result= (timeout)` a key wait that ended by time,
`200 result=1 (value)` a variable; 511 is what a dead channel answers, 510 an unknown command, 520 wrong usage.
"""

import re
from typing import Final, NamedTuple

COMMAND_BYTES_MAX: Final = 2_000  # Asterisk 22 took 3,000; older ones cut a line at 2,048
_RESULT: Final = "200 result="
_CODE_LINE: Final = re.compile(r"(\d{3})(?: (.*))?", re.ASCII | re.DOTALL)


class UnsafeText(ValueError):
    """A line break or NUL in a command would have made it two; or it is too long to arrive whole."""


class Reply(NamedTuple):
    """One reply: `code` 200, 510, 511, 520; `result` of a 200; `text`, what follows it, such as "(timeout)"."""

    code: int
    result: str
    text: str

    @property
    def timed_out(self) -> bool:
        return self.text == "(timeout)"

    @property
    def value(self) -> str:
        """What stands in the brackets of `200 result=1 (value)`; '' when the variable is empty or unset."""
        return self.text[1:-1] if self.text[:1] == "(" and self.text[-1:] == ")" else ""


# Most replies are one of these two: they are not read anew each time.
PLAIN_REPLIES: Final = {b"200 result=0\n": Reply(200, "0", ""), b"200 result=1\n": Reply(200, "1", "")}


def reply_of(line: str) -> Reply | None:
    """Read one line of a reply; None when it is no AGI."""
    if line.startswith(_RESULT):
        result, _, text = line[len(_RESULT) :].partition(" ")
        return Reply(200, result, text)
    found = _CODE_LINE.fullmatch(line)
    return Reply(int(found[1]), "", found[2] or "") if found else None


def command_line(command: str) -> bytes:
    """The bytes of one command; UnsafeText when they would not arrive as this one command."""
    if "\n" in command or "\r" in command or "\0" in command:
        raise UnsafeText("line break or NUL in an AGI command")
    line = command.encode("utf-8", "replace") + b"\n"
    if len(line) > COMMAND_BYTES_MAX:
        raise UnsafeText(f"AGI command of {len(line)} bytes")
    return line


def quoted(text: str) -> str:
    """An argument in quotes: the only way a value enters a command. Asterisk reads a backslash as an escape."""
    if "\n" in text or "\r" in text or "\0" in text:
        raise UnsafeText("line break or NUL in an AGI argument")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def head_fields(text: str) -> dict[str, str]:
    """The head's lines `agi_name: value`; anything else in it is dropped, and of a name said twice the first counts."""
    fields: dict[str, str] = {}
    for line in text.split("\n"):
        name, separator, value = line.partition(":")
        if separator:
            fields.setdefault(name.strip(), value.strip())
    return fields
