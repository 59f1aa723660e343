"""What runs beside us: the call server and the control ports of the Asterisks."""

import socket
import urllib.error
import urllib.request

from command_line.demo.instances import platform_folder
from command_line.symptom import Symptom
from services.store.settings import Settings
from telephony.ami import AmiOutcome, ami_act
from telephony.watched import WatchedAsterisk, WatchedRefused, watched_asterisks

QUESTION = b"agi_network_script: doctor\n\n"  # a script that no call server has: it closes at once
ANSWER_SECONDS_MAX = 2
START = "callingcard up, or callingcard fastagi"


def look_at_fastagi(wanted: Settings) -> Symptom:
    """It listens, it is ours, and, where it tells so, it is ready."""
    address = f"{wanted.fastagi_host}:{wanted.fastagi_port}"
    try:
        with socket.create_connection((wanted.fastagi_host, wanted.fastagi_port), ANSWER_SECONDS_MAX) as probe:
            probe.sendall(QUESTION)
            answer = probe.recv(100)
    except ConnectionResetError:
        answer = b""
    except TimeoutError:
        return Symptom("FastAGI", f"does not answer on {address}", "Look into its log, and start it again")
    except OSError:
        return Symptom("FastAGI", f"does not listen on {address}", START)
    if answer:
        return Symptom(
            "FastAGI",
            f"another program answers on {address}",
            "Stop it, or set CALLINGCARD_FASTAGI_PORT here and there",
        )
    return _readiness(wanted, address)


def _readiness(wanted: Settings, address: str) -> Symptom:
    port = wanted.fastagi_observe_port
    if not port:
        return Symptom("FastAGI", f"listens on {address}")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=ANSWER_SECONDS_MAX):
            return Symptom("FastAGI", f"listens on {address} and is ready")
    except urllib.error.HTTPError as unready:
        with unready:
            told = "; ".join(unready.read(2_000).decode("utf-8", "replace").splitlines())
        return Symptom("FastAGI", f"is not ready: {told}", "Mend what it names; it serves again by itself")
    except OSError:
        cure = "Start it again: it reads CALLINGCARD_FASTAGI_OBSERVE_PORT when it starts"
        return Symptom("FastAGI", f"listens on {address} and tells nothing on port {port}", cure)


def look_at_ami(wanted: Settings) -> Symptom:
    """Each Asterisk that is to be watched, by the user who hangs up calls."""
    try:
        asterisks = watched_asterisks(wanted.asterisks_file, platform_folder(wanted))
    except WatchedRefused as refused:
        return Symptom("Asterisk's AMI", str(refused), "callingcard up, or correct CALLINGCARD_ASTERISKS_FILE")
    ill = [symptom for asterisk in asterisks if (symptom := _ask(asterisk)) is not None]
    told = ", ".join(f"{asterisk.name} on port {asterisk.port}" for asterisk in asterisks)
    return ill[0] if ill else Symptom("Asterisk's AMI", f"answers: {told}")


def _ask(asterisk: WatchedAsterisk) -> Symptom | None:
    answer = ami_act(asterisk.console, "Ping")
    if answer.is_done:
        return None
    where = f"{asterisk.name} on {asterisk.host}:{asterisk.port}"
    if answer.outcome is AmiOutcome.NOT_LOGGED_IN:
        cure = "Give it the secret of user console in manager.conf, or in CALLINGCARD_ASTERISKS_FILE"
    else:
        cure = "callingcard up, or start that Asterisk"
    return Symptom("Asterisk's AMI", f"{where}: {answer.outcome}: {answer.message}", cure)
