"""What every page of a holder has in common: it is for whoever logged in, and shows the card's frame."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal_web.access import get_card, held


def holder_pages(name: str, module: str) -> Blueprint:
    """Pages that a visitor never sees: asked for without a living session, they lead to the log-in."""
    pages = Blueprint(name, module)
    pages.before_request(_log_in_first)
    return pages


def draw(template: str, **values: Any) -> str:  # noqa: ANN401 (a template's values)
    return render_template(template, card=get_card(), **values)


def _log_in_first() -> ResponseReturnValue | None:
    return None if held() is not None else redirect(url_for("log_in.form"))
