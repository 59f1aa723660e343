"""What lies on this machine: keys, disk, prompts, the spool, Asterisk's program."""

import shutil

from command_line.symptom import Symptom
from ivr_prompts.catalogue import check as check_prompts
from ivr_prompts.language import languages, load_language
from services.keys.pin_keys import KeysMissing, load_pin_keys
from services.store.disk_full import is_spool_full
from services.store.settings import Settings
from telephony.program import AsteriskNotFound, find_asterisk

FREE_BYTES_MIN = 500_000_000  # a day of logs and calls of a small platform
BYTES_A_MB = 1_000_000


def look_at_keys(wanted: Settings) -> Symptom:
    try:
        load_pin_keys(wanted.keys_file)
    except KeysMissing as missing:
        what, _, cure = str(missing).partition(": ")
        return Symptom("keys of PINs", what, cure[:1].upper() + cure[1:])
    return Symptom("keys of PINs", "readable by their owner only")


def look_at_disk(wanted: Settings) -> Symptom:
    folder = wanted.state_dir.resolve()
    if not folder.is_dir():
        return Symptom("disk", f"{folder} does not exist", "callingcard init, or correct CALLINGCARD_STATE_DIR")
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES_MIN:
        cure = "Free some, or move CALLINGCARD_STATE_DIR: with a full disk no call is taken"
        return Symptom("disk", f"{free // BYTES_A_MB} MB are free under {folder}", cure)
    return Symptom("disk", f"{free // BYTES_A_MB} MB are free")


def look_at_prompts(wanted: Settings) -> Symptom:
    problems = [problem for code in languages() for problem in check_prompts(load_language(code), wanted.prompts_dir)]
    if problems:
        return Symptom("prompts", f"{len(problems)} problems, the first: {problems[0]}", "callingcard prompts build")
    return Symptom("prompts", f"complete in {', '.join(languages())}")


def look_at_spool(wanted: Settings) -> Symptom:
    folder = wanted.spool_folder
    waiting = len(list(folder.glob("*.txt"))) if folder.is_dir() else 0
    aside = len(list(folder.glob("refused/*.txt"))) if folder.is_dir() else 0
    if aside:
        cure = f"Read them in {folder / 'refused'}: each holds one line of a call that no hold knows"
        return Symptom("spool", f"{aside} settlements put aside", cure)
    if is_spool_full(folder):
        cure = f"Make room on the disk of {folder}, or move CALLINGCARD_SPOOL_DIR: calls that end are told nowhere else"
        return Symptom("spool", "its disk is full", cure)
    if waiting:
        cure = "Start the call server or the watcher: it settles them within seconds"
        return Symptom("spool", f"{waiting} settlements wait", cure)
    return Symptom("spool", "empty")


def look_at_asterisk(wanted: Settings) -> Symptom:
    try:
        found = find_asterisk(root=wanted.asterisk_root, state=wanted.state_dir.resolve())
    except AsteriskNotFound as missing:
        return Symptom("Asterisk", str(missing), "callingcard asterisk fetch")
    return Symptom("Asterisk", f"{found.version} in {found.root}")
