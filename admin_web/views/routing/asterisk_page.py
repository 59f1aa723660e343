"""Asterisk and the accounts: what applying them would change, how the carriers fare, and the button that applies."""

from typing import Any
from uuid import uuid4

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from admin_web.access import actor, now
from admin_web.acts import carry_out, require_right, require_token
from admin_web.page import ConsolePage
from billing.rights import Right
from services.jobs.ask_job import UNFINISHED, ask_job
from services.routing.asterisk_jobs import APPLY, LOOK, newest_asterisk_job
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext


class AsteriskPage(ConsolePage):
    """Asterisk may run elsewhere, so that the worker beside it looks and applies."""

    right = Right.SEE_ACCOUNTS
    is_of_all = True

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Asterisk"), category="Rates & routes", endpoint="asterisk", url="/asterisk")

    @expose("/")
    def index(self) -> str:
        looked, applied = (newest_asterisk_job(read_session(), kind) for kind in (LOOK, APPLY))
        is_at_work = any(job is not None and job.state in UNFINISHED for job in (looked, applied))
        return self.render(
            "console/asterisk.html", looked=looked, applied=applied, is_at_work=is_at_work, token=uuid4().hex
        )

    @expose("/act", methods=("POST",))
    def act(self) -> ResponseReturnValue:
        require_token()
        require_right(Right.MANAGE_ROUTES)
        kind = {"look": LOOK, "apply": APPLY}.get(request.form.get("act", ""))
        if kind is None:
            abort(400)

        def do(session: Any) -> str:  # noqa: ANN401 (a Session)
            ask_job(session, kind, request.form.get("token", ""), 0, {}, actor(), now())
            return gettext("The worker is at it; this page shows what came out.")

        carry_out(do)
        return redirect(url_for(".index"))
