"""Let a wallet know the series of its card: cards of a large series are found and sorted by their balances.

Wallets of before are filed by the worker, some at a time. No foreign key: it is a copy of what the card says. The index
is one more key for each charge, which changes the balance; a hold changes none. The cards of a series of half a million
within two balances took half a second, and their order by balance was not to be had above 10,000.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_wallet_series_balance", ["series_id", "balance_micros", "id"], "series_id IS NOT NULL"),
    ("ix_wallet_unfiled", ["id"], "series_id IS NULL AND kind = 'card'"),
)


def upgrade() -> None:
    op.add_column("wallet", sa.Column("series_id", sa.Integer(), nullable=True))
    if op.get_bind().dialect.name != "postgresql":
        for name, columns, where in INDEXES:
            op.create_index(name, "wallet", columns, sqlite_where=sa.text(where))
        return
    with op.get_context().autocommit_block():
        for name, columns, where in INDEXES:
            # one that was interrupted stands there invalid, and is made anew
            op.drop_index(name, table_name="wallet", postgresql_concurrently=True, if_exists=True)
            op.create_index(name, "wallet", columns, postgresql_concurrently=True, postgresql_where=sa.text(where))


def downgrade() -> None:
    """The column goes by itself: a table made anew would lose its triggers."""
    for name, _, _ in INDEXES:
        op.drop_index(name, table_name="wallet")
    op.drop_column("wallet", "series_id")
