"""Proves a demo call: heard as composed, charged to the micro, and agreed with what the carrier itself recorded."""

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from command_line.demo.first_call import Heard
from ivr_prompts.language import Language
from telephony.heard import heard_prompts
from telephony.instance import Instance

DESTINATION = "37060000042"
COST_MICROS = 170_000  # Lithuania in the demo's table: 0.10 connection, and the first block of 60 s at 0.07 a minute
CARRIER_SLACK_MS = 500  # two Asterisks' clocks of one call on a busy machine


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be so."""

    what: str
    holds: bool


def checks(
    call: dict[str, Any],
    *,
    before_micros: int,
    after_micros: int,
    heard: Heard,
    language: Language,
    prompts: Path,
    carrier: Instance,
    breaches: int,
) -> list[Check]:
    """`before_micros` and `after_micros` are the card's balance, `breaches` the number of broken invariants."""
    carrier_ms = carrier_talk_ms(carrier, call["answered_at"])
    found = heard_prompts(heard.recording, [prompts / language.code / f"{prompt}.wav" for prompt in heard.prompts])
    tried = [route["route"] for route in call["tried"]]
    return [
        Check(f"{len(found)} prompts recognised in the caller's recording", all(one.was_heard for one in found)),
        Check("the cheapest carrier refused, the second took the call", tried == ["demo.cheap", "demo.second"]),
        Check(
            f"{call['talk_ms']} ms by our stamps, {carrier_ms} ms by the carrier's own record",
            _agree(call["talk_ms"], carrier_ms),
        ),
        Check("0.10 connection and one minute at 0.07 were charged", call["cost_micros"] == COST_MICROS),
        Check("the balance fell by exactly the cost", before_micros - after_micros == call["cost_micros"]),
        Check("the ledger verifies", breaches == 0),
    ]


def carrier_talk_ms(carrier: Instance, answered_at: str | None) -> int | None:
    """The carrier's own ANSWER to HANGUP of the call that it answered at about this moment; None if it has none."""
    if answered_at is None:
        return None
    wanted_ms = int(datetime.fromisoformat(answered_at).timestamp() * 1000)
    answered: dict[str, int] = {}
    with carrier.cel_file.open(newline="") as file:
        for event, time, channel, *_ in csv.reader(file):
            at_ms = int(time.replace(".", "")[:13])
            if event == "ANSWER" and channel.startswith("PJSIP/demo."):
                answered[channel] = at_ms
            elif event == "HANGUP" and abs(answered.get(channel, 0) - wanted_ms) < CARRIER_SLACK_MS:
                return at_ms - answered[channel]
    return None


def _agree(ours_ms: int, theirs_ms: int | None) -> bool:
    return theirs_ms is not None and abs(ours_ms - theirs_ms) <= CARRIER_SLACK_MS
