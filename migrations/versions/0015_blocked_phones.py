"""Phones that may not call at all.

A table of its own: a counter of the guard forgets by itself, a block stands until it is lifted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "blocked_phone",
        sa.Column("caller_id", sa.String(length=15), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint("length(caller_id) BETWEEN 3 AND 15", name=op.f("ck_blocked_phone_caller_id_length")),
        sa.PrimaryKeyConstraint("caller_id", name=op.f("pk_blocked_phone")),
    )


def downgrade() -> None:
    op.drop_table("blocked_phone")
