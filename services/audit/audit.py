"""The audit log: note an act, and prove that the chain of notes is whole."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from billing.rights import Right
from models import AuditEntry, AuditHead

CHAIN_BEGIN = bytes(32)
ROWS_A_ROUND = 1_000
CHAINED = (
    "number",
    "happened_at",
    "actor",
    "door",
    "address",
    "act",
    "object_kind",
    "object_id",
    "before",
    "after",
    "reason",
)


class Door(StrEnum):
    """By which door an act came."""

    CONSOLE = "console"
    PORTAL = "portal"
    CLI = "cli"
    API = "api"
    IVR = "ivr"
    RADIUS = "radius"
    JOB = "job"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an operator's name, a card's number, a job's name; from where, if by a network.

    `rights` are those of the operator's role: none unless the door gives them. One bound to a reseller or a distributor
    has them for its own cards only.
    """

    name: str
    door: Door
    address: str | None = None
    rights: frozenset[Right] = frozenset()
    reseller_id: int | None = None
    distributor_id: int | None = None

    def __str__(self) -> str:
        return f"{self.door}:{self.name}"


@dataclass(frozen=True, slots=True)
class Act:
    """What was done to what. `before` and `after` hold what changed, in JSON's values; no secret stands in them."""

    act: str
    object_kind: str
    object_id: str
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    reason: str | None = None


def note(session: Session, actor: Actor, act: Act, now: datetime) -> int:
    """Append the act to the log, in the transaction of the act itself, and give its number.

    Call it last: the head of the chain stays locked until the transaction ends.
    """
    head = session.execute(
        update(AuditHead)
        .where(AuditHead.id == 1)
        .values(number=AuditHead.number + 1)
        .returning(AuditHead.number, AuditHead.chain)
    ).one()
    row: dict[str, Any] = {
        "number": head.number,
        "happened_at": now,
        "actor": actor.name,
        "door": actor.door.value,
        "address": actor.address,
        "act": act.act,
        "object_kind": act.object_kind,
        "object_id": act.object_id,
        "before": None if act.before is None else dict(act.before),
        "after": None if act.after is None else dict(act.after),
        "reason": act.reason,
    }
    chain = link(head.chain, row)
    session.execute(insert(AuditEntry).values({**row, "chain": chain}))
    session.execute(update(AuditHead).where(AuditHead.id == 1).values(chain=chain))
    number: int = head.number
    return number


def link(chain_before: bytes, row: Mapping[str, Any]) -> bytes:
    """The chain after a row: SHA-256 over the chain before it and its content in one fixed spelling."""
    content = {name: row[name] for name in CHAINED}
    content["happened_at"] = row["happened_at"].isoformat()
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(chain_before + text.encode()).digest()


def broken_links(session: Session) -> Iterator[str]:
    """A sentence for each place where the chain does not hold: a row changed, removed, or put in between."""
    chain, number = CHAIN_BEGIN, 0
    while rows := _rows_after(session, number):
        for entry in rows:
            if entry.number != number + 1:
                yield f"audit entry {number + 1} is missing"
            expected = link(chain, {name: getattr(entry, name) for name in CHAINED})
            if expected != entry.chain:
                yield f"audit entry {entry.number} was changed"
            chain, number = entry.chain, entry.number
    head = session.execute(select(AuditHead.number, AuditHead.chain)).one()
    if (head.number, head.chain) != (number, chain):
        yield f"audit entries after {number} are missing"


def _rows_after(session: Session, number: int) -> list[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.number > number).order_by(AuditEntry.number).limit(ROWS_A_ROUND)
    return list(session.scalars(query))
