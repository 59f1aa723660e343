"""Let a price of certain hours begin with that of the whole week.

A table may hold one price of the whole week and another of the hours from midnight: both have the same first minute,
so the last one belongs to what tells two rates apart.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("rate", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_rate_rate_table_id_prefix_valid_from_days_from_minute"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_rate_times"),
            ["rate_table_id", "prefix", "valid_from", "days", "from_minute", "until_minute"],
        )


def downgrade() -> None:
    with op.batch_alter_table("rate", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_rate_times"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_rate_rate_table_id_prefix_valid_from_days_from_minute"),
            ["rate_table_id", "prefix", "valid_from", "days", "from_minute"],
        )
