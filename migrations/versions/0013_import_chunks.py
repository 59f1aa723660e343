"""Let an import be put into force in several transactions.

SQLite has one writer: a list of 200,000 rates in one transaction kept calls waiting for longer than they may.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATES = ("staging", "staged", "applying", "applied", "undoing", "undone")
STATES_BEFORE = ("staging", "staged", "applied", "undone")
APPLIED = "(state IN ('applied', 'undoing', 'undone')) = (applied_at IS NOT NULL)"
APPLIED_BEFORE = "(state IN ('applied', 'undone')) = (applied_at IS NOT NULL)"


def upgrade() -> None:
    with op.batch_alter_table("rate_import", schema=None) as batch_op:
        batch_op.add_column(sa.Column("changes_done", sa.Integer(), server_default="0", nullable=False))
        _change(batch_op, STATES, APPLIED)


def downgrade() -> None:
    with op.batch_alter_table("rate_import", schema=None) as batch_op:
        _change(batch_op, STATES_BEFORE, APPLIED_BEFORE)
        batch_op.drop_column("changes_done")


def _change(batch_op: object, states: tuple[str, ...], applied: str) -> None:
    words = ", ".join(f"'{state}'" for state in states)
    for name, condition in (("importstate", f"state IN ({words})"), ("applied_has_a_moment", applied)):
        full = batch_op.f(f"ck_rate_import_{name}")  # type: ignore[attr-defined]
        batch_op.drop_constraint(full, type_="check")  # type: ignore[attr-defined]
        batch_op.create_check_constraint(full, condition)  # type: ignore[attr-defined]
