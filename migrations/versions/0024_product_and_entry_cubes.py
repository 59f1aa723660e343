"""Let the rollup of calls know destinations together with series and originators, and with access numbers.

Reports by any two things are then sums of the rollup. The rows of past days are made by the next run: it finds the days
that lack them.
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _cubes("'route', 'source', 'trade', 'product', 'entry'")


def downgrade() -> None:
    op.execute("DELETE FROM call_day WHERE cube IN ('product', 'entry')")
    _cubes("'route', 'source', 'trade'")


def _cubes(words: str) -> None:
    with op.batch_alter_table("call_day", schema=None) as batch_op:
        name = batch_op.f("ck_call_day_cube")
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, f"cube IN ({words})")
