"""Acts on many cards: those that were ticked in a list, or a range of a series; shown by numbers first, then done."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, get_signed, has_right, now, zone
from admin_web.acts import REFUSED, carry_out, require_right, require_token
from admin_web.entrance.sign_in import page_of_ours
from admin_web.lists.choices import distributors
from admin_web.lists.list_query import ListQuery, list_query
from admin_web.page import ThingPage
from admin_web.things import open_series
from billing.card_acts import DONE_WORDS, CardAct
from billing.card_number import SERIAL_MAX
from billing.rights import Right
from services.cards.card_act_job import ask_card_act
from services.cards.card_order import ActRefused, CardOrder, Sale
from services.cards.card_range import CardRange
from services.cards.change_card_state import CARDS_A_STEP, ActDone, change_cards, preview_card_act
from services.cards.chosen_cards import CHOSEN_MAX, change_chosen, chosen_ranges, extend_chosen, preview_chosen
from services.cards.matching_act_job import MATCHING_ACT, ask_matching_act
from services.cards.matching_cards import Rows, matching_cards, preview_matching
from services.jobs.ask_job import find_asked
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext, translated

EXTEND = "extend"
ACT_RIGHTS = {
    CardAct.RELEASE.value: Right.SELL_CARDS,
    CardAct.SELL.value: Right.SELL_CARDS,
    CardAct.TAKE_BACK.value: Right.SELL_CARDS,
    CardAct.BLOCK.value: Right.MANAGE_CARDS,
    CardAct.UNBLOCK.value: Right.MANAGE_CARDS,
    EXTEND: Right.MANAGE_CARDS,
}
ACT_NAMES = {
    CardAct.RELEASE.value: lazy_gettext("Release"),
    CardAct.SELL.value: lazy_gettext("Sell"),
    CardAct.TAKE_BACK.value: lazy_gettext("Take back"),
    CardAct.BLOCK.value: lazy_gettext("Block"),
    CardAct.UNBLOCK.value: lazy_gettext("Unblock"),
    EXTEND: lazy_gettext("Give another last day"),
}
TYPED_ABOVE = 100  # so many cards are confirmed by typing their number


def acts_of_mine(*, extends: bool) -> list[tuple[str, str]]:
    """What this operator may do with cards that are ticked, or with a range."""
    words = [word for word, right in ACT_RIGHTS.items() if has_right(right) and (extends or word != EXTEND)]
    return [(word, ACT_NAMES[word]) for word in words]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the forms of both ways have in common."""

    act: str
    reason: str | None
    sale: Sale | None
    ends_calls: bool
    back: str
    is_confirmed: bool

    def order(self, cards: CardRange) -> CardOrder:
        return CardOrder(CardAct(self.act), cards, self.reason, self.sale, self.ends_calls)


