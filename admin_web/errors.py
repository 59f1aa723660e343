"""What a page says when it cannot be shown: what is wrong, and what next."""

import structlog
from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from admin_web.access import browser_language
from web_base.headers import nonce
from web_base.texts import lazy_gettext

log = structlog.get_logger()
TITLES = {
    400: lazy_gettext("This request cannot be read"),
    401: lazy_gettext("Please sign in"),
    403: lazy_gettext("You may not do this"),
    404: lazy_gettext("There is no such page"),
    405: lazy_gettext("This page cannot be asked for like that"),
    409: lazy_gettext("It was changed meanwhile"),
    413: lazy_gettext("That is too much for one form"),
    429: lazy_gettext("Please wait a little"),
}


def set_up_errors(app: Flask) -> None:
    app.register_error_handler(HTTPException, _told)
    app.register_error_handler(OperationalError, _database_away)


def _told(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    title = TITLES.get(code, lazy_gettext("Something went wrong"))
    # Werkzeug's own sentences are for programmers; ours are given where the error is raised.
    own = error.description if error.description != type(error).description else None
    return render_template("console/error.html", title=title, text=own, code=code, nonce=nonce()), code


def _database_away(error: OperationalError) -> ResponseReturnValue:
    """Without the database nobody is known: a page of its own, with Retry."""
    log.error("database away", why=str(error.orig).strip().splitlines()[:1])
    language = browser_language()
    with force_locale(language):
        return render_template("console/database_away.html", nonce=nonce(), language=language), 503
