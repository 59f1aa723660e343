"""How the platform is, part by part, each with what to do where it is ill: for the console's page of health."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from billing.money import divide_floor
from services.calls.call_alarms import count_open_alarms
from services.guard.guard_report import guard_status
from services.keys.pin_keys import KeysMissing, load_pin_keys
from services.live.live_report import asterisk_states
from services.live.platform_figures import platform_figures
from services.money.note_verification import last_verification
from services.store.disk_full import is_spool_full
from services.store.settings import Settings

PROOF_AGE_MAX = timedelta(hours=2)  # the worker proves the ledger every hour
FREE_BYTES_MIN = 500_000_000  # a day of logs and calls of a small platform
BYTES_A_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """`cure` is empty where the part is well."""

    name: str
    says: str
    cure: str = ""

    @property
    def is_well(self) -> bool:
        return not self.cure


def health(session: Session, settings: Settings, now: datetime) -> list[Part]:
    """Without the database there is no page at all, so that part answers by being told."""
    figures = {figure.name: figure.value for figure in platform_figures(session, now) if not figure.labels}
    return [
        Part("database", f"answers: {session.get_bind().dialect.name}"),
        *_asterisks(session),
        _worker(session, now),
        _ledger(session),
        _backlog(figures),
        _alarms(session),
        *_guard(session, now),
        _keys(settings),
        _disk(settings),
        _spool(settings),
    ]


def _asterisks(session: Session) -> Iterator[Part]:
    states = asterisk_states(session)
    if not states or all(state.is_silent for state in states):
        yield Part(
            "watcher", "nobody watches Asterisk: a settlement that gets lost is not repaired", "callingcard watch"
        )
    else:
        yield Part("watcher", f"watches {len(states)}")
    for state in states:
        cure = "" if state.is_up else "Start that Asterisk, or correct its table in CALLINGCARD_ASTERISKS_FILE"
        yield Part(f"Asterisk {state.name}", state.says, cure)


def _worker(session: Session, now: datetime) -> Part:
    proof = last_verification(session)
    if proof is None:
        return Part(
            "worker", "has never proved the ledger: fees, expiry and ordered cards wait too", "callingcard worker"
        )
    last = f"{proof.at:%Y-%m-%d %H:%M} UTC"
    if now - proof.at >= PROOF_AGE_MAX:
        return Part("worker", f"last at work at {last}: fees, expiry and ordered cards wait", "callingcard worker")
    return Part("worker", f"at work; proved the ledger at {last}, in {proof.seconds} s")


def _ledger(session: Session) -> Part:
    proof = last_verification(session)
    if proof is None:
        return Part("ledger", "was never proved", "callingcard verify")
    if proof.breaches:
        cure = "callingcard verify shows the evidence; change nothing by hand"
        return Part("ledger", f"{proof.breaches} broken invariants", cure)
    return Part("ledger", f"every invariant holds, by the proof of {proof.at:%Y-%m-%d %H:%M} UTC")


def _backlog(figures: dict[str, int]) -> Part:
    unseen, ends = figures.get("reconciler_backlog", 0), figures.get("ends_waiting", 0)
    told = f"{unseen} open holds whose call no list shows, {ends} calls whose end was asked for"
    return Part("settlements", told, "The watcher bills them from the event log: callingcard watch" if unseen else "")


def _alarms(session: Session) -> Part:
    alarms = count_open_alarms(session)
    return Part("calls", f"{alarms} calls to look at" if alarms else "none to look at", "See Alerts" if alarms else "")


def _guard(session: Session, now: datetime) -> Iterator[Part]:
    status = guard_status(session, now)
    locks, alarms = len(status["locks"]), len(status["alarms"])
    yield Part("guard", f"{locks} locked, {alarms} lines in alarm", "See Alerts" if alarms else "")


def _keys(settings: Settings) -> Part:
    try:
        load_pin_keys(settings.keys_file)
    except KeysMissing as missing:
        what, _, cure = str(missing).partition(": ")
        return Part("keys of PINs", what, cure or "Restore the key file from the backup")
    return Part("keys of PINs", "readable by their owner only")


def _disk(settings: Settings) -> Part:
    free = shutil.disk_usage(settings.state_dir.resolve()).free
    cure = "" if free >= FREE_BYTES_MIN else "Free some: with a full disk no call is taken"
    return Part("disk", f"{divide_floor(free, BYTES_A_MB)} MB are free", cure)


def _spool(settings: Settings) -> Part:
    folder = settings.spool_folder
    waiting = len(list(folder.glob("*.txt"))) if folder.is_dir() else 0
    aside = len(list(folder.glob("refused/*.txt"))) if folder.is_dir() else 0
    if aside:
        return Part("spool", f"{aside} settlements put aside", f"Read them in {folder / 'refused'}")
    if is_spool_full(folder):
        return Part("spool", "its disk is full", f"Make room on the disk of {folder}")
    if waiting:
        return Part("spool", f"{waiting} settlements wait", "Start the call server: it settles them within seconds")
    return Part("spool", "empty")
