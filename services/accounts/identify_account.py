"""Find the account whose call this is: by login, by address or by number, with the tech prefix (JA-3, JA-26 to JA-36).

A login is proved by a password, so it decides alone. Then comes the address, the most specific network first. A number
is looked at last and only behind a gateway that is set up for it: a caller may send any number, and must not have the
owner of another address pay.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, and_, bindparam, literal, or_, select
from sqlalchemy.orm import Session

from billing.network import address_key
from billing.phone import DESTINATION_DIGITS_MIN
from models import (
    Account,
    AccountAddress,
    AccountGateway,
    AccountNumber,
    AniSide,
    Client,
    Gateway,
    IdentBy,
    NumberUse,
    TrunkProtocol,
)
from services.accounts.account_facts import AccountFacts, get_account
from services.store.run import run


@dataclass(frozen=True, slots=True)
class CallSource:
    """Where a call comes from, as Asterisk itself tells it. `login` is the endpoint of who proved a password; `number`
    what was dialled, tech prefix included; `caller_id` in international digits.
    """

    login: str | None
    address: str
    port: int | None
    protocol: TrunkProtocol | None
    number: str
    caller_id: str | None


class NotIdentified(StrEnum):
    """Why a call is nobody's."""

    UNKNOWN = "unknown"  # no account has this login, address or number with this tech prefix
    SWITCHED_OFF = "switched_off"  # the account, its client or the gateway is
    OTHER_GATEWAY = "other_gateway"  # the account is taken through other gateways only (JA-35)
    AMBIGUOUS = "ambiguous"  # two accounts fit equally well


class Candidate(NamedTuple):
    """An account that fits; the greater one fits better: narrower network, gateway named, longer prefix, same port."""

    bits: int
    names_gateway: bool
    prefix_digits: int
    port_rank: int
    account_id: int

    @property
    def fit(self) -> tuple[int, bool, int, int]:
        return self[:4]


_COLUMNS = (
    Account.id,
    Account.tech_prefix,
    Account.protocol,
    Account.port,
    and_(Account.originator_enabled, Client.is_enabled, Client.deleted_at.is_(None)).label("is_enabled"),
)


def _accounts(ident_by: IdentBy, *more: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 (a column)
    query = select(*_COLUMNS, *more).join_from(Account, Client, Client.id == Account.client_id)
    return query.where(Account.ident_by == ident_by, Account.deleted_at.is_(None))


BY_NAME = _accounts(IdentBy.NAME, literal(0).label("bits")).where(Account.name_key == bindparam("name_key"))
BY_ADDRESS = (
    _accounts(IdentBy.IP, AccountAddress.bits)
    .join(AccountAddress, AccountAddress.account_id == Account.id)
    .where(AccountAddress.first <= bindparam("address"), AccountAddress.last >= bindparam("address"))
)
BY_NUMBER = (
    _accounts(IdentBy.ANI, literal(0).label("bits"), Account.ani_side, AccountNumber.number)
    .join(AccountNumber, AccountNumber.account_id == Account.id)
    .where(
        AccountNumber.use == NumberUse.IDENTIFIES,
        or_(
            and_(Account.ani_side == AniSide.CALLER, AccountNumber.number == bindparam("caller")),
            and_(Account.ani_side == AniSide.CALLED, AccountNumber.number.in_(bindparam("called", expanding=True))),
        ),
    )
)
GATEWAYS = select(AccountGateway.account_id, Gateway.address).join(Gateway, Gateway.id == AccountGateway.gateway_id)


def identify_account(session: Session, source: CallSource) -> AccountFacts | NotIdentified:
    """The account of the call as it stands now, or why there is none."""
    key = address_key(source.address)
    if key is not None and _is_gateway(session, key, is_enabled=False):
        return NotIdentified.SWITCHED_OFF
    if source.login is not None:
        return _best(session, source, run(session, BY_NAME, {"name_key": source.login.casefold()}).all())
    if key is None:
        return NotIdentified.UNKNOWN
    by_address = _best(session, source, run(session, BY_ADDRESS, {"address": key}).all())
    if by_address is not NotIdentified.UNKNOWN or not _is_gateway(session, key, is_enabled=True):
        return by_address
    return _best(session, source, _by_number(session, source))


def without_prefix(number: str, tech_prefix: str) -> str | None:
    """The number as it is rated; None where the prefix is another one, or nothing is left to dial."""
    if not number.startswith(tech_prefix) or len(number) < len(tech_prefix) + DESTINATION_DIGITS_MIN:
        return None
    return number[len(tech_prefix) :]


def _by_number(session: Session, source: CallSource) -> list[Row[*tuple[Any, ...]]]:
    """The number called is looked for behind every tech prefix that it may have."""
    ends = [source.number[place:] for place in range(len(source.number) - DESTINATION_DIGITS_MIN + 1)]
    rows = run(session, BY_NUMBER, {"caller": source.caller_id or "", "called": ends}).all()
    return [
        row
        for row in rows
        if row.ani_side is AniSide.CALLER or without_prefix(source.number, row.tech_prefix) == row.number
    ]


def _best(session: Session, source: CallSource, rows: Sequence[Row[*tuple[Any, ...]]]) -> AccountFacts | NotIdentified:
    fitting = [row for row in rows if _fits(row, source)]
    if not fitting:
        return NotIdentified.UNKNOWN
    enabled = [row for row in fitting if row.is_enabled]
    if not enabled:
        return NotIdentified.SWITCHED_OFF
    candidates = sorted(_through_its_gateways(session, source, enabled), reverse=True)
    if not candidates:
        return NotIdentified.OTHER_GATEWAY
    best = candidates[0]
    if any(other.fit == best.fit and other.account_id != best.account_id for other in candidates[1:]):
        return NotIdentified.AMBIGUOUS
    return get_account(session, best.account_id)


def _fits(row: Row[*tuple[Any, ...]], source: CallSource) -> bool:
    """Accounts of one address may differ in protocol (JA-11); a login or a number says nothing of it."""
    same_protocol = row.bits == 0 or source.protocol is None or row.protocol == source.protocol
    return same_protocol and without_prefix(source.number, row.tech_prefix) is not None


def _through_its_gateways(
    session: Session, source: CallSource, rows: Iterable[Row[*tuple[Any, ...]]]
) -> list[Candidate]:
    """Without a gateway of its own an account is taken through any."""
    rows = list(rows)
    named: dict[int, set[str | None]] = {}
    query = GATEWAYS.where(AccountGateway.account_id.in_([row.id for row in rows]))
    for account_id, address in session.execute(query):
        named.setdefault(account_id, set()).add(address_key(address))
    here = address_key(source.address)
    return [_candidate(row, source, names_gateway=row.id in named) for row in rows if here in named.get(row.id, {here})]


def _candidate(row: Row[*tuple[Any, ...]], source: CallSource, *, names_gateway: bool) -> Candidate:
    port_rank = 1 if row.port is None else 2 * (row.port == source.port)
    return Candidate(row.bits, names_gateway, len(row.tech_prefix), port_rank, row.id)


def _is_gateway(session: Session, key: str, *, is_enabled: bool) -> bool:
    addresses = session.scalars(select(Gateway.address).where(Gateway.is_enabled.is_(is_enabled)))
    return any(address_key(address) == key for address in addresses)
