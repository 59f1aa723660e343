"""A gateway on the second Asterisk that sends the platform calls without cards, and the accounts that pay for them."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from factories import a_rate_table, row
from house import RATES
from sqlalchemy import select, update

from billing.network import networks_from_text
from command_line.trunk_plan import plan_from
from models import (
    Account,
    AccountAddress,
    AccountNumber,
    CallRecord,
    Client,
    NumberUse,
    RoutingPlan,
    Wallet,
    WalletKind,
)
from services.accounts.sealed_password import seal_password
from services.keys.pin_keys import load_pin_keys
from telephony.ami import AmiUser, ami_session
from telephony.apply_trunks import Target, apply_trunks
from telephony.phone import PhoneCall
from telephony.trunk_files import CARRIERS, render_trunk_files
from telephony.trunks import TrunkPlan
from tests.asterisk_fixtures import cel_rows, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from house import House

BY_ADDRESS, BY_LOGIN, BY_STRANGER = "by-address", "by-login", "by-stranger"
GATEWAY_ADDRESS = "127.0.0.5"
CALLER_ID = "37060000001"
SECONDS_MAX = 30


@dataclass(frozen=True)
class Payer:
    """An account with a client and a wallet of its own."""

    house: House
    account_id: int
    wallet_id: int
    prefix: str

    def balance_micros(self) -> int:
        with self.house.look() as session:
            return session.scalars(select(Wallet.balance_micros).where(Wallet.id == self.wallet_id)).one()

    def records(self) -> list[CallRecord]:
        with self.house.look() as session:
            query = select(CallRecord).where(CallRecord.account_id == self.account_id).order_by(CallRecord.placed_at)
            records = list(session.scalars(query))
            session.expunge_all()
            return records

    def record(self) -> CallRecord:
        """Of its only call, once that is settled."""
        wait_for(lambda: bool(self.records()), SECONDS_MAX)
        (record,) = self.records()
        return record

    def set(self, **values: Any) -> None:  # noqa: ANN401
        with self.house.look() as session:
            session.execute(update(Account).where(Account.id == self.account_id).values(values))


def a_payer(
    house: House,
    prefix: str,
    *,
    balance: int = 5_000_000,
    credit: int = 0,
    label: str | None = None,
    numbers: Sequence[str] = (),
    **values: Any,  # noqa: ANN401
) -> Payer:
    """Told from others at the gateway's address by its tech prefix; a login if `name_key` is given, known by numbers
    if they are.
    """
    label = label or prefix
    with house.look() as session:
        money = {"opening_micros": balance, "balance_micros": balance, "credit_limit_micros": credit}
        wallet_id = row(session, Wallet, kind=WalletKind.CLIENT, currency="USD", **money)
        client_id = row(session, Client, name=f"Client {label}", wallet_id=wallet_id)
        plan_id = session.scalars(select(RoutingPlan.id).where(RoutingPlan.name == "Cheapest first")).one()
        table_id = a_rate_table(session, f"Gateway {label}", RATES)
        terms = {"originator_rate_table_id": table_id, "originator_routing_plan_id": plan_id, "tech_prefix": prefix}
        account = {"client_id": client_id, "name": f"gateway {label}", "originator_enabled": True, **terms, **values}
        account_id = row(session, Account, **account)
        if "name_key" in values:
            password = house.plant.carrier.instance.secrets["phone"]
            sealed = seal_password(load_pin_keys(house.state / "keys.json"), account_id, password)
            session.execute(update(Account).where(Account.id == account_id).values(sealed))
        for number in numbers:
            row(session, AccountNumber, account_id=account_id, use=NumberUse.IDENTIFIES, number=number)
        if not numbers and "name_key" not in values:
            (network,) = networks_from_text(GATEWAY_ADDRESS)
            bounds = {"network": network.network, "first": network.first, "last": network.last, "bits": network.bits}
            row(session, AccountAddress, account_id=account_id, **bounds)
    return Payer(house, account_id, wallet_id, prefix)


def let_gateways_in(house: House) -> None:
    """What `callingcard asterisk apply` does, but for carriers with a host, whose ports are those of the test."""
    with house.look() as session:
        plan = plan_from(session, load_pin_keys(house.state / "keys.json"))
    platform = house.plant.platform
    files = {name: text for name, text in render_trunk_files(plan).items() if name != CARRIERS}
    found = TrunkPlan(tuple(trunk for trunk in plan.trunks if trunk.found_as))
    carriers, more = (platform.instance.etc / CARRIERS).read_text(), render_trunk_files(found)[CARRIERS]
    files[CARRIERS] = carriers if more in carriers else carriers + more
    known = TrunkPlan(found.trunks, plan.logins, plan.sources)
    apply_trunks(Target(platform.instance.etc, platform.console), files, known)


@contextmanager
def gateway_calls(
    house: House, number: str, *, by: str = BY_ADDRESS, caller_id: str = CALLER_ID
) -> Iterator[PhoneCall]:
    """A call to the number, which is hung up on leaving; `is_answered` tells whether it was."""
    phone = house.plant.carrier.instance
    user = AmiUser(port=phone.ami_port, name="phone", secret=phone.secrets["phone"])
    channel = f"gateway-{uuid.uuid4().hex}"
    with ami_session(user) as session:
        call = PhoneCall(session, channel, phone.recordings / f"{channel}.wav")
        answer = session.act(
            "Originate",
            ActionID=channel,
            ChannelId=channel,
            Channel=f"PJSIP/{number}@{by}",
            Context="phone",
            Exten="s",
            Priority="1",
            Timeout="60000",
            Async="true",
            Variable=[f"PHONE_RECORDING={channel}", f"CONNECTEDLINE(num,i)={caller_id}"],
        )
        assert answer.is_done, answer
        try:
            yield call
        finally:
            call.hang_up()


def moments(house: House, call: PhoneCall) -> dict[str, float]:
    """What the gateway itself recorded of its leg: the moment of each event."""
    channel = call._channel_id
    return {row[0]: float(row[1]) for row in reversed(cel_rows(house.plant.carrier)) if row[3] == channel}


def gateways_ms(house: House, call: PhoneCall) -> int:
    """Milliseconds for which the gateway bills its own caller."""
    seen = moments(house, call)
    return round((seen["HANGUP"] - seen["ANSWER"]) * 1000)


def is_answered(house: House, call: PhoneCall) -> bool:
    return "ANSWER" in moments(house, call)


def ended_with(call: PhoneCall) -> int:
    """The cause by which the platform ended it."""
    ended = call.wait_for_end(SECONDS_MAX)
    assert ended is not None, "the call goes on"
    return ended.cause
