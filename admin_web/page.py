"""What every page of the console has in common: it asks for a right, and shows the operator's own frame."""

from typing import Any, ClassVar

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import BaseView, expose

from admin_web.access import owed_page, signed
from billing.rights import Right, RightMissing
from services.operators.operator_facts import OperatorFacts
from services.operators.scope import sees_all_cards
from web_base.headers import nonce
from web_base.texts import gettext, translated


class GuardedPage(BaseView):
    """A page for whoever has its right; Flask-Admin asks `is_accessible` before each request and for the menu."""

    right: ClassVar[Right]
    is_of_all: ClassVar[bool] = False  # it shows the whole platform: not for an operator of some cards only
    gives_files: ClassVar[bool] = False  # its rows can be had as a file, a long one by a job

    def is_accessible(self) -> bool:
        session = signed()
        if session is None or owed_page(session.operator) is not None:
            return False
        return self._missing(session.operator) is None

    def _missing(self, operator: OperatorFacts) -> str | None:
        """The sentence for an operator who may not see it."""
        if self.right not in operator.rights:
            return translated(RightMissing(self.right))
        if self.is_of_all and not sees_all_cards(operator):
            return gettext("This page shows the whole platform; you work on some of its cards.")
        return None

    def inaccessible_callback(self, name: Any, **kwargs: Any) -> ResponseReturnValue:  # noqa: ANN401 (as Flask-Admin has it)
        del name, kwargs
        session = signed()
        if session is None:
            wanted = request.script_root + request.full_path.rstrip("?") if request.method == "GET" else None
            return redirect(url_for("sign_in.form", next=wanted))
        if (owed := owed_page(session.operator)) is not None:
            return redirect(url_for(owed))
        return render_template("console/refused.html", missing=self._missing(session.operator)), 403

    def render(self, template: str, **values: Any) -> str:  # noqa: ANN401 (a template's values)
        """Flask-Admin's render, with the word that allows our own scripts."""
        session = signed()
        return super().render(template, nonce=nonce(), me=None if session is None else session.operator, **values)


class ConsolePage(GuardedPage):
    """A page of its own; a subclass exposes what it shows."""


class ThingPage(ConsolePage):
    """The pages of one thing of a list, below the list's own address; the menu leads to the list."""

    list_endpoint: ClassVar[str]

    def is_visible(self) -> bool:
        return False

    @expose("/")
    def index(self) -> ResponseReturnValue:
        return redirect(url_for(self.list_endpoint))
