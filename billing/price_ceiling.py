"""Above which price a rate is taken for a slip of the pen: a lost decimal point is the commonest one."""

from typing import Final

from billing.money import MICROS_PER_UNIT
from billing.tariff import PRICE_MICROS_MAX

# The dearest numbers there are, satellite telephones, cost about 15 US dollars a minute. A dollar buys at most some 20
# units of every currency that is not listed here, so 500 units a minute are more than any call costs.
PRICE_ABSURD_MICROS: Final = 500 * MICROS_PER_UNIT
# Currencies of which a dollar buys more; there only what cannot be billed at all is absurd.
_SMALL_UNITS: Final = """
AFN ALL AMD AOA ARS BDT BIF CDF CLP COP CRC CUP CVE CZK DJF DOP DZD EGP ERN ETB GMD GNF GYD HTG HUF IDR INR IQD IRR
ISK JMD JPY KES KGS KHR KMF KPW KRW KZT LAK LBP LKR LRD MDL MGA MKD MMK MNT MRU MUR MWK MZN NGN NIO NPR PHP PKR PYG
RSD RUB RWF SDG SLE SOS SRD SSP STN SYP THB TRY TWD TZS UAH UGX UYU UZS VES VND VUV XAF XOF XPF YER ZMW
"""
SMALL_UNITS: Final = frozenset(_SMALL_UNITS.split())


def price_absurd_micros(currency: str) -> int:
    """No price of a minute and no fee of a call is above this."""
    return PRICE_MICROS_MAX if currency in SMALL_UNITS else PRICE_ABSURD_MICROS
