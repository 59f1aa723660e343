"""callingcard doctor: is everything there that a call needs, and if not, what to do."""

import socket
from collections.abc import Callable
from dataclasses import asdict

import click
from sqlalchemy.exc import OperationalError

from command_line.demo.instances import platform_folder
from command_line.doctor_hosts import look_at_hosts
from command_line.errors import Failure
from command_line.installation import database_url, read_session, settings
from command_line.show import console, emit_json, json_option
from command_line.symptom import Symptom
from ivr_prompts.catalogue import check as check_prompts
from ivr_prompts.language import languages, load_language
from services.calls.call_alarms import count_open_alarms
from services.keys.pin_keys import KeysMissing, load_pin_keys
from services.live.live_report import asterisk_states
from services.money.verify_ledger import verify_ledger
from services.store.settings import Settings
from telephony.ami import AmiUser, ami_act
from telephony.instance import InstanceRefused, read_instance
from telephony.program import AsteriskNotFound, find_asterisk


@click.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """Look at every part that a call needs; exit status 1 when one is missing."""
    wanted = settings()
    found = [look(wanted) for look in LOOKS]
    if as_json:
        emit_json([asdict(symptom) for symptom in found])
    else:
        for symptom in found:
            mark = "[green]well[/] " if symptom.is_well else "[red]ill[/]  "
            console.print(
                f"{mark}  {symptom.what}: {symptom.state}" + (f"\n         -> {symptom.cure}" if symptom.cure else "")
            )
    if not all(symptom.is_well for symptom in found):
        raise SystemExit(1)


def _keys(wanted: Settings) -> Symptom:
    try:
        load_pin_keys(wanted.keys_file)
    except KeysMissing as missing:
        return Symptom("keys of PINs", str(missing), "callingcard init, or restore the file from a backup")
    return Symptom("keys of PINs", "readable by their owner only")


def _database(wanted: Settings) -> Symptom:
    try:
        database_url(wanted)
        with read_session() as session:
            breaches = verify_ledger(session)
    except Failure as failed:
        return Symptom("database", failed.message, failed.cure or "callingcard init")
    except OperationalError as lost:
        return Symptom("database", str(lost.orig).strip().splitlines()[0], "Start it")
    if breaches:
        return Symptom("database", f"{len(breaches)} broken invariants", "callingcard verify")
    return Symptom("database", "answers, and its ledger verifies")


def _prompts(wanted: Settings) -> Symptom:
    problems = [problem for code in languages() for problem in check_prompts(load_language(code), wanted.prompts_dir)]
    if problems:
        return Symptom("prompts", f"{len(problems)} problems, the first: {problems[0]}", "callingcard prompts build")
    return Symptom("prompts", f"complete in {', '.join(languages())}")


def _fastagi(wanted: Settings) -> Symptom:
    address = f"{wanted.fastagi_host}:{wanted.fastagi_port}"
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((wanted.fastagi_host, wanted.fastagi_port)) == 0:
            return Symptom("FastAGI", f"listens on {address}")
    return Symptom("FastAGI", f"does not listen on {address}", "callingcard up, or callingcard fastagi")


def _asterisk(wanted: Settings) -> Symptom:
    try:
        found = find_asterisk(root=wanted.asterisk_root, state=wanted.state_dir.resolve())
    except AsteriskNotFound as missing:
        return Symptom("Asterisk", str(missing), "callingcard asterisk fetch")
    return Symptom("Asterisk", f"{found.version} in {found.root}")


def _ami(wanted: Settings) -> Symptom:
    try:
        instance = read_instance(platform_folder(wanted))
    except InstanceRefused:
        return Symptom("Asterisk's AMI", "no private instance was set up", "callingcard up")
    answer = ami_act(AmiUser(instance.ami_port, "console", instance.secrets["console"]), "Ping")
    if not answer.is_done:
        return Symptom("Asterisk's AMI", f"{answer.outcome}: {answer.message}", "callingcard up, or start Asterisk")
    return Symptom("Asterisk's AMI", f"answers on port {instance.ami_port}")


def _spool(wanted: Settings) -> Symptom:
    waiting = len(list(wanted.spool_folder.glob("*.txt"))) if wanted.spool_folder.is_dir() else 0
    aside = len(list(wanted.spool_folder.glob("refused/*.txt"))) if wanted.spool_folder.is_dir() else 0
    if aside:
        return Symptom("spool", f"{aside} settlements put aside", f"Read them in {wanted.spool_folder / 'refused'}")
    if waiting:
        return Symptom("spool", f"{waiting} settlements wait", "Start the call server: it settles them within seconds")
    return Symptom("spool", "empty")


def _watcher(_wanted: Settings) -> Symptom:
    try:
        with read_session() as session:
            asterisks, alarms = asterisk_states(session), count_open_alarms(session)
    except (Failure, OperationalError):
        return Symptom("watcher", "not known without the database", "See the database above")
    if not asterisks or all(asterisk.is_silent for asterisk in asterisks):
        return Symptom("watcher", "no watcher runs: a settlement that gets lost is not repaired", "callingcard watch")
    ill = [asterisk for asterisk in asterisks if not asterisk.is_up]
    if ill:
        told = "; ".join(f"{asterisk.name} {asterisk.says}" for asterisk in ill)
        return Symptom("watcher", told, "Start that Asterisk, or correct its table in CALLINGCARD_ASTERISKS_FILE")
    if alarms:
        return Symptom("watcher", f"{alarms} calls to look at", "callingcard calls alarms")
    return Symptom("watcher", "; ".join(f"{asterisk.name} {asterisk.says}" for asterisk in asterisks))


LOOKS: tuple[Callable[[Settings], Symptom], ...] = (
    *(_keys, look_at_hosts, _database, _prompts, _fastagi, _asterisk, _ami, _spool, _watcher),
)
