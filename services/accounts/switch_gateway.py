"""Switch a gateway off or on: calls that come through it are refused meanwhile; those that are up go on."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from models import Gateway
from services.audit.audit import Act, Actor, note
from services.routing.deck_revision import touch_deck
from services.store.fields import FieldsRefused
from services.store.version_check import checked_version


def switch_gateway(
    session: Session, gateway_id: int, version: int | None, actor: Actor, now: datetime, *, is_enabled: bool
) -> str:
    """Its name. The next call is judged by it; Asterisk itself follows when the accounts are applied."""
    gateway = checked_version(session, Gateway, gateway_id, version)
    word = "enabled" if is_enabled else "disabled"
    if gateway.is_enabled == is_enabled:
        on, off = f"The gateway {gateway.name} is enabled already.", f"The gateway {gateway.name} is disabled already."
        raise FieldsRefused({"": on if is_enabled else off})
    switch = {"is_enabled": is_enabled, "version": Gateway.version + 1}
    session.execute(update(Gateway).where(Gateway.id == gateway_id).values(switch))
    note(
        session,
        actor,
        Act(f"gateway.{word}", "gateway", str(gateway_id), {"is_enabled": not is_enabled}, {"is_enabled": is_enabled}),
        now,
    )
    touch_deck(session)
    return gateway.name
