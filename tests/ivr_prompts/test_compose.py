"""What a caller hears of numbers, money, durations and dates: the grammar data of each language (features.md 4, 15)."""

import datetime as dt

import pytest

from billing.money import micros_from_text
from ivr_prompts.compose import (
    has_currency_words,
    spoken_count,
    spoken_date,
    spoken_digits,
    spoken_duration,
    spoken_money,
    spoken_number,
    spoken_price,
    spoken_sentence,
    transcript,
)
from ivr_prompts.language import Language, LanguageUnknown, languages, load_language

EN = load_language("en")
ES = load_language("es")


def micros(amount: str) -> int:
    return micros_from_text(amount, negative_allowed=True)


def test_english_and_spanish_are_shipped() -> None:
    assert languages() == ("en", "es")


def test_a_language_that_is_not_shipped_is_refused_by_name() -> None:
    with pytest.raises(LanguageUnknown, match=r"'fr'.*en, es"):
        load_language("fr")


@pytest.mark.parametrize(
    ("language", "number", "gender", "heard"),
    [
        (EN, 0, "neutral", "zero"),
        (EN, 21, "neutral", "twenty one"),
        (EN, 100, "neutral", "one hundred"),
        (EN, 101, "neutral", "one hundred and one"),
        (EN, 1_001, "neutral", "one thousand and one"),
        (EN, 1_100, "neutral", "one thousand one hundred"),
        (EN, 342_115, "neutral", "three hundred and forty two thousand one hundred and fifteen"),
        (EN, 1_000_000, "neutral", "one million"),
        (EN, 2_000_021, "neutral", "two million and twenty one"),
        (EN, -7, "neutral", "minus seven"),
        (ES, 1, "neutral", "uno"),
        (ES, 1, "masculine", "un"),
        (ES, 1, "feminine", "una"),
        (ES, 16, "neutral", "dieciséis"),
        (ES, 21, "masculine", "veintiún"),
        (ES, 31, "feminine", "treinta y una"),
        (ES, 100, "neutral", "cien"),
        (ES, 101, "neutral", "ciento uno"),
        (ES, 200, "feminine", "doscientas"),
        (ES, 1_000, "neutral", "mil"),
        (ES, 1_001, "neutral", "mil uno"),
        (ES, 21_000, "neutral", "veintiún mil"),
        (ES, 100_000, "neutral", "cien mil"),
        (ES, 101_000, "masculine", "ciento un mil"),
        (ES, 1_000_000, "neutral", "un millón"),
        (ES, 21_200_031, "feminine", "veintiún millones doscientas mil treinta y una"),
    ],
)
def test_a_number_is_heard(language: Language, number: int, gender: str, heard: str) -> None:
    assert transcript(language, spoken_number(language, number, gender)) == heard


def test_a_number_beyond_the_words_is_read_digit_by_digit() -> None:
    assert transcript(EN, spoken_number(EN, 1_000_000_000)) == "one" + " zero" * 9


@pytest.mark.parametrize(
    ("language", "amount", "currency", "heard"),
    [
        (EN, "0", "USD", "zero dollars"),
        (EN, "5.00", "USD", "five dollars"),
        (EN, "5.01", "USD", "five dollars and one cent"),
        (EN, "5.20", "USD", "five dollars and twenty cents"),
        (EN, "0.01", "USD", "one cent"),
        (EN, "0.009999", "USD", "zero dollars"),
        (EN, "1.00", "USD", "one dollar"),
        (EN, "1.999999", "USD", "one dollar and ninety nine cents"),
        (EN, "-2.50", "USD", "minus two dollars and fifty cents"),
        (EN, "-0.001", "USD", "minus one cent"),
        (EN, "1000000", "EUR", "one million euros"),
        (EN, "1.02", "gbp", "one pound and two pence"),
        (ES, "1.00", "USD", "un dólar"),
        (ES, "5.20", "USD", "cinco dólares con veinte centavos"),
        (ES, "0.01", "USD", "un centavo"),
        (ES, "21.21", "USD", "veintiún dólares con veintiún centavos"),
        (ES, "100.00", "USD", "cien dólares"),
        (ES, "101.00", "USD", "ciento un dólares"),
        (ES, "200.00", "USD", "doscientos dólares"),
        (ES, "201.00", "GBP", "doscientas una libras"),
        (ES, "1001.00", "EUR", "mil un euros"),
        (ES, "1000000", "USD", "un millón de dólares"),
        (ES, "2000000.05", "GBP", "dos millones de libras con cinco peniques"),
        (ES, "1200000", "USD", "un millón doscientos mil dólares"),
        (ES, "-2.50", "EUR", "menos dos euros con cincuenta céntimos"),
    ],
)
def test_an_amount_is_heard_floored_to_the_coin(language: Language, amount: str, currency: str, heard: str) -> None:
    assert transcript(language, spoken_money(language, micros(amount), currency)) == heard


