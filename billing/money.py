"""Whole micros: division with visible rounding, amounts from and to text, and the coins of each currency."""

import re
from typing import Final

MICROS_PER_UNIT: Final = 1_000_000
UNITS_DIGITS_MAX: Final = 12  # 10^12 units are 10^18 micros: the most that a BIGINT column holds with room to add
_DECIMALS: Final = 6
_AMOUNT: Final = re.compile(rf"(-?)([0-9]{{1,{UNITS_DIGITS_MAX}}})(?:\.([0-9]{{1,{_DECIMALS}}}))?")

# ISO 4217, by the number of digits after the point.
_WITHOUT_COIN: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_WITH_HUNDREDTHS: Final = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR
NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT
TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW
"""
_WITH_THOUSANDTHS: Final = "BHD IQD JOD KWD LYD OMR TND"
MINOR_DIGITS: Final[dict[str, int]] = (
    dict.fromkeys(_WITHOUT_COIN.split(), 0)
    | dict.fromkeys(_WITH_HUNDREDTHS.split(), 2)
    | dict.fromkeys(_WITH_THOUSANDTHS.split(), 3)
)


class MoneyTextRefused(ValueError):
    """The text is no amount; the sentence says what to change."""


class CurrencyUnknown(ValueError):
    """The code is not in the table of currencies."""


def divide_ceiling(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def divide_floor(numerator: int, denominator: int) -> int:
    return numerator // denominator


def micros_from_text(text: str, *, negative_allowed: bool = False) -> int:
    """`"0.0715"` -> 71500; blanks around the amount are dropped, anything else that is no plain amount is refused."""
    amount = _AMOUNT.fullmatch(text.strip())
    if amount is None:
        raise MoneyTextRefused(_what_to_change(text.strip()))
    sign, units, decimals = amount.groups(default="")
    micros = int(units) * MICROS_PER_UNIT + int(decimals.ljust(_DECIMALS, "0"))
    if not sign:
        return micros
    if not negative_allowed:
        raise MoneyTextRefused("The amount is negative: leave out the minus sign.")
    return -micros


def text_from_micros(micros: int, decimals_min: int = 2) -> str:
    """5000000 -> `"5.00"`, 71500 -> `"0.0715"`: as many decimals as the amount has, never rounded."""
    units, rest = divmod(abs(micros), MICROS_PER_UNIT)
    decimals = f"{rest:0{_DECIMALS}d}".rstrip("0").ljust(decimals_min, "0")
    sign = "-" if micros < 0 else ""
    return f"{sign}{units}.{decimals}" if decimals else f"{sign}{units}"


def minor_digits(currency: str) -> int:
    if currency not in MINOR_DIGITS:
        raise CurrencyUnknown(
            f"The currency {currency!r} is not known: give its ISO code in capitals, for example USD."
        )
    return MINOR_DIGITS[currency]


def smallest_coin_micros(currency: str) -> int:
    whole: int = 10 ** (_DECIMALS - minor_digits(currency))
    return whole


def floor_to_coin(micros: int, currency: str) -> int:
    coin_micros = smallest_coin_micros(currency)
    return divide_floor(micros, coin_micros) * coin_micros


def _what_to_change(text: str) -> str:
    if not text:
        return "The amount is empty: write digits, for example 5.00."
    if not text.isascii():
        return "The amount holds characters other than 0-9: write it in plain digits, for example 5.00."
    if "," in text:
        return "The amount holds a comma: write no thousands separator, and a point before the decimals."
    if re.fullmatch(rf"-?[0-9]{{{UNITS_DIGITS_MAX + 1},}}(\.[0-9]*)?", text):
        return f"The amount is too large: write at most {UNITS_DIGITS_MAX} digits before the point."
    if re.fullmatch(rf"-?[0-9]+\.[0-9]{{{_DECIMALS + 1},}}", text):
        return f"The amount is too fine: write at most {_DECIMALS} digits after the point."
    return "This is not an amount: write digits and at most one point between them, for example 5.00."
