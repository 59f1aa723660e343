"""The settle session: the dialplan reports how a call ended, and learns by CARD_SETTLED that it is charged."""

from typing import Protocol

import structlog

from fastagi.call import Call
from fastagi.logs import bind_call_id, call_named
from services.calls.call_record import Settlement, TriedCarrier
from services.calls.settle_call import Settled, UnknownCall
from telephony.handover import SettleArguments, SettleArgumentsRefused, Variable

log = structlog.get_logger()


class SettleDesk(Protocol):
    """What a settlement needs of a desk: the call server's and the watcher's both have it."""

    async def settle(self, settlement: Settlement) -> Settled | UnknownCall: ...


async def settle(call: Call, desk: SettleDesk) -> None:
    """Confirm only after the commit; what is not confirmed is spooled by the dialplan and comes again."""
    try:
        arguments = SettleArguments.from_agi(call.arguments)
    except SettleArgumentsRefused as refused:
        log.error("settlement refused", why=str(refused), channel=call.channel)  # noqa: TRY400 (told in one line)
        return
    bind_call_id(arguments.call_id)
    if await settle_by(arguments, desk):
        await call.set_variables({Variable.SETTLED: arguments.call_id})


async def settle_by(arguments: SettleArguments, desk: SettleDesk) -> bool:
    """True when the call is settled, now or before; False for a call id that has no hold (yet)."""
    with call_named(arguments.call_id):
        match await desk.settle(settlement(arguments)):
            case Settled() as settled:
                log.info(
                    "call settled",
                    by=arguments.place.value,
                    repeat=settled.is_repeat,
                    disposition=settled.disposition.value,
                    talk_seconds=settled.talk_seconds,
                    cost_micros=settled.cost_micros,
                    route=arguments.route,
                )
                _alarm(settled)
                return True
            case UnknownCall():
                log.warning("settlement of an unknown call", by=arguments.place.value)
                return False


def _alarm(settled: Settled) -> None:
    """What an operator must look at although the call is charged and closed."""
    if settled.clock_leapt:
        log.error("clock leapt in the call: compare it with CEL", talk_seconds=settled.talk_seconds)
    if settled.overdraft_micros:
        log.error("call cost more than its hold", overdraft_micros=settled.overdraft_micros)


def settlement(arguments: SettleArguments) -> Settlement:
    return Settlement(
        call_id=arguments.call_id,
        place=arguments.place.value,
        route=arguments.route,
        dial_status=arguments.dial_status,
        hangup_cause=arguments.hangup_cause,
        answered_at_ms=arguments.answered_at_ms,
        ended_at_ms=arguments.ended_at_ms,
        tried=tuple(TriedCarrier(tried.route, tried.dial_status, tried.hangup_cause) for tried in arguments.tried),
    )
