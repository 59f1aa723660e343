"""Which language is spoken: the menu's, else the card's, else the access number's, else the plan's first (0.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from factories import BRITAIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from line import Line

MENU = {"plan": {"languages": ["en", "es"]}, "access": {"language": None}}
BALANCE = "your-balance-is number-5 unit-usd-major-many"


def test_a_number_without_a_language_offers_each_in_its_own_words(a_line: Callable[..., Line]) -> None:
    line = a_line(**MENU)
    number, _ = line.world.keyed()
    assert (
        line.dial("2", number, "hang up").heard
        == f"""\
answer
in en
choose-language number-1 < 2
in es
welcome enter-card-number < {number}
enter-pin < hung up"""
    )


def test_who_listens_to_the_end_hears_every_language(a_line: Callable[..., Line]) -> None:
    line = a_line(**MENU)
    assert line.dial("", "2", "hang up").heard.splitlines() == [
        "answer",
        "in en",
        "choose-language number-1 <",
        "in es",
        "choose-language number-2 < 2",
        "in es",
        "welcome enter-card-number < hung up",
    ]


@pytest.mark.parametrize("key", ["", "7", "*"])
def test_without_a_choice_the_first_language_stays(a_line: Callable[..., Line], key: str) -> None:
    heard = a_line(**MENU).dial(key, key, "hang up").heard.splitlines()
    assert heard[-2:] == ["in en", "welcome enter-card-number < hung up"]


def test_a_choice_is_remembered_on_the_card_and_spoken_in_the_next_call(a_line: Callable[..., Line]) -> None:
    line = a_line(**MENU)
    line.dial("2", *line.world.keyed(), "hang up")
    with line.database() as world:
        assert world.card().language == "es"
    heard = line.dial("", "", *line.world.keyed(), "hang up").heard.splitlines()
    assert heard[-2:] == ["in es", f"{BALANCE} enter-destination-end-with-hash < hung up"]


def test_a_new_choice_replaces_the_cards_language(a_line: Callable[..., Line]) -> None:
    line = a_line(**MENU)
    with line.database() as world:
        world.set_card(language="es")
    heard = line.dial("1", *line.world.keyed(), "hang up").heard
    assert "in es" not in heard
    with line.database() as world:
        assert world.card().language == "en"


def test_a_number_with_a_language_of_its_own_has_no_menu(a_line: Callable[..., Line]) -> None:
    line = a_line(plan={"languages": ["en", "es"]}, access={"language": "es"})
    assert line.dial("hang up").heard == "answer\nin es\nwelcome enter-card-number < hung up"


def test_a_cards_language_that_the_plan_does_not_have_is_not_spoken(line: Line) -> None:
    with line.database() as world:
        world.set_card(language="es")
    assert "in es" not in line.dial_with_card("hang up").heard


def test_spanish_money_and_time_follow_spanish_grammar(a_line: Callable[..., Line]) -> None:
    """features.md 4, no. 15."""
    line = a_line(plan={"languages": ["es"]}, access={"language": "es"})
    heard = line.dial_with_card(f"{BRITAIN}#").heard.splitlines()
    assert heard[-2].startswith("your-balance-is number-5 unit-usd-major-many enter-destination-end-with-hash")
    assert heard[-1] == (
        "you-have number-1-feminine unit-hour-one number-23 unit-minute-many number-and number-20 unit-second-many"
        " for-this-call please-wait-connecting"
    )


def test_the_next_round_goes_on_in_the_language_of_the_first(a_line: Callable[..., Line]) -> None:
    line = a_line(**MENU, group={"says_closing_balance": True})
    first = line.dial("2", *line.world.keyed(), f"{BRITAIN}#")
    line.settle(first, 1079)
    assert line.go_on(first, "hang up").heard == (
        "remaining-balance-is number-3 unit-usd-major-many and number-90 number-and number-2 unit-usd-minor-many"
        " enter-destination-end-with-hash < hung up"
    )
