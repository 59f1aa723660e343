"""Secrets are shown to whoever entered the password a short while ago; others are asked for it, and come back."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from admin_web.access import get_signed, now


def ask_again(back: str) -> ResponseReturnValue | None:
    """Where to enter the password; None: it was entered lately. `back` is the page from which the act is done anew."""
    if get_signed().is_fresh(now()):
        return None
    return redirect(url_for("sign_in.proof", next=back))
