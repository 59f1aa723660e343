"""Carriers and gateways of the database in Asterisk's words; what cannot be written is refused with every reason."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from sqlalchemy.orm import Session

from command_line.errors import Failure
from command_line.installation import pin_keys, read_session
from services.accounts.gateways import SendingHost, SendingLogin, sending_hosts, sending_logins
from services.accounts.sealed_password import PasswordUnreadable
from services.keys.pin_keys import PinKeys
from services.routing.carriers import Carrier, carriers
from telephony.configuration import platform_files, write_instance
from telephony.instance import Instance, InstanceSpec
from telephony.program import AsteriskProgram
from telephony.trunks import GatewayLogin, GatewaySource, Transport, Trunk, TrunkPlan, TrunkRefused

CURE = "Correct these accounts; Asterisk goes on as it is"
Made = TypeVar("Made")
Known = TypeVar("Known")


def trunk_plan() -> TrunkPlan:
    """Of this installation's database."""
    with read_session() as session:
        return plan_from(session, pin_keys())


def plan_from(session: Session, keys: PinKeys) -> TrunkPlan:
    wrong: list[str] = []
    try:
        plan = TrunkPlan(
            tuple(_each(_trunk, carriers(session, keys), wrong)),
            tuple(_each(_login, sending_logins(session, keys), wrong)),
            tuple(_each(_source, sending_hosts(session), wrong)),
        )
    except PasswordUnreadable as unreadable:
        raise Failure(str(unreadable), CURE) from unreadable
    if wrong:
        raise _refused(wrong)
    return plan


def files_of(spec: InstanceSpec) -> dict[str, str]:
    """The text of every file that follows the accounts."""
    try:
        return platform_files(spec)
    except TrunkRefused as refused:
        raise _refused(refused.sentences) from refused


def write_spec(spec: InstanceSpec, asterisk: AsteriskProgram) -> Instance:
    files_of(spec)
    return write_instance(spec, asterisk)


def _each(make: Callable[[Known], Made], known: Iterable[Known], wrong: list[str]) -> Iterable[Made]:
    for one in known:
        try:
            yield make(one)
        except TrunkRefused as refused:
            wrong += refused.sentences


def _trunk(carrier: Carrier) -> Trunk:
    return Trunk(
        carrier.endpoint,
        f"[{carrier.host}]" if ":" in carrier.host else carrier.host,
        carrier.port,
        Transport(carrier.protocol.removeprefix("sip/")),
        carrier.login,
        carrier.password,
        registers=carrier.registers,
        shows_caller=carrier.shows_caller,
        found_as=carrier.found_as,
    )


def _login(login: SendingLogin) -> GatewayLogin:
    return GatewayLogin(login.login, login.password, login.networks, login.may_call, login.takes_calls)


def _source(host: SendingHost) -> GatewaySource:
    return GatewaySource(host.name, host.networks)


def _refused(sentences: Iterable[str]) -> Failure:
    return Failure("The trunks cannot be written. " + ". ".join(sentences) + ".", CURE)
