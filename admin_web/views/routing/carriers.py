"""Carriers: who takes our calls, what each carries now, and which rest after failures (JA-43 to JA-49)."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask import abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from admin_web.access import actor, has_right, now
from admin_web.acts import carry_out, csrf, require_right, require_token
from admin_web.forms.edit_form import EditForm, answer_form
from admin_web.lists import cells
from admin_web.lists.filters import TextFilter, WordFilter, begins_with
from admin_web.lists.list_view import ConsoleList, ListState, Rows
from billing.money import divide_floor
from billing.rights import Right
from models import Account, AccountLoad, CarrierState, Client, RateTable, TrunkProtocol
from services.accounts.trunk_ports import trunk_port
from services.routing.carrier_words import carrier_is
from services.routing.try_carrier import TEST_FIELDS, ask_carrier_test, testable_carrier
from services.routing.wake_carrier import wake_carrier
from services.store.fields import FieldsRefused
from services.store.keyset import Order
from web_base.database import read_session
from web_base.formats import NOTHING, duration, moment, whole
from web_base.texts import gettext, lazy_gettext

LOOKED_WITHIN = timedelta(minutes=5)  # the worker asks every minute
STATE_COLUMNS = (
    *("answered", "talk_seconds", "counted_at", "last_tried_at", "last_status", "last_cause"),
    *("reach", "reach_at", "reach_since"),
)


def state(_view: Any, _context: Any, row: Any, _name: str) -> Markup:  # noqa: ANN401 (as Flask-Admin has it)
    """In a word, since when, until when, and what Asterisk says; the button that ends a rest."""
    found = carrier_is(row, now())
    parts = [cells.status_word(found.word.value)]
    if found.why:
        parts.append(_small(gettext(found.why)))
    if found.since is not None:
        parts.append(_small(Markup("{} {}").format(gettext("since"), moment(found.since))))
    if found.until is not None:
        parts.append(_small(Markup("{} {}").format(gettext("until"), moment(found.until))))
        if has_right(Right.MANAGE_ROUTES):
            form = Markup('<form method="post" action="{}">{}<button>{}</button></form>')
            wake = url_for("carriers.wake", account_id=row.id)
            parts.append(form.format(wake, csrf(), gettext("End its rest")))
    return _together(parts)


def lines(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401
    """JA-46: calls now, of how many."""
    return f"{row.calls} / {'∞' if row.capacity is None else row.capacity}"


def gateway(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401
    return f"{row.protocol.value} {row.proxy or NOTHING}:{trunk_port(row.protocol, row.port)}"


def answered_share(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401
    """ASR: attempts that were answered."""
    if not row.attempts:
        return NOTHING
    return f"{divide_floor(row.answered * 100, row.attempts)} % · {whole(row.answered)} / {whole(row.attempts)}"


def mean_talk(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401
    """ACD: of those that were answered."""
    return duration(divide_floor(row.talk_seconds, row.answered)) if row.answered else NOTHING


def last_end(_view: Any, _context: Any, row: Any, _name: str) -> Markup | str:  # noqa: ANN401
    """How its newest attempt ended: Dial's word and the Q.850 cause; and how many failed in a row."""
    if row.last_tried_at is None:
        return NOTHING
    cause = "" if row.last_cause is None else f" ({row.last_cause})"
    parts = [Markup("{}{}").format(row.last_status, cause), _small(moment(row.last_tried_at))]
    if row.failures:
        parts.append(_small(gettext("%(count)s failures in a row", count=row.failures)))
    return _together(parts)


def try_link(_view: Any, _context: Any, row: Any, _name: str) -> Markup | str:  # noqa: ANN401
    if not (row.is_open and has_right(Right.MANAGE_ROUTES)):
        return NOTHING
    link = Markup('<a href="{}">{}<span class="unseen"> {}</span></a>')
    return link.format(url_for("carriers.test", account_id=row.id), gettext("Place a test call"), row.endpoint)


def _small(text: str) -> Markup:
    return Markup('<small class="muted">{}</small>').format(text)


def _together(parts: Sequence[Markup]) -> Markup:
    """One below the other, as one thing beside the column's name on a narrow screen."""
    return Markup('<div class="lines">{}</div>').format(
        Markup("").join(Markup("<div>{}</div>").format(one) for one in parts)
    )


