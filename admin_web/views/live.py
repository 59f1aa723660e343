"""Live calls: what is up now, within a second, and the end of a call that an operator asks for."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from threading import BoundedSemaphore
from typing import Any

from flask import Response, abort, current_app, redirect, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_web.access import actor, now
from admin_web.acts import carry_out, require_right, require_token
from admin_web.database import fresh_session, read_session
from admin_web.page import ConsolePage
from admin_web.texts import gettext, lazy_gettext
from billing.rights import Right
from billing.states import HoldState
from models import Hold
from services.calls.end_calls import ask_to_end_calls
from services.cards.card_range import RunningCall
from services.live.live_report import asterisk_states, live_calls

LOOK_SECONDS = 1
STREAM_SECONDS_MAX = 300  # the browser opens it again: a page that was left open holds no thread for ever
KEPT_OPEN_EVERY = 15  # looks without news between two comments that keep the line open


class LivePage(ConsolePage):
    """A stream holds a thread: past half of them the page looks again by itself."""

    right = Right.SEE_CALLS
    is_of_all = True

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Live calls"), category="Operate", endpoint="live", url="/live")
        self._streams: BoundedSemaphore | None = None

    @expose("/")
    def index(self) -> str:
        return self.render("console/live.html", **self._state())

    @expose("/stream")
    def stream(self) -> ResponseReturnValue:
        streams = self._free_streams()
        if not streams.acquire(blocking=False):
            abort(503)

        def told() -> Iterator[str]:
            try:
                yield from self._news()
            finally:
                streams.release()

        return Response(stream_with_context(told()), mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})

    @expose("/<call_id>/end", methods=("POST",))
    def end(self, call_id: str) -> ResponseReturnValue:
        require_token()
        require_right(Right.END_CALLS)
        carry_out(lambda session: _asked(session, call_id))
        return redirect(url_for(".index"))

    def _state(self) -> dict[str, Any]:
        session = read_session()
        return {"calls": live_calls(session), "asterisks": asterisk_states(session), "now": now()}

    def _news(self) -> Iterator[str]:
        """The table as a fragment, whenever it differs; the browser puts it in place of the one before."""
        last, quiet = "", 0
        for _ in range(STREAM_SECONDS_MAX // LOOK_SECONDS):
            with fresh_session():
                state = self._state()
                facts = json.dumps(
                    [[asdict(one) for one in state[name]] for name in ("calls", "asterisks")], default=str
                )
                shown = self.render("console/live_table.html", **state) if facts != last else ""
            if shown:
                yield "".join(f"data: {line}\n" for line in shown.splitlines()) + "\n"
                last, quiet = facts, 0
            elif (quiet := quiet + 1) % KEPT_OPEN_EVERY == 0:
                yield ": still here\n\n"
            time.sleep(LOOK_SECONDS)

    def _free_streams(self) -> BoundedSemaphore:
        if self._streams is None:
            threads: int = current_app.config["SETTINGS"].database_connections
            self._streams = BoundedSemaphore(max(1, threads // 2))
        return self._streams


def _asked(session: Session, call_id: str) -> str:
    """The watcher knows the call's channel; here its hold tells that it is up."""
    channel_id = session.scalars(
        select(Hold.quote["channel_id"].as_string()).where(Hold.call_id == call_id, Hold.state == HoldState.OPEN)
    ).one_or_none()
    if channel_id is None:
        return gettext("This call has ended already.")
    ask_to_end_calls(session, [RunningCall(call_id, channel_id)], actor(), now())
    return gettext("The watcher ends the call within five seconds.")
