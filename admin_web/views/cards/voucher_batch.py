"""One batch of vouchers: each by its serial and state; exported with codes by right, blocked when it is lost."""

from typing import Any

from flask import abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, now
from admin_web.acts import carry_out, require_right, require_token
from admin_web.entrance.fresh import ask_again
from admin_web.lists import cells
from admin_web.lists.card_files import hand_out
from admin_web.lists.files import wanted_form
from admin_web.lists.filters import DayFilter, NumberFilter, WordFilter
from admin_web.lists.list_view import OWN_ARGUMENTS, ConsoleList, ListState, Rows
from billing.rights import Right
from billing.states import VoucherStatus
from models import Voucher, VoucherBatch
from services.jobs.card_file import FileOf, FileOrder
from services.store.keyset import COUNTED_MAX, Order
from services.vouchers.block_vouchers import block_vouchers, unblock_vouchers
from services.vouchers.voucher_job import find_voucher_job
from services.vouchers.voucher_report import voucher_batch_report
from services.vouchers.voucher_rows import find_batch, voucher_rows_of, vouchers_made
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext


class VoucherBatchPage(ConsoleList):
    right = Right.SEE_CARDS
    is_of_all = True
    heading = lazy_gettext("Vouchers of the batch")
    list_template = "console/voucher_batch.html"
    empty_text = lazy_gettext("Its vouchers are being made; none is accepted before all are.")
    right_aligned = frozenset({"serial"})
    column_list = ("serial", "status", "redeemed_at", "card", "blocked_reason")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "serial": lazy_gettext("Serial"),
        "status": lazy_gettext("Status"),
        "redeemed_at": lazy_gettext("Redeemed"),
        "card": lazy_gettext("On card"),
        "blocked_reason": lazy_gettext("Reason"),
    }
    column_formatters = {  # noqa: RUF012
        "status": cells.status,
        "redeemed_at": cells.moment,
        "card": cells.card_number,
        "blocked_reason": cells.text,
    }
    own_arguments = OWN_ARGUMENTS | {"counted"}
    orders = {"serial": Order((Voucher.serial,))}  # noqa: RUF012

    def __init__(self) -> None:
        self.filters = (
            WordFilter("status", lazy_gettext("Status"), Voucher.status, VoucherStatus),
            NumberFilter("serial", lazy_gettext("Serial"), Voucher.serial),
            DayFilter("from", lazy_gettext("Redeemed from"), Voucher.redeemed_at),
            DayFilter("until", lazy_gettext("Redeemed until"), Voucher.redeemed_at, ends=True),
        )
        super().__init__(Voucher, name="Voucher batch", endpoint="voucherbatch", url="/vouchers/<int:batch_id>")

    def is_visible(self) -> bool:
        return False

    @expose("/")
    def index_view(self, batch_id: int) -> ResponseReturnValue:
        _open(batch_id)
        return self.show_list()

    def base_address(self, **arguments: Any) -> str:  # noqa: ANN401 (url_for's)
        return url_for("voucherbatch.index_view", batch_id=g.batch.id, **arguments)

    def query(self) -> Rows:
        return voucher_rows_of(g.batch.id)

    def page_values(self, state: ListState) -> dict[str, Any]:
        """The vouchers by state are counted to the end when that is asked for: nobody waits for it on each page."""
        session, batch = read_session(), g.batch
        most = None if "counted" in request.args else COUNTED_MAX
        made = batch.quantity if batch.made_at else vouchers_made(session, batch.id)
        job_id = None if batch.made_at else find_voucher_job(session, batch.id)
        report = voucher_batch_report(session, batch, most)
        counted = {"counts_most": most, "counted_address": self.address(state, counted=1)}
        return {"job_id": job_id, "batch": report, "batch_id": batch.id, "made": made, **counted}

    @expose("/export", methods=("POST",))
    def as_file(self, batch_id: int) -> ResponseReturnValue:
        """With codes only by right and with a fresh password, named before the first one is read."""
        require_token()
        name, page = _open(batch_id).name, url_for("voucherbatch.index_view", batch_id=batch_id)
        with_codes = "with_codes" in request.form
        if with_codes and (asked := ask_again(page)) is not None:
            return asked
        return hand_out(self, FileOrder(FileOf.VOUCHERS, name, wanted_form().value, with_codes), page)

    @expose("/block", methods=("POST",))
    def block(self, batch_id: int) -> ResponseReturnValue:
        """Vouchers that were lost, or all that are left; those redeemed stay so."""
        require_token()
        require_right(Right.MAKE_CARDS)
        _open(batch_id)
        reason = request.form.get("reason", "").strip()

        def do(session: Session) -> str:
            if "unblock" in request.form:
                changed = unblock_vouchers(session, batch_id, _serials(), actor(), now())
                return gettext("%(count)s vouchers can be redeemed again.", count=changed)
            changed = block_vouchers(session, batch_id, _serials(), reason, actor(), now())
            return gettext("%(count)s vouchers are blocked.", count=changed)

        carry_out(do)
        return redirect(url_for("voucherbatch.index_view", batch_id=batch_id))


def _open(batch_id: int) -> VoucherBatch:
    batch = find_batch(read_session(), batch_id)
    if batch is None:
        abort(404)
    g.batch = batch
    return batch


def _serials() -> range | None:
    """From the first to the last, the first one alone, or all."""
    first = request.form.get("first", type=int)
    last = request.form.get("last", type=int) or first
    return None if first is None else range(first, (last or first) + 1)
