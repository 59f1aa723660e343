"""callingcard call: one real call through Asterisk, told and proved."""

import time
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from command_line.demo.first_call import FirstCall, Script
from command_line.demo.instances import demo_folder, demo_instance, platform_folder
from command_line.demo.proof import COST_MICROS, DESTINATION, checks
from command_line.demo.tell import tell, tell_checks, tell_figures
from command_line.errors import Failure
from command_line.installation import database_url, pin_keys, read_session, settings
from command_line.show import emit_json, json_option
from ivr_prompts.language import load_language
from services.calls.call_report import CallFilter, calls
from services.cards.card_report import find_card_by_number
from services.demo.demo_cards import DemoCard, demo_cards
from services.demo.demo_data import ACCESS_NUMBER_AND_PIN
from services.money.verify_ledger import verify_ledger
from services.store.settings import Settings
from telephony.instance import read_instance

TALK_SECONDS = 6
SETTLED_SECONDS_MAX = 10
CALLABLE = ("pending", "activated")


@click.command()
@json_option
def call(*, as_json: bool) -> None:
    """Place a real SIP call from the demo's phone, tell it as it happens, and prove it to the micro."""
    wanted = settings()
    database_url(wanted)
    demo_instance(wanted)
    record, right = place_call(wanted)
    if as_json:
        emit_json({**record, "right": right})
    if not right:
        raise SystemExit(1)


def place_call(wanted: Settings) -> tuple[dict[str, Any], bool]:
    """The record of the call, and whether everything about it was right."""
    with read_session() as session:
        card = _card(session)
    language = load_language("en")
    platform, phone = read_instance(platform_folder(wanted)), read_instance(demo_folder(wanted))
    script = Script(ACCESS_NUMBER_AND_PIN, card.keys, card.pin, DESTINATION, TALK_SECONDS)
    first_call = FirstCall(phone, platform, trace_file(wanted), wanted.prompts_dir, tell)
    heard = first_call.place(script, language)
    record = _settled(card, heard.caller_id)
    with read_session() as session:
        found = find_card_by_number(session, card.number)
        breaches = verify_ledger(session)
    after_micros = found.balance_micros if found else 0
    tell_figures(record, card.available_micros, after_micros)
    right = tell_checks(
        checks(
            record,
            before_micros=card.available_micros,
            after_micros=after_micros,
            heard=heard,
            language=language,
            prompts=wanted.prompts_dir,
            carrier=phone,
            breaches=len(breaches),
        )
    )
    return record, right


def trace_file(wanted: Settings) -> Path:
    """Where the call server of `up` tells each prompt and entry."""
    return wanted.trace_file or wanted.state_dir.resolve() / "log" / "trace.jsonl"


def _card(session: Session) -> DemoCard:
    """The first card of the demo's first series that can pay for the call."""
    for card in demo_cards(session, pin_keys()):
        if card.series == 1 and card.status in CALLABLE and card.available_micros >= 2 * COST_MICROS:
            return card
    raise Failure(
        "No card of the demo's series 1 has credit left.", "Start a new demo: CALLINGCARD_STATE_DIR=other make run"
    )


def _settled(card: DemoCard, caller_id: str) -> dict[str, Any]:
    """The record of the call that this caller made; the hangup handler settles within moments."""
    deadline = time.monotonic() + SETTLED_SECONDS_MAX
    while time.monotonic() < deadline:
        with read_session() as session:
            newest = calls(session, CallFilter(card_number=card.keys, newest=1))
        if newest and newest[0]["caller_id"] == caller_id:
            return newest[0]
        time.sleep(0.2)
    raise Failure("The call was not settled in time.", "callingcard doctor; the call server's log tells more")
