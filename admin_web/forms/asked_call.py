"""A call that an operator asks about, read from the address of a page: number, card, moment, seconds, money."""

from datetime import datetime

from flask import request
from sqlalchemy import select

from admin_web.access import now, zone
from admin_web.forms.amounts import read_amount
from billing.card_number import find_series_and_serial, keyed_number
from billing.money import MoneyTextRefused
from models import Card, CardSeries
from services.cards.card_facts import CardFacts, find_card
from services.operators.operator_facts import OperatorFacts
from services.operators.scope import card_scope
from services.rates.simulate_call import AskedCall
from web_base.database import read_session
from web_base.texts import gettext

TALK_SECONDS_MAX = 86_400
NUMBER_CHARACTERS_MAX = 40


class AskedWrong(ValueError):
    """The question cannot be read; the sentence says what to change."""


def asked_call() -> AskedCall:
    number = request.args.get("number", "").strip()[:NUMBER_CHARACTERS_MAX].replace(" ", "").lstrip("+")
    return AskedCall(number, _moment(request.args.get("at", "").strip()), zone(), _seconds())


def asked_money(name: str, instead: str = "") -> int | None:
    typed = request.args.get(name, "").strip() or instead
    if not typed:
        return None
    try:
        return read_amount(typed)
    except MoneyTextRefused as refused:
        raise AskedWrong(str(refused)) from refused


def find_own_card(typed: str, operator: OperatorFacts) -> CardFacts:
    """One that the operator may see (F38)."""
    number = typed.strip().replace(" ", "")
    told = gettext("There is no card %(number)s.", number=number)
    if find_series_and_serial(number) is None:
        raise AskedWrong(told)
    mine = (
        select(Card.id)
        .join(CardSeries, CardSeries.id == Card.series_id)
        .where(Card.number == keyed_number(number), card_scope(operator))
    )
    card = find_card(read_session(), Card.id.in_(mine))
    if card is None:
        raise AskedWrong(told)
    return card


def _moment(typed: str) -> datetime:
    if not typed:
        return now()
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=zone())
    except ValueError as wrong:
        raise AskedWrong(gettext("“%(typed)s” is no moment: write 2027-01-31T08:00.", typed=typed)) from wrong


def _seconds() -> int | None:
    typed = request.args.get("seconds", "").strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and int(typed) <= TALK_SECONDS_MAX):
        raise AskedWrong(gettext("Seconds are a whole number up to %(most)s.", most=TALK_SECONDS_MAX))
    return int(typed)
