"""Where the console stands in the eyes of a browser: security keys are made for one host and answer to no other."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
LOCAL = "localhost"  # the one host that browsers trust without https


@dataclass(frozen=True, slots=True)
class Site:
    """`host` is the id of the relying party, `origin` what a browser says it is on; `address` has the path as well."""

    host: str
    origin: str
    address: str


def site_of(address: str) -> Site:
    """ValueError: no browser would use a security key there; the sentence says why."""
    parts = urlsplit(address)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{address!r} is no address of a console: write https://tel.example.com or one with a path")
    if _is_address(parts.hostname):
        raise ValueError(f"{address!r} has no name: browsers make security keys for a name of a host")
    host = parts.hostname.encode("idna").decode()
    if parts.scheme == "http" and host != LOCAL:
        raise ValueError(f"{address!r} must begin with https: without it browsers use security keys on localhost only")
    port = "" if parts.port in (None, DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    origin = f"{parts.scheme}://{host}{port}"
    return Site(host, origin, origin + parts.path.rstrip("/"))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
