"""Sign in, sign out, and the password again before a secret is shown."""

from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_admin.form import SecureForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from admin_web.access import TOKEN, address, forget_signed, now, signed, token
from services.operators.address_lock import address_locked_until
from services.operators.operator_facts import OperatorFacts
from services.operators.sessions import end_session, open_session
from services.operators.sign_in import NotSignedIn, PasswordRight, sign_in
from web_base.database import fresh_session, read_session, write_session
from web_base.headers import nonce
from web_base.texts import lazy_gettext

pages = Blueprint("sign_in", __name__)
HALF = "half"  # the password was right, the second factor is still to come
TEXTS = {
    NotSignedIn.NOT_ACCEPTED: lazy_gettext(
        "The name or the password is not right. After five wrong passwords a name rests for a while."
    ),
    NotSignedIn.TRY_LATER: lazy_gettext("Too many wrong entries came from here. Please try again later."),
}


class SignInForm(SecureForm):
    name = StringField(lazy_gettext("Name"), [InputRequired()])
    password = PasswordField(lazy_gettext("Password"), [InputRequired()])


@pages.get("/sign-in")
def form() -> ResponseReturnValue:
    if signed() is not None:
        return redirect(url_for("admin.index"))
    return _form(SignInForm(), None)


@pages.post("/sign-in")
def enter() -> ResponseReturnValue:
    entered = SignInForm(request.form)
    if not entered.validate():
        return _form(entered, lazy_gettext("This form is too old. Please enter both once more."), 400)
    rules, opened = current_app.config["GUARD_RULES"], None
    with write_session() as writing:
        answer = sign_in(writing, entered.name.data or "", entered.password.data or "", address(), now(), rules)
        if isinstance(answer, OperatorFacts):
            opened = open_session(writing, answer.id, now(), address=address(), browser=request.user_agent.string)
    if isinstance(answer, NotSignedIn):
        return _form(entered, TEXTS[answer], 401)
    session.clear()  # no session of a visitor lives on as that of an operator (F38)
    if isinstance(answer, PasswordRight):
        session[HALF] = [answer.operator_id, answer.version, int(now().timestamp())]
        return redirect(url_for("sign_in.code", next=request.args.get("next")))
    session[TOKEN] = opened
    return redirect(page_of_ours(request.args.get("next")))


@pages.post("/sign-out")
def leave() -> ResponseReturnValue:
    entered = SecureForm(request.form)
    known = token()
    if known is not None and entered.validate():
        with write_session() as writing:
            end_session(writing, known, now())
        session.clear()
        forget_signed()
    return redirect(url_for("sign_in.form"))


def _form(entered: SignInForm, problem: object, status: int = 200) -> ResponseReturnValue:
    with fresh_session():  # what this very entry has locked
        until = address_locked_until(read_session(), address(), now())
    shown = render_template("console/sign_in.html", form=entered, problem=problem, until=until, nonce=nonce())
    return shown, status, waits(until)


def waits(until: datetime | None) -> dict[str, str]:
    """For programs: in how many seconds they may come again."""
    return {} if until is None else {"Retry-After": str(int((until - now()).total_seconds()) + 1)}


def page_of_ours(wanted: str | None) -> str:
    """A page of ours only: a link from outside must not lead elsewhere after signing in."""
    home = url_for("admin.index")
    if not wanted:
        return home
    parts = urlsplit(wanted.removeprefix(request.host_url.rstrip("/")))
    is_ours = parts.path.startswith("/") and not parts.path.startswith(("//", "/\\")) and not parts.netloc
    return parts._replace(scheme="").geturl() if is_ours and not parts.scheme else home
