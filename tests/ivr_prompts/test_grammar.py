"""The grammar tables are data: Russian plurals, German order and Polish forms need no code."""

from dataclasses import replace

import pytest

from ivr_prompts.compose import spoken_money, spoken_number, transcript
from ivr_prompts.grammar import PluralForm
from ivr_prompts.grammar_file import GrammarRefused, read_grammar
from ivr_prompts.language import load_language, read_language

RUSSIAN = """
name = "Русский"
months = []
days = []
[voice]
name = "ru"
words_a_minute = 150
pitch = 50
[grammar]
fraction_form = "few"
join_tens = false
join_hundreds = false
join_scales = false
ones_first = false
money_join = ""
time_join = ""
date_order = ["day", "month", "year"]
year_in_pairs = false
genders = { usd-major = "masculine", usd-minor = "masculine" }
plurals = [
    { form = "one", last_digit = [[1, 1]], last_two_digits_not = [[11, 11]] },
    { form = "few", last_digit = [[2, 4]], last_two_digits_not = [[12, 14]] },
    { form = "many" },
]
scales = [
    { name = "thousand", size = 1000, omits_one = true, genders = { neutral = "feminine", masculine = "feminine" } },
]
[numbers]
1 = "один"
1-feminine = "одна"
2 = "два"
2-feminine = "две"
5 = "пять"
11 = "одиннадцать"
12 = "двенадцать"
20 = "двадцать"
100 = "сто"
thousand-one = "тысяча"
thousand-few = "тысячи"
thousand-many = "тысяч"
[units]
usd-major-one = "доллар"
usd-major-few = "доллара"
usd-major-many = "долларов"
usd-minor-one = "цент"
usd-minor-few = "цента"
usd-minor-many = "центов"
[sentences]
point = "точка"
"""

POLISH = [
    {"form": "one", "number": [[1, 1]]},
    {"form": "few", "last_digit": [[2, 4]], "last_two_digits_not": [[12, 14]]},
    {"form": "many"},
]


@pytest.mark.parametrize(
    ("number", "heard"),
    [
        (1, "один доллар"),
        (2, "два доллара"),
        (5, "пять долларов"),
        (11, "одиннадцать долларов"),
        (12, "двенадцать долларов"),
        (21, "двадцать один доллар"),
        (22, "двадцать два доллара"),
        (25, "двадцать пять долларов"),
        (111, "сто одиннадцать долларов"),
        (1_000, "тысяча долларов"),
        (2_001, "две тысячи один доллар"),
        (21_000, "двадцать одна тысяча долларов"),
    ],
)
def test_russian_plurals_and_genders_are_data(number: int, heard: str) -> None:
    russian = read_language("ru", RUSSIAN)
    assert transcript(russian, spoken_money(russian, number * 1_000_000, "USD")) == heard


@pytest.mark.parametrize(("number", "form"), [(1, "one"), (2, "few"), (12, "many"), (21, "many"), (22, "few")])
def test_polish_plurals_are_data(number: int, form: str) -> None:
    polish = read_grammar(_english_table() | {"plurals": POLISH})
    assert polish.plural_form(number) is PluralForm(form)


def test_ones_come_first_where_the_language_says_so() -> None:
    english = load_language("en")
    turned = replace(english, grammar=replace(english.grammar, ones_first=True, join_tens=True))
    assert transcript(turned, spoken_number(turned, 142)) == "one hundred and two and forty"


def test_a_grammar_that_leaves_a_number_without_a_form_is_refused() -> None:
    with pytest.raises(GrammarRefused, match="no condition"):
        read_grammar(_english_table() | {"plurals": POLISH[:2]})


def _english_table() -> dict[str, object]:
    return {
        "fraction_form": "many",
        "join_tens": False,
        "join_hundreds": True,
        "join_scales": True,
        "ones_first": False,
        "money_join": "and",
        "time_join": "and",
        "date_order": ["month", "day", "year"],
        "year_in_pairs": True,
        "scales": [],
    }
