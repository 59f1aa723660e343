"""Let a gateway's call in: whose it is, what it costs and where it goes, and its money held, in one transaction."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from sqlalchemy.orm import Session

from billing.phone import check_destination
from billing.refusals import Refusal
from services.accounts.account_facts import get_account
from services.accounts.identify_account import CallSource, NotIdentified, identify_account, without_prefix
from services.calls.authorise_call import Authorised, CallContext, authorise_call, find_authorised
from services.calls.quote_account_call import quote_account_call
from services.routing.rate_source import RateSource
from services.routing.rate_statement import RATE_STATEMENT

QUOTES_MAX = 2  # if the money went to another call meanwhile, once more with what is left now


@dataclass(frozen=True, slots=True)
class Turned:
    """The call is not carried; `account_id` is known unless nobody's call it is."""

    why: Refusal | NotIdentified
    account_id: int | None = None


def admit_account_call(
    session: Session,
    call_id: str,
    source: CallSource,
    channel_id: str,
    now: datetime,
    zone: tzinfo = UTC,
    rate_source: RateSource = RATE_STATEMENT,
    draw: int = 0,
) -> Authorised | Turned:
    """A repeat with the same call id gives the first answer."""
    before = find_authorised(session, call_id)
    if before is not None:  # a transaction that was repeated because nobody knows whether it was committed
        return before
    account = identify_account(session, source)
    if isinstance(account, NotIdentified):
        return Turned(account)
    # A number may come with an international prefix behind its tech prefix; "+" was dropped by the dialplan.
    destination = check_destination(without_prefix(source.number, account.tech_prefix) or "", (), ())
    if isinstance(destination, Refusal):
        return Turned(destination, account.account_id)
    context = CallContext(channel_id, "", source.caller_id, {})
    refusal = Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION
    for _ in range(QUOTES_MAX):
        quote = quote_account_call(session, account, destination, now, zone, rate_source, draw)
        answer = quote if isinstance(quote, Refusal) else authorise_call(session, call_id, quote, context, now)
        if isinstance(answer, Authorised):
            return answer
        refusal = answer
        if refusal is not Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION:
            break
        account = get_account(session, account.account_id)
    return Turned(refusal, account.account_id)
