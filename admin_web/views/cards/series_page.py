"""A series: its cards, its terms, and the making of a new one (JC-23 to JC-59)."""

from typing import Any

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import select

from admin_web.access import actor, get_signed, now, zone
from admin_web.acts import REFUSED, carry_out, require_right, require_token
from admin_web.forms.edit_form import by_whom
from admin_web.forms.form import label, posted, read_values, shown_fields, typed_values
from admin_web.lists.choices import groups, rate_tables, resellers, routing_plans, tax_profiles
from admin_web.lists.filters import PartFilter
from admin_web.lists.list_view import OWN_ARGUMENTS, ListState, Rows
from admin_web.lists.tabs import series_values
from admin_web.things import open_series, opened_series
from admin_web.views.cards.card_acts import acts_of_mine
from admin_web.views.cards.cards import BALANCES, CARD_FILTERS, CardList
from billing.card_acts import SeriesAct
from billing.rights import Right
from models import Card, CardSeries, Wallet
from services.jobs.job_report import unfinished_jobs
from services.money.file_wallets import are_wallets_filed
from services.series.change_series_state import change_series_state
from services.series.count_cards import count_cards, count_cards_up_to
from services.series.new_series_fields import DEFAULTS, NEW_SERIES_FIELDS, SECTIONS, new_series
from services.series.open_series import find_job
from services.series.open_series import open_series as order_series
from services.series.plan_series import SeriesPlan, plan_series
from services.series.preview_series import SeriesPreview
from services.series.series_fields import SECTIONS as EDIT_SECTIONS
from services.series.update_series import preview_series, update_series
from services.store.fields import FieldsRefused, checked_values
from services.store.keyset import COUNTED_MAX, Order
from services.store.version_check import ChangedMeanwhile
from web_base.database import read_session, write_session
from web_base.texts import gettext, lazy_gettext, translated

CHOICES = {
    "card_group_id": groups,
    "rate_table_id": rate_tables,
    "tax_profile_id": tax_profiles,
    "routing_plan_id": routing_plans,
    "reseller_id": resellers,
}
AGAIN_SECONDS = 5  # while its cards are made, the page looks again
EDITABLE = tuple(field for _, fields in EDIT_SECTIONS for field in fields)


