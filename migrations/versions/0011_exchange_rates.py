"""Exchange rates for reports, and a version on resellers.

Reports of several currencies are told in one; whoever saves a reseller learns of another one who did meanwhile.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_rate",
        sa.Column("report_currency", sa.String(length=3), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value_parts", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("currency <> report_currency", name=op.f("ck_exchange_rate_of_another_currency")),
        sa.CheckConstraint("value_parts > 0", name=op.f("ck_exchange_rate_value_positive")),
        sa.PrimaryKeyConstraint("report_currency", "currency", "day", name=op.f("pk_exchange_rate")),
    )
    with op.batch_alter_table("reseller", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("reseller", schema=None) as batch_op:
        batch_op.drop_column("version")
    op.drop_table("exchange_rate")
