"""Rates of certain days and hours, and the revision by which a deck in memory knows that rates changed.

Carriers sell by the time of day. A call server that keeps two million rates must learn of a change without asking
for each of them: one number tells it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "deck_revision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_deck_revision_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deck_revision")),
    )
    op.execute("INSERT INTO deck_revision (id, number) VALUES (1, 0)")
    with op.batch_alter_table("rate", schema=None) as batch_op:
        batch_op.add_column(sa.Column("days", sa.Integer(), server_default="127", nullable=False))
        batch_op.add_column(sa.Column("from_minute", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("until_minute", sa.Integer(), server_default="1440", nullable=False))
        batch_op.drop_constraint(batch_op.f("uq_rate_rate_table_id_prefix_valid_from"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_rate_rate_table_id_prefix_valid_from_days_from_minute"),
            ["rate_table_id", "prefix", "valid_from", "days", "from_minute"],
        )
        batch_op.create_check_constraint(op.f("ck_rate_days_in_range"), "days BETWEEN 1 AND 127")
        batch_op.create_check_constraint(
            op.f("ck_rate_hours_in_range"), "from_minute >= 0 AND from_minute < until_minute AND until_minute <= 1440"
        )
    with op.batch_alter_table("rate_table", schema=None) as batch_op:
        batch_op.add_column(sa.Column("notes", sa.String(length=2000), nullable=True))
        batch_op.add_column(sa.Column("is_deleted", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("rate_table", schema=None) as batch_op:
        batch_op.drop_column("version")
        batch_op.drop_column("revision")
        batch_op.drop_column("is_deleted")
        batch_op.drop_column("notes")
    with op.batch_alter_table("rate", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_rate_days_in_range"), type_="check")
        batch_op.drop_constraint(op.f("ck_rate_hours_in_range"), type_="check")
        batch_op.drop_constraint(batch_op.f("uq_rate_rate_table_id_prefix_valid_from_days_from_minute"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_rate_rate_table_id_prefix_valid_from"), ["rate_table_id", "prefix", "valid_from"]
        )
        batch_op.drop_column("until_minute")
        batch_op.drop_column("from_minute")
        batch_op.drop_column("days")
    op.drop_table("deck_revision")
