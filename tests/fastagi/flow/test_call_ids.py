"""Every log line of a call carries its call id, and no line of another call does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import structlog
from factories import BRITAIN, TALK_BEGINS_MS
from structlog.testing import capture_logs

from fastagi.flow import desk
from fastagi.spool import replay
from services.calls.authorise_call import authorise_call

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from pathlib import Path
    from typing import Any

    from line import Line
    from sqlalchemy.orm import Session


@pytest.fixture
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        yield lines
    structlog.contextvars.clear_contextvars()


def test_each_line_of_a_conversation_carries_the_id_of_the_call_that_follows(
    line: Line, logged: list[MutableMapping[str, Any]]
) -> None:
    ended = line.dial_with_card(f"{BRITAIN}#")
    assert [told["event"] for told in logged] == ["card identified", "destination keyed", "call authorised"]
    assert {told["call_id"] for told in logged} == {ended.call_id}


def test_a_number_after_a_refused_one_is_another_call(
    line: Line, logged: list[MutableMapping[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another caller of the card is faster, between the price and the hold."""

    def second(session: Session, *rest: Any) -> Any:  # noqa: ANN401 (as the original)
        line.world.on(session).call("faster")
        return authorise_call(session, *rest)

    monkeypatch.setattr(desk, "authorise_call", second)
    ended = line.dial_with_card(f"{BRITAIN}#")
    assert ended.call_id == ""  # nothing is held: nothing to settle
    before, after = {told["call_id"] for told in logged if told["event"] == "card identified"}, logged[-1]["call_id"]
    assert logged[-1]["event"] == "destination refused"
    assert after not in before


def test_lines_after_a_spooled_settlement_carry_its_id_no_more(
    line: Line, logged: list[MutableMapping[str, Any]], tmp_path: Path
) -> None:
    """A process that settles one call after another: the watcher, and the replay of the spool."""
    known = line.dial_with_card(f"{BRITAIN}#").call_id
    unknown = "00000000-0000-4000-8000-000000000000"
    stamps = f"{TALK_BEGINS_MS},{TALK_BEGINS_MS + 5_000}"
    for call_id in (known, unknown):
        spooled = f"handler,{call_id},test.cheap,ANSWER,16,{stamps},test.cheap-ANSWER-16\n"
        (tmp_path / f"{call_id}.txt").write_text(spooled)
    logged.clear()

    async def work(at: Any) -> None:  # noqa: ANN401 (a desk)
        await replay(tmp_path, at)
        structlog.get_logger().info("after")

    line.at_desk(work)
    assert {(told["event"], told.get("call_id")) for told in logged} == {
        ("call settled", known),
        ("settlement of an unknown call", unknown),
        ("after", None),
    }
