"""Who is connected to Asterisk: carriers that we dial, and gateways whose calls we carry. Every value is checked here:
names, hosts and secrets come from the database and are written into Asterisk's files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

from telephony.handover import ROUTE_REGEX

if TYPE_CHECKING:
    from collections.abc import Iterable

REGISTERED: Final = "registered"  # the endpoint of calls that come to where we registered
# Names that pjsip.conf and iax.conf use themselves.
_NAMES_TAKEN: Final = frozenset(
    {
        REGISTERED,
        "access",
        "access-number",
        "carrier",
        "carrier-address",
        "general",
        "gateway",
        "gateways",
        "gateway-address",
        "gateway-carrier-address",
    }
    | {"global", "party", "softphone", "udp", "tcp", "tls"}
)
_NAME: Final = re.compile(ROUTE_REGEX)
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\]")
_PORTS: Final = range(1, 65536)
_LOGIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,79}")
# What a line of Asterisk's files takes as it stands: no blank, no ";" (a comment), no brackets, quotes or backslash.
_SECRET: Final = re.compile(r"[A-Za-z0-9!#$%&()*+,./:<=>?@^_{|}~-]{1,80}")
_IAX_SEPARATORS: Final = ":@/?~,"  # of a registration's line
_CALLER_ID: Final = re.compile(r"[0-9]{7,}")
ALL_WRONG_SHOWN_MAX: Final = 20


class TrunkRefused(ValueError):
    """Nothing was written; each sentence says which trunk and what to change."""

    def __init__(self, *sentences: str) -> None:
        super().__init__("; ".join(sentences[:ALL_WRONG_SHOWN_MAX]))
        self.sentences = sentences


class Transport(StrEnum):
    """How a trunk is reached."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"
    IAX2 = "iax2"

    @property
    def port_default(self) -> int:
        return {Transport.TLS: 5061, Transport.IAX2: 4569}.get(self, 5060)


@dataclass(frozen=True, slots=True)
class Trunk:
    """A carrier that we dial: the name is the route's name, host and port say where it listens.

    With a `secret` we answer its challenges as `login`; with `registers` we tell it where we are, too. A carrier that
    is to see no caller gets no P-Asserted-Identity either. `found_as`: it has no host of its own, but is where the
    gateway of this login has registered with us.
    """

    name: str
    host: str
    port: int | None = None
    transport: Transport = Transport.UDP
    login: str = ""
    secret: str = field(default="", repr=False)
    registers: bool = False
    shows_caller: bool = True
    found_as: str = ""

    def __post_init__(self) -> None:
        _check_name("trunk", self.name)
        if self.found_as:
            self._check_found()
        elif not _HOST.fullmatch(self.host) or self.port_or_default not in _PORTS:
            raise TrunkRefused(f"trunk {self.name}: {self.host!r}:{self.port_or_default} is no SIP address")
        if self.registers and not (self.login and self.secret):
            raise TrunkRefused(f"trunk {self.name}: registering takes a login and a password; give the account both")
        if self.login or self.secret:
            _check_login("trunk", self.name, self.login, self.secret)
        if self.is_iax and (self.name.startswith("_") or any(sign in self.secret for sign in _IAX_SEPARATORS)):
            raise TrunkRefused(
                f"trunk {self.name}: IAX2 takes no _ before a name and no {_IAX_SEPARATORS} in a password"
            )

    def _check_found(self) -> None:
        if not _LOGIN.fullmatch(self.found_as) or self.host or self.is_iax or self.registers:
            raise TrunkRefused(
                f"trunk {self.name}: it is where its gateway registers with us, so it needs a login, and neither a host"
                " nor a registration of ours"
            )

    @property
    def port_or_default(self) -> int:
        return self.transport.port_default if self.port is None else self.port

    @property
    def is_iax(self) -> bool:
        return self.transport is Transport.IAX2


