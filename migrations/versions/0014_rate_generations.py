"""Let the whole list of an import change at one moment.

The rows of an import are written for the next generation of their table, which one short statement then makes the live
one. An import that the release before left half done must be ended by it: its rows are not told apart any more.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TIMES = ["rate_table_id", "prefix", "valid_from", "days", "from_minute", "until_minute"]
STATES = ("staging", "staged", "applying", "taking_back", "applied", "undoing", "undone")
STATES_BEFORE = ("staging", "staged", "applying", "applied", "undoing", "undone")
HALF_DONE = "SELECT id FROM rate_import WHERE state IN ('applying', 'undoing', 'taking_back') LIMIT 1"
LEFT_OVER = (
    "SELECT rate.id FROM rate JOIN rate_table ON rate_table.id = rate.rate_table_id"
    " WHERE live_from > generation OR live_until IS NOT NULL LIMIT 1"
)


def upgrade() -> None:
    _refuse_half_done()
    with op.batch_alter_table("rate_table", schema=None) as batch_op:
        batch_op.add_column(sa.Column("generation", sa.BigInteger(), server_default="0", nullable=False))
    with op.batch_alter_table("rate", schema=None) as batch_op:
        batch_op.add_column(sa.Column("live_from", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("live_until", sa.BigInteger(), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_rate_times"), type_="unique")
        batch_op.create_check_constraint(batch_op.f("ck_rate_seen_once"), "live_until > live_from")
    for name, columns, where, unique in (
        ("uq_rate_times", TIMES, "live_until IS NULL", True),
        ("ix_rate_replaced", ["rate_table_id", "live_until"], "live_until IS NOT NULL", False),
    ):
        op.create_index(
            name, "rate", columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
    op.create_index("ix_rate_change_code", "rate_change", ["rate_import_id", "prefix"])
    with op.batch_alter_table("rate_import", schema=None) as batch_op:
        batch_op.add_column(sa.Column("compared_for", sa.DateTime(timezone=True), nullable=True))
        _states(batch_op, STATES)


def downgrade() -> None:
    _refuse_half_done()
    if op.get_bind().execute(sa.text(LEFT_OVER)).first():
        raise RuntimeError("Rates of an import are not swept yet: run `callingcard worker --once`, then try again.")
    with op.batch_alter_table("rate_import", schema=None) as batch_op:
        _states(batch_op, STATES_BEFORE)
        batch_op.drop_column("compared_for")
    op.drop_index("ix_rate_change_code", "rate_change")
    op.drop_index("ix_rate_replaced", "rate")
    op.drop_index("uq_rate_times", "rate")
    with op.batch_alter_table("rate", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_rate_seen_once"), type_="check")
        for name in ("live_until", "live_from"):
            batch_op.drop_column(name)
        batch_op.create_unique_constraint(batch_op.f("uq_rate_times"), TIMES)
    with op.batch_alter_table("rate_table", schema=None) as batch_op:
        batch_op.drop_column("generation")


def _refuse_half_done() -> None:
    found = op.get_bind().execute(sa.text(HALF_DONE)).scalar()
    if found is not None:
        raise RuntimeError(
            f"The import of rates {found} is applied in part: end it first, by `callingcard rates import-resume {found}` "
            f"or `callingcard rates undo {found}` of the release that began it."
        )


def _states(batch_op: object, states: tuple[str, ...]) -> None:
    words = ", ".join(f"'{state}'" for state in states)
    name = batch_op.f("ck_rate_import_importstate")  # type: ignore[attr-defined]
    batch_op.drop_constraint(name, type_="check")  # type: ignore[attr-defined]
    batch_op.create_check_constraint(name, f"state IN ({words})")  # type: ignore[attr-defined]
