"""The token of a form of ours: without it nothing is done, whoever leads a browser here."""

from datetime import timedelta
from typing import Any, Final

from flask import abort, current_app, request, session
from markupsafe import Markup
from wtforms import Form
from wtforms.csrf.session import SessionCSRF

from services.holders.sessions import HOURS_MAX
from web_base.texts import gettext

LIVES: Final = timedelta(hours=HOURS_MAX)


class TokenForm(Form):  # type: ignore[misc]  # wtforms has no types
    class Meta:
        csrf = True
        csrf_class = SessionCSRF
        csrf_time_limit = LIVES

        @property
        def csrf_secret(self) -> bytes:
            return str(current_app.secret_key).encode()

        @property
        def csrf_context(self) -> Any:  # noqa: ANN401 (Flask's session, a mapping)
            return session


def token_field() -> Markup:
    """The hidden field that every form of ours carries."""
    return Markup(TokenForm().csrf_token())  # noqa: S704 (wtforms' own markup)


def is_ours() -> bool:
    return bool(TokenForm(request.form).validate())


def require_token() -> None:
    """The same answer whatever is wrong with it."""
    if not is_ours():
        abort(400, gettext("This page is too old to act by it. Go back, reload it, and do it once more."))
