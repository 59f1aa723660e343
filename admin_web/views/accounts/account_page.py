"""One account: by what its calls are known, both its roles; made, changed, switched off and deleted here (JA-23 to
JA-49).
"""

from typing import Any
from uuid import uuid4

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, get_signed, now
from admin_web.acts import REFUSED, carry_out, require_right, require_token
from admin_web.entrance.fresh import ask_again
from admin_web.entrance.keys import pin_keys
from admin_web.forms.edit_form import EditForm, Sections, answer_form
from admin_web.lists.choices import clients, rate_tables, routing_plans
from admin_web.page import ThingPage
from billing.rights import Right
from models import Account
from services.accounts.account_fields import GENERAL, ORIGINATOR, TERMINATOR
from services.accounts.account_password import generated_password, set_account_password, show_account_password
from services.accounts.account_report import account_report
from services.accounts.delete_account import delete_account, disable_account, preview_deletion
from services.accounts.deletion_job import CALLS_AT_ONCE_MAX, ask_deletion, is_long
from services.accounts.save_account import DEFAULTS, account_values, create_account, update_account
from web_base.database import read_session, write_session
from web_base.formats import money
from web_base.texts import gettext, lazy_gettext

CHOICES = {
    "client_id": clients,
    "originator_rate_table_id": rate_tables,
    "originator_routing_plan_id": routing_plans,
    "terminator_rate_table_id": rate_tables,
}
SECTIONS = (
    (lazy_gettext("Account"), GENERAL),
    (lazy_gettext("Originator settings: it sends calls to us"), ORIGINATOR),
    (lazy_gettext("Terminator settings: it takes calls from us"), TERMINATOR),
)


