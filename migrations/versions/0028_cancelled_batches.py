"""Mark a batch of vouchers whose making was cancelled: none of it is made any more, and none was ever good.

The release before, where its worker still runs, would go on with such a batch; nothing else of it knows the column.
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("voucher_batch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("voucher_batch", schema=None) as batch_op:
        batch_op.drop_column("cancelled_at")