class CardActs(ThingPage):
    right = Right.SEE_CARDS
    list_endpoint = "cards.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Acts on cards"), endpoint="cardacts", url="/cards/acts")

    @expose("/chosen", methods=("POST",))
    def chosen(self) -> ResponseReturnValue:
        require_token()
        asked, numbers = _asked(), request.form.getlist("number")
        if "matching" in request.form:
            return self._matching(asked)
        operator = get_signed().operator
        try:
            ranges = chosen_ranges(read_session(), operator, numbers)
            told = None if asked.act == EXTEND else preview_chosen(read_session(), ranges, _harmless(asked))
        except REFUSED as refused:
            flash(translated(refused), "error")
            return redirect(asked.back)
        if not asked.is_confirmed:
            count = sum(cards.last_serial - cards.first_serial + 1 for cards in ranges)
            return self._confirm(asked, told, count, numbers=numbers)

        def do(session: Session) -> str:
            if asked.act == EXTEND:
                last_day = date.fromisoformat(request.form.get("last_day", ""))
                changed = extend_chosen(session, operator, numbers, last_day, actor(), now(), zone())
                return gettext("%(count)s cards have another last day.", count=changed)
            return _sentence(asked.act, change_chosen(session, ranges, asked.order, actor(), now()))

        try:
            carry_out(do)
        except ValueError:
            flash(gettext("The last day cannot be read: choose one."), "error")
        return redirect(asked.back)

    def _matching(self, asked: Asked) -> ResponseReturnValue:
        """All cards that fit the filters of the list: confirmed by number and mark, so that none is touched that came
        to fit later; a long way is a job over exactly these.
        """
        if asked.act == EXTEND:
            flash(gettext("Another last day is given to ticked cards only."), "error")
            return redirect(asked.back)
        token, seen = request.form.get("token", ""), request.form.get("mark", "")
        if (asked_before := find_asked(read_session(), MATCHING_ACT, token)) is not None:
            return redirect(url_for("jobpage.show", job_id=asked_before))
        query, rows = _cards_of(asked.back)
        try:
            found = matching_cards(read_session(), rows)
            told = preview_matching(read_session(), rows, found.runs, _harmless(asked))
        except REFUSED as refused:
            flash(translated(refused), "error")
            return redirect(asked.back)
        if not asked.is_confirmed or found.mark != seen or not _is_typed(told):
            were = request.form.get("matched", type=int) if asked.is_confirmed and found.mark != seen else None
            hidden = {"matching": "1", "mark": found.mark, "matched": found.count}
            return self._confirm(asked, told, found.count, filters=query.told, were=were, **hidden)
        made: list[int] = []

        def do(session: Session) -> str:
            same = matching_cards(session, rows)
            if same.mark != seen:
                raise ActRefused("Just now other cards came to fit, or some no longer do: look at their number again.")
            if same.count <= CHOSEN_MAX:
                return _sentence(asked.act, change_chosen(session, same.runs, asked.order, actor(), now()))
            made.append(ask_matching_act(session, same, asked.order, asked.back, token, actor(), now()))
            return gettext("The worker does it now.")

        carry_out(do)
        return redirect(url_for("jobpage.show", job_id=made[0]) if made else asked.back)

    @expose("/range", methods=("POST",))
    def range(self) -> ResponseReturnValue:
        """Of a series that is one's own: who sells some cards of it ticks them."""
        require_token()
        asked, series = _asked(), open_series(request.form.get("series", 0, type=int))
        if get_signed().operator.distributor_id is not None or asked.act == EXTEND:
            abort(403, gettext("A range holds cards of others: tick yours in the list."))
        first = request.form.get("first", type=int) or 0
        last = request.form.get("last", type=int) or SERIAL_MAX
        cards = CardRange(series.id, first, last)
        try:
            told = preview_card_act(read_session(), _harmless(asked)(cards))
        except REFUSED as refused:
            flash(translated(refused), "error")
            return redirect(asked.back)
        if not asked.is_confirmed or not _is_typed(told):
            return self._confirm(asked, told, told.seen, series=series.number, first=first, last=last)
        if told.seen > CARDS_A_STEP:
            return self._as_job(asked.order(cards), asked.back)

        def do(session: Session) -> str:
            return _sentence(asked.act, change_cards(session, asked.order(cards), actor(), now()).done)

        carry_out(do)
        return redirect(asked.back)

    def _as_job(self, order: CardOrder, back: str) -> ResponseReturnValue:
        """The worker does it in steps; the form's token makes two presses one job."""
        made: list[int] = []

        def do(session: Session) -> str:
            made.append(ask_card_act(session, order, request.form.get("token", ""), actor(), now()))
            return gettext("The worker does it now.")

        return redirect(url_for("jobpage.show", job_id=made[0]) if carry_out(do) else back)

    def _confirm(
        self,
        asked: Asked,
        told: ActDone | None,
        count: int,
        *,
        filters: tuple[str, ...] | None = None,
        were: int | None = None,
        **hidden: Any,  # noqa: ANN401 (fields of the form)
    ) -> str:
        """`filters` where all cards that fit are meant; `were`: so many fitted when it was confirmed."""
        return self.render(
            "console/card_act.html",
            asked=asked,
            name=ACT_NAMES[asked.act],
            told=told,
            count=count,
            typed_above=TYPED_ABOVE,
            distributors=distributors(),
            was_confirmed=asked.is_confirmed,
            hidden=hidden,
            filters=filters,
            were=were,
            token=uuid4().hex,
        )


def _cards_of(address: str) -> tuple[ListQuery, Rows]:
    query = list_query(address)
    if query.rows is None or query.view is None or query.view.row_acts is None:
        abort(400)
    return query, query.rows


def _asked() -> Asked:
    """An act that nobody knows is no request of ours; one without its right is refused."""
    form = request.form
    word = form.get("act", "")
    if word not in ACT_RIGHTS:
        abort(400)
    require_right(ACT_RIGHTS[word])
    place = form.get("place", "").strip() or None
    sale = Sale(place, form.get("distributor_id", type=int)) if word == CardAct.SELL else None
    back = page_of_ours(form.get("back"))
    return Asked(word, form.get("reason", "").strip() or None, sale, "ends_calls" in form, back, "confirmed" in form)


def _harmless(asked: Asked) -> Any:  # noqa: ANN401 (an OrderOf)
    """For a preview: a reason or a place that is still to be given is no refusal yet."""
    reason = asked.reason or ("-" if asked.act == CardAct.BLOCK else None)
    sale = Sale("-") if asked.act == CardAct.SELL else None
    return lambda cards: CardOrder(CardAct(asked.act), cards, reason, sale)


def _is_typed(told: ActDone) -> bool:
    return told.changed <= TYPED_ABOVE or request.form.get("count", type=int) == told.changed


def _sentence(act: str, done: ActDone) -> str:
    word = DONE_WORDS[CardAct(act)]
    if not done.skipped:
        return gettext("%(count)s cards were %(done)s.", count=done.changed, done=word)
    why = ", ".join(f"{count} {name}" for name, count in done.skipped.items())
    skipped = sum(done.skipped.values())
    return gettext("%(count)s done, %(skipped)s skipped (%(why)s).", count=done.changed, skipped=skipped, why=why)