class CarrierList(ConsoleList):
    right = Right.SEE_ACCOUNTS
    is_of_all = True
    heading = lazy_gettext("Carriers")
    list_template = "console/carrier_list.html"
    help_topic = "trunks"
    empty_text = lazy_gettext("No carrier yet: an account with terminator settings takes our calls.")
    empty_link = ("accountpage.new", lazy_gettext("Add a carrier"))
    empty_right = Right.MANAGE_ACCOUNTS
    search_label = lazy_gettext("Name in Asterisk, or how it begins")
    link_column = "endpoint"
    right_aligned = frozenset({"lines", "asr", "acd"})
    column_list = ("state", "endpoint", "lines", "asr", "acd", "last", "client", "rate_table", "gateway", "tag", "test")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "state": lazy_gettext("State"),
        "endpoint": lazy_gettext("Carrier"),
        "client": lazy_gettext("Client"),
        "rate_table": lazy_gettext("Asks by"),
        "gateway": lazy_gettext("Gateway"),
        "lines": lazy_gettext("Calls now"),
        "asr": lazy_gettext("ASR"),
        "acd": lazy_gettext("ACD"),
        "last": lazy_gettext("Last attempt"),
        "tag": lazy_gettext("Tag"),
        "test": lazy_gettext("Try it"),
    }
    column_formatters = {  # noqa: RUF012
        "state": state,
        "rate_table": cells.text,
        "gateway": gateway,
        "lines": lines,
        "asr": answered_share,
        "acd": mean_talk,
        "last": last_end,
        "tag": cells.text,
        "test": try_link,
    }
    orders = {"endpoint": Order((Account.endpoint,))}  # noqa: RUF012

    def __init__(self) -> None:
        self.filters = (
            WordFilter("protocol", lazy_gettext("Protocol"), Account.protocol, TrunkProtocol),
            TextFilter("tag", lazy_gettext("Tag"), Account.terminator_tag),
        )
        super().__init__(Account, name=lazy_gettext("Carriers"), category="Rates & routes", endpoint="carriers")

    def query(self) -> Rows:
        is_open = Client.is_enabled & Client.deleted_at.is_(None)
        table_id = func.coalesce(Account.terminator_rate_table_id, Client.terminator_rate_table_id)
        return (
            select(
                Account.id,
                is_open.label("is_open"),
                Account.endpoint,
                Client.name.label("client"),
                RateTable.name.label("rate_table"),
                Account.protocol,
                Account.proxy,
                Account.port,
                func.coalesce(AccountLoad.terminating, 0).label("calls"),
                Account.terminator_capacity.label("capacity"),
                func.coalesce(AccountLoad.failures_in_row, 0).label("failures"),
                AccountLoad.rested_until,
                Account.rest_seconds,
                func.coalesce(CarrierState.attempts, 0).label("attempts"),
                *(getattr(CarrierState, name) for name in STATE_COLUMNS),
                Account.terminator_tag.label("tag"),
            )
            .join(Client, Client.id == Account.client_id)
            .outerjoin(CarrierState, CarrierState.account_id == Account.id)
            .outerjoin(AccountLoad, AccountLoad.account_id == Account.id)
            .outerjoin(RateTable, RateTable.id == table_id)
            .where(Account.terminator_enabled, Account.deleted_at.is_(None))
        )

    def page_values(self, state: ListState) -> dict[str, Any]:
        """Whether somebody asks the carriers whether they answer: the worker can beside the platform's own Asterisk."""
        del state
        looked_at = read_session().scalars(select(func.max(CarrierState.reach_at))).one_or_none()
        return {"looked_at": looked_at, "is_watched": looked_at is not None and looked_at > now() - LOOKED_WITHIN}

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(begins_with(Account.endpoint, text))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("accountpage.show", account_id=row.id)

    @expose("/<int:account_id>/test", methods=("GET", "POST"))
    def test(self, account_id: int) -> ResponseReturnValue:
        """A real call over this carrier; off where the console's phone is, as it costs what the carrier asks."""
        require_right(Right.MANAGE_ROUTES)
        settings = current_app.config["SETTINGS"]
        if not settings.console_phone and request.method == "POST":
            abort(403, gettext("Test calls are switched off here: CALLINGCARD_CONSOLE_PHONE=true switches them on."))
        try:
            carrier = testable_carrier(read_session(), account_id)
        except FieldsRefused:
            abort(404)
        form = EditForm(
            gettext("Test call over %(name)s", name=carrier.endpoint),
            ((lazy_gettext("Call"), TEST_FIELDS),),
            {"talk_seconds": 5, "number": request.args.get("number", "")[:20]},
            url_for(".index_view"),
            template="console/carrier_test.html",
            extra={"is_on": settings.console_phone, "token": uuid4().hex, "ring_seconds": carrier.ring_seconds},
        )

        def ask(session: Session, values: dict[str, Any], _version: int | None) -> str:
            token = request.form.get("token", "")[:64]
            return url_for("jobpage.show", job_id=ask_carrier_test(session, account_id, values, token, actor(), now()))

        return answer_form(self, form, ask, tells=False)

    @expose("/<int:account_id>/wake", methods=("POST",))
    def wake(self, account_id: int) -> ResponseReturnValue:
        require_token()
        require_right(Right.MANAGE_ROUTES)

        def do(session: Any) -> str:  # noqa: ANN401 (a Session)
            name = wake_carrier(session, account_id, actor(), now())
            return gettext("Calls are offered to %(name)s again.", name=name)

        carry_out(do)
        return redirect(url_for(".index_view"))
