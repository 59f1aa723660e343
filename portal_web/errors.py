"""What a page says when it cannot be shown: what is wrong, and what next."""

import structlog
from flask import Flask, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from web_base.texts import lazy_gettext

log = structlog.get_logger()
TITLES = {
    400: lazy_gettext("This cannot be done like that"),
    404: lazy_gettext("There is no such page"),
    405: lazy_gettext("This page cannot be asked for like that"),
    413: lazy_gettext("That is too much for one form"),
}


def set_up_errors(app: Flask) -> None:
    app.register_error_handler(HTTPException, _told)
    app.register_error_handler(OperationalError, _database_away)


def _told(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code == 401:
        return redirect(url_for("log_in.form"))
    title = TITLES.get(code, lazy_gettext("Something went wrong"))
    # Werkzeug's own sentences are for programmers; ours are given where the error is raised.
    own = error.description if error.description != type(error).description else None
    return render_template("portal/error.html", title=title, text=own), code


def _database_away(error: OperationalError) -> ResponseReturnValue:
    """Calls go on without the portal; so does whoever comes back in a minute."""
    log.error("database away", why=str(error.orig).strip().splitlines()[:1])
    title = lazy_gettext("The portal has to rest for a moment")
    text = lazy_gettext("Your card is safe, and calls go on. Please try again in a minute.")
    return render_template("portal/error.html", title=title, text=text), 503
