"""Imports of rates: who sent what, what it changes, and what undoing it brings back.

A change holds the columns of a rate, so that one statement puts all of an import into force.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rate_sender",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate_sender")),
        sa.UniqueConstraint("name", name=op.f("uq_rate_sender_name")),
    )
    op.create_table(
        "rate_import",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("rate_table_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rate_sender_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "staging",
                "staged",
                "applied",
                "undone",
                name="importstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "mode",
            sa.Enum("replace", "amend", name="importmode", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("applies_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("table_revision", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_by", sa.String(length=120), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=120), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'undone') = (undone_at IS NOT NULL)", name=op.f("ck_rate_import_undone_has_a_moment")
        ),
        sa.CheckConstraint(
            "(state IN ('applied', 'undone')) = (applied_at IS NOT NULL)",
            name=op.f("ck_rate_import_applied_has_a_moment"),
        ),
        sa.ForeignKeyConstraint(
            ["rate_sender_id"],
            ["rate_sender.id"],
            name=op.f("fk_rate_import_rate_sender_id_rate_sender"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["rate_table_id"],
            ["rate_table.id"],
            name=op.f("fk_rate_import_rate_table_id_rate_table"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate_import")),
    )
    with op.batch_alter_table("rate_import", schema=None) as batch_op:
        batch_op.create_index("ix_rate_import_table", ["rate_table_id"], unique=False)

    op.create_table(
        "rate_change",
        sa.Column("rate_import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "act",
            sa.Enum("begin", "end", "remove", name="changeact", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "verdict",
            sa.Enum(
                "new", "changed", "ended", "kept", name="verdict", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("rate_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("valid_until_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("price_before_micros", sa.BigInteger(), nullable=True),
        sa.Column("is_jump", sa.Boolean(), nullable=False),
        sa.Column("is_short_notice", sa.Boolean(), nullable=False),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("destination_name", sa.String(length=120), nullable=False),
        sa.Column("price_per_minute_micros", sa.BigInteger(), nullable=False),
        sa.Column("connect_fee_micros", sa.BigInteger(), nullable=False),
        sa.Column("first_block_seconds", sa.Integer(), nullable=False),
        sa.Column("increment_seconds", sa.Integer(), nullable=False),
        sa.Column("cost_min_micros", sa.BigInteger(), nullable=False),
        sa.Column("free_seconds", sa.Integer(), nullable=False),
        sa.Column("surcharge_seconds", sa.Integer(), nullable=False),
        sa.Column("disconnect_fee_micros", sa.BigInteger(), nullable=False),
        sa.Column("disconnect_fee_after_seconds", sa.Integer(), nullable=False),
        sa.Column("block_fee_micros", sa.BigInteger(), nullable=False),
        sa.Column("block_fee_seconds", sa.Integer(), nullable=False),
        sa.Column("round_up_above_seconds", sa.Integer(), nullable=False),
        sa.Column("round_up_to_seconds", sa.Integer(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("until_minute", sa.Integer(), nullable=False),
        sa.Column("ghost_minutes_percent", sa.Integer(), nullable=True),
        sa.Column("is_blocked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rate_import_id"],
            ["rate_import.id"],
            name=op.f("fk_rate_change_rate_import_id_rate_import"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("rate_import_id", "position", name=op.f("pk_rate_change")),
    )
    op.create_table(
        "rate_import_refusal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("rate_import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("sentence", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["rate_import_id"],
            ["rate_import.id"],
            name=op.f("fk_rate_import_refusal_rate_import_id_rate_import"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate_import_refusal")),
    )
    with op.batch_alter_table("rate_import_refusal", schema=None) as batch_op:
        batch_op.create_index("ix_rate_import_refusal_import", ["rate_import_id", "line"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("rate_import_refusal", schema=None) as batch_op:
        batch_op.drop_index("ix_rate_import_refusal_import")

    op.drop_table("rate_import_refusal")
    op.drop_table("rate_change")
    with op.batch_alter_table("rate_import", schema=None) as batch_op:
        batch_op.drop_index("ix_rate_import_table")

    op.drop_table("rate_import")
    op.drop_table("rate_sender")
