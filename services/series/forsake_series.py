"""Give up a series whose making was cancelled: no card of it was ever one for a caller, and none will be."""

from datetime import datetime

from sqlalchemy.orm import Session

from billing.card_acts import SeriesAct
from billing.states import SeriesStatus
from models import CardSeries, Job
from services.audit.audit import Actor
from services.series.change_series_state import change_series_state

WHY = "its making was cancelled"


def forsake_series(session: Session, job: Job, actor: Actor, now: datetime) -> None:
    """The job is locked, so that no chunk of cards is on its way. Its rows stay: what holds money is never removed,
    and a number that was drawn is not drawn again (docs/decisions/0030).
    """
    series = session.get_one(CardSeries, (job.result or {})["series_id"])
    if series.status is not SeriesStatus.DELETED:
        change_series_state(session, series.id, SeriesAct.DELETE, actor, now, reason=WHY)
