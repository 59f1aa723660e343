"""The catalogues of texts: read from their .po files once in a process, so that nothing compiled is ever older than its
source. Sentences of services, which know no language, are found by their form.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

SOURCE_LANGUAGE = "en"  # the texts themselves
PLACE = re.compile(r"\{\d+\}")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`forms` are sentences with places, those with the most letters of their own first."""

    texts: Mapping[str, str]
    forms: Sequence[tuple[re.Pattern[str], str]]

    def text(self, text: str) -> str:
        return self.texts.get(text) or text

    def told(self, sentence: str) -> str:
        """What stands in the places is a word of ours at times: it is looked up too."""
        known = self.texts.get(sentence)
        if known:
            return known
        for form, translated in self.forms:
            if (found := form.fullmatch(sentence)) is not None:
                words = [self.text(word) for word in found.groups()]
                return PLACE.sub(lambda place: words[int(place[0][1:-1]) - 1], translated)  # noqa: B023 (used at once)
        return sentence


@cache
def catalogue(folder: Path, language: str) -> Catalogue:
    file = folder / language / "LC_MESSAGES" / "messages.po"
    if language == SOURCE_LANGUAGE or not file.exists():
        return Catalogue({}, ())
    with file.open("rb") as opened:
        messages = read_po(opened, locale=language)
    texts = {str(one.id): str(one.string) for one in messages if one.id and one.string and not one.fuzzy}
    with_places = sorted((text for text in texts if PLACE.search(text)), key=lambda text: -len(PLACE.sub("", text)))
    return Catalogue(texts, [(_form(text), texts[text]) for text in with_places])


def _form(text: str) -> re.Pattern[str]:
    parts = (re.escape(part) for part in PLACE.split(text))
    return re.compile("(.+?)".join(parts), re.DOTALL)
