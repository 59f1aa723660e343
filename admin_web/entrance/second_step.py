"""The second step of signing in, and both steps once more before a secret is shown."""

from flask import Response, abort, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_admin.form import SecureForm
from sqlalchemy.orm import Session
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from admin_web.access import TOKEN, address, get_signed, now, token
from admin_web.entrance.keys import console_site, pin_keys
from admin_web.entrance.sign_in import HALF, TEXTS, page_of_ours, pages
from models import Operator
from services.operators.enter_passkey import enter_passkey
from services.operators.entries import Entry
from services.operators.operator_facts import OperatorFacts, find_operator_by
from services.operators.passkeys import ask_proof
from services.operators.sessions import note_proof, open_session
from services.operators.sign_in import NotSignedIn, PasswordRight, enter_second_factor, sign_in
from web_base.database import read_session, write_session
from web_base.headers import nonce
from web_base.texts import lazy_gettext

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

KEY_NOT_RIGHT = {
    **TEXTS,
    NotSignedIn.NOT_ACCEPTED: lazy_gettext(
        "The security key was not accepted: press it once more. After five wrong entries a name rests for a while."
    ),
    NotSignedIn.KEY_COPIED: lazy_gettext(
        "This security key was refused: its counter went back, as that of a copy does. Come in by another key or a "
        "code, remove this one, and tell an owner."
    ),
}


class CodeForm(SecureForm):
    """A code, or what a security key has answered."""

    code = StringField(lazy_gettext("Code"))
    answer = HiddenField()


class ProofForm(SecureForm):
    password = PasswordField(lazy_gettext("Password"), [InputRequired()])
    code = StringField(lazy_gettext("Code of your app"))
    answer = HiddenField()


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
    with write_session() as writing:
        answer = _second_step(writing, right, entered)
        if isinstance(answer, OperatorFacts):
            opened = open_session(writing, answer.id, now(), address=address(), browser=request.user_agent.string)
    if isinstance(answer, NotSignedIn):
        return _code(entered, (KEY_NOT_RIGHT if entered.answer.data else NOT_RIGHT)[answer], 401)
    session.clear()
    session[TOKEN] = opened
    return redirect(page_of_ours(request.args.get("next")))


@pages.post("/sign-in/key")
def ask_key() -> ResponseReturnValue:
    """A challenge for the key of whoever has entered the right password."""
    right = _half()
    if right is None or not SecureForm(request.form).validate():
        abort(400, TOO_OLD)
    return _challenge(right.operator_id)


@pages.post("/prove/key")
def ask_proof_key() -> ResponseReturnValue:
    """The same for whoever is signed in."""
    operator = get_signed().operator
    if not SecureForm(request.form).validate():
        abort(400, TOO_OLD)
    return _challenge(operator.id)


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
            texts = KEY_NOT_RIGHT if entered.answer.data else NOT_RIGHT
            answer = _second_step(writing, answer, entered)
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


def _challenge(operator_id: int) -> ResponseReturnValue:
    with write_session() as writing:
        asked = ask_proof(writing, operator_id, console_site(), now())
    if asked is None:
        abort(404)
    return Response(asked, mimetype="application/json")


def _second_step(writing: Session, right: PasswordRight, entered: CodeForm | ProofForm) -> OperatorFacts | NotSignedIn:
    """By the key where one has answered, else by the code."""
    rules = current_app.config["GUARD_RULES"]
    if entered.answer.data:
        entry = Entry(address(), now(), rules)
        return enter_passkey(writing, right, entered.answer.data, console_site(), entry)
    return enter_second_factor(writing, right, entered.code.data or "", pin_keys(), address(), now(), rules)


def _code(entered: CodeForm, problem: object, status: int = 200) -> ResponseReturnValue:
    half = _half()
    who = None if half is None else find_operator_by(read_session(), Operator.id == half.operator_id)
    kinds = {"has_passkey": who is not None and who.has_passkey, "has_app": who is None or who.has_app}
    values = {"form": entered, "problem": problem, "site": console_site(), **kinds}
    return render_template("console/code.html", nonce=nonce(), **values), status


def _proof(entered: ProofForm, problem: object, status: int = 200) -> ResponseReturnValue:
    values = {"form": entered, "problem": problem, "operator": get_signed().operator, "site": console_site()}
    return render_template("console/prove.html", nonce=nonce(), **values), status
