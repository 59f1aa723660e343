"""Jobs by which operators look at Asterisk and make it follow the accounts; who runs Asterisk does them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Job
from services.routing.try_carrier import CARRIER_TEST

LOOK, APPLY = "asterisk_look", "asterisk_apply"
KINDS = (LOOK, APPLY, CARRIER_TEST)


def newest_asterisk_job(session: Session, kind: str) -> Job | None:
    return session.scalars(select(Job).where(Job.kind == kind).order_by(Job.id.desc()).limit(1)).one_or_none()
