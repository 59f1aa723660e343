"""The typed environment: every setting of an installation, read from CALLINGCARD_* variables or a .env file."""

from datetime import time, tzinfo
from ipaddress import ip_address
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from billing.guard import GuardRules
from billing.money import minor_digits
from billing.rights import Role
from services.store.console_settings import ConsoleSettings

Port = int


class Settings(ConsoleSettings):
    """Two installations with different state directories and ports run side by side on one machine."""

    model_config = SettingsConfigDict(env_prefix="CALLINGCARD_", env_file=".env", extra="ignore", frozen=True)

    state_dir: Path = Field(Path("var"), description="Folder of database, keys, prompts and the private Asterisk")
    timezone: str = Field("UTC", description="The platform's time zone: cards expire at the end of a day there")
    report_currency: str = Field(
        "USD", description="Currency in which reports sum up several currencies (callingcard currency)"
    )
    operator: str | None = Field(
        None, description="Operator whose role decides at the command line; empty = all rights of the local owner"
    )
    allow_ghost_above_100: bool = Field(
        default=False, description="Allow announcing more than is delivered (features.md 3.3: mind the law)"
    )

    fastagi_host: str = Field(
        "127.0.0.1", description="Address on which FastAGI listens; it has no authentication: keep it private"
    )
    fastagi_port: Port = Field(4573, ge=1, le=65535, description="Port of FastAGI")
    fastagi_other: str = Field(
        "",
        pattern=r"^([A-Za-z0-9.-]{1,253}:[0-9]{1,5})?$",
        description="host:port of another call server, which the private Asterisk asks when this one is away",
    )
    asterisk_name: str = Field(
        "platform",
        pattern=r"^[A-Za-z0-9_.-]{1,40}$",
        description="Name of the private Asterisk (its systemname): each on the same database needs its own",
    )
    fastagi_peers: str = Field(
        "",
        description="Addresses that may connect to FastAGI, separated by commas; needed unless it listens on loopback",
    )
    fastagi_connections_max: int = Field(400, ge=1, le=20_000, description="FastAGI connections at once")
    fastagi_observe_port: int = Field(
        0, ge=0, le=65535, description="Port of the call server's /metrics, /health and /ready on loopback; 0 = off"
    )
    fastagi_session_seconds_max: int = Field(
        600, ge=30, le=3_600, description="The longest conversation between two calls of a caller"
    )
    rate_deck: bool = Field(
        default=True, description="Keep all rates in the memory of a FastAGI server (off: a statement for each quote)"
    )
    spool_dir: Path | None = Field(
        None,
        description="Folder where the dialplan leaves settlements that found no server; empty = the private Asterisk's",
    )
    asterisks_file: Path | None = Field(
        None, description="TOML file that names the Asterisks to watch (docs/reliability.md); empty = the private one"
    )
    watch_heartbeat_seconds: int = Field(
        30, ge=1, le=30, description="How often the watcher lists the channels of each Asterisk"
    )
    watch_observe_port: int = Field(
        0, ge=0, le=65535, description="Port of the watcher's /metrics, /health and /ready on loopback; 0 = off"
    )
    trace_file: Path | None = Field(
        None, description="File that gets a JSON line for each prompt and entry (PINs masked); empty = off"
    )

    guard_caller_failures_max: int = Field(
        5, ge=1, le=1_000, description="Wrong entries of one caller id within the window before it is locked"
    )
    guard_withheld_failures_max: int = Field(
        5, ge=1, le=10_000, description="The same for all callers of one access number who withhold their number"
    )
    guard_window_minutes: int = Field(15, ge=1, le=1_440, description="The window in which these are counted")
    guard_shop_caller_ids: str = Field(
        "", description="Phones that many people share (call shops), separated by commas, digits without +"
    )
    guard_shop_failures_max: int = Field(
        50, ge=1, le=10_000, description="Wrong entries of such a phone within the window before it is locked"
    )
    guard_card_failures_max: int = Field(5, ge=1, le=10, description="Wrong PINs in a row before a card is locked")
    guard_card_lock_hours: int = Field(24, ge=1, le=720, description="How long a card stays locked")
    guard_share_percent_max: int = Field(
        30, ge=1, le=98, description="Wrong entries of the last 50 by one access number or trunk before it is braked"
    )
    guard_undialled_an_hour_max: int = Field(
        10, ge=1, le=10_000, description="Calls an hour of one caller id that may end without a destination"
    )

    rate_jump_percent: int = Field(30, ge=1, le=10_000, description="Imports of rates flag changes of more percent")
    rate_preview_days: int = Field(14, ge=1, le=3_650, description="How long previews of imports of rates are kept")
    rate_undo_days: int = Field(90, ge=1, le=3_650, description="An import of rates can be undone for so long")
    fees_every_minutes: int = Field(60, ge=1, le=1_440, description="How often the worker books maintenance fees")
    nightly_at: str = Field(
        "00:15",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="When the worker expires and lapses cards, by the platform's clock",
    )

    console_second_factor_roles: str = Field(
        "",
        description="Roles that must set up a second factor before anything else, separated by commas: owner,finance",
    )
    console_phone: bool = Field(
        default=False, description="The console has a phone that places real calls on cards (docs/console.md)"
    )
    phone_websocket_port: Port | None = Field(
        None, ge=1, le=65535, description="Port of Asterisk's websocket for the console's browser phone; empty = off"
    )
    phone_websocket_url: str = Field(
        "", description="How browsers reach it, such as wss://phone.example.com; empty = ws:// and the port on loopback"
    )
    portal_host: str = Field("127.0.0.1", description="Address on which the card holders' portal listens")
    portal_port: Port = Field(8081, ge=1, le=65535, description="Port of the card holders' portal")
    portal_workers: int = Field(2, ge=1, le=32, description="Processes of the card holders' portal")
    portal_https: bool = Field(
        default=False, description="The portal is reached by https only: its cookie then never travels in clear"
    )
    portal_proxies: int = Field(
        0, ge=0, le=5, description="Proxies before the portal whose X-Forwarded headers are believed"
    )
    portal_url: str = Field(
        "",
        pattern=r"^(https?://[^\s\"'<>]{1,200})?$",
        description="The portal's address for holders, such as https://cards.example.com/; empty = its host and port",
    )
    portal_support: str = Field(
        "", max_length=200, description="Whom holders ask for help, as the portal says it: a phone number or an e-mail"
    )
    ami_port: Port = Field(5038, ge=1, le=65535, description="Asterisk's AMI port")
    sip_port: Port = Field(5060, ge=1, le=65535, description="Asterisk's SIP port")
    sip_host: str = Field(
        "127.0.0.1", description="Address on which Asterisk's SIP listens; carriers must be reachable from it"
    )
    sip_access_hosts: str = Field(
        "127.0.0.1", description="Addresses from which callers of access numbers come, separated by commas"
    )
    sip_tcp: bool = Field(default=False, description="Serve SIP by TCP, too, on the same port")
    sip_tls_port: Port | None = Field(None, ge=1, le=65535, description="Port of SIP by TLS (5061); empty = off")
    sip_tls_certificate: Path | None = Field(
        None, description="Its certificate (PEM); empty = one that signs itself is made in the state directory"
    )
    sip_tls_key: Path | None = Field(None, description="The key of the certificate (PEM)")
    sip_tls_authorities: Path | None = Field(
        None, description="Certificates of those whose carriers are trusted (PEM); empty = any carrier is"
    )
    iax_port: Port = Field(4569, ge=1, le=65535, description="Port of IAX2, used only if a carrier needs it")
    asterisk_follows_accounts: bool = Field(
        default=False, description="The worker applies changed accounts to the private Asterisk within a minute"
    )
    rtp_ports: str = Field("30000-34998", pattern=r"^\d{4,5}-\d{4,5}$", description="First and last port for sound")
    demo_sip_port: Port = Field(
        5080, ge=1, le=65535, description="SIP port of the demo's second Asterisk (phone and carriers)"
    )
    demo_ami_port: Port = Field(5039, ge=1, le=65535, description="AMI port of the demo's second Asterisk")
    demo_rtp_ports: str = Field(
        "35000-39998", pattern=r"^\d{4,5}-\d{4,5}$", description="First and last port for the demo's sound"
    )
    asterisk_root: Path | None = Field(
        None, description="Folder with an unpacked Asterisk; empty = the system's, else a private copy"
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as unknown:
            raise ValueError(f"{value!r} is no time zone: use a name such as Europe/Vilnius") from unknown
        return value

    @field_validator("report_currency")
    @classmethod
    def _known_currency(cls, value: str) -> str:
        minor_digits(value)
        return value

    @field_validator("console_second_factor_roles")
    @classmethod
    def _known_roles(cls, value: str) -> str:
        named = {word.strip() for word in value.split(",") if word.strip()}
        if unknown := sorted(named - set(Role)):
            raise ValueError(f"{unknown[0]!r} is no role: use {', '.join(Role)}")
        return value

    @model_validator(mode="after")
    def _private_unless_peers(self) -> Self:
        host = "127.0.0.1" if self.fastagi_host == "localhost" else self.fastagi_host
        if not ip_address(host).is_loopback and not self.peers:
            raise ValueError(
                "FastAGI has no authentication: name the permitted Asterisk hosts in CALLINGCARD_FASTAGI_PEERS"
            )
        return self

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Self:
        if (self.sip_tls_certificate is None) != (self.sip_tls_key is None):
            raise ValueError("CALLINGCARD_SIP_TLS_CERTIFICATE and CALLINGCARD_SIP_TLS_KEY belong together: set both")
        return self

    @property
    def access_hosts(self) -> tuple[str, ...]:
        return tuple(host.strip() for host in self.sip_access_hosts.split(",") if host.strip())

    @property
    def peers(self) -> tuple[str, ...]:
        return tuple(peer.strip() for peer in self.fastagi_peers.split(",") if peer.strip())

    @property
    def shop_caller_ids(self) -> frozenset[str]:
        """In the form in which caller ids are stored: no "+"."""
        return frozenset(phone.strip().lstrip("+") for phone in self.guard_shop_caller_ids.split(",") if phone.strip())

    @property
    def second_factor_roles(self) -> frozenset[Role]:
        return frozenset(Role(word.strip()) for word in self.console_second_factor_roles.split(",") if word.strip())

    @property
    def guard_rules(self) -> GuardRules:
        return GuardRules(
            caller_failures_max=self.guard_caller_failures_max,
            withheld_failures_max=self.guard_withheld_failures_max,
            window_seconds=self.guard_window_minutes * 60,
            shop_caller_ids=self.shop_caller_ids,
            shop_failures_max=self.guard_shop_failures_max,
            card_failures_max=self.guard_card_failures_max,
            card_lock_seconds=self.guard_card_lock_hours * 3_600,
            share_percent_max=self.guard_share_percent_max,
            undialled_an_hour_max=self.guard_undialled_an_hour_max,
        )

    @property
    def zone(self) -> tzinfo:
        return ZoneInfo(self.timezone)

    @property
    def nightly_time(self) -> time:
        return time.fromisoformat(self.nightly_at)

    @property
    def database_url_or_default(self) -> str:
        return self.database_url or f"sqlite:///{self.state_dir.resolve() / 'callingcard.sqlite'}"

    @property
    def portal_address(self) -> str:
        """Where holders find the portal."""
        return self.portal_url or f"http://{self.portal_host}:{self.portal_port}/"

    @property
    def exports_dir(self) -> Path:
        """Files of long lists, for some days."""
        return self.state_dir.resolve() / "exports"

    @property
    def prompts_dir(self) -> Path:
        return self.state_dir.resolve() / "prompts"

    @property
    def platform_dir(self) -> Path:
        """The private Asterisk of this installation."""
        return self.state_dir.resolve() / "platform"

    @property
    def spool_folder(self) -> Path:
        return self.spool_dir or self.platform_dir / "spool" / "unsettled"

    @property
    def keys_file(self) -> Path:
        return self.state_dir.resolve() / "keys.json"
