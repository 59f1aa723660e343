"""Why a caller is refused: the value of each is the id of the prompt that says it (features.md part 6)."""

from enum import StrEnum


class Refusal(StrEnum):
    # the entry of number and PIN
    NOTHING_ENTERED = "nothing-entered"
    WRONG_NUMBER_OF_DIGITS = "wrong-number-of-digits"
    NUMBER_OR_PIN_NOT_ACCEPTED = "number-or-pin-not-accepted"
    PIN_NOT_ACCEPTED = "pin-not-accepted"
    TOO_MANY_ATTEMPTS = "too-many-attempts"
    TRY_AGAIN_LATER = "try-again-later"
    # the card
    CARD_NOT_ACTIVATED = "card-not-activated"
    CARD_BLOCKED = "card-blocked"
    CARD_EXPIRED = "card-expired"
    CARD_EXPIRED_GRACE = "card-expired-grace"
    CARD_USED_UP = "card-used-up"
    CARD_IN_USE = "card-in-use"
    # the destination
    EMERGENCY_NOT_POSSIBLE = "emergency-not-possible"
    TOO_SHORT = "too-short"
    DESTINATION_INVALID = "destination-invalid"
    NOT_ALLOWED = "not-allowed"
    NO_RATE = "no-rate"
    NO_ROUTE = "no-route"
    ALL_LINES_BUSY = "all-lines-busy"  # the carriers that could take the call have no line free
    NOT_ENOUGH_FOR_THIS_DESTINATION = "not-enough-for-this-destination"
    # the platform
    ACCESS_CLOSED = "access-closed"
    SERVICE_UNAVAILABLE = "service-unavailable"
