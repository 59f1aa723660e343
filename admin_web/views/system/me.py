"""What an operator sets for itself: language and theme, its sessions, its password, its second factor."""

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.form import SecureForm

from admin_web.access import actor, forget_signed, get_signed, needs_second_factor, now, token
from admin_web.acts import carry_out, require_token
from admin_web.entrance.fresh import ask_again
from admin_web.entrance.keys import pin_keys
from admin_web.entrance.sign_in import page_of_ours
from admin_web.views.system.own_page import OwnPage
from services.operators.drawn_password import choose_password
from services.operators.enrolment import draw_enrolment, find_enrolment
from services.operators.own_sessions import end_one_of, end_others_of_mine
from services.operators.passkey_facts import passkeys_of
from services.operators.passwords import PasswordRefused
from services.operators.preferences import Theme, save_preferences
from services.operators.second_factor import (
    FactorNeeded,
    SecondFactorRefused,
    draw_recovery_codes,
    recovery_codes_left,
    set_second_factor,
    switch_off_app,
)
from services.operators.sessions import sessions_of
from services.operators.totp import app_address
from web_base.database import read_session, write_session
from web_base.qr import qr_svg
from web_base.texts import gettext, translated

WITH_DRAWN_PASSWORD = frozenset({"me.password", "me.save"})
GROUP = 4  # letters of the key that are read at once


class MePage(OwnPage):
    """Sessions, password, and the second factor by an app; security keys have pages of their own."""

    with_drawn_password = WITH_DRAWN_PASSWORD

    def __init__(self) -> None:
        super().__init__(name="Me", endpoint="me", url="/me")

    @expose("/")
    def index(self) -> str:
        operator = get_signed().operator
        session = read_session()
        return self.render(
            "console/me.html",
            sessions=sessions_of(session, operator.id, token(), now()),
            keys=passkeys_of(session, operator.id),
            codes_left=recovery_codes_left(session, operator.id),
            is_needed=needs_second_factor(operator),
        )

    @expose("/save", methods=("POST",))
    def save(self) -> ResponseReturnValue:
        if SecureForm(request.form).validate():
            theme = request.form.get("theme", "")
            language = request.form.get("language", "")
            with write_session() as session:
                has_keys = "keys" in request.form
                save_preferences(session, get_signed().operator.id, Theme.of(theme), language, has_keys=has_keys)
            forget_signed()
        return redirect(page_of_ours(request.referrer))

    @expose("/session", methods=("POST",))
    def session(self) -> ResponseReturnValue:
        """End one of the own sessions, or all but this one."""
        require_token()
        operator, key, mine = get_signed().operator, request.form.get("key", ""), token() or ""

        def do(writing: Any) -> str:  # noqa: ANN401 (a Session)
            if not key:
                ended = end_others_of_mine(writing, operator, mine, actor(), now())
                return gettext("%(count)s other sessions have ended.", count=ended)
            if end_one_of(writing, operator, key, actor(), now()):
                return gettext("The session has ended.")
            return gettext("This session had ended already.")

        carry_out(do)
        forget_signed()
        return redirect(url_for(".index"))

    @expose("/password", methods=("GET", "POST"))
    def password(self) -> ResponseReturnValue:
        """Its own, twice the same; the one of before was entered a short while ago."""
        if (asked := ask_again(url_for(".password"))) is not None:
            return asked
        if request.method == "GET":
            return self.render("console/own_password.html", problem=None)
        require_token()
        operator, chosen = get_signed().operator, request.form.get("password", "")
        if chosen != request.form.get("again", ""):
            problem = gettext("Both entries differ: enter the new password twice the same.")
            return self.render("console/own_password.html", problem=problem), 400
        try:
            with write_session() as writing:
                choose_password(writing, operator, chosen, token() or "", actor(), now())
        except PasswordRefused as refused:
            return self.render("console/own_password.html", problem=translated(refused)), 400
        forget_signed()
        flash(gettext("Your password is changed; your other sessions have ended."), "good")
        return redirect(url_for("admin.index") if operator.has_drawn_password else url_for(".index"))

    @expose("/factor", methods=("GET", "POST"))
    def factor(self) -> ResponseReturnValue:
        """Set up the second factor: the key as a picture and as letters, then a code that proves the app has it."""
        if (asked := ask_again(url_for(".factor"))) is not None:
            return asked
        operator, keys = get_signed().operator, pin_keys()
        if request.method == "GET":
            return self._enrol(draw_enrolment(keys, operator.id, now()))
        require_token()
        sealed = request.form.get("enrolment", "")
        secret = find_enrolment(keys, operator.id, sealed, now())
        if secret is None:
            flash(gettext("This page was open for too long, so it shows a new key. Scan it once more."), "error")
            return redirect(url_for(".factor"))
        try:
            with write_session() as writing:
                code = request.form.get("code", "").replace(" ", "")
                codes = set_second_factor(writing, operator, secret, code, keys, actor(), now())
        except SecondFactorRefused as refused:
            return self._enrol((secret, sealed), translated(refused)), 400
        forget_signed()
        return self._codes(codes)

    @expose("/codes", methods=("POST",))
    def codes(self) -> ResponseReturnValue:
        """Ten new recovery codes in the place of those of before."""
        require_token()
        if (asked := ask_again(url_for(".index"))) is not None:
            return asked
        operator = get_signed().operator
        if not operator.has_second_factor:
            abort(404)
        with write_session() as writing:
            codes = draw_recovery_codes(writing, operator, actor(), now())
        return self._codes(codes)

    @expose("/factor/off", methods=("POST",))
    def off(self) -> ResponseReturnValue:
        require_token()
        if (asked := ask_again(url_for(".index"))) is not None:
            return asked
        operator = get_signed().operator
        try:
            with write_session() as writing:
                switch_off_app(writing, operator, actor(), now(), is_needed=needs_second_factor(operator))
        except FactorNeeded as needed:
            abort(403, translated(needed))
        except SecondFactorRefused as refused:
            flash(translated(refused), "error")
            return redirect(url_for(".index"))
        forget_signed()
        if get_signed().operator.has_second_factor:
            flash(gettext("The app is switched off; your security keys let you in."), "good")
        else:
            flash(gettext("Your second factor is off: the password alone lets you in."), "good")
        return redirect(url_for(".index"))

    def _enrol(self, drawn: tuple[str, str], problem: str | None = None) -> str:
        secret, sealed = drawn
        return self.render(
            "console/factor.html",
            picture=qr_svg(app_address(secret, get_signed().operator.name)),
            groups=[secret[place : place + GROUP] for place in range(0, len(secret), GROUP)],
            enrolment=sealed,
            problem=problem,
        )

    def _codes(self, codes: list[str]) -> str:
        return self.render("console/recovery_codes.html", codes=codes, by_key=False)
