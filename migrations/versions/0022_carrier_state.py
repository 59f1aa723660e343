"""Keep how each carrier fares, as the worker counts and sees it, so that the list of carriers asks no call.

The release before knows nothing of the table, which is empty until the worker's next minute.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "carrier_state",
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("talk_seconds", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_status", sa.String(length=20), nullable=True),
        sa.Column("last_cause", sa.Integer(), nullable=True),
        sa.Column("reach", sa.String(length=20), nullable=True),
        sa.Column("registration", sa.String(length=20), nullable=True),
        sa.Column("reach_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reach_since", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "answered BETWEEN 0 AND attempts AND talk_seconds >= 0", name=op.f("ck_carrier_state_figures_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_carrier_state_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_carrier_state")),
    )


def downgrade() -> None:
    op.drop_table("carrier_state")
