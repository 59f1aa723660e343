"""Sort cards of the same balance by an index, too: before their first call all cards of a series have one.

The new index stands before the old one goes. On PostgreSQL both happen while calls go on being written.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

OLD = ("ix_wallet_balance", ["balance_micros"])
NEW = ("ix_wallet_balance_id", ["balance_micros", "id"])


def upgrade() -> None:
    _exchange(OLD, NEW)


def downgrade() -> None:
    _exchange(NEW, OLD)


def _exchange(old: tuple[str, list[str]], new: tuple[str, list[str]]) -> None:
    if op.get_bind().dialect.name != "postgresql":
        op.create_index(new[0], "wallet", new[1])
        op.drop_index(old[0], table_name="wallet")
        return
    with op.get_context().autocommit_block():
        # one that was interrupted stands there invalid, and is made anew
        op.drop_index(new[0], table_name="wallet", postgresql_concurrently=True, if_exists=True)
        op.create_index(new[0], "wallet", new[1], postgresql_concurrently=True)
        op.drop_index(old[0], table_name="wallet", postgresql_concurrently=True, if_exists=True)
