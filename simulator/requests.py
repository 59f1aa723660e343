"""What the dialplan asks of the call server, and how such a session ends for it."""

from enum import StrEnum
from typing import NamedTuple

from telephony.handover import AgiScript


class AgiStatus(StrEnum):
    """Values of AGISTATUS. A server that dies in mid-session gives SUCCESS."""

    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    HANGUP = "HANGUP"


class AgiRequest(NamedTuple):
    """AGI(agi://HOST:PORT/script,argument,...)."""

    script: AgiScript
    arguments: tuple[str, ...]
