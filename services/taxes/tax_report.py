"""Tax profiles in plain words, for the command line and for pages."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CardSeries, Client, TaxProfile
from services.taxes.save_tax_profile import taxes_as_values


def tax_profile_list(session: Session) -> list[dict[str, Any]]:
    """By name, with their taxes and who uses them."""
    return [_profile(session, profile) for profile in session.scalars(select(TaxProfile).order_by(TaxProfile.name))]


def find_tax_profile(session: Session, name: str) -> dict[str, Any] | None:
    profile = session.scalars(select(TaxProfile).where(TaxProfile.name == name)).one_or_none()
    return None if profile is None else _profile(session, profile)


def find_tax_profile_by_id(session: Session, profile_id: int) -> dict[str, Any] | None:
    profile = session.get(TaxProfile, profile_id)
    return None if profile is None else _profile(session, profile)


def _profile(session: Session, profile: TaxProfile) -> dict[str, Any]:
    series = select(CardSeries.number).where(CardSeries.tax_profile_id == profile.id).order_by(CardSeries.number)
    clients = select(Client.name).where(Client.tax_profile_id == profile.id).order_by(Client.name)
    return {
        "id": profile.id,
        "name": profile.name,
        "is_inclusive": profile.is_inclusive,
        "version": profile.version,
        "taxes": taxes_as_values(session, profile.id),
        "series": list(session.scalars(series)),
        "clients": list(session.scalars(clients)),
    }
