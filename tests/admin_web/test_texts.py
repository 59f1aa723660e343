"""Every text is translated, with the same places in it, and no page says anything that does not go by the catalogue."""

from __future__ import annotations

import ast
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po
from flask_babel import force_locale

from admin_web.app import FOLDER
from admin_web.forms.amounts import read_amount, shown_amount
from billing.money import MoneyTextRefused
from billing.rights import Role
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.texts_found import LANGUAGES, ROOT, all_texts
from web_base import formats
from web_base.catalogue import catalogue
from web_base.texts import gettext, translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask

    from tests.factories import World

PLACES = re.compile(r"%\(\w+\)\w|%%|\{\w+(?::,)?\}")
TAGS = re.compile(
    r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<(script|style|code|kbd)\b.*?</\1>|<[^>]*>|&\w+;|[\w-]+=\"[^\"]*\"", re.DOTALL
)
READ_ALOUD = re.compile(r'(?:placeholder|aria-label|title|alt|data-question)="([^"{]*[A-Za-z]{2}[^"{]*)"')
NAMES = {
    "Callingcard",
    "SHA",
    "Asterisk",
    "UTC",
    "XLSX",
    "CSV",
    "ms",
    "English",
    "Español",
    "IP",
    "ID",
    "PIN",
    "SIP",
    "QR",
    "PDF",
    "AGI",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_with_the_same_places(language: str) -> None:
    """When this fails: make texts, then translate what it says is new."""
    with (FOLDER / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        known = {str(one.id): str(one.string) for one in read_po(file, locale=language) if one.id}
    texts = all_texts()
    assert len(texts) > 1_000
    assert sorted(texts - known.keys()) == []
    assert sorted(known.keys() - texts) == [], "these are shown nowhere any more"
    assert [text for text, said in known.items() if not said] == []
    differing = {text: said for text, said in known.items() if places(text) != places(said)}
    assert differing == {}


def places(text: str) -> list[str]:
    return sorted(PLACES.findall(text))


def templates() -> Iterator[tuple[str, str]]:
    for file in sorted((ROOT / "admin_web" / "templates").rglob("*.html")):
        yield file.name, file.read_text()


def test_no_template_says_anything_by_itself() -> None:
    found = {}
    for name, source in templates():
        bare = TAGS.sub("\n", source)
        said = [word for word in re.findall(r"[^\W\d_]{2,}", bare) if word not in NAMES]
        said += [text for text in READ_ALOUD.findall(source) if text not in NAMES]
        if said:
            found[name] = said
    assert found == {}


def test_no_view_says_anything_by_itself() -> None:
    """What is flashed or told with a refusal is a text of the catalogue or a sentence of a service."""
    found = []
    for file in sorted((ROOT / "admin_web").rglob("*.py")):
        for one in ast.walk(ast.parse(file.read_text())):
            is_call = isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id in {"flash", "abort"}
            if not is_call:
                continue
            bare = [arg for arg in one.args if isinstance(arg, ast.JoinedStr) or _is_sentence(arg)]
            found += [f"{file.name}:{one.lineno}" for _ in bare]
    assert found == []


def test_amounts_and_refusals_go_by_the_operators_language() -> None:
    """`read_amount` and `translated`, wherever a view is: what the services alone speak is English and points."""
    plain = re.compile(r"micros_from_text|text_from_micros|(?:flash|jsonify)\(.*str\(refused\)|: str\(refused\)\}")
    found = [
        f"{file.name}: {line.strip()}"
        for file in sorted((ROOT / "admin_web").rglob("*.py"))
        if file.name != "amounts.py"
        for line in file.read_text().splitlines()
        if plain.search(line)
    ]
    assert found == []


def _is_sentence(argument: ast.expr) -> bool:
    return isinstance(argument, ast.Constant) and isinstance(argument.value, str) and " " in argument.value


def test_a_sentence_of_a_service_is_told_in_the_operators_language(app: Flask) -> None:
    with app.test_request_context(), force_locale("es"):
        assert translated("The prefix 370 is blocked already.") == "El prefijo 370 ya está bloqueado."
        assert translated("It is blocked: only a card that is pending can be released.").startswith("Está bloque")
        assert translated("nobody has said this before") == "nobody has said this before"
        assert gettext("%(count)s sessions have ended.", count=3) == "Se han cerrado 3 sesiones."
    with app.test_request_context(), force_locale("en"):
        assert translated("The prefix 370 is blocked already.") == "The prefix 370 is blocked already."
    assert catalogue(FOLDER, "en").texts == {}


def test_numbers_money_and_moments_are_the_languages_own(app: Flask) -> None:
    at = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)
    with app.test_request_context(), force_locale("es"):
        assert formats.money(1_234_567_890_000, "USD") == "1.234.567,89 USD"
        assert formats.exact_money(71_500, "USD") == "0,0715 USD"
        assert formats.whole(1_234_567) == "1.234.567"
        assert "03/11/2026 14:05" in formats.moment(at)
        assert formats.day(date(2026, 11, 3)) == "3 nov 2026"
        assert shown_amount(71_500) == "0,0715"
    with app.test_request_context(), force_locale("en"):
        assert formats.money(1_234_567_890_000, "USD") == "1,234,567.89 USD"
        assert "2026-11-03 14:05" in formats.moment(at.isoformat())
        assert shown_amount(71_500) == "0.0715"


@pytest.mark.parametrize(
    ("typed", "micros"),
    [
        ("5,00", 5_000_000),
        ("0,0715", 71_500),
        ("1.234,56", 1_234_560_000),
        ("5.00", 5_000_000),
        ("0.071", 71_000),
        ("12", 12_000_000),
        ("-2,5", -2_500_000),
    ],
)
def test_a_decimal_comma_is_understood_in_spanish(app: Flask, typed: str, micros: int) -> None:
    with app.test_request_context(), force_locale("es"):
        assert read_amount(typed, negative_allowed=True) == micros


@pytest.mark.parametrize("typed", ["1.234", "12.345.678", "1,2,3", "1,234.56", "1.23,4"])
def test_what_can_be_read_in_two_ways_is_refused(app: Flask, typed: str) -> None:
    with app.test_request_context(), force_locale("es"), pytest.raises(MoneyTextRefused):
        read_amount(typed)


def test_english_refuses_the_comma_as_before(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"), pytest.raises(MoneyTextRefused, match="comma"):
        read_amount("5,00")


def test_a_spanish_operator_is_spoken_to_in_spanish(world: World, signed_in: Callable[..., Visitor]) -> None:
    owner = signed_in(Role.OWNER)
    owner.post("/", "/me/save", theme="auto", language="es")
    listed = text_of(owner.get("/series/"))
    assert "Estado: activa" in listed
    assert "5,00 USD" in listed
    owner.post("/cards/1-000000001", "/cards/1-000000001/adjust", amount="-1,50", reason="prueba", token="form-token-1")
    card = text_of(owner.get("/cards/1-000000001"))
    assert "El saldo se ajustó." in card
    assert "3,50 USD" in card
    assert world.wallet()[0] == 3_500_000
    owner.post("/cards/1-000000001", "/cards/1-000000001/adjust", amount="0", reason="x", token="form-token-2")
    assert "Un ajuste de 0 no cambia nada" in text_of(owner.get("/cards/1-000000001"))
    assert "Necesita" not in card
