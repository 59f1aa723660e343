"""Indexes for lists that still looked through hundreds of thousands of rows.

Cards of a distributor by state: its page of a series counts each state, and one that few cards have was looked for among
all of them (some 200 ms of 200,000 cards). A change of a card's state writes one index more, and only where a
distributor has the card; a call changes no state but the first one. Rates by destination: where few of a table's rates
fit, all 500,000 were read (120 ms). Their names repeat, so that the index takes 4 MB for them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

BY_STATE, BY_STATE_COLUMNS = "ix_card_distributor_status", ["distributor_id", "series_id", "status", "serial"]
SOLD = sa.text("distributor_id IS NOT NULL")
BY_DESTINATION, BY_DESTINATION_COLUMNS = "ix_rate_destination", ["rate_table_id", "destination_name"]


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.create_index(BY_STATE, "card", BY_STATE_COLUMNS, sqlite_where=SOLD)
        op.create_index(BY_DESTINATION, "rate", BY_DESTINATION_COLUMNS)
        return
    with op.get_context().autocommit_block():
        # one that was interrupted stands there invalid, and is made anew
        op.drop_index(BY_STATE, table_name="card", postgresql_concurrently=True, if_exists=True)
        op.create_index(BY_STATE, "card", BY_STATE_COLUMNS, postgresql_concurrently=True, postgresql_where=SOLD)
        op.drop_index(BY_DESTINATION, table_name="rate", postgresql_concurrently=True, if_exists=True)
        op.create_index(BY_DESTINATION, "rate", BY_DESTINATION_COLUMNS, postgresql_concurrently=True)


def downgrade() -> None:
    op.drop_index(BY_DESTINATION, table_name="rate")
    op.drop_index(BY_STATE, table_name="card")
