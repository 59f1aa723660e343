"""Triggers that refuse to change a ledger entry, to erase one, and to change the opening balance of a wallet.

The ledger is the proof of every balance, so no code and no operator with a database prompt may rewrite it.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LEDGER = "the ledger is append-only: book a reversing entry"
OPENING = "the opening balance of a wallet never changes: book an adjustment"

SQLITE = (
    ("ledger_entry_no_update", "BEFORE UPDATE ON ledger_entry", LEDGER),
    ("ledger_entry_no_delete", "BEFORE DELETE ON ledger_entry", LEDGER),
    ("wallet_opening_fixed", "BEFORE UPDATE OF opening_micros, kind, currency ON wallet", OPENING),
    ("wallet_no_delete", "BEFORE DELETE ON wallet", OPENING),
)
POSTGRESQL = (
    ("ledger_entry_no_update", "BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW", "refuse_ledger_change"),
    ("ledger_entry_no_truncate", "BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT", "refuse_ledger_change"),
    (
        "wallet_opening_fixed",
        "BEFORE UPDATE OF opening_micros, kind, currency ON wallet FOR EACH ROW",
        "refuse_opening_change",
    ),
    ("wallet_no_delete", "BEFORE DELETE ON wallet FOR EACH ROW", "refuse_opening_change"),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name, when, words in SQLITE:
            op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{words}'); END")
        return
    for function, words in (("refuse_ledger_change", LEDGER), ("refuse_opening_change", OPENING)):
        op.execute(
            f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{words}' USING ERRCODE = 'restrict_violation'; END $$"
        )
    for name, when, function in POSTGRESQL:
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}()")


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, _, _ in SQLITE if on_sqlite else POSTGRESQL:
        table = "wallet" if name.startswith("wallet") else "ledger_entry"
        op.execute(f"DROP TRIGGER {name}" if on_sqlite else f"DROP TRIGGER {name} ON {table}")
    if not on_sqlite:
        op.execute("DROP FUNCTION refuse_ledger_change")
        op.execute("DROP FUNCTION refuse_opening_change")
