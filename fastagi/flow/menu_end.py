"""How a visit to the menu ends: the next number is asked, a known one is dialled, or the caller says goodbye."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MenuEnd:
    """`dial` is a number to call, in international digits; without it `is_goodbye` tells whether the call ends."""

    dial: str | None = None
    is_goodbye: bool = False


AGAIN = MenuEnd()
GOODBYE = MenuEnd(is_goodbye=True)
