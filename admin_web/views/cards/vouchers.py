"""Batches of vouchers, newest first; a new one is ordered here and made by the worker."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import Row, func
from sqlalchemy.orm import Session

from admin_web.access import actor, now, zone
from admin_web.acts import require_right
from admin_web.forms.edit_form import EditForm, answer_form
from admin_web.lists import cells
from admin_web.lists.filters import TextFilter
from admin_web.lists.list_view import ConsoleList, Rows
from billing.rights import Right
from models import VoucherBatch
from services.store.fields import FieldsRefused, checked_values
from services.store.keyset import Order
from services.vouchers.make_vouchers import VouchersRefused, open_voucher_batch
from services.vouchers.voucher_fields import BATCH_FIELDS, DEFAULTS, new_batch
from services.vouchers.voucher_rows import batch_rows
from web_base.texts import gettext, lazy_gettext, translated


class VoucherBatchList(ConsoleList):
    right = Right.SEE_CARDS
    is_of_all = True
    heading = lazy_gettext("Vouchers")
    list_template = "console/voucher_list.html"
    help_topic = "money"
    empty_text = lazy_gettext("No vouchers yet: a voucher is a code that adds its value to a rechargeable card.")
    empty_link = ("vouchers.new", lazy_gettext("Make vouchers"))
    empty_right = Right.MAKE_CARDS
    search_label = lazy_gettext("Batch, or how its name begins")
    link_column = "name"
    right_aligned = frozenset({"value", "quantity"})
    column_list = ("state", "name", "value", "quantity", "expires_at", "created_at")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "state": lazy_gettext("Made"),
        "name": lazy_gettext("Batch"),
        "value": lazy_gettext("Value"),
        "quantity": lazy_gettext("Qty"),
        "expires_at": lazy_gettext("Expires"),
        "created_at": lazy_gettext("Ordered"),
    }
    column_formatters = {  # noqa: RUF012
        "state": cells.status,
        "value": cells.money,
        "quantity": cells.whole,
        "expires_at": cells.moment,
        "created_at": cells.moment,
    }
    orders = {"created_at": Order((VoucherBatch.id,)), "name": Order((VoucherBatch.name,))}  # noqa: RUF012
    begins_descending = True

    def __init__(self) -> None:
        self.filters = (TextFilter("currency", lazy_gettext("Currency"), VoucherBatch.currency, exact=True),)
        super().__init__(VoucherBatch, name=lazy_gettext("Vouchers"), category="Cards", endpoint="vouchers")

    def query(self) -> Rows:
        return batch_rows()

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(func.lower(VoucherBatch.name).startswith(text.lower(), autoescape=True))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("voucherbatch.index_view", batch_id=row.id)

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> ResponseReturnValue:
        """The same name and terms sent twice are one batch."""
        require_right(Right.MAKE_CARDS)
        sections = (("Batch", BATCH_FIELDS),)
        form = EditForm(gettext("Make vouchers"), sections, DEFAULTS, url_for(".index_view"))

        def save(session: Session, values: dict[str, Any], _version: int | None) -> str:
            terms = new_batch(checked_values(BATCH_FIELDS, values, is_new=True), zone())
            try:
                batch_id = open_voucher_batch(session, terms, actor(), now())
            except VouchersRefused as refused:
                raise FieldsRefused({"": translated(refused)}) from refused
            return url_for("voucherbatch.index_view", batch_id=batch_id)

        return answer_form(self, form, save)
