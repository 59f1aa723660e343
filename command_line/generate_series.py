"""callingcard series generate: preview, ask, and make the cards; killed anywhere, the same command goes on."""

import time
from dataclasses import replace
from typing import Any

import click
from sqlalchemy.orm import Session

from billing.card_number import CardNumberRefused
from billing.expiry import ExpiryRefused
from billing.states import CardStatus, JobState
from command_line.actor import cli_actor
from command_line.amount import AMOUNT
from command_line.errors import Failure
from command_line.form import id_of
from command_line.installation import now, open_engine, read_session, settings, write_session, writing_engine
from command_line.job_progress import progress_bar
from command_line.show import console, emit_json, json_option, money
from models import CardGroup, RateTable, Reseller, RoutingPlan, TaxProfile
from models.database import session_factory
from services.keys.closed_keys import KeyClosed
from services.keys.key_file import KeyFile
from services.keys.pin_keys import KeysMissing
from services.products.plan_agreement import PlanDisagrees
from services.series.generate_cards import generate_cards
from services.series.open_series import find_job, open_series
from services.series.plan_series import SeriesPlan, plan_series
from services.series.series_in_making import QuantityWrong
from services.series.series_terms import NewSeries, SeriesRefused

NEEDED = ("group", "number", "quantity", "value", "rates")
Named = type[TaxProfile] | type[RoutingPlan] | type[Reseller]
REFUSED = (SeriesRefused, CardNumberRefused, ExpiryRefused, PlanDisagrees)


@click.command()
@click.option("--resume", type=int, metavar="N", help="Go on with series N, which was asked for before.")
@click.option("--group", help="Card group, by its name.")
@click.option("--number", type=int, help="Series number: stands before the serial in each card number.")
@click.option("--quantity", type=int, help="Cards, 1 to 1,000,000.")
@click.option("--value", type=AMOUNT, help="Balance of each card, for example 5.00.")
@click.option("--rates", help="Rate table, by its name.")
@click.option("--first-serial", type=int, default=1, show_default=True, help="Serial of the first card.")
@click.option("--pin-length", type=int, help="Digits of each PIN, 8 to 16; the shortest safe length if left out.")
@click.option("--status", type=click.Choice(["pending", "inactive"]), default="pending", show_default=True,
              help="pending: ready for use; inactive: must be released first.")  # fmt: skip
