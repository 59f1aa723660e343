"""Pages on which an operator sets what is its own: open to whoever is signed in, whatever its role."""

from typing import Any, ClassVar

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import BaseView

from admin_web.access import get_signed, signed
from web_base.headers import nonce


class OwnPage(BaseView):
    """It changes nobody else. Whoever came in by a drawn password chooses its own before anything else."""

    with_drawn_password: ClassVar[frozenset[str]] = frozenset()

    def is_accessible(self) -> bool:
        found = signed()
        if found is None:
            return False
        return not found.operator.has_drawn_password or request.endpoint in self.with_drawn_password

    def inaccessible_callback(self, name: str, **kwargs: Any) -> ResponseReturnValue:  # noqa: ANN401 (as Flask-Admin has it)
        del name, kwargs
        if signed() is not None:
            return redirect(url_for("me.password"))
        return redirect(
            url_for("sign_in.form", next=request.full_path.rstrip("?") if request.method == "GET" else None)
        )

    def is_visible(self) -> bool:
        return False

    def render(self, template: str, **values: Any) -> str:  # noqa: ANN401 (a template's values)
        return super().render(template, nonce=nonce(), me=get_signed().operator, **values)
