"""The files by which Asterisk knows carriers and gateways: one endpoint, address, login and registration each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from telephony.trunks import REGISTERED, Transport

if TYPE_CHECKING:
    from telephony.trunks import GatewayLogin, GatewaySource, Trunk, TrunkPlan

HEAD: Final = "; written by callingcard: changes are lost\n"
CARRIERS: Final = "pjsip_carriers.conf"
GATEWAYS: Final = "pjsip_gateways.conf"
IAX_CARRIERS: Final = "iax_carriers.conf"
IAX_REGISTRATIONS: Final = "iax_registrations.conf"
IAX_NAMES: Final = "extensions_iax.conf"
MODULES: Final = "modules_trunks.conf"
IAX_MODULE: Final = "chan_iax2.so"
# A carrier that refused us for good is asked again, too: its own fault may be mended. Seldom, since such a carrier
# may shut out who asks often.
_RETRY_SECONDS: Final = 30
_RETRY_REFUSED_SECONDS: Final = 300
_EXPIRATION_SECONDS: Final = 300


def render_trunk_files(plan: TrunkPlan) -> dict[str, str]:
    """The text of every file by its name under etc/."""
    sip = [trunk for trunk in plan.trunks if not trunk.is_iax]
    iax = [trunk for trunk in plan.trunks if trunk.is_iax]
    texts = {
        CARRIERS: "".join(map(_carrier, sip)),
        GATEWAYS: "".join(map(_login, plan.logins)) + "".join(map(_source, plan.sources)),
        IAX_CARRIERS: "".join(map(_iax_carrier, iax)),
        IAX_REGISTRATIONS: "".join(_iax_registration(trunk) for trunk in iax if trunk.registers),
        IAX_NAMES: _iax_names(iax),
        MODULES: f"load = {IAX_MODULE}\n" if iax else "",
    }
    return {name: HEAD + text for name, text in texts.items()}


def _carrier(trunk: Trunk) -> str:
    endpoint = [f"transport = {trunk.transport}"] if trunk.transport is not Transport.UDP else []
    if not trunk.shows_caller:
        endpoint += ["send_pai = no", "trust_id_outbound = no"]
    if trunk.secret:
        endpoint += [f"outbound_auth = {trunk.name}"]
    text = _section(f"{trunk.name}](carrier", f"aors = {trunk.found_as or trunk.name}", *endpoint)
    if not trunk.found_as:
        text += _section(f"{trunk.name}](carrier-address", f"contact = {_uri(trunk)}")
    if trunk.secret:
        text += _auth(trunk.name, trunk.login, trunk.secret)
    return text + (_registration(trunk) if trunk.registers else "")


def _registration(trunk: Trunk) -> str:
    """Tells the carrier where we are (V-38). The address has a token of its own: by it a call that comes there is known
    as one for an access number, from wherever the carrier sends it.
    """
    user, _, domain = trunk.login.partition("@")
    return _section(
        f"{trunk.name}",
        "type = registration",
        f"transport = {trunk.transport}",
        f"outbound_auth = {trunk.name}",
        f"server_uri = {_uri(trunk)}",
        f"client_uri = {f'sip:{user}@{domain}' if domain else _uri(trunk, user)}",
        f"contact_user = {user}",
        "line = yes",
        f"endpoint = {REGISTERED}",
        f"retry_interval = {_RETRY_SECONDS}",
        f"forbidden_retry_interval = {_RETRY_REFUSED_SECONDS}",
        f"fatal_retry_interval = {_RETRY_REFUSED_SECONDS}",
        f"expiration = {_EXPIRATION_SECONDS}",
        "max_retries = 1000000",
    )


def _login(gateway: GatewayLogin) -> str:
    name = gateway.login
    permits = [f"permit = {network}" for network in gateway.networks]
    place = "gateway-carrier-address" if gateway.takes_calls else "gateway-address"
    context = [] if gateway.may_call else ["context = reject"]
    acl = ["deny = 0.0.0.0/0", "deny = ::/0", *permits] if permits else []
    return (
        _section(
            f"{name}](gateway",
            "identify_by = username,auth_username",
            f"auth = {name}",
            f"aors = {name}",
            *context,
            *acl,
        )
        + _section(f"{name}]({place}")
        + _auth(name, gateway.login, gateway.secret)
    )


def _source(gateway: GatewaySource) -> str:
    matches = [f"match = {network}" for network in gateway.networks]
    return _section(gateway.name, "type = identify", "endpoint = gateways", *matches)


def _auth(name: str, login: str, secret: str) -> str:
    return _section(name, "type = auth", "auth_type = userpass", f"username = {login}", f"password = {secret}")


def _iax_carrier(trunk: Trunk) -> str:
    login = [f"username = {trunk.login}", f"secret = {trunk.secret}"] if trunk.secret else []
    return _section(
        f"{trunk.name}](iax-carrier", f"host = {_bare(trunk.host)}", f"port = {trunk.port_or_default}", *login
    )


def _iax_registration(trunk: Trunk) -> str:
    return f"register => {trunk.login}:{trunk.secret}@{trunk.host}:{trunk.port_or_default}\n"


def _iax_names(iax: list[Trunk]) -> str:
    """By this context the dialplan knows which routes are reached by IAX2."""
    return "[iax-trunks]\n" + "".join(f"exten => {trunk.name},1,NoOp()\n" for trunk in iax)


def _uri(trunk: Trunk, user: str = "") -> str:
    """A semicolon would begin a comment."""
    way = "" if trunk.transport is Transport.UDP else rf"\;transport={trunk.transport}"
    return f"sip:{user + '@' if user else ''}{trunk.host}:{trunk.port_or_default}{way}"


def _bare(host: str) -> str:
    return host.strip("[]")


def _section(name: str, *lines: str) -> str:
    head = f"[{name})" if "(" in name else f"[{name}]"
    return "\n".join((head, *lines)) + "\n"
