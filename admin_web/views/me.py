"""What an operator sets for itself: language and theme."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import BaseView, expose
from flask_admin.form import SecureForm

from admin_web.access import forget_signed, get_signed, signed
from admin_web.database import write_session
from admin_web.sign_in import page_of_ours
from services.operators.preferences import Theme, save_preferences


class MePage(BaseView):
    """Open to whoever is signed in; it changes nobody else."""

    def __init__(self) -> None:
        super().__init__(name="Me", endpoint="me", url="/me")

    def is_accessible(self) -> bool:
        return signed() is not None

    def is_visible(self) -> bool:
        return False

    @expose("/")
    def index(self) -> ResponseReturnValue:
        return redirect(url_for("admin.index"))

    @expose("/save", methods=("POST",))
    def save(self) -> ResponseReturnValue:
        if SecureForm(request.form).validate():
            theme = request.form.get("theme", "")
            language = request.form.get("language", "")
            with write_session() as session:
                save_preferences(session, get_signed().operator.id, Theme.of(theme), language)
            forget_signed()
        return redirect(page_of_ours(request.referrer))
