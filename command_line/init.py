"""callingcard init: state directory, keys, database, schema, and the demo's data if asked for."""

from dataclasses import asdict
from typing import Any

import click
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from command_line.errors import Failure
from command_line.installation import now, settings
from command_line.show import console, emit_json, json_option, money
from services.demo.demo_cards import demo_cards
from services.demo.demo_data import (
    ACCESS_NUMBER_AND_PIN,
    ACCESS_PIN_ONLY,
    ACCESS_SPANISH,
    create_demo,
    has_demo,
    is_empty,
)
from services.demo.demo_month import create_demo_month
from services.keys.pin_keys import KeysMissing, PinKeys, create_pin_keys, load_pin_keys
from services.reports.roll_up_calls import roll_up_calls
from services.store.database_roles import renew_rights
from services.store.engines import write_engine
from services.store.migrate import upgrade
from services.store.settings import Settings

ACCESS_NUMBERS = (
    {"number": ACCESS_NUMBER_AND_PIN, "asks_for": "card number and PIN", "language": "en", "pinless": False},
    {"number": ACCESS_PIN_ONLY, "asks_for": "PIN", "language": "en", "pinless": True},
    {"number": ACCESS_SPANISH, "asks_for": "card number and PIN", "language": "es", "pinless": False},
)


@click.command()
@click.option("--demo", is_flag=True, help="Add access numbers, cards, rates and carriers for a first call.")
@json_option
def init(*, demo: bool, as_json: bool) -> None:
    """Set up this installation. What exists is kept: running it again changes nothing."""
    made = initialise(settings(), demo=demo)
    if as_json:
        emit_json(made)
    else:
        _tell(made)


def initialise(wanted: Settings, *, demo: bool) -> dict[str, Any]:
    """Make what is missing, and tell what there is; `created` says whether data was added now."""
    wanted.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = _keys(wanted)
    engine = write_engine(wanted)
    try:
        upgrade(engine)
        with Session(engine) as session, session.begin():
            renew_rights(session)
            created = demo and is_empty(session)
            if created:
                create_demo(session, keys, now(), wanted.demo_sip_port)
                create_demo_month(session, ACCESS_NUMBER_AND_PIN, now(), wanted.zone)
                roll_up_calls(lambda work: work(session), now(), wanted.zone)
            if demo and not has_demo(session):
                raise Failure(
                    "This installation holds data of its own; the demo wants an empty one.",
                    "CALLINGCARD_STATE_DIR=demo callingcard init --demo",
                )
            cards = demo_cards(session, keys) if demo else []
    except OperationalError as lost:
        first_line = str(lost.orig).strip().splitlines()[0]
        cure = "Start the database, or correct CALLINGCARD_DATABASE_URL"
        raise Failure(f"The database does not answer: {first_line}", cure) from lost
    finally:
        engine.dispose()
    return {
        "state_dir": str(wanted.state_dir.resolve()),
        "database": engine.url.render_as_string(hide_password=True),
        "created": created,
        "access_numbers": list(ACCESS_NUMBERS) if demo else [],
        "cards": [asdict(card) for card in cards],
    }


def _keys(wanted: Settings) -> PinKeys:
    try:
        return load_pin_keys(wanted.keys_file) if wanted.keys_file.exists() else create_pin_keys(wanted.keys_file)
    except KeysMissing as damaged:
        raise Failure(str(damaged)) from damaged


def _tell(made: dict[str, Any]) -> None:
    console.print(f"State directory  {made['state_dir']}")
    console.print(f"Database         {made['database']}")
    for access in made["access_numbers"]:
        known = ", a known phone needs none" if access["pinless"] else ""
        console.print(
            f"Access number    {access['number']}  asks for {access['asks_for']}{known} ({access['language']})"
        )
    seen: set[int] = set()
    for card in made["cards"]:
        if card["series"] not in seen and card["status"] in ("pending", "activated"):
            seen.add(card["series"])
            kind = "PIN only" if card["pin_only"] else "number and PIN"
            value = money(card["available_micros"], card["currency"])
            console.print(
                f"Card             {card['number']}  PIN {card['pin']}  {value}  {card['series_name']} ({kind})"
            )
