"""Which rows of `rate` are seen: those of the generation that is live in their table.

An import writes its rows for the generation to come, in many transactions that nobody sees, and then one short
statement counts up `rate_table.generation`: the whole list changes at one moment. Whoever reads rates asks here.
"""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from models import Rate, RateTable

_TABLE = aliased(RateTable)


def live_rates(table_id: int | BindParameter[int]) -> ColumnElement[bool]:
    """The rates of one table."""
    live = select(_TABLE.generation).where(_TABLE.id == table_id).correlate(None).scalar_subquery()
    return and_(Rate.rate_table_id == table_id, *seen_by(live))


def is_live() -> ColumnElement[bool]:
    """Whatever table the rate is of; the generation is asked for each row."""
    live = select(_TABLE.generation).where(_TABLE.id == Rate.rate_table_id).correlate(Rate).scalar_subquery()
    return and_(*seen_by(live))


def seen_by(generation: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:  # noqa: ANN401 (a column or a query)
    return Rate.live_from <= generation, or_(Rate.live_until.is_(None), Rate.live_until > generation)
