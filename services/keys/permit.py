"""The permit to read PINs or codes: asked by an actor, and noted before the first one is read, also when refused."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from billing.rights import Right, RightMissing
from services.audit.audit import Act, Actor, note

Keys = TypeVar("Keys")


@dataclass(frozen=True, slots=True)
class Permit(Generic[Keys]):
    """Given by ask_permit alone. Whatever reads PINs takes this in place of the keys."""

    keys: Keys


@dataclass(frozen=True, slots=True)
class PermitRefused:
    """The sentence says which right is missing, or whose cards these are."""

    sentence: str


def ask_permit(
    session: Session,
    actor: Actor,
    rights: Iterable[Right],
    keys: Keys,
    act: Act,
    now: datetime,
    *,
    reseller_id: int | None = None,
) -> Permit[Keys] | PermitRefused:
    """Notes the act, or that it was refused: commit the transaction either way, before anything secret is read.

    `reseller_id` owns the cards; an actor who is bound to a reseller gets no others, one bound to a distributor none.
    """
    refusal = _refusal(actor, rights, reseller_id)
    if refusal is None:
        note(session, actor, act, now)
        return Permit(keys)
    note(session, actor, replace(act, act=f"{act.act}.refused", reason=refusal), now)
    return PermitRefused(refusal)


def _refusal(actor: Actor, rights: Iterable[Right], reseller_id: int | None) -> str | None:
    for right in rights:
        if right not in actor.rights:
            return str(RightMissing(right))
    if actor.distributor_id is not None or actor.reseller_id not in (None, reseller_id):
        return f"{actor.name} may only take out cards of its own series, and these are not: ask the platform for them."
    return None
