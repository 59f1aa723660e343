"""callingcard series edit: change the terms of a series, told in cards before it is saved."""

from dataclasses import asdict
from typing import Any

import click
from sqlalchemy.orm import Session

from command_line.actor import cli_actor
from command_line.errors import Failure
from command_line.form import field_options, values_of
from command_line.installation import now, open_engine, read_session, settings, write_session, writing_engine
from command_line.job_progress import progress_bar
from command_line.own_rows import series_id
from command_line.series_states import activate, block, delete, release, sell, stop, unblock, unsell
from command_line.show import console, emit_json, json_option
from models import CardSeries, RateTable, Reseller, RoutingPlan, TaxProfile
from services.cards.card_order import ActRefused
from services.series.apply_expiry import apply_expiry_step, find_expiry_job
from services.series.preview_series import SeriesPreview
from services.series.series_fields import SERIES_FIELDS
from services.series.update_series import preview_series, update_series
from services.store.fields import FieldsRefused
from services.store.version_check import ChangedMeanwhile

TABLES = {
    "rate_table_id": RateTable,
    "tax_profile_id": TaxProfile,
    "routing_plan_id": RoutingPlan,
    "reseller_id": Reseller,
}
TOLD = {
    "refused": "could not be used any more",
    "moved": "get another initial status",
    "moved_sold": "of these are sold",
    "dated": "get another date",
    "expired": "would be expired at once",
    "revived": "could be used again",
}


@click.command()
@click.argument("number", type=int)
@click.option("--name", help="The name of the series.")
@field_options([field for field in SERIES_FIELDS if field.name != "status"])
@click.option("--dry-run", is_flag=True, help="Count the cards that it would touch, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def edit(number: int, *, dry_run: bool, yes: bool, as_json: bool, **asked: Any) -> None:  # noqa: ANN401 (the options)
    """Change the terms of series NUMBER: they hold for calls and fees from now on."""
    try:
        with read_session() as session:
            edited_id = series_id(session, number)
            version = session.get_one(CardSeries, edited_id).version
            changes = values_of(session, SERIES_FIELDS, asked, TABLES)
            told = preview_series(session, edited_id, changes, now(), settings().zone)
        if not as_json:
            _tell(told)
        if not dry_run:
            if not told.is_quiet and not yes:
                click.confirm("Save?", abort=True, err=True)
            with write_session() as session:
                update_series(session, edited_id, version, changes, cli_actor(), now(), settings().zone)
            _apply_dates(number)
    except (FieldsRefused, ActRefused, ChangedMeanwhile) as refused:
        raise Failure(str(refused)) from refused
    if as_json:
        emit_json({"number": number, "saved": not dry_run, "touched": asdict(told)})
    else:
        console.print("Dry run: nothing was written." if dry_run else f"Series {number} is saved.")


def _apply_dates(number: int) -> None:
    """Also what an earlier edit left undone when it was killed."""
    engine = writing_engine()
    with open_engine(engine), progress_bar("Dates") as progress:
        while True:
            with Session(engine) as session, session.begin():
                job = find_expiry_job(session, number)
                if job is None:
                    return
                progress(job.done, job.total)
                apply_expiry_step(session, job.id, now(), settings().zone)


def _tell(told: SeriesPreview) -> None:
    for name, words in TOLD.items():
        if getattr(told, name):
            console.print(f"{getattr(told, name)} of {told.cards} cards {words}.")


SERIES_STATES = (edit, stop, activate, delete, release, sell, unsell, block, unblock)
