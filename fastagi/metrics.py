"""What a call server counts of its own work since it started: calls by outcome, holds, the guard, how long the
database takes, from the moment when a use case was asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from billing.refusals import Refusal
from fastagi.observe import PREFIX
from services.accounts.identify_account import NotIdentified
from services.calls.admit_account_call import Turned
from services.calls.authorise_call import Authorised
from services.calls.identify_card import Identified, NotAccepted
from services.calls.settle_call import Settled, UnknownCall
from services.guard.admit_caller import Admission

if TYPE_CHECKING:
    from asyncio import Future

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5)  # the last one: no caller waits longer


class CallMetrics:
    """Give `note` to the Database; every answer of a use case tells what it is."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._calls = self._counter("calls", "Settlements that came in, by the outcome of their call", "outcome")
        self._holds = self._counter("holds", "Calls that asked for a hold, and the answer", "answer")
        self._entries = self._counter("entries", "Cards that callers keyed or whose phone is known", "answer")
        self._admissions = self._counter("admissions", "Callers before the guard, and what it said", "answer")
        self._failures = self._counter("database_failures", "Use cases that failed", "use_case", "why")
        self._seconds = Histogram(
            f"{PREFIX}database_seconds",
            "From asking for a use case to its end, waiting included; settle_call is the latency of a settlement",
            ["use_case"],
            registry=self.registry,
            buckets=SECONDS,
        )

    def note(self, use_case: str, seconds: float, job: Future[Any]) -> None:
        self._seconds.labels(use_case).observe(seconds)
        if job.cancelled():
            self._failures.labels(use_case, "cancelled").inc()
        elif (error := job.exception()) is not None:
            self._failures.labels(use_case, type(error).__name__).inc()
        else:
            self._note_answer(use_case, job.result())

    def _note_answer(self, use_case: str, answer: object) -> None:
        match answer:
            case Settled(is_repeat=is_repeat, disposition=disposition):
                self._calls.labels("repeat" if is_repeat else disposition.value).inc()
            case UnknownCall():
                self._calls.labels("unknown").inc()
            case Authorised():
                self._holds.labels("held").inc()
            case Turned(why=Refusal() | NotIdentified() as why):
                self._holds.labels(why.value).inc()
            case Refusal() if use_case == "authorise_call":
                self._holds.labels(answer.value).inc()
            case Identified():
                self._entries.labels("accepted").inc()
            case NotAccepted(refusal=refusal):
                self._entries.labels(refusal.value).inc()
            case Admission():
                self._admissions.labels(_said(answer)).inc()
            case _:
                pass

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(PREFIX + name, meaning, labels, registry=self.registry)


def _said(admission: Admission) -> str:
    if admission.is_shut_out:
        return "shut out"
    if admission.verdict.refusal is not None:
        return admission.verdict.refusal.value
    return "known phone" if admission.bound is not None else "may try"
