"""Events of a call as JSON has them, for whoever follows it from outside: a line each."""

from simulator.call_log import Answered, Dialled, Ended, Event, Heard, Keyed, NotDialled, SettleAsked
from simulator.handset import KeyWait
from simulator.report import prompt_text
from simulator.wire_tap import Exchange

Fields = dict[str, str | int | bool]


def event_fields(event: Event) -> Fields:
    match event:
        case Heard():
            return _heard(event)
        case Keyed():
            return {"kind": "keyed", "keys": event.keys, "end": event.end.value}
        case Dialled():
            return _dialled(event)
        case _:
            return _turn(event)


def _turn(event: Answered | NotDialled | SettleAsked | Ended) -> Fields:
    match event:
        case Answered():
            return {"kind": "answered"}
        case NotDialled():
            return {"kind": "not_dialled", "call_id": event.call_id, "variable": event.variable}
        case SettleAsked():
            return {"kind": "settled", "call_id": event.call_id, "confirmed": event.is_confirmed}
        case Ended():
            return {"kind": "ended", "end": event.end.value}


def _heard(event: Heard) -> Fields:
    text = prompt_text(event.prompt_id, event.language)
    heard: Fields = {"kind": "heard", "prompt": event.prompt_id, "language": event.language, "text": text}
    return heard | ({"missing": True} if event.is_missing else {})


def exchange_fields(exchange: Exchange) -> Fields:
    return {"kind": "agi", "command": exchange.command, "reply": exchange.reply}


def asks_fields(wait: KeyWait) -> Fields:
    return {"kind": "asks", "digits_max": wait.digits_max, "seconds": int(wait.first_seconds), "secret": wait.is_secret}


def _dialled(event: Dialled) -> Fields:
    return {
        "kind": "dialled",
        "call_id": event.attempt.call_id,
        "route": event.attempt.route,
        "number": event.attempt.number,
        "status": event.dial_status,
        "cause": event.cause,
        "talk_ms": event.talk_ms,
        "limit_ms": event.attempt.limit_ms,
        "ended_by": event.ended_by,
    }
