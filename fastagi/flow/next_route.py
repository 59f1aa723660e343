"""The route session: the dialplan moves on to another carrier, and learns whether that has a line for the call."""

import structlog

from fastagi.call import Call
from fastagi.flow.desk import CardDesk
from fastagi.logs import bind_call_id
from telephony.handover import RouteArguments, SettleArgumentsRefused, Turn, Variable

log = structlog.get_logger()


async def next_route(call: Call, desk: CardDesk) -> None:
    """Without an answer the dialplan dials: being reachable goes before a contract's limit of calls."""
    try:
        arguments = RouteArguments.from_agi(call.arguments)
    except SettleArgumentsRefused as refused:
        log.error("route refused", why=str(refused), channel=call.channel)  # noqa: TRY400 (told in one line)
        return
    bind_call_id(arguments.call_id)
    has_line = await desk.move_route(arguments.call_id, arguments.route)
    log.info("route moved", route=arguments.route, has_line=has_line)
    await call.set_variables({Variable.TURN: Turn.DIAL if has_line else Turn.SKIP})
