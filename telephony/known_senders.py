"""From which addresses a running Asterisk takes calls of gateways: what it has read, not what its files say."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_MATCH: Final = re.compile(r"(?m)^ +Match: +([0-9a-fA-F.:]+(?:/[0-9a-fA-F.:]+)?)\s*$")


def known_senders(console: Callable[[str], str]) -> list[str]:
    """Addresses as they are, subnets in CIDR form; `console` runs one command on the console of the Asterisk."""
    networks = {ip_network(found, strict=False) for found in _MATCH.findall(console("pjsip show identifies"))}
    return sorted(str(one.network_address) if one.num_addresses == 1 else str(one) for one in networks)
