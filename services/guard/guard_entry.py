"""An entry of a secret as the guard sees it: what kind, by which door, and whose; never what was keyed."""

from dataclasses import dataclass
from typing import Final

from billing.states import EntryKind, GuardScope
from services.audit.audit import Door
from services.calls.access import Access

SUBJECT_LENGTH_MAX: Final = 80
SECRETS_ALONE: Final = frozenset({EntryKind.PIN_ONLY, EntryKind.VOUCHER})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is on the line. Without a valid caller id all callers of one access number share one bucket."""

    caller_id: str | None = None
    trunk: str | None = None
    door: Door = Door.IVR


@dataclass(frozen=True, slots=True)
class EntryAttempt:
    """One entry, by any door: IVR, voucher, portal, console, RADIUS.

    `caller_id` is in international form, None = withheld or not valid; `trunk` is the endpoint or gateway that sent
    the call; `address` is that of a portal or console visitor, whom it names in place of a caller id.
    `secret_length` is the number of digits keyed; 0 = not known yet, or a password, which has no budget. `card_id` is
    the card whose number was entered with it, None = no such card.
    """

    kind: EntryKind
    door: Door
    secret_length: int
    caller_id: str | None = None
    access_number: str | None = None
    trunk: str | None = None
    address: str | None = None
    card_id: int | None = None

    @property
    def is_secret_alone(self) -> bool:
        """No number names the one secret that can be right, so a try may hit any of all."""
        return self.kind in SECRETS_ALONE

    @property
    def person(self) -> tuple[GuardScope, str]:
        """Whose failures lock the door. A withheld caller id shares a bucket with all others of the access number."""
        if self.caller_id is None and self.address is not None:
            return GuardScope.ADDRESS, self.address[:SUBJECT_LENGTH_MAX]
        return GuardScope.CALLER_ID, self.caller_id or withheld(self.access_number or self.door.value)

    @property
    def lines(self) -> list[tuple[GuardScope, str]]:
        """The access number and the trunk, whose share of wrong tries is watched."""
        named = ((GuardScope.ACCESS_NUMBER, self.access_number), (GuardScope.TRUNK, self.trunk))
        return [(scope, subject[:SUBJECT_LENGTH_MAX]) for scope, subject in named if subject]


def entry_of(access: Access, caller: Caller, secret_length: int, card_id: int | None = None) -> EntryAttempt:
    """The entry of a card over this access number."""
    return EntryAttempt(
        kind=EntryKind(access.entry.mode.value),
        door=caller.door,
        secret_length=secret_length,
        caller_id=caller.caller_id,
        access_number=access.number,
        trunk=caller.trunk,
        card_id=card_id,
    )


def withheld(access_number: str) -> str:
    return f"withheld:{access_number}"[:SUBJECT_LENGTH_MAX]


def undialled_subject(caller_id: str, access_number: str) -> str:
    return f"{caller_id}@{access_number}"[:SUBJECT_LENGTH_MAX]
