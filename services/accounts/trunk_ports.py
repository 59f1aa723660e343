"""The port on which a gateway listens if its account names none (JA-49)."""

from models import TrunkProtocol

DEFAULT_PORTS = {
    TrunkProtocol.SIP_UDP: 5060,
    TrunkProtocol.SIP_TCP: 5060,
    TrunkProtocol.SIP_TLS: 5061,
    TrunkProtocol.IAX2: 4569,
}


def trunk_port(protocol: TrunkProtocol, port: int | None) -> int:
    return port or DEFAULT_PORTS[protocol]