@pytest.mark.parametrize(
    ("language", "price", "currency", "heard"),
    [
        (EN, "0.075", "USD", "seven point five cents"),
        (EN, "0.0705", "USD", "seven point zero five cents"),
        (EN, "0.005", "USD", "zero point five cents"),
        (EN, "0.01", "USD", "one cent"),
        (EN, "0.12", "EUR", "twelve cents"),
        (EN, "1.5", "USD", "one dollar and fifty cents"),
        (EN, "1.0125", "USD", "one dollar and one point two five cents"),
        (EN, "0", "USD", "zero dollars"),
        (ES, "0.015", "USD", "uno punto cinco centavos"),
        (ES, "0.01", "EUR", "un céntimo"),
    ],
)
def test_a_price_is_heard_exactly(language: Language, price: str, currency: str, heard: str) -> None:
    assert transcript(language, spoken_price(language, micros(price), currency)) == heard


@pytest.mark.parametrize(
    ("currency", "amount", "heard"),
    [("CHF", "5.20", "five point two zero"), ("CHF", "5.00", "five"), ("JPY", "500.90", "five hundred")],
)
def test_a_currency_without_unit_words_is_heard_as_a_bare_number(currency: str, amount: str, heard: str) -> None:
    assert transcript(EN, spoken_money(EN, micros(amount), currency)) == heard
    assert not has_currency_words(EN, currency)


def test_a_price_without_unit_words_keeps_all_its_decimals() -> None:
    assert transcript(EN, spoken_price(EN, micros("0.0715"), "CHF")) == "zero point zero seven one five"


@pytest.mark.parametrize(
    ("language", "seconds", "say_seconds", "say_hours", "heard"),
    [
        (EN, 59, False, True, "less than one minute"),
        (EN, 59, True, True, "fifty nine seconds"),
        (EN, 0, True, True, "zero seconds"),
        (EN, 60, False, True, "one minute"),
        (EN, 119, False, True, "one minute"),
        (EN, 61, True, True, "one minute and one second"),
        (EN, 4_200, False, True, "one hour and ten minutes"),
        (EN, 4_200, False, False, "seventy minutes"),
        (EN, 7_200, False, True, "two hours"),
        (EN, 3_723, True, True, "one hour two minutes and three seconds"),
        (ES, 59, False, True, "menos de un minuto"),
        (ES, 75_660, False, True, "veintiuna horas y un minuto"),
        (ES, 1_260, False, True, "veintiún minutos"),
        (ES, 4_200, False, True, "una hora y diez minutos"),
        (ES, 4_200, False, False, "setenta minutos"),
        (ES, 21, True, True, "veintiún segundos"),
    ],
)
def test_a_duration_is_heard(
    language: Language, seconds: int, *, say_seconds: bool, say_hours: bool, heard: str
) -> None:
    spoken = spoken_duration(language, seconds, say_seconds=say_seconds, say_hours=say_hours)
    assert transcript(language, spoken) == heard


@pytest.mark.parametrize(
    ("language", "day", "heard"),
    [
        (EN, dt.date(2027, 5, 3), "May third twenty twenty seven"),
        (EN, dt.date(2005, 12, 31), "December thirty-first two thousand and five"),
        (EN, dt.date(1999, 1, 21), "January twenty-first nineteen ninety nine"),
        (ES, dt.date(2027, 5, 3), "tres de mayo de dos mil veintisiete"),
        (ES, dt.date(2031, 1, 1), "primero de enero de dos mil treinta y uno"),
    ],
)
def test_a_date_is_heard(language: Language, day: dt.date, heard: str) -> None:
    assert transcript(language, spoken_date(language, day)) == heard


def test_digits_are_heard_one_by_one() -> None:
    assert transcript(ES, spoken_digits(ES, "4021")) == "cuatro cero dos uno"


@pytest.mark.parametrize("digits", ["+44", "12#", "١٢"])
def test_anything_but_digits_is_refused(digits: str) -> None:
    with pytest.raises(ValueError, match="0 to 9"):
        spoken_digits(EN, digits)


def test_a_counted_sentence_agrees_with_its_number() -> None:
    assert spoken_count(EN, "days-left", 1) == ["number-1", "days-left-one"]
    assert transcript(EN, spoken_count(EN, "days-left", 30)) == "thirty days are left."
    assert transcript(ES, spoken_count(ES, "days-left", 1)) == "un día restante."
    assert transcript(ES, spoken_count(ES, "days-left", 21)) == "veintiún días restantes."


def test_a_part_stands_where_the_language_has_it() -> None:
    kept_until = spoken_sentence(EN, "card-expired-grace", spoken_date(EN, dt.date(2027, 5, 3)))
    assert (
        transcript(EN, kept_until) == "This card has expired. Its balance is kept until May third twenty twenty seven"
    )
    assert transcript(ES, spoken_sentence(ES, "choose-language", ["number-2"])) == "Para español, presione dos"


def test_a_transcript_ends_a_composed_sentence_before_the_next() -> None:
    prompts = ["your-balance-is", *spoken_money(EN, micros("5.20"), "USD"), "enter-pin"]
    assert transcript(EN, prompts) == "Your balance is five dollars and twenty cents. Please enter your PIN."