class SeriesPage(CardList):
    """Tab Cards list is a list of cards of this series only; the other tabs are pages of their own."""

    heading = lazy_gettext("Cards list")
    list_template = "console/series_cards.html"
    empty_text = lazy_gettext("Its cards are being made; none of them exists for a caller before all do.")
    empty_link = None
    own_arguments = OWN_ARGUMENTS | {"counted"}
    # By serial, which an index knows within a series: by their ids the cards of later series come in between.
    orders = CardList.orders | {"number": Order((Card.serial,))}

    def __init__(self) -> None:
        super().__init__()
        self.filters = (PartFilter("part", lazy_gettext("Part of the number"), opened_series), *CARD_FILTERS)
        self.endpoint, self.url, self.name = "seriespage", "/series", "Series page"

    def is_visible(self) -> bool:
        return False

    def slow_orders(self) -> frozenset[str]:
        """The balances of a distributor's cards lie among those of the whole series."""
        sees_all = get_signed().operator.distributor_id is None
        return frozenset() if sees_all and are_wallets_filed(read_session()) else frozenset({"balance"})

    def series_of_wallets(self, state: ListState) -> list[int] | None:
        """The one series, whoever asks; for the order of balances, too."""
        is_by_balance = state.sort == "balance" or bool(BALANCES & set(state.filters))
        return [opened_series().id] if is_by_balance and are_wallets_filed(read_session()) else None

    def order(self, state: ListState) -> Order:
        """Whoever asks: an index knows serials within a series."""
        return Order(self.orders[state.sort].columns, descending=state.descending)

    def query(self, *, is_count: bool = False, is_joined: bool = True) -> Rows:
        return super().query(is_count=is_count, is_joined=is_joined).where(Card.series_id == opened_series().id)

    def counted(self, state: ListState) -> Rows | int:
        """A series has as many cards as it was made with (`verify` proves it); a distributor sees its own of them."""
        if state.search or get_signed().operator.distributor_id is not None or set(state.filters) - BALANCES:
            return super().counted(state)
        if not opened_series().made_at:
            return 0
        if not state.filters:
            return opened_series().quantity
        if not are_wallets_filed(read_session()):
            return super().counted(state)
        return self.narrowed(select(Wallet.id), state)  # each is that of a card of the series

    def base_address(self, **arguments: Any) -> str:  # noqa: ANN401 (url_for's)
        return url_for("seriespage.cards", number=opened_series().number, **arguments)

    def page_values(self, state: ListState) -> dict[str, Any]:
        """The cards by state are counted to the end when that is asked for: nobody waits for it on each page."""
        session, series_id = read_session(), opened_series().id
        is_counted, whose = "counted" in request.args, get_signed().operator.distributor_id
        counts = (
            count_cards(session, series_id, whose)
            if is_counted
            else count_cards_up_to(session, series_id, COUNTED_MAX, whose)
        )
        return {
            **series_values("cards"),
            "counts": {status.value: count for status, count in counts.items() if count},
            "counts_most": None if is_counted else COUNTED_MAX,
            "counted_address": self.address(state, counted=1),
            "range_acts": acts_of_mine(extends=False),
            "jobs": unfinished_jobs(session, series_id),
            "making": None if opened_series().made_at else find_job(session, opened_series().number),
            "again_seconds": AGAIN_SECONDS,
        }

    @expose("/<int:number>/")
    def cards(self, number: int) -> ResponseReturnValue:
        open_series(number)
        return self.show_list()

    @expose("/go")
    def go(self) -> ResponseReturnValue:
        """JC-54: to another series."""
        number = request.args.get("number", 0, type=int)
        open_series(number)
        return redirect(url_for(".cards", number=number))

    @expose("/<int:number>/edit", methods=("GET", "POST"))
    def edit(self, number: int) -> ResponseReturnValue:
        """JC-55 to JC-59: told by numbers of cards first, then saved; a change by somebody else is seen."""
        require_right(Right.MAKE_CARDS)
        series = open_series(number)
        if request.method == "GET":
            return self._edit(series, typed_values({field.name: getattr(series, field.name) for field in EDITABLE}))
        require_token()
        typed = posted()
        values, problems = read_values(EDITABLE, typed)
        version = request.form.get("version", 0, type=int)
        if problems:
            return self._edit(series, typed, problems), 400
        try:
            touched = preview_series(read_session(), series.id, values, now(), zone())
            if not touched.is_quiet and "confirmed" not in request.form:
                return self._edit(series, typed, touched=touched)
            with write_session() as session:
                update_series(session, series.id, version, values, actor(), now(), zone())
        except FieldsRefused as refused:
            return self._edit(series, typed, refused.problems), 400
        except REFUSED as refused:
            others = by_whom(("card_series", str(number))) if isinstance(refused, ChangedMeanwhile) else ""
            return self._edit(series, typed, {"": f"{others} {translated(refused)}".strip()}), 409
        carry_out(lambda _session: gettext("Series %(number)s is saved.", number=number))
        return redirect(url_for(".edit", number=number))

    @expose("/<int:number>/state", methods=("POST",))
    def state_act(self, number: int) -> ResponseReturnValue:
        require_token()
        series = open_series(number)
        word = request.form.get("act", "")
        if word not in set(SeriesAct):
            abort(400)
        act = SeriesAct(word)
        require_right(Right.DELETE if act is SeriesAct.DELETE else Right.MANAGE_CARDS)

        def do(session: Any) -> str:  # noqa: ANN401 (a Session)
            marked = change_series_state(
                session, series.id, act, actor(), now(), version=request.form.get("version", type=int)
            )
            return gettext(
                "Series %(number)s is %(status)s; %(calls)s calls of its cards are up.",
                number=number,
                status=marked.status.value,
                calls=marked.calls_up,
            )

        carry_out(do)
        return redirect(url_for(".cards", number=number))

    @expose("/generate", methods=("GET", "POST"))
    def generate(self) -> ResponseReturnValue:
        """JC-23: the preview first, then the order; the job makes the cards."""
        require_right(Right.MAKE_CARDS)
        if request.method == "GET":
            return self._generate(typed_values(DEFAULTS) | {"card_group_id": request.args.get("card_group_id", "")})
        require_token()
        typed = posted()
        values, problems = read_values(NEW_SERIES_FIELDS, typed)
        if problems:
            return self._generate(typed, problems), 400
        try:
            terms, chooses_length = new_series(checked_values(NEW_SERIES_FIELDS, values, is_new=True))
            plan = plan_series(read_session(), terms, chooses_length=chooses_length, now=now(), zone=zone())
            if "confirmed" not in request.form:
                return self._generate(typed, plan=plan)
            with write_session() as session:
                order_series(session, plan.terms, actor(), now(), zone())
        except FieldsRefused as refused:
            return self._generate(typed, refused.problems), 400
        except REFUSED as refused:
            return self._generate(typed, {"": translated(refused)}), 400
        return redirect(url_for(".cards", number=plan.terms.number))

    def _generate(
        self, typed: dict[str, str], problems: dict[str, str] | None = None, plan: SeriesPlan | None = None
    ) -> str:
        sections = [(gettext(title), shown_fields(fields, CHOICES)) for title, fields in SECTIONS]
        return self.render(
            "console/generate.html",
            sections=sections,
            typed=typed,
            problems=problems or {},
            plan=plan,
            label=label,
            has_tables=bool(rate_tables()),
        )

    def _edit(
        self,
        series: CardSeries,
        typed: dict[str, str],
        problems: dict[str, str] | None = None,
        touched: SeriesPreview | None = None,
    ) -> str:
        values = series_values("edit")
        return self.render(
            "console/series_edit.html",
            **values,
            version=request.form.get("version", series.version),
            sections=[
                (gettext(title), shown_fields(fields, CHOICES, values["series"]["currency"]))
                for title, fields in EDIT_SECTIONS
            ],
            typed=typed,
            problems=problems or {},
            touched=touched,
        )
