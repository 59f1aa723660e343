"""The security keys and passkeys of one operator, as pages and ceremonies need them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import OperatorPasskey


@dataclass(frozen=True, slots=True)
class PasskeyFacts:
    """`sign_count` is what the authenticator last counted; 0 where it does not count."""

    id: int
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]
    name: str
    made_at: datetime
    used_at: datetime | None


COLUMNS = (
    OperatorPasskey.id,
    OperatorPasskey.credential_id,
    OperatorPasskey.public_key,
    OperatorPasskey.sign_count,
    OperatorPasskey.transports,
    OperatorPasskey.name,
    OperatorPasskey.made_at,
    OperatorPasskey.used_at,
)


def passkeys_of(session: Session, operator_id: int) -> list[PasskeyFacts]:
    """The oldest first."""
    mine = select(*COLUMNS).where(OperatorPasskey.operator_id == operator_id).order_by(OperatorPasskey.id)
    return [PasskeyFacts(*row) for row in session.execute(mine)]