class AccountPage(ThingPage):
    right = Right.SEE_ACCOUNTS
    is_of_all = True
    list_endpoint = "accounts.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Account"), endpoint="accountpage", url="/accounts")

    @expose("/<int:account_id>")
    def show(self, account_id: int) -> str:
        account = _account(account_id)
        report = account_report(read_session(), account.id)
        return self.render("console/account.html", account=report, client_id=account.client_id)

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> ResponseReturnValue:
        """JA-15, JA-23."""
        require_right(Right.MANAGE_ACCOUNTS)
        client_id = request.args.get("client_id", type=int)
        back = url_for("accounts.index_view") if client_id is None else url_for("clientpage.show", client_id=client_id)
        stored = {**DEFAULTS, "client_id": client_id}
        form = EditForm(gettext("New account"), _sections(is_new=True), stored, back, choices=CHOICES)

        def save(session: Session, values: dict[str, Any], _version: int | None) -> str:
            return url_for(".show", account_id=create_account(session, values, actor(), now()).id)

        return answer_form(self, form, save)

    @expose("/<int:account_id>/edit", methods=("GET", "POST"))
    def edit(self, account_id: int) -> ResponseReturnValue:
        require_right(Right.MANAGE_ACCOUNTS)
        account = _account(account_id)
        report = account_report(read_session(), account_id)
        back = url_for(".show", account_id=account_id)
        form = EditForm(
            gettext("Edit account %(name)s", name=account.name),
            _sections(is_new=False),
            account_values(read_session(), account),
            back,
            version=account.version,
            what=("account", str(account_id)),
            choices=CHOICES,
            fixed=((gettext("Client"), report["client"]), (gettext("Endpoint"), report["endpoint"])),
        )

        def save(session: Session, values: dict[str, Any], version: int | None) -> str:
            update_account(session, account_id, version, values, actor(), now())
            return back

        return answer_form(self, form, save)

    @expose("/<int:account_id>/disable", methods=("POST",))
    def disable(self, account_id: int) -> ResponseReturnValue:
        """JA-14: both roles off."""
        require_token()
        require_right(Right.MANAGE_ACCOUNTS)
        _account(account_id)
        version = request.form.get("version", type=int)

        def do(session: Session) -> str:
            disable_account(session, account_id, version, actor(), now())
            return gettext("The account neither sends nor takes calls now; its history stays.")

        carry_out(do)
        return redirect(url_for(".show", account_id=account_id))

    @expose("/<int:account_id>/delete", methods=("GET", "POST"))
    def delete(self, account_id: int) -> ResponseReturnValue:
        """The sum first, and Disable as the better way (JA-12, JA-13, JA-20)."""
        require_right(Right.DELETE)
        account = _account(account_id)
        if request.method == "GET":
            deletion = preview_deletion(read_session(), account_id)
            by_job = deletion.calls > CALLS_AT_ONCE_MAX
            return self.render(
                "console/account_delete.html", account=account, deletion=deletion, by_job=by_job, token=uuid4().hex
            )
        require_token()
        version, reason = request.form.get("version", type=int), request.form.get("reason", "").strip() or None
        if is_long(read_session(), account):
            return _delete_by_job(account_id, version, reason)
        rights = get_signed().operator.rights

        def do(session: Session) -> str:
            done = delete_account(session, account_id, version, actor(), now(), rights=rights, reason=reason)
            return gettext(
                "The account %(name)s is deleted: %(refund)s of %(calls)s calls went back to %(client)s, whose "
                "balance is now %(balance)s.",
                name=done.account,
                refund=money(done.refund_micros, done.currency),
                calls=done.calls,
                client=done.client,
                balance=money(done.balance_micros, done.currency),
            )

        is_done = carry_out(do)
        return redirect(url_for("accounts.index_view") if is_done else url_for(".show", account_id=account_id))

    @expose("/<int:account_id>/password", methods=("POST",))
    def password(self, account_id: int) -> ResponseReturnValue:
        """Generate, show or take away (JA-32 to JA-34). A secret stands on this answer only, in no address and no
        cookie.
        """
        require_token()
        act, version = request.form.get("act", ""), request.form.get("version", type=int)
        if act not in ("generate", "show", "remove"):
            abort(400)
        require_right(Right.SEE_PASSWORDS if act == "show" else Right.MANAGE_ACCOUNTS)
        account, back = _account(account_id), url_for(".show", account_id=account_id)
        asked = ask_again(back)
        if asked is not None:
            return asked
        try:
            with write_session() as session:
                secret = self._secret(session, account_id, version, act)
        except REFUSED as refused:
            carry_out(_refuse(refused))
            return redirect(back)
        if secret is None:
            told = gettext("The account has no password: no one logs in by it.")
            carry_out(lambda _session: told)
            return redirect(back)
        return self.render("console/account_password.html", account=account, secret=secret, back=back)

    def _secret(self, session: Session, account_id: int, version: int | None, act: str) -> str | None:
        if act == "show":
            rights, reason = get_signed().operator.rights, request.form.get("reason", "").strip() or None
            return show_account_password(session, pin_keys(), account_id, reason, actor(), now(), rights=rights)
        made = generated_password() if act == "generate" else None
        set_account_password(session, pin_keys(), account_id, version, made, actor(), now())
        return made


def _delete_by_job(account_id: int, version: int | None, reason: str | None) -> ResponseReturnValue:
    """More calls than a page can wait for: the worker gives them back step by step."""
    asked = list[int]()

    def do(session: Session) -> str:
        token = request.form.get("token", "")[:64]
        asked.append(ask_deletion(session, account_id, version, reason, token, actor(), now()))
        return gettext("The account is switched off; the worker gives back what its calls have cost.")

    if carry_out(do):
        return redirect(url_for("jobpage.show", job_id=asked[0]))
    return redirect(url_for("accountpage.show", account_id=account_id))


def _account(account_id: int) -> Account:
    account = read_session().get(Account, account_id)
    if account is None:
        abort(404)
    return account


def _sections(*, is_new: bool) -> Sections:
    return [(title, [field for field in fields if is_new or not field.is_fixed]) for title, fields in SECTIONS]


def _refuse(refused: Exception) -> Any:  # noqa: ANN401 (an act that only tells why not)
    def act(_session: Session) -> str:
        raise refused

    return act
