"""Which program may do what with which table of PostgreSQL: the least that each needs (docs/production.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from models import Base

if TYPE_CHECKING:
    from sqlalchemy import Table

READ, ADD, CHANGE, REMOVE = "SELECT", "INSERT", "UPDATE", "DELETE"
FILE: Final = "UPDATE (series_id, other_series_id)"  # entries of an older release, once: the trigger sees to it


class Program(StrEnum):
    """Who has a role of its own. The owner of the tables, who migrates, is none of these."""

    IVR = "ivr"  # call servers and watchers
    CONSOLE = "console"  # the console and the command line
    VERIFIER = "verifier"  # callingcard verify, doctor and reports: reads only
    WORKER = "worker"  # callingcard worker: every job, and nobody's sign-in
    PORTAL = "portal"  # the card holders' portal, which the whole world may ask


APPEND_ONLY: Final = frozenset({"ledger_entry", "audit_entry"})
OF_MIGRATIONS: Final = "alembic_version"
# Money and what proves it: made and changed by acts, never removed.
KEPT: Final = frozenset(
    {"wallet", "hold", "call_record", "overdraft", "card", "voucher", "call_alarm", "caller_id_binding_event"}
)
OPERATORS: Final = frozenset({"operator", "operator_session", "operator_passkey", "operator_challenge"})
# What no job changes: who works here and how the product is sold.
READ_BY_JOBS: Final = frozenset({"operator", "operator_passkey", "access_number", "card_group", "ivr_plan"})
SESSIONS: Final = frozenset({"operator_session", "operator_challenge", "card_session"})
# What no holder's page shows: who works here, and what they did.
UNSEEN_BY_HOLDERS: Final = OPERATORS | {"audit_entry", "audit_head"}
# Sealed copies of PINs, codes and passwords: whoever serves calls or proves the ledger needs the digests only.
SEALED: Final[Mapping[str, frozenset[str]]] = {
    "card": frozenset({"pin_encrypted"}),
    "voucher": frozenset({"code_encrypted"}),
    "account": frozenset({"password_sealed"}),
}
WRITTEN_BY_CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "wallet": (CHANGE,),
    "hold": (ADD, CHANGE, REMOVE),  # one whose money was not there is taken back before it was ever seen
    "ledger_entry": (ADD,),
    "call_record": (ADD, CHANGE),
    "overdraft": (ADD,),
    "card": (CHANGE,),
    "voucher": (CHANGE,),
    "speed_dial": (ADD, CHANGE, REMOVE),
    "caller_id_binding": (ADD, CHANGE, REMOVE),
    "caller_id_binding_event": (ADD,),
    "account_load": (ADD, CHANGE),
    "failed_entry": (ADD,),
    "guard_budget": (ADD, CHANGE),
    "guard_counter": (ADD, CHANGE),
    "asterisk": (ADD, CHANGE),
    "live_call": (ADD, CHANGE, REMOVE),
    "call_alarm": (ADD, CHANGE),
    "job": (CHANGE,),
}

WRITTEN_BY_HOLDERS: Final[Mapping[str, tuple[str, ...]]] = {
    "card_session": (ADD, CHANGE, REMOVE),
    "wallet": (CHANGE,),
    "ledger_entry": (ADD,),
    "card": (CHANGE,),
    "voucher": (CHANGE,),
    "speed_dial": (ADD, CHANGE, REMOVE),
    "caller_id_binding": (REMOVE,),
    "caller_id_binding_event": (ADD,),
    "failed_entry": (ADD,),
    "guard_budget": (ADD, CHANGE),
    "guard_counter": (ADD, CHANGE),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """`hidden` are the columns that the program may not read; they stand in no index that it searches."""

    table: str
    rights: tuple[str, ...]
    hidden: frozenset[str] = frozenset()


def grants(program: Program) -> list[Grant]:
    """For every table that the program may use at all."""
    tables = sorted(Base.metadata.tables)
    found = [grant for name in tables if (grant := _grant(program, name)).rights]
    return [*found, Grant(OF_MIGRATIONS, (READ,))]


def columns_to_read(grant: Grant) -> list[str]:
    """Empty: all of them."""
    if not grant.hidden:
        return []
    table: Table = Base.metadata.tables[grant.table]
    return [column.name for column in table.columns if column.name not in grant.hidden]


def _grant(program: Program, table: str) -> Grant:
    if program is Program.CONSOLE:
        return Grant(table, _of_console(table))
    if program is Program.WORKER:
        return Grant(table, _of_worker(table))
    if program is Program.PORTAL:
        return Grant(table, _of_portal(table), SEALED.get(table, frozenset()))
    if table in OPERATORS | SESSIONS:
        return Grant(table, ())
    writes = WRITTEN_BY_CALLS.get(table, ()) if program is Program.IVR else ()
    return Grant(table, (READ, *writes), SEALED.get(table, frozenset()))


def _of_console(table: str) -> tuple[str, ...]:
    if table in APPEND_ONLY:
        return (READ, ADD)
    return (READ, ADD, CHANGE) if table in KEPT else (READ, ADD, CHANGE, REMOVE)


def _of_worker(table: str) -> tuple[str, ...]:
    if table in SESSIONS:
        return ()
    if table == "ledger_entry":
        return (READ, ADD, FILE)
    return (READ,) if table in READ_BY_JOBS else _of_console(table)


def _of_portal(table: str) -> tuple[str, ...]:
    return () if table in UNSEEN_BY_HOLDERS else (READ, *WRITTEN_BY_HOLDERS.get(table, ()))
