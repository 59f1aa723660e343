"""The lists of an account, addresses, numbers, gateways: from the texts of its form to rows, and back."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from billing.network import SEPARATOR, AddressRefused, Network, networks_from_text, text_from_networks
from billing.phone import DESTINATION_DIGITS_MIN, NUMBER_DIGITS_MAX, normal_caller_id
from models import AccountAddress, AccountGateway, AccountNumber, Gateway, NumberUse

ROWS_MAX = 500  # of each list: a form and a look-up stay quick
PUNCTUATION = re.compile(r"[\s().\-/]")  # as people write numbers


@dataclass(frozen=True, slots=True)
class AccountLists:
    """What the four texts of an account mean."""

    networks: tuple[Network, ...] = ()
    numbers: tuple[str, ...] = ()
    shown_numbers: tuple[str, ...] = ()
    gateways: tuple[tuple[int, str], ...] = ()  # id and name

    def texts(self) -> dict[str, str | None]:
        """As the form shows them: each in one spelling, so that equal lists are equal texts."""
        return {
            "addresses": text_from_networks([network.network for network in self.networks]) or None,
            "numbers": _joined(self.numbers),
            "shown_numbers": _joined(self.shown_numbers),
            "gateways": _joined(name for _, name in self.gateways),
        }


def lists_from(session: Session, values: Mapping[str, Any]) -> tuple[AccountLists, dict[str, str]]:
    """The lists, and a sentence for each that cannot be read."""
    problems: dict[str, str] = {}
    networks, problem = _networks(values.get("addresses") or "")
    problems |= {"addresses": problem} if problem else {}
    told: dict[str, tuple[str, ...]] = {}
    for name in ("numbers", "shown_numbers"):
        told[name], problem = _numbers(values.get(name) or "")
        problems |= {name: problem} if problem else {}
    gateways, problem = _gateways(session, values.get("gateways") or "")
    problems |= {"gateways": problem} if problem else {}
    return AccountLists(networks, told["numbers"], told["shown_numbers"], gateways), problems


def stored_lists(session: Session, account_id: int) -> AccountLists:
    """As they were saved, in the order of their rows."""
    return lists_of(session, [account_id])[account_id]


def lists_of(session: Session, account_ids: Collection[int]) -> dict[int, AccountLists]:
    """Of many accounts at once."""
    networks: dict[int, list[Network]] = {account_id: [] for account_id in account_ids}
    numbers: dict[tuple[int, NumberUse], list[str]] = {(of, use): [] for of in account_ids for use in NumberUse}
    gateways: dict[int, list[tuple[int, str]]] = {account_id: [] for account_id in account_ids}
    addresses = select(AccountAddress).where(AccountAddress.account_id.in_(account_ids)).order_by(AccountAddress.id)
    for row in session.scalars(addresses):
        networks[row.account_id].append(Network(row.first, row.last, row.bits, row.network))
    of_number = select(AccountNumber).where(AccountNumber.account_id.in_(account_ids)).order_by(AccountNumber.id)
    for number in session.scalars(of_number):
        numbers[number.account_id, number.use].append(number.number)
    of_gateway = (
        select(AccountGateway.account_id, Gateway.id, Gateway.name)
        .join(Gateway, Gateway.id == AccountGateway.gateway_id)
        .where(AccountGateway.account_id.in_(account_ids))
        .order_by(Gateway.name)
    )
    for account_id, gateway_id, name in session.execute(of_gateway):
        gateways[account_id].append((gateway_id, name))
    return {
        account_id: AccountLists(
            tuple(networks[account_id]),
            tuple(numbers[account_id, NumberUse.IDENTIFIES]),
            tuple(numbers[account_id, NumberUse.SHOWN]),
            tuple(gateways[account_id]),
        )
        for account_id in account_ids
    }


def store_lists(session: Session, account_id: int, lists: AccountLists) -> None:
    """In the place of those before."""
    rows: dict[type[Any], list[dict[str, Any]]] = {
        AccountAddress: [
            {"network": network.network, "first": network.first, "last": network.last, "bits": network.bits}
            for network in lists.networks
        ],
        AccountNumber: [{"use": NumberUse.IDENTIFIES, "number": number} for number in lists.numbers]
        + [{"use": NumberUse.SHOWN, "number": number} for number in lists.shown_numbers],
        AccountGateway: [{"gateway_id": gateway_id} for gateway_id, _ in lists.gateways],
    }
    for table, values in rows.items():
        session.execute(delete(table).where(table.account_id == account_id))
        if values:
            session.execute(insert(table), [{"account_id": account_id, **row} for row in values])


def _networks(text: str) -> tuple[tuple[Network, ...], str | None]:
    try:
        networks = tuple(networks_from_text(text))
    except AddressRefused as refused:
        return (), str(refused)
    return networks, _too_many(len(networks))


def _numbers(text: str) -> tuple[tuple[str, ...], str | None]:
    """Normalised first (JA-30): signs between digits are dropped, and so is a leading + or 00."""
    numbers: dict[str, None] = {}
    for part in _parts(text):
        number = normal_caller_id(PUNCTUATION.sub("", part), (), DESTINATION_DIGITS_MIN)
        if number is None:
            return (), (
                f"{part} is no telephone number: write it in international form with {DESTINATION_DIGITS_MIN} to "
                f"{NUMBER_DIGITS_MAX} digits, such as +15550100."
            )
        numbers[number] = None
    return tuple(numbers), _too_many(len(numbers))


def _gateways(session: Session, text: str) -> tuple[tuple[tuple[int, str], ...], str | None]:
    names = sorted(set(_parts(text)))
    if not names:
        return (), None
    query = select(Gateway.name, Gateway.id).where(Gateway.name.in_(names))
    found = {row.name: row.id for row in session.execute(query)}
    missing = [name for name in names if name not in found]
    if missing:
        return (), f"There is no gateway {missing[0]}: create it first, or name one that exists."
    return tuple((found[name], name) for name in names), _too_many(len(names))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(SEPARATOR) if part.strip()]


def _joined(parts: Iterable[str]) -> str | None:
    return f"{SEPARATOR} ".join(parts) or None


def _too_many(count: int) -> str | None:
    return (
        f"These are {count}: an account has at most {ROWS_MAX}. Use subnets, or a second account."
        if (count > ROWS_MAX)
        else None
    )