@click.option("--name", help="Name of the series.")
@click.option("--expires-on", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which its cards can be used.")
@click.option("--expires-after-days", type=int, help="Days from the activation of a card to its last one.")
@click.option(
    "--grace-days", type=int, default=0, show_default=True, help="Days from the expiry until a balance lapses."
)
@click.option("--activation-fee", type=AMOUNT, default=0, help="Charged once, at the activation of a card.")
@click.option("--maintenance-fee", type=AMOUNT, default=0, help="Charged again and again to activated cards.")
@click.option(
    "--maintenance-hours", type=int, default=24, show_default=True, help="Hours between two maintenance fees."
)
@click.option("--tax", help="Tax profile, by its name.")
@click.option("--routing", help="Routing plan, by its name; the group's if left out.")
@click.option("--reseller", help="The reseller who owns the series, by name.")
@click.option("--portal-login", is_flag=True, help="Holders may log in to the portal.")
@click.option("--notes", help="Free text.")
@click.option("--dry-run", is_flag=True, help="Show the preview, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def generate(*, resume: int | None, dry_run: bool, yes: bool, as_json: bool, **asked: Any) -> None:  # noqa: ANN401 (the options above)
    """Make a series of cards. The same command after an interruption goes on, and the series ends with exactly its
    quantity.
    """
    try:
        if resume is not None:
            number, job_id = resume, _job_of(resume)
        else:
            plan = _plan(asked)
            number = plan.terms.number
            _tell(plan, as_json=as_json, dry_run=dry_run)
            if dry_run:
                return
            if plan.job_state is None and not yes:
                click.confirm(f"Generate {plan.terms.quantity} cards?", abort=True, err=True)
            with write_session() as session:
                job_id = open_series(session, plan.terms, cli_actor(), now(), settings().zone)
        _make(job_id, number, as_json=as_json)
    except REFUSED as refused:
        raise Failure(str(refused)) from refused
    except (KeyClosed, KeysMissing, QuantityWrong) as stopped:
        raise Failure(str(stopped), "Then go on with: callingcard series generate --resume N") from stopped


def _plan(asked: dict[str, Any]) -> SeriesPlan:
    missing = [f"--{name}" for name in NEEDED if asked[name] is None]
    if missing:
        raise click.UsageError(f"Missing: {', '.join(missing)} (or --resume N to go on with a series).")
    length = asked["pin_length"]
    with read_session() as session:
        terms = _terms(session, asked)
        chosen = terms if length is None else replace(terms, pin_length=length)
        return plan_series(session, chosen, chooses_length=length is None, now=now(), zone=settings().zone)


def _terms(session: Session, asked: dict[str, Any]) -> NewSeries:
    expires_on = asked["expires_on"]
    return NewSeries(
        card_group_id=id_of(session, CardGroup, "card group", asked["group"]),
        number=asked["number"],
        rate_table_id=id_of(session, RateTable, "rate table", asked["rates"]),
        face_value_micros=asked["value"],
        quantity=asked["quantity"],
        first_serial=asked["first_serial"],
        name=asked["name"],
        initial_card_status=CardStatus(asked["status"]),
        portal_login=asked["portal_login"],
        tax_profile_id=_find_id(session, TaxProfile, "tax profile", asked["tax"]),
        routing_plan_id=_find_id(session, RoutingPlan, "routing plan", asked["routing"]),
        activation_fee_micros=asked["activation_fee"],
        maintenance_fee_micros=asked["maintenance_fee"],
        maintenance_every_hours=asked["maintenance_hours"],
        expiry_date=None if expires_on is None else expires_on.date(),
        expiry_period_days=asked["expires_after_days"],
        expiry_grace_days=asked["grace_days"],
        notes=asked["notes"],
        reseller_id=_find_id(session, Reseller, "reseller", asked["reseller"]),
    )


def _find_id(session: Session, table: Named, what: str, name: str | None) -> int | None:
    return None if name is None else id_of(session, table, what, name)


def _job_of(number: int) -> int:
    with read_session() as session:
        job = find_job(session, number)
    if job is None:
        raise Failure(f"Series {number} was never asked for.", "callingcard series list")
    return job.id


def _tell(plan: SeriesPlan, *, as_json: bool, dry_run: bool) -> None:
    """Numbers, PINs with their odds, and what the cards are worth together (JC-23)."""
    terms = plan.terms
    if as_json:
        if dry_run:
            emit_json(_plain(plan))
        return
    value, liability = (money(micros, plan.currency) for micros in (terms.face_value_micros, plan.liability_micros))
    console.print(f"Numbers    {plan.first_number} to {plan.last_number} ({terms.quantity} cards)")
    console.print(f"PINs       {terms.pin_length} digits. {plan.odds}")
    console.print(f"Value      {value} each, {liability} together")
    if plan.job_state is not None:
        console.print(f"Generation {plan.job_state.value}: {plan.cards_made} of {terms.quantity} cards are made")
    if dry_run:
        console.print("Dry run: nothing was written.")


def _plain(plan: SeriesPlan) -> dict[str, Any]:
    return {
        "number": plan.terms.number,
        "first_number": plan.first_number,
        "last_number": plan.last_number,
        "quantity": plan.terms.quantity,
        "pin_length": plan.terms.pin_length,
        "odds": plan.odds,
        "liability_micros": plan.liability_micros,
        "currency": plan.currency,
        "generation": None if plan.job_state is None else plan.job_state.value,
        "cards_made": plan.cards_made,
    }


def _make(job_id: int, number: int, *, as_json: bool) -> None:
    begun = time.monotonic()
    keys = KeyFile(settings().keys_file)
    engine = writing_engine()
    with open_engine(engine), progress_bar(f"Series {number}") as progress:
        cards = generate_cards(session_factory(engine), keys, job_id, now, progress)
    seconds = round(time.monotonic() - begun, 2)
    if as_json:
        emit_json({"number": number, "cards": cards, "state": JobState.DONE.value, "seconds": seconds})
    else:
        console.print(f"Series {number} has all its {cards} cards. Their PINs leave by an export only.")
