"""Keep a search of a list, and forget it: each operator's own."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import BaseView, expose

from admin_web.access import forget_signed, get_signed, signed
from admin_web.acts import require_token
from admin_web.entrance.sign_in import page_of_ours
from services.operators.saved_searches import SearchRefused, forget_search, save_search
from web_base.database import write_session
from web_base.texts import gettext, translated


class SearchesPage(BaseView):
    """Open to whoever is signed in; it changes nobody else."""

    def __init__(self) -> None:
        super().__init__(name="Searches", endpoint="searches", url="/searches")

    def is_accessible(self) -> bool:
        found = signed()
        return found is not None and not found.operator.has_drawn_password

    def inaccessible_callback(self, name: str, **kwargs: Any) -> ResponseReturnValue:  # noqa: ANN401 (as Flask-Admin has it)
        del name, kwargs
        return redirect(url_for("sign_in.form" if signed() is None else "me.password"))

    def is_visible(self) -> bool:
        return False

    @expose("/")
    def index(self) -> ResponseReturnValue:
        return redirect(url_for("admin.index"))

    @expose("/save", methods=("POST",))
    def save(self) -> ResponseReturnValue:
        require_token()
        address = page_of_ours(request.form.get("list"))
        try:
            with write_session() as session:
                save_search(session, get_signed().operator.id, request.form.get("name", ""), address)
            flash(gettext("The search is kept."), "good")
        except SearchRefused as refused:
            flash(translated(refused), "error")
        forget_signed()
        return redirect(address)

    @expose("/forget", methods=("POST",))
    def forget(self) -> ResponseReturnValue:
        require_token()
        with write_session() as session:
            forget_search(session, get_signed().operator.id, request.form.get("name", ""))
        forget_signed()
        return redirect(page_of_ours(request.form.get("list")))
