"""What a caller with a card of a group goes through, step by step in plain words: a preview for whoever sets it up."""

from collections.abc import Iterator, Mapping
from typing import Any

from billing.announcement import GHOST_PERCENT_NEUTRAL
from billing.states import PinEntryMode

TIME_TOLD = {
    True: "The time that the money lasts is told to the second.",
    False: "The time that the money lasts is told in minutes.",
}
GHOST_TIME_TOLD = {
    True: "The time that the money lasts is told to the second, as %(percent)s percent of the true one.",
    False: "The time that the money lasts is told in minutes, as %(percent)s percent of the true one.",
}


def heard_steps(group: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Sentences with their values, in the order of a call (MOR's steps 4 to 10). `group` holds the fields by name."""
    yield from _entry(group)
    if group["says_balance"] and not group["says_balance_after_destination"]:
        yield from _balance(group)
    if group["says_expiry"]:
        yield "The day on which the card expires is told.", {}
    yield (
        "The destination is asked for; after %(tries)s wrong ones the call ends.",
        {"tries": group["destination_attempts_max"]},
    )
    if group["says_balance"] and group["says_balance_after_destination"]:
        yield from _balance(group)
    if group["says_price"]:
        yield "The price of a minute and every fee is told.", {}
    if group["says_time"]:
        yield from _time(group)
    yield "The call is connected, for %(seconds)s seconds at most.", {"seconds": group["call_seconds_max"]}
    if group["says_cost"]:
        yield "Afterwards the caller hears what the call cost.", {}
    if group["says_closing_balance"]:
        yield "Afterwards the caller hears what is left.", {}
    if group["calls_per_session_max"] > 1:
        yield (
            "Another destination may be keyed without dialling in again, up to %(calls)s calls.",
            {"calls": group["calls_per_session_max"]},
        )


def _entry(group: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if group["pinless_allowed"]:
        yield "A known phone is let in without a PIN, where the IVR plan allows it too.", {}
    values = {"digits": group["number_length"], "tries": group["card_entry_attempts_max"]}
    if group["pin_entry_mode"] == PinEntryMode.PIN_ONLY:
        yield "The PIN is asked for, %(tries)s times at most.", values
    else:
        yield "The card number (%(digits)s digits) and the PIN are asked for, %(tries)s times at most.", values
    if group["pinless_allowed"] and group["pinless_confirm"]:
        yield "Whether the phone shall be remembered is asked (press 1).", {}


def _balance(group: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    percent = group["ghost_balance_percent"]
    if percent == GHOST_PERCENT_NEUTRAL:
        yield "The balance is told.", {}
    else:
        yield "The balance is told as %(percent)s percent of the true one.", {"percent": percent}


def _time(group: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    percent = group["ghost_minutes_percent"]
    if percent == GHOST_PERCENT_NEUTRAL:
        yield TIME_TOLD[bool(group["says_seconds"])], {}
    else:
        yield GHOST_TIME_TOLD[bool(group["says_seconds"])], {"percent": percent}
