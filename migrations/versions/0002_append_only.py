"""Triggers that refuse to change or erase a ledger or audit entry, or to change the opening balance of a wallet.

The ledger is the proof of every balance, so no code and no operator with a database prompt may rewrite it.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LEDGER = "the ledger is append-only: book a reversing entry"
AUDIT = "the audit log is append-only"
OPENING = "the opening balance of a wallet never changes: book an adjustment"

SQLITE = (
    ("ledger_entry_no_update", "BEFORE UPDATE ON ledger_entry", LEDGER),
    ("ledger_entry_no_delete", "BEFORE DELETE ON ledger_entry", LEDGER),
    ("audit_entry_no_update", "BEFORE UPDATE ON audit_entry", AUDIT),
    ("audit_entry_no_delete", "BEFORE DELETE ON audit_entry", AUDIT),
    ("wallet_opening_fixed", "BEFORE UPDATE OF opening_micros, kind, currency ON wallet", OPENING),
    ("wallet_no_delete", "BEFORE DELETE ON wallet", OPENING),
)
POSTGRESQL = (
    ("ledger_entry_no_update", "BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW", "refuse_ledger_change"),
    ("ledger_entry_no_truncate", "BEFORE TRUNCATE ON ledger_entry FOR EACH STATEMENT", "refuse_ledger_change"),
    ("audit_entry_no_update", "BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW", "refuse_audit_change"),
    ("audit_entry_no_truncate", "BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT", "refuse_audit_change"),
    (
        "wallet_opening_fixed",
        "BEFORE UPDATE OF opening_micros, kind, currency ON wallet FOR EACH ROW",
        "refuse_opening_change",
    ),
    ("wallet_no_delete", "BEFORE DELETE ON wallet FOR EACH ROW", "refuse_opening_change"),
)


FUNCTIONS = (
    ("refuse_ledger_change", LEDGER),
    ("refuse_audit_change", AUDIT),
    ("refuse_opening_change", OPENING),
)
CHAIN_BEGIN = "00" * 32  # the chain of the row before the first


def upgrade() -> None:
    op.execute(f"INSERT INTO audit_head (id, number, chain) VALUES (1, 0, {_bytes(CHAIN_BEGIN)})")
    if op.get_bind().dialect.name == "sqlite":
        for name, when, words in SQLITE:
            op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{words}'); END")
        return
    for function, words in FUNCTIONS:
        op.execute(
            f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{words}' USING ERRCODE = 'restrict_violation'; END $$"
        )
    for name, when, function in POSTGRESQL:
        op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}()")


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, _, _ in SQLITE if on_sqlite else POSTGRESQL:
        table = name.rsplit("_", 2)[0]
        op.execute(f"DROP TRIGGER {name}" if on_sqlite else f"DROP TRIGGER {name} ON {table}")
    if not on_sqlite:
        for function, _ in FUNCTIONS:
            op.execute(f"DROP FUNCTION {function}")
    op.execute("DELETE FROM audit_head")


def _bytes(digits: str) -> str:
    return f"X'{digits}'" if op.get_bind().dialect.name == "sqlite" else f"'\\x{digits}'::bytea"
