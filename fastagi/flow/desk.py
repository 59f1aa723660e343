"""The desk behind the caller's flow: the use cases, each one hop to the database, with the clock and the keys they
need.
"""

import asyncio
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from billing.guard import GuardRules
from billing.pin import parts_as_long_as_a_pin
from billing.refusals import Refusal
from billing.share import DRAWS, next_draw
from billing.states import EntryKind
from fastagi.database import Database
from services.accounts.identify_account import CallSource
from services.audit.audit import Door
from services.calls.access import Access, find_access
from services.calls.admit_account_call import Turned, admit_account_call
from services.calls.authorise_call import Authorised, CallContext, authorise_call
from services.calls.bind_caller_id import BindOutcome, bind_caller_id, unbind_caller_id
from services.calls.call_outcome import CallOutcome, find_call_outcome
from services.calls.call_record import Settlement
from services.calls.identify_card import Identified, NotAccepted, identify_card
from services.calls.last_call import CardHistory, card_history
from services.calls.move_route import move_route
from services.calls.note_undialled_call import note_undialled_call
from services.calls.quote_call import Quote, quote_call
from services.calls.set_card_language import set_card_language
from services.calls.settle_call import Settled, UnknownCall, settle_call
from services.calls.speed_dial import delete_speed_dial, find_speed_dial, save_speed_dial
from services.cards.activate_card import activate_at_first_authentication
from services.cards.card_facts import CardFacts, get_card
from services.guard.admit_caller import Admission, admit_caller
from services.guard.guard_entry import Caller, EntryAttempt
from services.keys.pin_keys import KeySource
from services.money.top_up import top_up
from services.routing.rate_source import RateSource
from services.routing.rate_statement import RATE_STATEMENT
from services.vouchers.redeem_voucher import Redeemed, VoucherRefusal

ACCESS_KEPT_SECONDS = 5  # a change in the console reaches callers within this time
ACCESS_NUMBERS_KEPT_MAX = 10_000  # numbers that anyone may dial must not fill the memory


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class CardDesk:
    """One for the whole server."""

    database: Database
    keys: KeySource
    zone: tzinfo
    now: Callable[[], datetime] = utc_now
    guard: GuardRules = field(default_factory=GuardRules)
    pause: Callable[[int], Awaitable[None]] = asyncio.sleep
    rate_source: RateSource = RATE_STATEMENT
    _draw: int = field(default_factory=lambda: secrets.randbelow(DRAWS))
    _kept: dict[str, tuple[float, Access | None]] = field(default_factory=dict)

    async def access(self, number: str) -> Access | None:
        """What the access number leads to; the answer is kept for seconds."""
        kept = self._kept.get(number)
        if kept is not None and time.monotonic() < kept[0]:
            return kept[1]
        access = await self.database.read(find_access, number)
        if len(self._kept) >= ACCESS_NUMBERS_KEPT_MAX:
            self._kept.clear()
        self._kept[number] = (time.monotonic() + ACCESS_KEPT_SECONDS, access)
        return access

    async def admit(self, access: Access, caller: Caller) -> Admission:
        return await self.database.read(admit_caller, access, caller, self.now(), self.zone, self.guard)

    async def identify(self, access: Access, number: str | None, pin: str, caller: Caller) -> Identified | NotAccepted:
        return await self.database.run(identify_card, self.keys, access, number, pin, self.now(), caller, self.guard)

    async def note_undialled(self, caller_id: str, access_number: str) -> None:
        await self.database.run(note_undialled_call, caller_id, access_number, self.now(), self.guard)

    async def bind(self, caller_id: str, card: CardFacts) -> BindOutcome:
        return await self.database.run(bind_caller_id, caller_id, card, self.now(), "ivr")

    async def unbind(self, caller_id: str, card: CardFacts) -> bool:
        return await self.database.run(unbind_caller_id, caller_id, card.card_id, self.now(), "ivr")

    async def top_up(
        self, access: Access, card: CardFacts, code: str, caller_id: str | None, trunk: str | None
    ) -> Redeemed | VoucherRefusal | Refusal:
        attempt = EntryAttempt(EntryKind.VOUCHER, Door.IVR, len(code), caller_id, access.number, trunk)
        return await self.database.run(top_up, self.keys, card, code, attempt, self.now(), self.zone, self.guard)

    async def history(self, card: CardFacts) -> CardHistory:
        return await self.database.read(card_history, card.card_id)

    async def speed_dial(self, card: CardFacts, slot: str) -> str | None:
        return await self.database.read(find_speed_dial, card.card_id, slot)

    async def save_speed_dial(self, card: CardFacts, slot: str, destination: str) -> bool:
        return await self.database.run(save_speed_dial, card.card_id, slot, destination)

    async def delete_speed_dial(self, card: CardFacts, slot: str) -> None:
        await self.database.run(delete_speed_dial, card.card_id, slot)

    def holds_pin(self, card: CardFacts, digits: str) -> bool:
        """Whether the card's own PIN is among the digits, keyed where none was asked for: alone, or before a number."""
        keys = self.keys.current()
        parts = parts_as_long_as_a_pin(digits)
        return any(hmac.compare_digest(card.pin_digest, digest) for part in parts for digest in keys.digests(part))

    async def activate(self, access: Access, card: CardFacts) -> CardFacts:
        await self.database.run(activate_at_first_authentication, access, card, self.now(), self.zone)
        return await self.card(card.card_id)

    async def remember_language(self, card: CardFacts, language: str) -> None:
        await self.database.run(set_card_language, card.card_id, language)

    async def card(self, card_id: int) -> CardFacts:
        return await self.database.read(get_card, card_id)

    async def quote(self, access: Access, card: CardFacts, destination: str, *, is_pinless: bool) -> Quote | Refusal:
        self._draw = next_draw(self._draw)
        how: dict[str, Any] = {"is_pinless": is_pinless, "rate_source": self.rate_source, "draw": self._draw}
        return await self.database.read(quote_call, access, card, destination, self.now(), self.zone, **how)

    async def authorise(self, call_id: str, quote: Quote, context: CallContext) -> Authorised | Refusal:
        return await self.database.run(authorise_call, call_id, quote, context, self.now())

    async def move_route(self, call_id: str, endpoint: str) -> bool:
        return await self.database.run(move_route, call_id, endpoint, self.now())

    async def admit_account_call(self, call_id: str, source: CallSource, channel_id: str) -> Authorised | Turned:
        self._draw = next_draw(self._draw)
        how = (self.now(), self.zone, self.rate_source, self._draw)
        return await self.database.run(admit_account_call, call_id, source, channel_id, *how)

    async def outcome(self, call_id: str) -> CallOutcome | None:
        return await self.database.read(find_call_outcome, call_id)

    async def settle(self, settlement: Settlement) -> Settled | UnknownCall:
        return await self.database.run(settle_call, settlement, self.now(), self.zone)
