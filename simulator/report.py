"""What one simulated call came to: what was heard and pressed, the routes dialled, and each call's seconds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NotRequired, TypedDict

from ivr_prompts.compose import transcript
from ivr_prompts.language import LanguageUnknown, load_language
from simulator.announced import announced_seconds
from simulator.asterisk import PlacedCall
from simulator.call_log import Dialled, Event, Heard, Keyed, SettleAsked


class HeardPrompt(TypedDict):
    """A prompt with its text; `missing` only when the file was not there."""

    id: str
    text: str
    missing: NotRequired[bool]


class DialledRoute(TypedDict):
    route: str
    number: str
    outcome: str
    dial_status: str
    cause: str


class DialledCall(TypedDict):
    """One number dialled, over all its routes."""

    call_id: str
    destination: str
    routes: list[DialledRoute]
    limit_seconds: int
    announced_seconds: int | None
    talk_seconds: int
    settled: bool


class CallReport(TypedDict):
    """The object that `callingcard dial --json` prints; the seconds at the top are those of the first dialled call."""

    heard: list[HeardPrompt]
    pressed: list[str]
    routes: list[DialledRoute]
    limit_seconds: int | None
    announced_seconds: int | None
    talk_seconds: int | None
    calls: list[DialledCall]
    end: str


@dataclass(slots=True)
class _OneCall:
    """Gathers the events of one call id."""

    announced: int | None
    dialled: list[Dialled] = field(default_factory=list)
    is_settled: bool = False


def call_report(placed: PlacedCall) -> CallReport:
    events = placed.log.events
    calls = [_dialled_call(call_id, call) for call_id, call in _calls(events).items() if call.dialled]
    first = calls[0] if calls else None
    return {
        "heard": [_heard(event) for event in events if isinstance(event, Heard)],
        "pressed": [event.keys for event in events if isinstance(event, Keyed) and event.keys],
        "routes": [route for call in calls for route in call["routes"]],
        "limit_seconds": first["limit_seconds"] if first else None,
        "announced_seconds": first["announced_seconds"] if first else None,
        "talk_seconds": first["talk_seconds"] if first else None,
        "calls": calls,
        "end": placed.end.value,
    }


def prompt_text(prompt_id: str, language_code: str) -> str:
    """The words of a prompt; '' when the catalogue does not know it."""
    try:
        return load_language(language_code).texts.get(prompt_id, "")
    except LanguageUnknown:
        return ""


def spoken_text(heard: Sequence[Heard]) -> str:
    """Prompts spoken in one breath as a person reads them; an unknown one stands as its id in brackets."""
    try:
        language = load_language(heard[-1].language)
        return transcript(language, [event.prompt_id for event in heard])
    except (LanguageUnknown, KeyError):
        texts = (prompt_text(event.prompt_id, event.language) or f"[{event.prompt_id}]" for event in heard)
        return " ".join(texts)


def talk_seconds(dialled: Dialled) -> int:
    """Seconds as they are charged: milliseconds are cut, an answered call is at least 1 s and at most the limit."""
    if dialled.dial_status != "ANSWER":
        return 0
    return min(max(1, dialled.talk_ms // 1000), dialled.attempt.limit_ms // 1000)


def _heard(event: Heard) -> HeardPrompt:
    heard: HeardPrompt = {"id": event.prompt_id, "text": prompt_text(event.prompt_id, event.language)}
    if event.is_missing:
        heard["missing"] = True
    return heard


def _calls(events: Sequence[Event]) -> dict[str, _OneCall]:
    """The calls by id in the order dialled; the time announced is the last one said before the first Dial."""
    calls: dict[str, _OneCall] = {}
    said: list[Heard] = []
    for event in events:
        match event:
            case Heard():
                said.append(event)
            case Dialled():
                call = calls.setdefault(event.attempt.call_id, _OneCall(_announced(said)))
                call.dialled.append(event)
                said = []
            case SettleAsked():
                call = calls.setdefault(event.call_id, _OneCall(None))
                call.is_settled |= event.is_confirmed
            case _:
                pass
    return calls


def _announced(said: Sequence[Heard]) -> int | None:
    return announced_seconds([heard.prompt_id for heard in said], said[-1].language) if said else None


def _dialled_call(call_id: str, call: _OneCall) -> DialledCall:
    last = call.dialled[-1]
    return {
        "call_id": call_id,
        "destination": last.attempt.number,
        "routes": [_route(dialled) for dialled in call.dialled],
        "limit_seconds": last.attempt.limit_ms // 1000,
        "announced_seconds": call.announced,
        "talk_seconds": talk_seconds(last),
        "settled": call.is_settled,
    }


def _route(dialled: Dialled) -> DialledRoute:
    return {
        "route": dialled.attempt.route,
        "number": dialled.attempt.number,
        "outcome": dialled.outcome,
        "dial_status": dialled.dial_status,
        "cause": dialled.cause,
    }