@dataclass(frozen=True, slots=True)
class GatewayLogin:
    """A gateway that is known by login and password, from anywhere or only from `networks`. One that `takes_calls` is
    a carrier, too, where it registers.
    """

    login: str
    secret: str = field(repr=False)
    networks: tuple[str, ...] = ()
    may_call: bool = True
    takes_calls: bool = False

    def __post_init__(self) -> None:
        if self.login in _NAMES_TAKEN or _CALLER_ID.fullmatch(self.login):
            raise TrunkRefused(f"login {self.login}: Asterisk, or a caller's number, has this name; choose another one")
        _check_login("login", self.login, self.login, self.secret)
        _check_networks("login", self.login, self.networks)


@dataclass(frozen=True, slots=True)
class GatewaySource:
    """Addresses from which gateways call; which account a call belongs to is decided by the call server."""

    name: str
    networks: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_name("gateway", self.name)
        if not self.networks:
            raise TrunkRefused(f"gateway {self.name} has no address")
        _check_networks("gateway", self.name, self.networks)


@dataclass(frozen=True, slots=True)
class TrunkPlan:
    """All that Asterisk is to know of carriers and gateways, in the order in which it is written."""

    trunks: tuple[Trunk, ...] = ()
    logins: tuple[GatewayLogin, ...] = ()
    sources: tuple[GatewaySource, ...] = ()

    @property
    def sip_carriers(self) -> tuple[str, ...]:
        return tuple(trunk.name for trunk in self.trunks if not trunk.is_iax)

    @property
    def sip_registrations(self) -> tuple[str, ...]:
        return tuple(trunk.name for trunk in self.trunks if trunk.registers and not trunk.is_iax)

    @property
    def sip_endpoints(self) -> tuple[str, ...]:
        return (*self.sip_carriers, *(one.login for one in self.logins))

    @property
    def iax_peers(self) -> tuple[str, ...]:
        return tuple(trunk.name for trunk in self.trunks if trunk.is_iax)


def check_plan(plan: TrunkPlan, access_hosts: Iterable[str], transports: Iterable[Transport]) -> None:
    """What each trunk alone cannot know; raises TrunkRefused with every sentence at once."""
    wrong = [*_double_names(plan), *_shared_with_access(plan, access_hosts), *_without_transport(plan, transports)]
    if wrong:
        raise TrunkRefused(*wrong)


def _double_names(plan: TrunkPlan) -> list[str]:
    names = [*(trunk.name for trunk in plan.trunks), *(one.login for one in plan.logins)]
    double = sorted({name for name in names if names.count(name) > 1})
    return [f"two trunks or logins are named {name}: rename one of the accounts" for name in double]


def _shared_with_access(plan: TrunkPlan, access_hosts: Iterable[str]) -> list[str]:
    """A call from there would be a card holder's or a gateway's, as it happens."""
    hosts = [ip_network(host, strict=False) for host in access_hosts if _is_network(host)]
    return [
        f"gateway {source.name}: {network} holds {host}, from where callers of access numbers come; take it out of one"
        for source in plan.sources
        for network in source.networks
        for host in hosts
        if host.version == ip_network(network).version and host.overlaps(ip_network(network))
    ]


def _without_transport(plan: TrunkPlan, transports: Iterable[Transport]) -> list[str]:
    known = set(transports)
    return [
        f"trunk {trunk.name}: this Asterisk serves no {trunk.transport}; choose another protocol, or switch it on"
        for trunk in plan.trunks
        if trunk.transport not in known
    ]


def _check_name(what: str, name: str) -> None:
    if not _NAME.fullmatch(name) or name in _NAMES_TAKEN:
        raise TrunkRefused(f"a {what} cannot be named {name!r}: letters, digits, _ and . only, at most 40")


def _check_login(what: str, name: str, login: str, secret: str) -> None:
    if not _LOGIN.fullmatch(login):
        raise TrunkRefused(f"{what} {name}: {login!r} is no login: letters, digits and _.@+- only, at most 80")
    if not _SECRET.fullmatch(secret):
        raise TrunkRefused(
            f"{what} {name}: its password cannot be written into Asterisk's files: 1 to 80 characters without blanks,"
            " semicolons, square brackets, quotes and backslashes; let a new one be made"
        )


def _check_networks(what: str, name: str, networks: Iterable[str]) -> None:
    for network in networks:
        if not _is_network(network):
            raise TrunkRefused(f"{what} {name}: {network!r} is no address or subnet")


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True
