"""The carriers in Asterisk's words: one endpoint and one address for each trunk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telephony.handover import ROUTE_REGEX

if TYPE_CHECKING:
    from collections.abc import Iterable

# Names that pjsip.conf uses itself.
_NAMES_TAKEN: Final = frozenset(
    {"access", "access-number", "carrier", "carrier-address", "global", "party", "softphone"}
)
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\]")
_PORTS: Final = range(1, 65536)


@dataclass(frozen=True, slots=True)
class Trunk:
    """A carrier that we dial: the name is the route's name, host and port say where its SIP listens."""

    name: str
    host: str
    port: int = 5060

    def __post_init__(self) -> None:
        """Refuse what would write other lines into the file: names and hosts come from the database."""
        if not re.fullmatch(ROUTE_REGEX, self.name) or self.name in _NAMES_TAKEN:
            raise ValueError(f"a trunk cannot be named {self.name!r}: letters, digits, _ and . only, at most 40")
        if not _HOST.fullmatch(self.host) or self.port not in _PORTS:
            raise ValueError(f"trunk {self.name}: {self.host!r}:{self.port} is no SIP address")


def render_trunks(trunks: Iterable[Trunk]) -> str:
    """Return the text of pjsip_carriers.conf, which pjsip.conf includes after its templates."""
    sections = [
        f"[{trunk.name}](carrier)\naors = {trunk.name}\n"
        f"[{trunk.name}](carrier-address)\ncontact = sip:{trunk.host}:{trunk.port}\n"
        for trunk in trunks
    ]
    return "; written by callingcard: changes are lost\n" + "".join(sections)
