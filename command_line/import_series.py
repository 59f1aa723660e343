"""callingcard series import: the cards of MOR or A2Billing, all of a file or none."""

from collections import Counter
from pathlib import Path
from typing import Any

import click

from billing.card_number import SERIES_NUMBER_MAX, CardNumberRefused
from command_line.actor import cli_actor, permitted
from command_line.amount import AMOUNT
from command_line.errors import Failure
from command_line.form import id_of
from command_line.installation import now, pin_keys, settings, write_session
from command_line.series_files import ask
from command_line.show import console, emit_json, json_option, money
from models import CardGroup, RateTable
from services.keys.closed_keys import KeyClosed
from services.series.import_cards import Imported, ImportTerms, import_cards, permit_import
from services.series.import_cells import Clock, ImportedCard
from services.series.import_systems import CardSystem, read_cards
from services.series.import_table import ImportRefused
from services.series.series_terms import SeriesRefused

REFUSED = (SeriesRefused, CardNumberRefused, KeyClosed)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--system",
    type=click.Choice([system.value for system in CardSystem]),
    required=True,
    help="Whose list it is; mor reads ours too.",
)
@click.option("--group", required=True, help="Card group of the cards, by its name.")
@click.option("--rates", required=True, help="Rate table, by its name.")
@click.option("--number", type=click.IntRange(1, SERIES_NUMBER_MAX),
              help="Series number for the new numbers of A2Billing's cards.")  # fmt: skip
@click.option("--name", help="Name of the series.")
@click.option("--value", type=AMOUNT, default=0, help="Face value of the series; each balance comes from the file.")
@click.option("--allow-dense-pins", is_flag=True, help="Take more cards than PINs of their length are safe for.")
@click.option("--dry-run", is_flag=True, help="Check everything, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def import_series(*, file: Path, dry_run: bool, yes: bool, as_json: bool, **asked: Any) -> None:  # noqa: ANN401 (the options above)
    """Import the cards of FILE, a CSV as the other system wrote it. A line that is refused refuses the whole file."""
    try:
        cards = read_cards(file, CardSystem(asked["system"]), Clock(settings().zone, now()))
        if not (dry_run or yes):
            ask(f"Import {len(cards)} cards?")
        done = _imported(cards, asked, dry_run=dry_run)
    except ImportRefused as refused:
        raise _told(refused, as_json=as_json) from None
    except REFUSED as refused:
        raise Failure(str(refused)) from refused
    except OSError as failed:
        raise Failure(f"The file could not be read: {failed.strerror or failed}") from failed
    if as_json:
        told = {"dry_run": dry_run, "series": done.series, "cards": done.cards, "states": done.by_status}
        emit_json({**told, "value_micros": done.value_micros, "currency": done.currency})
        return
    series = ", ".join(map(str, done.series))
    console.print(f"{done.cards} cards, series {series}, {money(done.value_micros, done.currency)} together.")
    console.print(", ".join(f"{count} {status}" for status, count in done.by_status.items()))
    if dry_run:
        console.print("Dry run: nothing was written.")
    else:
        console.print(f"Remove {file}: it holds every PIN in the open.")


def _imported(cards: list[ImportedCard], asked: dict[str, Any], *, dry_run: bool) -> Imported:
    actor, keys = cli_actor(), pin_keys()
    with write_session() as session:
        terms = ImportTerms(
            system=CardSystem(asked["system"]),
            card_group_id=id_of(session, CardGroup, "card group", asked["group"]),
            rate_table_id=id_of(session, RateTable, "rate table", asked["rates"]),
            series_number=asked["number"],
            name=asked["name"],
            face_value_micros=asked["value"],
            allows_dense_pins=asked["allow_dense_pins"],
        )
        answer = permit_import(session, actor, keys, terms, now(), cards=len(cards), dry_run=dry_run)
    permit = permitted(answer)
    with write_session() as session:
        done = import_cards(session, permit, cards, terms, actor, now(), settings().zone)
        if dry_run:
            session.rollback()
    return done


def _told(refused: ImportRefused, *, as_json: bool) -> Failure:
    """Each refused line on standard error, or all of them as one document."""
    if as_json:
        told = [{"line": line.line, "field": line.field, "sentence": line.sentence} for line in refused.refusals]
        emit_json({"refusals": told, "count": refused.count})
    else:
        for refusal in refused.refusals:
            click.echo(f"  {refusal}", err=True)
    fields = Counter(refusal.field for refusal in refused.refusals if refusal.field)
    most = f" Most often: {fields.most_common(1)[0][0]}." if refused.count > 1 and fields else ""
    return Failure(f"Nothing was imported: {refused.count} refused.{most}", "Correct the file, then run this again")
