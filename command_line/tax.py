"""callingcard tax: tax profiles, the taxes of series and clients."""

from typing import Any

import click
from rich.table import Table
from sqlalchemy import select

from billing.money import MoneyTextRefused, text_from_micros
from command_line.actor import cli_actor
from command_line.errors import Failure, refusing
from command_line.installation import now, read_session, write_session
from command_line.show import console, emit_json, json_option
from models import TaxProfile
from services.taxes.save_tax_profile import create_tax_profile, update_tax_profile
from services.taxes.tax_percent import PercentRefused, parts_from_percent
from services.taxes.tax_report import find_tax_profile, tax_profile_list

COMPOUND = "+"
WHOLE_PARTS = 1_000_000  # a hundred percent


class TaxOption(click.ParamType[dict[str, Any]]):
    """`VAT=20`, in percent; `City=+1.5` is on the taxes before it, too."""

    name = "tax"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:  # noqa: ANN401 (as click has it)
        if isinstance(value, dict):
            return value
        name, sign, percent = value.rpartition("=")
        if not sign:
            self.fail("write NAME=PERCENT, such as VAT=20, or City=+1.5 for a tax on the taxes before it", param, ctx)
        try:
            parts = parts_from_percent(percent.removeprefix(COMPOUND))
        except MoneyTextRefused:
            self.fail(f"{percent!r} is no percent: write digits, such as 20 or 7.25", param, ctx)
        except PercentRefused as refused:
            self.fail(str(refused), param, ctx)
        if parts > WHOLE_PARTS:
            self.fail(f"{percent!r} is more than 100 percent: look for a lost decimal point", param, ctx)
        return {"name": name, "parts_per_million": parts, "is_compound": percent.startswith(COMPOUND)}


@click.group()
def tax() -> None:
    """Tax profiles: the taxes on calls, in their order."""


@tax.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the tax profiles."""
    with read_session() as session:
        found = tax_profile_list(session)
    if as_json:
        emit_json(found)
        return
    table = Table("Profile", "Taxes", "In the price", "Used by", box=None)
    for row in found:
        used = [*(f"series {number}" for number in row["series"]), *row["clients"]]
        table.add_row(row["name"], _taxes(row), "yes" if row["is_inclusive"] else "no", ", ".join(used) or "-")
    console.print(table)


@tax.command()
@click.argument("name")
@json_option
def show(name: str, *, as_json: bool) -> None:
    """Show the tax profile NAME."""
    with read_session() as session:
        found = find_tax_profile(session, name)
    if found is None:
        raise Failure(f"There is no tax profile {name!r}.", "callingcard tax list")
    if as_json:
        emit_json(found)
        return
    where = "contained in the price" if found["is_inclusive"] else "on top of the price"
    console.print(f"{found['name']} (version {found['version']}), {where}")
    for place, one in enumerate(found["taxes"], 1):
        on = "the price and the taxes before it" if one["is_compound"] else "the price"
        console.print(f"  {place}. {one['name']}: {_percent(one)} % of {on}")


@tax.command()
@click.argument("name")
@click.option("--tax", "taxes", type=TaxOption(), multiple=True, help="NAME=PERCENT, in order; +PERCENT: compound.")
@click.option("--inclusive/--exclusive", "is_inclusive", default=None, help="Do prices contain the taxes?")
@click.option("--new-name", help="Another name for it.")
@click.option("--version", type=int, help="The version that you looked at: refused if changed since.")
@json_option
def save(
    name: str,
    *,
    taxes: tuple[dict[str, Any], ...],
    is_inclusive: bool | None,
    new_name: str | None,
    version: int | None,
    as_json: bool,
) -> None:
    """Make the tax profile NAME, or change it; taxes that are given replace all that it has."""
    asked = {"taxes": list(taxes) or None, "is_inclusive": is_inclusive}
    values: dict[str, Any] = {key: value for key, value in asked.items() if value is not None}
    with refusing(), write_session() as session:
        profile_id = session.scalars(select(TaxProfile.id).where(TaxProfile.name == name)).one_or_none()
        if profile_id is None:
            saved = create_tax_profile(session, {**values, "name": new_name or name}, cli_actor(), now())
        else:
            values |= {"name": new_name} if new_name else {}
            saved = update_tax_profile(session, profile_id, version, values, cli_actor(), now())
    if as_json:
        emit_json({"id": saved.id, "version": saved.version})
    else:
        console.print(f"The tax profile {new_name or name} is saved (version {saved.version}).")


def _taxes(profile: dict[str, Any]) -> str:
    return ", ".join(
        f"{one['name']} {COMPOUND if one['is_compound'] else ''}{_percent(one)} %" for one in profile["taxes"]
    )


def _percent(one: dict[str, Any]) -> str:
    return text_from_micros(one["parts_per_million"] * 100, 0)
