"""The security keys and passkeys of whoever is signed in: registered, named, taken away (docs/operators.md)."""

from flask import Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, forget_signed, get_signed, needs_second_factor, now
from admin_web.acts import carry_out, require_token
from admin_web.entrance.fresh import ask_again
from admin_web.entrance.keys import console_site
from admin_web.views.system.own_page import OwnPage
from services.operators.passkey_facts import PasskeyFacts, passkeys_of
from services.operators.passkeys import add_passkey, ask_registration, remove_passkey, rename_passkey
from services.operators.second_factor import SecondFactorRefused
from web_base.database import read_session, write_session
from web_base.texts import gettext, translated


class MyKeysPage(OwnPage):
    """Each act asks for password and factor, unless they were entered a short while ago."""

    def __init__(self) -> None:
        super().__init__(name="Security keys", endpoint="mykeys", url="/me/keys")

    @expose("/")
    def index(self) -> ResponseReturnValue:
        return redirect(url_for("me.index"))

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> ResponseReturnValue:
        if (asked := ask_again(url_for(".new"))) is not None:
            return asked
        if request.method == "GET":
            return self._form(gettext("Security key"))
        require_token()
        name, answer = request.form.get("name", ""), request.form.get("answer", "")
        try:
            with write_session() as writing:
                codes = add_passkey(writing, get_signed().operator, name, answer, console_site(), actor(), now())
        except SecondFactorRefused as refused:
            return self._form(name, translated(refused)), 400
        forget_signed()
        if codes:
            return self.render("console/recovery_codes.html", codes=codes, by_key=True)
        flash(gettext("The security key is registered: it lets you in from now on."), "good")
        return redirect(url_for("me.index"))

    @expose("/ask", methods=("POST",))
    def ask(self) -> ResponseReturnValue:
        """A challenge for the browser's authenticator."""
        require_token()
        if (asked := ask_again(url_for(".new"))) is not None:
            return asked
        try:
            with write_session() as writing:
                asked_of_key = ask_registration(writing, get_signed().operator, console_site(), now())
        except SecondFactorRefused as refused:
            abort(409, translated(refused))
        return Response(asked_of_key, mimetype="application/json")

    @expose("/<int:key_id>", methods=("GET", "POST"))
    def one(self, key_id: int) -> ResponseReturnValue:
        if (asked := ask_again(url_for(".one", key_id=key_id))) is not None:
            return asked
        known, operator = passkeys_of(read_session(), get_signed().operator.id), get_signed().operator
        one = next((key for key in known if key.id == key_id), None)
        if one is None:
            abort(404)
        is_last = len(known) == 1 and not operator.has_app
        if request.method == "GET":
            may_remove = not (is_last and needs_second_factor(operator))
            return self.render("console/key_change.html", one=one, is_last=is_last, may_remove=may_remove)
        require_token()
        is_done = carry_out(lambda session: _changed(session, one))
        forget_signed()
        return redirect(url_for("me.index") if is_done else url_for(".one", key_id=key_id))

    def _form(self, name: str, problem: str | None = None) -> str:
        return self.render("console/key.html", name=name, problem=problem, site=console_site())


def _changed(session: Session, one: PasskeyFacts) -> str:
    operator = get_signed().operator
    if request.form.get("act") == "remove":
        remove_passkey(session, operator, one.id, actor(), now(), is_needed=needs_second_factor(operator))
        return gettext("The security key %(name)s lets nobody in any more.", name=one.name)
    rename_passkey(session, operator, one.id, request.form.get("name", ""), actor(), now())
    return gettext("The security key is renamed.")
