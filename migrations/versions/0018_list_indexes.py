"""Indexes for what operators sort, search and filter lists by: no page may look through millions of rows.

On PostgreSQL they are built while calls go on being written: an index that locks its table would hold settlements up.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_call_record_destination", "call_record", ["destination", "placed_at"]),
    ("ix_call_record_carrier", "call_record", ["carrier_account_id", "placed_at"]),
    ("ix_call_record_disposition", "call_record", ["disposition", "placed_at"]),
    ("ix_call_record_access", "call_record", ["access_number", "placed_at"]),
    ("ix_ledger_entry_created", "ledger_entry", ["created_at", "id"]),
    ("ix_ledger_entry_reference", "ledger_entry", ["reference"]),
    ("ix_wallet_balance", "wallet", ["balance_micros"]),
    ("ix_card_status", "card", ["status", "id"]),
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        for name, table, columns in INDEXES:
            op.create_index(name, table, columns)
        return
    with op.get_context().autocommit_block():
        for name, table, columns in INDEXES:
            # one that was interrupted stands there invalid, and is made anew
            op.drop_index(name, table_name=table, postgresql_concurrently=True, if_exists=True)
            op.create_index(name, table, columns, postgresql_concurrently=True)


def downgrade() -> None:
    for name, table, _ in INDEXES:
        op.drop_index(name, table_name=table)
