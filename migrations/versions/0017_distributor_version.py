"""Distributors are changed in the console, where two operators must not overwrite each other unseen.

The release before makes distributors without a version: they get the first one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("distributor", sa.Column("version", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("distributor") as batch:
        batch.drop_column("version")
