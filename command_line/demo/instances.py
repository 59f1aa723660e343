"""The two Asterisk instances of this machine: the platform, and the demo's phone and carriers."""

from pathlib import Path

from rich.progress import Progress

from command_line.errors import Failure
from command_line.installation import now
from command_line.show import console
from services.store.settings import Settings
from telephony.configuration import write_instance
from telephony.fetch import FetchFailed, FetchProgress, fetch_asterisk
from telephony.instance import Instance, InstanceRefused, InstanceSpec, Role, TlsPort, read_instance
from telephony.program import FETCHED_FOLDER, AsteriskNotFound, AsteriskProgram, find_asterisk
from telephony.self_signed import self_signed
from telephony.trunks import TrunkPlan
from telephony.web_phone import WebPhone


def program(settings: Settings) -> AsteriskProgram:
    """The Asterisk to run: the one named, the system's if it is new enough, or a private copy, fetched now if need
    be.
    """
    state = settings.state_dir.resolve()
    try:
        return find_asterisk(root=settings.asterisk_root, state=state)
    except AsteriskNotFound as missing:
        if settings.asterisk_root is not None:
            raise Failure(str(missing), "Correct CALLINGCARD_ASTERISK_ROOT, or leave it unset") from missing
    return _fetch(state / FETCHED_FOLDER)


def platform_folder(settings: Settings) -> Path:
    return settings.state_dir.resolve() / "platform"


def demo_folder(settings: Settings) -> Path:
    return settings.state_dir.resolve() / "demo-carrier"


def demo_instance(settings: Settings) -> Instance:
    """The demo's phone, as it was written by `up`."""
    try:
        return read_instance(demo_folder(settings))
    except InstanceRefused as missing:
        raise Failure(
            "The demo's phone is not set up.", "callingcard up, and then this again in another terminal"
        ) from missing


def platform_spec(settings: Settings, trunks: TrunkPlan) -> InstanceSpec:
    """The platform with the carriers and gateways of the database."""
    first, last = _ports(settings.rtp_ports)
    return InstanceSpec(
        folder=platform_folder(settings),
        role=Role.PLATFORM,
        sip_host=settings.sip_host,
        sip_port=settings.sip_port,
        sip_tcp=settings.sip_tcp,
        tls=_tls(settings),
        web_phone=_web_phone(settings),
        iax_port=settings.iax_port,
        ami_port=settings.ami_port,
        rtp_first=first,
        rtp_last=last,
        prompts=settings.prompts_dir,
        spool=settings.spool_folder,
        name=settings.asterisk_name,
        agi=f"{settings.fastagi_host}:{settings.fastagi_port}",
        agi_other=settings.fastagi_other,
        access_hosts=settings.access_hosts,
        trunks=trunks,
    )


def _tls(settings: Settings) -> TlsPort | None:
    """Without a certificate of its own the installation gets one that signs itself."""
    if settings.sip_tls_port is None:
        return None
    certificate, key = settings.sip_tls_certificate, settings.sip_tls_key
    if certificate is None or key is None:
        made = self_signed(settings.state_dir.resolve() / "tls", settings.sip_host, now())
        certificate, key = made.certificate, made.key
    return TlsPort(settings.sip_tls_port, certificate, key, settings.sip_tls_authorities)


def _web_phone(settings: Settings) -> WebPhone | None:
    """Its certificate signs itself: browsers take its fingerprint from the call, which the console's page carries."""
    if settings.phone_websocket_port is None:
        return None
    made = self_signed(settings.state_dir.resolve() / "phone-tls", settings.sip_host, now())
    return WebPhone(settings.phone_websocket_port, made.certificate, made.key)


def write_demo(settings: Settings, asterisk: AsteriskProgram) -> Instance:
    """The second Asterisk: the caller's phone, and carriers whose behaviour is coded in the number dialled."""
    first, last = _ports(settings.demo_rtp_ports)
    spec = InstanceSpec(
        folder=demo_folder(settings),
        role=Role.DEMO_CARRIER,
        sip_port=settings.demo_sip_port,
        ami_port=settings.demo_ami_port,
        rtp_first=first,
        rtp_last=last,
        prompts=settings.prompts_dir,
        spool=settings.spool_folder,
        peer_port=settings.sip_port,
    )
    return write_instance(spec, asterisk)


def _ports(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(first), int(last)


def _fetch(folder: Path) -> AsteriskProgram:
    console.print("Fetching Asterisk (about 80 MB, once) ...")
    try:
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("Asterisk", total=100)

            def show(step: FetchProgress) -> None:
                progress.update(task, description=f"Asterisk: {step.step}", completed=step.percent or 0)

            return fetch_asterisk(folder, progress=show)
    except FetchFailed as failed:
        raise Failure(f"Asterisk could not be fetched: {failed}", "Run the same command again") from failed
