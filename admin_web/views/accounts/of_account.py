"""The other tabs of an account: its calls, the ledger of these, what was changed about it."""

from typing import Any

from flask import abort, g
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import select

from admin_web.acts import require_right
from admin_web.lists.list_view import ConsoleList, ListState, Rows
from admin_web.views.calls.calls import CallRows
from admin_web.views.money.ledger import LedgerList
from admin_web.views.system.audit import AuditList
from billing.rights import Right
from models import Account, AuditEntry, CallRecord, LedgerEntry
from services.accounts.account_report import account_report
from web_base.database import read_session
from web_base.texts import lazy_gettext


class OfAccount(ConsoleList):
    """A list of one account's rows; its address holds the number of the account."""

    is_of_all = True
    list_template = "console/account_rows.html"
    empty_link = None
    tab = ""

    def is_visible(self) -> bool:
        return False

    def base_address(self, **arguments: Any) -> str:  # noqa: ANN401 (url_for's)
        return self.get_url(".of_account", account_id=account_id(), **arguments)

    def page_values(self, state: ListState) -> dict[str, Any]:
        del state
        return {"account": account_report(read_session(), account_id()), "tab": self.tab}

    def open(self, number: int) -> ResponseReturnValue:
        require_right(Right.SEE_ACCOUNTS)
        if read_session().get(Account, number) is None:
            abort(404)
        g.account_id = number
        return self.show_list()


class AccountCalls(OfAccount, CallRows):
    """Those that it sent, and those that it carried."""

    heading = lazy_gettext("Calls of the account")
    empty_text = lazy_gettext("No call of this account yet.")
    tab = "calls"

    def __init__(self) -> None:
        super().__init__()
        self.endpoint, self.url, self.name = "accountcalls", "/accounts/calls", "Calls of the account"

    @expose("/<int:account_id>/")
    def of_account(self, account_id: int) -> ResponseReturnValue:
        return self.open(account_id)

    def query(self, *, is_count: bool = False) -> Rows:
        mine = (CallRecord.account_id == account_id()) | (CallRecord.carrier_account_id == account_id())
        return super().query(is_count=is_count).where(mine)


class AccountLedger(OfAccount, LedgerList):
    """The movements of the calls that it sent."""

    heading = lazy_gettext("Ledger of the account")
    empty_text = lazy_gettext("No call of this account has moved money yet.")
    tab = "ledger"

    def __init__(self) -> None:
        super().__init__()
        self.endpoint, self.url, self.name = "accountledger", "/accounts/ledger", "Ledger of the account"

    @expose("/<int:account_id>/")
    def of_account(self, account_id: int) -> ResponseReturnValue:
        return self.open(account_id)

    def query(self) -> Rows:
        mine = select(CallRecord.call_id).where(CallRecord.account_id == account_id())
        return super().query().where(LedgerEntry.call_id.in_(mine))


class AccountAudit(OfAccount, AuditList):
    heading = lazy_gettext("Changes of the account")
    empty_text = lazy_gettext("Nothing was changed yet.")
    tab = "audit"

    def __init__(self) -> None:
        super().__init__()
        self.endpoint, self.url, self.name = "accountaudit", "/accounts/changes", "Changes of the account"

    @expose("/<int:account_id>/")
    def of_account(self, account_id: int) -> ResponseReturnValue:
        return self.open(account_id)

    def query(self) -> Rows:
        return super().query().where(AuditEntry.object_kind == "account", AuditEntry.object_id == str(account_id()))


def account_id() -> int:
    found: int | None = g.get("account_id")
    if found is None:
        abort(404)
    return found
