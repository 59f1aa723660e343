"""Let an entry of the ledger know the series of its card: movements of one series among millions are found by an index.

The trigger lets an entry of before get its series once, and nothing else of it be changed: the worker files them, the
newest first, some at a time. No foreign key: each settlement would lock the row of its series. The index costs each
entry one more key; of a series of half a million cards the list took two seconds, and now takes less than a tenth.
The last three indexes hold no charge of a call: payments are few among millions of these, and took a second to list.
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

REFUSED = "the ledger is append-only: book a reversing entry"
FILED = ("series_id", "other_series_id")
KEPT = (
    "id", "source_wallet_id", "destination_wallet_id", "amount_micros", "kind", "reference", "call_id", "created_at",
    "actor", "reason",
)  # fmt: skip
PLACE = ["created_at", "id"]
PAYMENT = "kind IN ('adjustment', 'recharge', 'reversal', 'transfer')"
NO_CALL = "kind IN ('adjustment', 'lapse', 'maintenance_fee', 'recharge', 'reversal', 'transfer')"
INDEXES = (
    ("ix_ledger_entry_series", ["series_id", *PLACE], "series_id > 0"),
    ("ix_ledger_entry_other_series", ["other_series_id", *PLACE], "other_series_id IS NOT NULL"),
    ("ix_ledger_entry_unfiled", ["id"], "series_id IS NULL"),
    ("ix_ledger_entry_kind", ["kind", *PLACE], NO_CALL),
    ("ix_ledger_entry_series_kind", ["series_id", "kind", *PLACE], NO_CALL),
    ("ix_ledger_entry_payment", PLACE, PAYMENT),
)
ONCE = f"""
  IF TG_OP = 'UPDATE' THEN
    IF OLD.series_id IS NULL AND NEW.series_id IS NOT NULL THEN
      OLD.series_id := NEW.series_id;
      OLD.other_series_id := NEW.other_series_id;
      IF OLD IS NOT DISTINCT FROM NEW THEN RETURN NEW; END IF;
    END IF;
  END IF;
  RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'restrict_violation';
"""
NEVER = f"RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'restrict_violation';"


def upgrade() -> None:
    for name in FILED:
        op.add_column("ledger_entry", sa.Column(name, sa.Integer(), nullable=True))
    if op.get_bind().dialect.name != "postgresql":
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in KEPT)
        _guard_sqlite(f"WHEN NOT (OLD.series_id IS NULL AND NEW.series_id IS NOT NULL AND {same})")
        for name, columns, where in INDEXES:
            op.create_index(name, "ledger_entry", columns, sqlite_where=sa.text(where))
        return
    _guard_postgresql(ONCE)
    with op.get_context().autocommit_block():
        for name, columns, where in INDEXES:
            # one that was interrupted stands there invalid, and is made anew
            op.drop_index(name, table_name="ledger_entry", postgresql_concurrently=True, if_exists=True)
            how = {"postgresql_concurrently": True, "postgresql_where": sa.text(where)}
            op.create_index(name, "ledger_entry", columns, **how)


def downgrade() -> None:
    """The columns go one by one: a table made anew would lose its triggers."""
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql(NEVER)
    else:
        _guard_sqlite("")
    for name, _, _ in INDEXES:
        op.drop_index(name, table_name="ledger_entry")
    for name in FILED:
        op.drop_column("ledger_entry", name)


def _guard_postgresql(body: str) -> None:
    op.execute(
        f"CREATE OR REPLACE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
    )


def _guard_sqlite(when: str) -> None:
    op.execute("DROP TRIGGER ledger_entry_no_update")
    op.execute(
        f"CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry {when} "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
    )
