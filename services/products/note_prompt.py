"""A change of a prompt's file, asked for by right and noted; the file itself lies outside the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from billing.rights import Right, RightMissing
from services.audit.audit import Act, Actor, note


@dataclass(frozen=True, slots=True)
class PromptChange:
    """`act` is replaced, undone or generated; before and after tell origin and digest of the file."""

    act: str
    language: str
    prompt_id: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def require_prompt_right(actor: Actor) -> None:
    """Ask before the file is touched."""
    if Right.MANAGE_IVR not in actor.rights:
        raise RightMissing(Right.MANAGE_IVR)


def note_prompt(session: Session, change: PromptChange, actor: Actor, now: datetime) -> None:
    """In the transaction around the change of the file: what is refused there is not noted here."""
    require_prompt_right(actor)
    name = f"{change.language}/{change.prompt_id}"
    note(session, actor, Act(f"prompt.{change.act}", "prompt", name, dict(change.before), dict(change.after)), now)
