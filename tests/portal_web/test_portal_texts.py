"""Every text of the portal is translated, with the same places in it, and no template says anything by itself."""

from __future__ import annotations

import re

import pytest

from billing.states import CallDisposition
from models import LedgerKind
from portal_web.words import CALLS, CHARGES
from tests.admin_web.test_texts import NAMES, READ_ALOUD, TAGS, places
from tests.portal_web.texts_found import FOLDER, LANGUAGES, all_texts, translations


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_with_the_same_places(language: str) -> None:
    """When this fails: make texts, then translate what it says is new."""
    known, texts = translations(language), all_texts()
    assert len(texts) > 100
    assert sorted(texts - known.keys()) == []
    assert sorted(known.keys() - texts) == [], "these are shown nowhere any more"
    assert [text for text, said in known.items() if not said] == []
    assert {text: said for text, said in known.items() if places(text) != places(said)} == {}


def test_no_template_says_anything_by_itself() -> None:
    found = {}
    for file in sorted((FOLDER / "templates").rglob("*.html")):
        source = file.read_text()
        said = [word for word in re.findall(r"[^\W\d_]{2,}", TAGS.sub("\n", source)) if word not in NAMES]
        said += [text for text in READ_ALOUD.findall(source) if text not in NAMES]
        if said:
            found[file.name] = said
    assert found == {}


def test_every_outcome_and_every_movement_has_a_word() -> None:
    assert set(CALLS) == set(CallDisposition)
    assert set(CHARGES) == set(LedgerKind)
