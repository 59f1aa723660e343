"""Every text that the portal can show. `make texts` writes what is new into its catalogues."""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

import portal_web

FOLDER = Path(portal_web.__file__).parent
LANGUAGES = ("es",)
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]


def all_texts() -> set[str]:
    found = extract_from_dir(FOLDER, method_map=METHODS, options_map={}, keywords=KEYWORDS)
    return {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}


def catalogue_file(language: str) -> Path:
    return FOLDER / "translations" / language / "LC_MESSAGES" / "messages.po"


def translations(language: str) -> dict[str, str]:
    with catalogue_file(language).open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file, locale=language) if one.id}


def update(language: str) -> int:
    """Add what is new, drop what is gone; how many have no translation."""
    before = translations(language)
    after = Catalog(locale=language, charset="utf-8", fuzzy=False, header_comment="#")
    for text in sorted(all_texts()):
        after.add(text, before.get(text, ""))
    with catalogue_file(language).open("wb") as file:
        write_po(file, after, width=0, omit_header=True)
    return sum(not before.get(text) for text in all_texts())


if __name__ == "__main__":
    for language in LANGUAGES:
        print(f"{language}: {update(language)} texts of the portal without a translation")  # noqa: T201 (a tool's answer)
