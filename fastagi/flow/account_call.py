"""The call of a gateway: identified, priced and held without a word, then dialled by the dialplan or refused by a
cause.
"""

import re
from typing import Final
from uuid import uuid4

import structlog

from billing.phone import normal_caller_id
from billing.refusals import Refusal
from fastagi.call import Call
from fastagi.flow.connect import handover
from fastagi.flow.desk import CardDesk
from fastagi.logs import bind_call_id, last_digits
from models import TrunkProtocol
from services.accounts.identify_account import CallSource, NotIdentified
from services.calls.admit_account_call import Turned
from services.calls.authorise_call import Authorised
from telephony.handover import LIST_SEPARATOR, NextStep, Variable

log = structlog.get_logger()

SHARED_ENDPOINT: Final = "gateways"  # of all who are known by their addresses
PROTOCOLS: Final = {"UDP": TrunkProtocol.SIP_UDP, "TCP": TrunkProtocol.SIP_TCP, "TLS": TrunkProtocol.SIP_TLS}
_ADDRESS: Final = re.compile(r"\[?([0-9A-Fa-f.:]{2,45}?)\]?(?::([0-9]{1,5}))?")

FORBIDDEN, UNKNOWN_NUMBER, NO_ROUTE, INCOMPLETE, ALL_BUSY = "21", "1", "3", "28", "42"
# Q.850, as SIP carries it: 403, 404, 404, 484, 503.
CAUSES: Final[dict[Refusal | NotIdentified, str]] = {
    Refusal.NO_RATE: UNKNOWN_NUMBER,
    Refusal.NO_ROUTE: NO_ROUTE,
    Refusal.TOO_SHORT: INCOMPLETE,
    Refusal.DESTINATION_INVALID: INCOMPLETE,
    Refusal.ALL_LINES_BUSY: ALL_BUSY,
}


async def account_call(call: Call, desk: CardDesk) -> None:
    """The call id stands on the channel before the hold is placed, so that the hangup handler settles from then on."""
    source = call_source(call)
    call_id = str(uuid4())
    await call.set_variables({Variable.CALL: call_id})
    bind_call_id(call_id)
    match await desk.admit_account_call(call_id, source, call.unique_id):
        case Authorised(quote=quote):
            routes = LIST_SEPARATOR.join(route.endpoint for route in quote.routes)
            log.info("account call authorised", limit_seconds=quote.limit_seconds, routes=routes, source=source.address)
            await call.set_variables(handover(quote))
        case Turned() as turned:
            _tell(turned, source)
            cause = CAUSES.get(turned.why, FORBIDDEN)
            await call.set_variables({Variable.CALL: "", Variable.CAUSE: cause, Variable.NEXT: NextStep.END})


def call_source(call: Call) -> CallSource:
    """What the dialplan tells: number, endpoint, address with port, transport."""
    number, endpoint, address, transport = (*call.arguments, "", "", "", "")[:4]
    found = _ADDRESS.fullmatch(address)
    return CallSource(
        login=None if endpoint == SHARED_ENDPOINT else endpoint,
        address=found[1] if found else "",
        port=int(found[2]) if found and found[2] else None,
        protocol=PROTOCOLS.get(transport),
        number=number,
        caller_id=normal_caller_id(call.caller_id, ()),
    )


def _tell(turned: Turned, source: CallSource) -> None:
    log.warning(
        "account call refused",
        why=turned.why.value,
        account_id=turned.account_id,
        source=source.address,
        login=source.login,
        number=last_digits(source.number),
    )
