"""The trace of a real call in the words of the text phone's events, so that one page shows both."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from ivr_prompts.language import LanguageUnknown, load_language
from models import CallRecord

BYTES_MAX: Final = 2 * 1024 * 1024
SECRET_QUESTIONS: Final = frozenset({"enter-pin", "enter-number-and-pin-end-with-hash"})
FIRST_LANGUAGE: Final = "en"
Event = dict[str, Any]
FindRecord = Callable[[str], CallRecord | None]


def trace_of(file: Path, offset: int, caller: str) -> list[dict[str, Any]]:
    """The steps of this caller since then; a line that is being written comes the next time."""
    try:
        with file.open("rb") as lines:
            lines.seek(offset)
            whole = lines.read(BYTES_MAX).split(b"\n")[:-1]
    except OSError:
        return []
    return [step for line in whole if (step := json.loads(line)).get("caller") == caller]


def events_of(steps: Iterable[dict[str, Any]], find_record: FindRecord) -> list[Event]:
    """In the order of the call: what was dialled stands where its settlement was confirmed. Before what a step comes to
    stands the step itself, as the call server told it.
    """
    language, call_id = FIRST_LANGUAGE, ""
    events: list[Event] = []
    for step in steps:
        events.append({"kind": "agi", "command": step["step"], "reply": _details(step)})
        match step["step"]:
            case "answered":
                events.append({"kind": "answered"})
            case "language":
                language = step["language"]
            case "played" | "asked":
                events += _spoken(step, language)
            case "keyed":
                events.append({"kind": "keyed", "keys": step["digits"], "end": step["end"]})
            case "set":
                name, _, value = step["variables"].partition("=")
                call_id = value if name == "CARD_CALL" else call_id
                events += _turn(name, value, call_id, find_record)
            case _:
                pass
    return events


def _details(step: dict[str, Any]) -> str:
    """Prompts, keys (those of a PIN are masked in the trace), language, or the variable that was set."""
    parts = [" ".join(step.get("prompts", ()))]
    parts += [str(step[name]) for name in ("language", "digits", "end", "variables") if step.get(name)]
    return " ".join(filter(None, parts))


def _spoken(step: dict[str, Any], language: str) -> Iterator[Event]:
    for prompt in step.get("prompts", ()):
        yield {"kind": "heard", "prompt": prompt, "language": language, "text": _text(prompt, language)}
    if step["step"] == "asked":
        yield {"kind": "asks", "secret": not SECRET_QUESTIONS.isdisjoint(step.get("prompts", ()))}


def _turn(name: str, value: str, call_id: str, find_record: FindRecord) -> Iterator[Event]:
    if name == "CARD_NEXT" and value == "dial":
        yield {"kind": "dialling", "call_id": call_id}
    elif name == "CARD_SETTLED":
        record = find_record(value)
        yield from () if record is None else _dialled(record)
        yield {"kind": "settled", "call_id": value, "confirmed": True}


def _dialled(record: CallRecord) -> Iterator[Event]:
    for route in record.tried:
        talk_ms = record.talk_ms if route["dial_status"] == "ANSWER" else 0
        yield {
            "kind": "dialled",
            "call_id": record.call_id,
            "route": route["route"],
            "number": record.destination,
            "status": route["dial_status"],
            "cause": str(route.get("hangup_cause") or ""),
            "talk_ms": talk_ms,
            "ended_by": "",
        }


def _text(prompt: str, language: str) -> str:
    try:
        return load_language(language).texts.get(prompt, "")
    except LanguageUnknown:
        return ""
