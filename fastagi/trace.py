"""What was said and keyed in one call, step by step: for the call record, and for a file when one is asked for."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STEPS_MAX: Final = 500  # a call has about twenty a number; the flow's own limits end it long before
MASKED: Final = "****"  # of fixed length, so that not even the length of a PIN is told
FILE_MODE: Final = 0o600  # it holds numbers called


class Step(StrEnum):
    """Kinds of steps."""

    ANSWERED = "answered"
    LANGUAGE = "language"
    PLAYED = "played"
    ASKED = "asked"
    KEYED = "keyed"
    SET = "set"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step; `prompts` are prompt ids, `text` is the language, the keys, or the variables set."""

    at: datetime
    step: Step
    prompts: tuple[str, ...] = ()
    text: str = ""
    end: str = ""

    def as_fields(self) -> dict[str, str | list[str]]:
        """The step as JSON has it: only what it holds."""
        fields: dict[str, str | list[str]] = {"at": self.at.isoformat(timespec="milliseconds"), "step": self.step.value}
        if self.prompts:
            fields["prompts"] = list(self.prompts)
        match self.step:
            case Step.KEYED:
                fields |= {"digits": self.text, "end": self.end}
            case Step.SET:
                fields["variables"] = self.text
            case Step.LANGUAGE:
                fields["language"] = self.text
            case Step.ENDED:
                fields["end"] = self.end
            case _:
                pass
        return fields


_Taken = tuple[Step, tuple[str, ...], str, str]


class TraceFile:
    """A file of JSON lines: opened once for appending, one write a line, so that lines of many calls never mix.

    A line that cannot be written (a full disk) is counted and forgotten: no call depends on its trace.
    """

    def __init__(self, path: Path) -> None:
        self.lines_lost = 0
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, FILE_MODE)

    def write(self, fields: dict[str, str | list[str]]) -> None:
        try:
            os.write(self._file, json.dumps(fields, ensure_ascii=True).encode() + b"\n")
        except OSError:
            self.lines_lost += 1

    def close(self) -> None:
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Trace:
    """The steps of one call. Keys of a secret entry never reach it: `keyed` masks them first."""

    def __init__(self, unique_id: str, caller_id: str, file: TraceFile | None = None) -> None:
        self._steps: list[tuple[float, _Taken]] = []  # cheap to add; read at the call's end
        self._who: dict[str, str | list[str]] = {"unique_id": unique_id, "caller": caller_id}
        self._file = file

    @property
    def steps(self) -> list[TraceStep]:
        return [_step(*taken) for taken in self._steps]

    def answered(self) -> None:
        self._add(Step.ANSWERED)

    def language(self, language: str) -> None:
        self._add(Step.LANGUAGE, text=language)

    def played(self, prompts: Sequence[str]) -> None:
        self._add(Step.PLAYED, prompts)

    def asked(self, prompts: Sequence[str]) -> None:
        self._add(Step.ASKED, prompts)

    def keyed(self, digits: str, end: str, *, secret: bool) -> None:
        self._add(Step.KEYED, text=MASKED if secret else digits, end="" if secret else end)

    def was_set(self, name: str, value: str) -> None:
        self._add(Step.SET, text=f"{name}={value}")

    def ended(self, how: str) -> None:
        self._add(Step.ENDED, end=how)

    def as_json(self) -> str:
        """All steps as one JSON list, for the call record."""
        return json.dumps([step.as_fields() for step in self.steps])

    def _add(self, step: Step, prompts: Sequence[str] = (), text: str = "", end: str = "") -> None:
        if len(self._steps) >= STEPS_MAX:
            return
        self._steps.append((time.time(), (step, tuple(prompts), text, end)))
        if self._file is not None:
            self._file.write(self._who | _step(*self._steps[-1]).as_fields())


def _step(at: float, taken: _Taken) -> TraceStep:
    return TraceStep(datetime.fromtimestamp(at, UTC), *taken)
