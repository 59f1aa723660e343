"""The language of the pages, as a visitor chose it."""

from flask import Blueprint, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from portal_web.access import LANGUAGE
from portal_web.form_token import require_token

pages = Blueprint("language_choice", __name__)


@pages.post("/language")
def choose() -> ResponseReturnValue:
    require_token()
    chosen = request.form.get("language")
    if chosen in current_app.config["LANGUAGES"]:
        session[LANGUAGE] = chosen
    return redirect(url_for("home.index"))
