"""The second step of signing in, and both steps once more before a secret is shown."""

from flask import current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_admin.form import SecureForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from admin_web.access import TOKEN, address, get_signed, now, token
from admin_web.database import write_session
from admin_web.entrance.keys import pin_keys
from admin_web.entrance.sign_in import HALF, TEXTS, page_of_ours, pages
from admin_web.texts import lazy_gettext
from services.operators.operator_facts import OperatorFacts
from services.operators.sessions import note_proof, open_session
from services.operators.sign_in import NotSignedIn, PasswordRight, enter_second_factor, sign_in
from web_base.headers import nonce

__all__ = ["pages"]
HALF_SECONDS_MAX = 300  # from the right password to the code
TOO_OLD = lazy_gettext("This form is too old. Please enter it once more.")
NOT_RIGHT = {
    **TEXTS,
    NotSignedIn.NOT_ACCEPTED: lazy_gettext(
        "The code is not right, or it was used already: a code is good once. Wait for the next one. "
        "After five wrong entries a name rests for a while."
    ),
}


class CodeForm(SecureForm):
    code = StringField(lazy_gettext("Code"), [InputRequired()])


class ProofForm(SecureForm):
    password = PasswordField(lazy_gettext("Password"), [InputRequired()])
    code = StringField(lazy_gettext("Code of your app"))


@pages.get("/sign-in/code")
def code() -> ResponseReturnValue:
    if _half() is None:
        return redirect(url_for("sign_in.form", next=request.args.get("next")))
    return _code(CodeForm(), None)


@pages.post("/sign-in/code")
def enter_code() -> ResponseReturnValue:
    entered, right, opened = CodeForm(request.form), _half(), None
    if right is None:
        return redirect(url_for("sign_in.form", next=request.args.get("next")))
    if not entered.validate():
        return _code(entered, TOO_OLD, 400)
    rules, keys = current_app.config["GUARD_RULES"], pin_keys()
    with write_session() as writing:
        answer = enter_second_factor(writing, right, entered.code.data or "", keys, address(), now(), rules)
        if isinstance(answer, OperatorFacts):
            opened = open_session(writing, answer.id, now(), address=address(), browser=request.user_agent.string)
    if isinstance(answer, NotSignedIn):
        return _code(entered, NOT_RIGHT[answer], 401)
    session.clear()
    session[TOKEN] = opened
    return redirect(page_of_ours(request.args.get("next")))


@pages.get("/prove")
def proof() -> ResponseReturnValue:
    get_signed()
    return _proof(ProofForm(), None)


@pages.post("/prove")
def prove() -> ResponseReturnValue:
    """A wrong entry here counts like one at the door."""
    entered = ProofForm(request.form)
    operator = get_signed().operator
    known = token()
    if not entered.validate() or known is None:
        return _proof(entered, TOO_OLD, 400)
    texts, rules = TEXTS, current_app.config["GUARD_RULES"]
    with write_session() as writing:
        answer = sign_in(writing, operator.name, entered.password.data or "", address(), now(), rules)
        if isinstance(answer, PasswordRight):
            typed, texts = entered.code.data or "", NOT_RIGHT
            answer = enter_second_factor(writing, answer, typed, pin_keys(), address(), now(), rules)
        if isinstance(answer, OperatorFacts):
            note_proof(writing, known, now())
    if isinstance(answer, NotSignedIn):
        return _proof(entered, texts[answer], 401)
    return redirect(page_of_ours(request.args.get("next")))


def _half() -> PasswordRight | None:
    """Of the signed cookie: whose password was right a short while ago."""
    kept = session.get(HALF)
    if not isinstance(kept, list):
        return None
    operator_id, version, at = kept
    return PasswordRight(operator_id, version) if now().timestamp() - at < HALF_SECONDS_MAX else None


def _code(entered: CodeForm, problem: object, status: int = 200) -> ResponseReturnValue:
    return render_template("console/code.html", form=entered, problem=problem, nonce=nonce()), status


def _proof(entered: ProofForm, problem: object, status: int = 200) -> ResponseReturnValue:
    asks_code = get_signed().operator.has_second_factor
    shown = render_template("console/prove.html", form=entered, problem=problem, asks_code=asks_code, nonce=nonce())
    return shown, status
