"""Open a series: its row and the job that will make its cards, in one transaction; asking twice gives the same job."""

from dataclasses import asdict
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from billing.expiry import expires_at, grace_ends_at
from models import CardGroup, CardSeries, Job
from services.audit.audit import Act, Actor, note
from services.money.house_wallets import open_house
from services.products.plan_agreement import check_plans_of_group
from services.series.series_terms import NewSeries, SeriesRefused, check_terms
from services.store.upsert import insert_or_skip

GENERATE_SERIES = "generate_series"
SET_UP = "setup"  # who asked for the series of a new installation


def open_series(
    session: Session, terms: NewSeries, actor: Actor | None, now: datetime, zone: tzinfo | None = None
) -> int:
    """The id of the job that makes the cards of this series. Until it is done no card of the series exists for a
    caller. The same series asked for again is the same job; with other terms it is refused.
    """
    group = session.get_one(CardGroup, terms.card_group_id)
    if known := find_job(session, terms.number):
        return _same(known, terms)
    check_terms(session, terms, group)
    parameters = {"terms": plain_terms(terms), **_ends(terms, zone)}
    asked = {"total": terms.quantity, "asked_by": SET_UP if actor is None else str(actor), "asked_at": now}
    key = str(terms.number)
    if not insert_or_skip(session, Job, kind=GENERATE_SERIES, key=key, parameters=parameters, **asked):
        return _same(find_job(session, terms.number), terms)  # the other of two at once was first
    open_house(session, group.currency)
    series_id = session.scalars(
        insert(CardSeries).values(**asdict(terms), created_at=now).returning(CardSeries.id)
    ).one()
    check_plans_of_group(session, group.id)
    place = {"series_id": series_id, "next_serial": terms.first_serial}
    opened = update(Job).where(Job.kind == GENERATE_SERIES, Job.key == key).values(result=place).returning(Job.id)
    job_id = session.scalars(opened).one()
    if actor is not None:
        note(session, actor, Act("series.create", "card_series", str(series_id), after=plain_terms(terms)), now)
    return job_id


def find_job(session: Session, series_number: int) -> Job | None:
    """The job that makes or made this series."""
    query = select(Job).where(Job.kind == GENERATE_SERIES, Job.key == str(series_number))
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def refuse_other_terms(job: Job, terms: NewSeries) -> None:
    """A series is asked for again with its own terms only; JSON knows them by the names of NewSeries."""
    asked, plain = job.parameters["terms"], plain_terms(terms)
    others = [name.removesuffix("_micros").replace("_", " ") for name in plain if plain[name] != asked.get(name)]
    if others:
        raise SeriesRefused(
            f"Series {terms.number} was asked for on {job.asked_at:%Y-%m-%d} with other terms ({', '.join(others)}): "
            "choose another series number, or go on with the first terms."
        )


def _same(job: Job | None, terms: NewSeries) -> int:
    if job is None:
        raise SeriesRefused(f"Series {terms.number} could not be opened: try again.")
    refuse_other_terms(job, terms)
    return job.id


def plain_terms(terms: NewSeries) -> dict[str, Any]:
    """The terms in JSON's values."""
    return {
        name: value if value is None or isinstance(value, int | str) else str(value)
        for name, value in asdict(terms).items()
    }


def _ends(terms: NewSeries, zone: tzinfo | None) -> dict[str, str]:
    """A card that no one has used expires on the date of its series; the period begins when it is activated."""
    if terms.expiry_date is None:
        return {}
    if zone is None:
        raise SeriesRefused("An expiration date ends by the platform's clock: its time zone is needed.")
    expiry = expires_at(None, terms.expiry_date, None, zone)
    ends = {"expires_at": expiry, "grace_ends_at": grace_ends_at(expiry, terms.expiry_grace_days, zone)}
    return {name: end.isoformat() for name, end in ends.items() if end is not None}
