"""The taxes of calls: of each profile, of a card's series, of a client."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.rating import Tax
from billing.taxes import NO_TAXES, CallTaxes
from models import Client, TaxProfile, TaxRate


def tax_profiles(session: Session) -> dict[int, CallTaxes]:
    """By the profile's id, the taxes in their order."""
    query = select(TaxRate).order_by(TaxRate.tax_profile_id, TaxRate.position)
    taxes: dict[int, list[Tax]] = {}
    for rate in session.scalars(query):
        taxes.setdefault(rate.tax_profile_id, []).append(Tax(rate.name, rate.parts_per_million, rate.is_compound))
    profiles = session.execute(select(TaxProfile.id, TaxProfile.is_inclusive))
    return {
        profile_id: CallTaxes(tuple(taxes.get(profile_id, ())), is_inclusive) for profile_id, is_inclusive in profiles
    }


def taxes_of_profile(session: Session, profile_id: int | None) -> CallTaxes:
    """None: no taxes."""
    return NO_TAXES if profile_id is None else tax_profiles(session)[profile_id]


def taxes_of_client(session: Session, client_id: int) -> CallTaxes:
    """The taxes on the calls of a client's accounts: give both to `CallPrice(taxes=..., taxes_included=...)`."""
    return taxes_of_profile(session, session.scalars(select(Client.tax_profile_id).where(Client.id == client_id)).one())
