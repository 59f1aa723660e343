"""Let a call know the series of its card: the calls of one series among millions are then found by an index.

Calls of before are filed under their series by the worker, some thousands at a time; until then pages look at the cards.
No foreign key: it is a copy of what the card says, and each settlement would lock the row of its series.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_call_record_series", ["series_id", "placed_at"], "series_id IS NOT NULL"),
    ("ix_call_record_unfiled", ["placed_at"], "series_id IS NULL AND card_id IS NOT NULL"),
)


def upgrade() -> None:
    op.add_column("call_record", sa.Column("series_id", sa.Integer(), nullable=True))
    if op.get_bind().dialect.name != "postgresql":
        for name, columns, where in INDEXES:
            op.create_index(name, "call_record", columns, sqlite_where=sa.text(where))
        return
    with op.get_context().autocommit_block():
        for name, columns, where in INDEXES:
            # one that was interrupted stands there invalid, and is made anew
            op.drop_index(name, table_name="call_record", postgresql_concurrently=True, if_exists=True)
            op.create_index(name, "call_record", columns, postgresql_concurrently=True, postgresql_where=sa.text(where))


def downgrade() -> None:
    for name, _, _ in INDEXES:
        op.drop_index(name, table_name="call_record")
    with op.batch_alter_table("call_record", schema=None) as batch_op:
        batch_op.drop_column("series_id")
