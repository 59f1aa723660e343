"""Internet addresses and subnets by which gateways are known: IPv4 and IPv6, with bounds that compare as text (JA-27,
JA-28).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

SEPARATOR: Final = ";"
KEY_DIGITS: Final = 32  # 128 bits in hexadecimal
_MAPPED: Final = IPv6Network("::ffff:0:0/96")  # where IPv4 lies among the IPv6 addresses


class AddressRefused(ValueError):
    """No address or subnet; the sentence says what to write instead."""


@dataclass(frozen=True, slots=True, order=True)
class Network:
    """`first` and `last` are the bounds as 32 hexadecimal digits (IPv4 in its IPv6 form); of several networks that
    hold an address the one with the most `bits` is the most specific.
    """

    first: str
    last: str
    bits: int
    network: str


def networks_from_text(text: str) -> list[Network]:
    """Addresses and subnets separated by ";", each once, in their order."""
    return list(dict.fromkeys(_network(part) for part in _parts(text)))


def text_from_networks(networks: list[str]) -> str:
    return f"{SEPARATOR} ".join(networks)


def address_key(address: str) -> str | None:
    """An address as it compares with the bounds of networks; None for what is no address."""
    try:
        return _key(ip_address(address))
    except ValueError:
        return None


def _parts(text: str) -> Iterator[str]:
    return (part.strip() for part in text.split(SEPARATOR) if part.strip())


def _network(text: str) -> Network:
    try:
        network = _plain(ip_network(text, strict=False))
        written = ip_address(text.partition("/")[0])
        if getattr(written, "scope_id", None):
            raise ValueError(text)  # noqa: TRY301 (a zone has a meaning on one machine only)
    except ValueError as wrong:
        raise AddressRefused(
            f"{text} is no address and no subnet: write one such as 192.0.2.7, 10.0.0.0/24 or 2001:db8::/32."
        ) from wrong
    _check(text, written, network)
    single = network.prefixlen == network.max_prefixlen
    bits = network.prefixlen + (_MAPPED.prefixlen if isinstance(network, IPv4Network) else 0)
    shown = str(network.network_address) if single else str(network)
    return Network(_key(network.network_address), _key(network.broadcast_address), bits, shown)


def _check(text: str, written: IPv4Address | IPv6Address, network: IPv4Network | IPv6Network) -> None:
    if _key(written) != _key(network.network_address):
        raise AddressRefused(
            f"{text} is an address inside a subnet, not the subnet: write {network} for all of it, or {written} for "
            "this one address."
        )
    if network.prefixlen == 0 or (isinstance(network, IPv6Network) and network.supernet_of(_MAPPED)):
        raise AddressRefused(f"{text} holds every address there is: name the addresses of the gateway.")


def _plain(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    """An IPv4 subnet in its IPv6 form is the IPv4 subnet."""
    if isinstance(network, IPv4Network) or not network.subnet_of(_MAPPED):
        return network
    first = network.network_address.ipv4_mapped
    assert first is not None  # noqa: S101 (it lies among them)
    return IPv4Network((first, network.prefixlen - _MAPPED.prefixlen))


def _key(address: IPv4Address | IPv6Address) -> str:
    number = int(address)
    if isinstance(address, IPv4Address):
        number += int(_MAPPED.network_address)
    return f"{number:0{KEY_DIGITS}x}"
