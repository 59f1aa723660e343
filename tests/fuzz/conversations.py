"""Conversations of the fuzzer: whole calls of card holders on one database, each a day after the one before."""

from __future__ import annotations

import re
import sys
from contextlib import redirect_stderr
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from databases import SqliteDatabases
from factories import micros
from structlog.testing import capture_logs

from billing.states import CardType
from fastagi.flow.card_call import CallEnd
from models.database import make_engine
from telephony.handover import DESTINATION_REGEX, LIST_SEPARATOR, Variable

sys.path.insert(0, str(Path(__file__).parents[1] / "fastagi" / "flow"))

from line import HUNG_UP, open_line

if TYPE_CHECKING:
    from line import Ended

MENU = ("menu_balance", "menu_top_up", "menu_speed_dial", "menu_last_call")
GROUP = {
    **dict.fromkeys(MENU, True),
    "card_type": CardType.RECHARGEABLE,
    "pinless_allowed": True,
    "pinless_confirm": True,
}


class Conversations:
    """The card's money is never spent: nobody answers."""

    def __init__(self, folder: Path) -> None:
        self.engine = make_engine(SqliteDatabases(folder).create(), pool_size=4)
        self.line = open_line(self.engine, group=GROUP, plan={"pinless_enabled": True})
        self.number, self.pin = self.line.world.keyed()

    def hear(self, data: bytes) -> None:
        """Nothing raises, nothing stays held, only digits are dialled, and no PIN is written down."""
        filled = data.replace(b"<NUMBER>", self.number.encode()).replace(b"<PIN>", self.pin.encode())
        caller_id, *keys = filled.decode("utf-8", "replace").split("\n")
        self.line.now += timedelta(hours=25)  # a lock of the guard is over
        with capture_logs() as logs, redirect_stderr(StringIO()):
            ended = self.line.dial(*keys, caller_id=caller_id)
            if ended.call_id:
                self.line.settle_undialled(ended)
        self._check(ended)
        assert self.line.is_proved()
        assert self.line.available_micros == micros("5.00")
        assert self.pin not in ended.heard.replace(caller_id, "")
        assert self.pin not in str(logs)

    def _check(self, ended: Ended) -> None:
        assert ended.how == HUNG_UP or isinstance(ended.how, CallEnd)
        if ended.how is CallEnd.HANDED_OVER:
            numbers = ended.told[Variable.DST].split(LIST_SEPARATOR)
            assert all(re.fullmatch(DESTINATION_REGEX, number) for number in numbers)
