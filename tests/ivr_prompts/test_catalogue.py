"""Every id that the code can play has a text in every language, and no text is without an id (features.md 6)."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_prompts import compose
from ivr_prompts.catalogue import Fault, catalogue, language_entries, text_problems
from ivr_prompts.language import Language, TextRefused, languages, load_language, read_language

SHIPPED = pytest.mark.parametrize("language", [load_language(code) for code in languages()], ids=languages())

SENTENCES = """
welcome choose-language test-system service-unavailable access-closed
enter-card-number enter-pin enter-number-and-pin-end-with-hash nothing-entered wrong-number-of-digits
number-or-pin-not-accepted pin-not-accepted too-many-attempts try-again-later card-not-activated card-blocked
card-expired card-expired-grace card-used-up card-in-use call-customer-service
recognised-by-your-number register-this-phone-press-1 remove-this-phone-press-2 phone-registered phone-removed
phone-belongs-to-other-card enter-new-card
your-balance-is and point minus no-credit low-credit will-expire-on days-left
enter-destination-end-with-hash destination-invalid too-short not-allowed no-rate no-route
not-enough-for-this-destination number-you-dialled-is press-1-confirm-2-re-enter emergency-not-possible
price-is per-minute connection-fee-is minimum-charge maintenance-fee-applies
you-have for-this-call less-than-one-minute
please-wait-connecting busy no-answer unreachable all-lines-busy number-changed call-ended-cost-was
remaining-balance-is
call-ends-soon time-is-over topped-up
press-hash-twice-new-call menu-1-new-call menu-2-balance menu-3-top-up menu-4-speed-dial menu-5-last-call
menu-6-phones menu-9-languages menu-0-help menu-hash-end goodbye
enter-voucher voucher-not-found voucher-used voucher-expired topped-up-with top-up-limit
enter-slot slot-holds enter-number confirm-save saved deleted
enter-lock-code lock-set wrong-lock-code unlocked transfer-from-card transferred
last-call-was duration-was first-used never-used
we-will-call-you callback-connecting callback-not-possible
"""


def test_the_catalogue_holds_the_sentences_of_the_features_page() -> None:
    assert [entry.prompt_id for entry in catalogue().entries] == SENTENCES.split()
    assert len(catalogue().entries) == 101


def test_each_id_says_where_it_is_used() -> None:
    assert all(entry.group and entry.used for entry in catalogue().entries)


@SHIPPED
def test_a_language_has_a_text_for_each_id_and_no_other(language: Language) -> None:
    assert list(text_problems(language)) == []
    ids = [entry.prompt_id for entry in language_entries(language)]
    assert len(ids) == len(set(ids))
    assert set(ids) == set(language.texts)


def test_the_languages_differ_only_in_their_number_words() -> None:
    each = [
        [entry.prompt_id for entry in language_entries(load_language(code)) if entry.group != "numbers"]
        for code in languages()
    ]
    assert all(ids == each[0] for ids in each)


@SHIPPED
def test_the_parts_of_a_sentence_agree_with_the_grammar(language: Language) -> None:
    nouns = {*catalogue().units, *catalogue().counted, *(f"{code}-major" for code in catalogue().currencies)}
    assert not language.grammar.genders or nouns <= language.grammar.genders.keys()


@SHIPPED
@given(number=st.integers(-999_999_999, 10**12), gender=st.sampled_from(["neutral", "masculine", "feminine"]))
def test_every_number_is_made_of_files(language: Language, number: int, gender: str) -> None:
    assert compose.transcript(language, compose.spoken_number(language, number, gender))


@SHIPPED
@given(
    amount_micros=st.integers(-(10**15), 10**18), currency=st.sampled_from(["USD", "EUR", "GBP", "CHF", "JPY", "KWD"])
)
def test_every_amount_is_made_of_files(language: Language, amount_micros: int, currency: str) -> None:
    assert compose.transcript(language, compose.spoken_money(language, amount_micros, currency))
    assert compose.transcript(language, compose.spoken_price(language, abs(amount_micros), currency))


@SHIPPED
@given(seconds=st.integers(0, 999_999_999), say_seconds=st.booleans(), say_hours=st.booleans())
def test_every_duration_is_made_of_files(
    language: Language, *, seconds: int, say_seconds: bool, say_hours: bool
) -> None:
    spoken = compose.spoken_duration(language, seconds, say_seconds=say_seconds, say_hours=say_hours)
    assert compose.transcript(language, spoken)


@SHIPPED
@given(day=st.dates(), days=st.integers(0, 10_000))
def test_every_date_and_count_is_made_of_files(language: Language, day: dt.date, days: int) -> None:
    assert compose.transcript(language, compose.spoken_date(language, day))
    assert compose.transcript(language, compose.spoken_count(language, "days-left", days))


@SHIPPED
@given(number=st.integers(0, 999_999_999))
def test_two_numbers_never_sound_the_same(language: Language, number: int) -> None:
    heard = compose.transcript(language, compose.spoken_number(language, number))
    assert heard != compose.transcript(language, compose.spoken_number(language, number + 1))


def test_a_missing_an_unknown_and_a_partless_text_are_named() -> None:
    english = load_language("en")
    texts = {prompt_id: text for prompt_id, text in english.texts.items() if prompt_id != "busy"}
    parts = {prompt_id: part for prompt_id, part in english.parts.items() if prompt_id != "choose-language"}
    planted = replace(english, texts=texts | {"bussy": "The number is busy."}, parts=parts)
    assert [(problem.prompt_id, problem.fault) for problem in text_problems(planted)] == [
        ("choose-language", Fault.PART_WRONG),
        ("busy", Fault.TEXT_MISSING),
        ("bussy", Fault.TEXT_UNKNOWN),
    ]


def test_a_part_in_the_middle_is_refused() -> None:
    toml = 'name = "X"\nmonths = []\ndays = []\n[numbers]\n[units]\n[sentences]\ndays-left-many = "There are {n} days."'
    with pytest.raises(TextRefused, match="days-left-many"):
        read_language("xx", toml)
