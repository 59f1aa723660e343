"""Taxes that prices contain, and taxes on taxes: some countries want the one, some the other.

Profiles made before are exclusive and simple, as they were charged until now.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tax_profile", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_inclusive", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    with op.batch_alter_table("tax_rate", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_compound", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("tax_rate", schema=None) as batch_op:
        batch_op.drop_column("is_compound")
    with op.batch_alter_table("tax_profile", schema=None) as batch_op:
        batch_op.drop_column("version")
        batch_op.drop_column("is_inclusive")
