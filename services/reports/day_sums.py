"""The calls of a day summed once by all dimensions together, and these sums, which are few, by those of each cube."""

from datetime import date, tzinfo
from typing import Any

from sqlalchemy import BigInteger, Date, Select, String, cast, func, literal, null, select

from models import CallRecord, Card, Cube
from services.reports.days import bounds_of, counted_in
from services.reports.figures import FIGURES, FROM_RECORDS

DIMENSIONS: dict[Cube, tuple[str, ...]] = {
    Cube.ROUTE: ("destination_name", "carrier_account_id"),
    Cube.SOURCE: ("series_id", "access_number", "account_id"),
    Cube.TRADE: ("carrier_account_id", "series_id", "access_number", "account_id"),
    Cube.PRODUCT: ("destination_name", "series_id", "account_id"),
    Cube.ENTRY: ("destination_name", "access_number"),
}
COLUMNS: dict[str, Any] = {
    "destination_name": CallRecord.destination_name,
    "carrier_account_id": CallRecord.carrier_account_id,
    "series_id": Card.series_id,
    "access_number": CallRecord.access_number,
    "account_id": CallRecord.account_id,
}


def finest_sums(day: date, zone: tzinfo) -> Select[Any]:
    """By everything that any cube knows, in the columns of CallDay."""
    dimensions = [column.label(name) for name, column in COLUMNS.items()]
    figures = [figure.label(name) for name, figure in FROM_RECORDS.items()]
    head = (literal(day, Date).label("day"), CallRecord.currency)
    calls = select(*head, *dimensions, *figures).join(Card, Card.id == CallRecord.card_id, isouter=True)
    return calls.where(counted_in(bounds_of(day, zone))).group_by(CallRecord.currency, *dimensions)


def sums_of_cube(finest: Any, cube: Cube) -> Select[Any]:  # noqa: ANN401 (a table of named columns)
    """The cube, the currency, every dimension, every figure. Dimensions that are not its own are empty."""
    own = DIMENSIONS[cube]
    dimensions = [finest.c[name] if name in own else cast(null(), finest.c[name].type).label(name) for name in COLUMNS]
    figures = [cast(func.sum(finest.c[name]), BigInteger).label(name) for name in FIGURES]
    head = cast(literal(cube.value), String).label("cube")
    return select(head, finest.c.currency, *dimensions, *figures).group_by(
        finest.c.currency, *(finest.c[name] for name in own)
    )
