"""The rollup of call records by day, and what a record lacked for reports: its tax, and both prices a minute.

The tax of calls that were settled before is taken from the ledger; their prices a minute stay unknown.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FIGURES = (
    "calls",
    "answered",
    "talk_seconds",
    "billed_seconds",
    "cost_micros",
    "tax_micros",
    "buy_cost_micros",
    "announced_seconds",
    "granted_seconds",
    "calls_to_limit",
    "announced_to_limit_seconds",
    "delivered_to_limit_seconds",
)
TAX_OF_OLD_CALLS = """
    UPDATE call_record SET tax_micros = (
        SELECT SUM(amount_micros) FROM ledger_entry l WHERE l.call_id = call_record.call_id AND l.kind = 'tax')
    WHERE call_id IN (SELECT call_id FROM ledger_entry WHERE kind = 'tax' AND call_id IS NOT NULL)"""


def upgrade() -> None:
    with op.batch_alter_table("call_record") as batch_op:
        batch_op.add_column(sa.Column("tax_micros", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("sell_price_per_minute_micros", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("buy_price_per_minute_micros", sa.BigInteger(), nullable=True))
        batch_op.create_index("ix_call_record_settled", ["settled_at"], unique=False)
        batch_op.create_index("ix_call_record_reversed", ["reversed_at"], unique=False)
    op.execute(TAX_OF_OLD_CALLS)
    op.create_table(
        "call_day",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column(
            "cube",
            sa.Enum("route", "source", name="cube", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("destination_name", sa.String(length=120), nullable=True),
        sa.Column("carrier_account_id", KEY, nullable=True),
        sa.Column("series_id", KEY, nullable=True),
        sa.Column("access_number", sa.String(length=15), nullable=True),
        sa.Column("account_id", KEY, nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in FIGURES),
        sa.CheckConstraint("calls > 0 AND answered <= calls", name=op.f("ck_call_day_some_calls")),
        sa.ForeignKeyConstraint(
            ["carrier_account_id"],
            ["account.id"],
            name=op.f("fk_call_day_carrier_account_id_account"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["card_series.id"], name=op.f("fk_call_day_series_id_card_series"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_call_day_account_id_account"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_day")),
    )
    op.create_index("ix_call_day_cube", "call_day", ["cube", "day"], unique=False)
    op.create_table(
        "call_day_mark",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("seen_up_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_call_day_mark_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_day_mark")),
    )
    op.execute("INSERT INTO call_day_mark (id) VALUES (1)")


def downgrade() -> None:
    op.drop_table("call_day_mark")
    op.drop_index("ix_call_day_cube", table_name="call_day")
    op.drop_table("call_day")
    with op.batch_alter_table("call_record") as batch_op:
        batch_op.drop_index("ix_call_record_reversed")
        batch_op.drop_index("ix_call_record_settled")
        batch_op.drop_column("buy_price_per_minute_micros")
        batch_op.drop_column("sell_price_per_minute_micros")
        batch_op.drop_column("tax_micros")
