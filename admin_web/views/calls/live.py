"""Live calls: what is up now, within a second; an operator ends a call, or blocks its phone."""

from typing import Any

from flask import abort, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_admin import expose
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_web.access import actor, now
from admin_web.acts import carry_out, require_right, require_token
from admin_web.page import ConsolePage
from admin_web.stream import free_streams, news
from billing.rights import Right
from billing.states import HoldState
from models import Hold
from services.calls.end_calls import ask_to_end_calls
from services.cards.card_range import RunningCall
from services.guard.block_phone import block_phone
from services.live.live_report import asterisk_states, live_calls
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext


class LivePage(ConsolePage):
    """A stream holds a thread: past half of them the page looks again by itself."""

    right = Right.SEE_CALLS
    is_of_all = True

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Live calls"), category="Operate", endpoint="live", url="/live")

    @expose("/")
    def index(self) -> str:
        return self.render("console/live.html", **self._state())

    @expose("/stream")
    def stream(self) -> ResponseReturnValue:
        streams = free_streams()
        if not streams.acquire(blocking=False):
            abort(503)
        told = news(self._state, lambda state: self.render("console/live_table.html", **state), streams)
        return Response(stream_with_context(told), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})

    @expose("/end", methods=("POST",))
    def end(self) -> ResponseReturnValue:
        require_token()
        require_right(Right.END_CALLS)
        carry_out(lambda session: _asked(session, request.form.get("call_id", "")))
        return redirect(url_for(".index"))

    @expose("/block", methods=("POST",))
    def block(self) -> ResponseReturnValue:
        """Of the phone of a call, with the reason that the page asks for."""
        require_token()
        require_right(Right.MANAGE_CARDS)
        phone, reason = request.form.get("phone", ""), request.form.get("reason", "")
        carry_out(lambda session: _blocked(session, phone, reason))
        return redirect(url_for(".index"))

    def _state(self) -> dict[str, Any]:
        session = read_session()
        asterisks = asterisk_states(session)
        lost = [one for one in asterisks if not one.is_up]
        return {"calls": live_calls(session), "asterisks": asterisks, "lost": lost}


def _asked(session: Session, call_id: str) -> str:
    """The watcher knows the call's channel; here its hold tells that it is up."""
    channel_id = session.scalars(
        select(Hold.quote["channel_id"].as_string()).where(Hold.call_id == call_id, Hold.state == HoldState.OPEN)
    ).one_or_none()
    if channel_id is None:
        return gettext("This call has ended already.")
    ask_to_end_calls(session, [RunningCall(call_id, channel_id)], actor(), now())
    return gettext("The watcher ends the call within five seconds.")


def _blocked(session: Session, phone: str, reason: str) -> str:
    caller_id = block_phone(session, phone, reason, actor(), now())
    return gettext("%(phone)s may not call any more; a call of it that is up goes on.", phone=caller_id)
