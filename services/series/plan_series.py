"""Show what a series will be before anything is written: its numbers, its PINs and the odds of a guess, its value."""

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from sqlalchemy.orm import Session

from billing.card_number import card_number
from billing.expiry import expires_at
from billing.money import divide_ceiling
from billing.pin import PIN_LENGTH_MAX, PIN_LENGTH_MIN, tries_to_a_hit
from billing.states import JobState, PinEntryMode
from models import CardGroup
from services.series.open_series import find_job, refuse_other_terms
from services.series.series_terms import NewSeries, SeriesRefused, cards_of_this_space, check_terms, shortest_pin_length

CARDS_A_SECOND = 10_000  # of a machine that carries calls meanwhile; 19,800 were measured (docs/performance.md)
ODDS = {
    PinEntryMode.PIN_ONLY: "One random PIN hits a card with a chance of 1 in {tries:,}.",
    PinEntryMode.NUMBER_AND_PIN: "One random PIN fits a given card number with a chance of 1 in {tries:,}.",
}


@dataclass(frozen=True, slots=True)
class SeriesPlan:
    """`terms` with the chosen length of PINs. `cards_made` is above 0 where the series was asked for before."""

    terms: NewSeries
    first_number: str
    last_number: str
    odds: str
    liability_micros: int
    currency: str
    job_state: JobState | None
    cards_made: int

    @property
    def making_seconds(self) -> int:
        return divide_ceiling(self.terms.quantity, CARDS_A_SECOND)


def plan_series(session: Session, terms: NewSeries, *, chooses_length: bool, now: datetime, zone: tzinfo) -> SeriesPlan:
    """The plan, or SeriesRefused with the sentence that says what to change. Nothing is written.

    With `chooses_length` the shortest safe length of PINs is taken; a series asked for before keeps its own.
    """
    group = session.get_one(CardGroup, terms.card_group_id)
    job = find_job(session, terms.number)
    if job is None:
        chosen = _new(session, terms, group, chooses_length=chooses_length)
        _check_date(chosen, now, zone)
    else:
        length = job.parameters["terms"]["pin_length"] if chooses_length else terms.pin_length
        chosen = replace(terms, pin_length=length)
        refuse_other_terms(job, chosen)
    mode = group.pin_entry_mode
    cards = cards_of_this_space(session, mode, chosen.pin_length) + (terms.quantity if job is None else 0)
    return SeriesPlan(
        terms=chosen,
        first_number=card_number(terms.number, terms.first_serial),
        last_number=card_number(terms.number, terms.first_serial + terms.quantity - 1),
        odds=ODDS[mode].format(tries=tries_to_a_hit(mode, chosen.pin_length, cards)),
        liability_micros=terms.face_value_micros * terms.quantity,
        currency=group.currency,
        job_state=None if job is None else job.state,
        cards_made=0 if job is None else job.done,
    )


def _new(session: Session, terms: NewSeries, group: CardGroup, *, chooses_length: bool) -> NewSeries:
    shortest = shortest_pin_length(session, group.pin_entry_mode, terms.quantity)
    if shortest is None:
        raise SeriesRefused(
            f"{terms.quantity} cards are too many even for PINs of {PIN_LENGTH_MAX} digits: generate fewer cards."
        )
    if terms.pin_length < PIN_LENGTH_MIN and not chooses_length:
        raise SeriesRefused(
            f"A PIN of {terms.pin_length} digits is refused: it is one of only {10**terms.pin_length:,}, and card "
            f"numbers are no secret, so a patient guesser finds cards. Choose {shortest} digits or more."
        )
    chosen = replace(terms, pin_length=shortest) if chooses_length else terms
    check_terms(session, chosen, group)
    return chosen


def _check_date(terms: NewSeries, now: datetime, zone: tzinfo) -> None:
    expiry = expires_at(None, terms.expiry_date, None, zone)
    if expiry is not None and expiry <= now:
        raise SeriesRefused(f"The expiration date {terms.expiry_date} has passed: choose a later one.")
