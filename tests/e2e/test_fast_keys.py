"""Keys on a real Asterisk arrive whole however they are pressed: in prompts, between them, ahead, and at full speed."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from fastagi.call import Keyed, KeyEnd
from fastagi.server import CardServer, ServerLimits
from fastagi.wire import REPLY_SECONDS_MAX
from tests.asterisk_fixtures import ACCESS_NUMBER, Plant, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from house import House

    from fastagi.agi_call import AgiCall
    from fastagi.agi_text import Reply
    from fastagi.wire import Wire

pytestmark = pytest.mark.asterisk

FIRST_SECONDS, NEXT_SECONDS = 4, 2
BALANCE = ("your-balance-is", "number-1", "number-20", "number-3", "unit-usd-major-many", "enter-number")
SLOW_SECONDS = 0.3  # two keys long


class SlowWire:
    """A server that thinks for a while before each command: meanwhile Asterisk drops what keys it reads.

    The question has begun once its keys are stored.
    """

    def __init__(self, wire: Wire, has_begun: threading.Event) -> None:
        self._wire, self._has_begun = wire, has_begun

    async def ask(self, command: str, seconds_max: float = REPLY_SECONDS_MAX) -> Reply:
        await asyncio.sleep(SLOW_SECONDS)
        reply = await self._wire.ask(command, seconds_max)
        if "StoreDTMF" in command:
            self._has_begun.set()
        return reply


@dataclass
class Question:
    """One question to the caller, and what came of it."""

    prompts: tuple[str, ...] = BALANCE
    digits_max: int = 12
    secret: bool = False
    is_slow: bool = False
    asked: threading.Event = field(default_factory=threading.Event)
    keyed: Keyed | None = None
    seconds: float = 0.0

    async def ask(self, call: AgiCall) -> None:
        await call.wait_for_keys(FIRST_SECONDS, NEXT_SECONDS)
        if self.is_slow:
            call.wire = cast("Wire", SlowWire(call.wire, self.asked))
        else:
            self.asked.set()
        loop = asyncio.get_running_loop()
        begun = loop.time()
        self.keyed = await call.ask(self.prompts, self.digits_max, secret=self.secret)
        self.seconds = loop.time() - begun


@contextmanager
def asking(house: House, *questions: Question) -> Iterator[Plant]:
    """In the place of the call server a server of ours that asks these questions of the next caller."""
    house.stop_server()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def handler(call: AgiCall) -> None:
        await call.answer()
        for question in questions:
            await question.ask(call)
        await call.set_variables({"CARD_NEXT": "end"})

    async def start() -> CardServer:
        server = CardServer(str(house.prompts), ServerLimits(drain_seconds_max=0.2))
        server.add_route("card-call", handler)
        await server.listen("127.0.0.1", house.plant.agi_port)
        return server

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield house.plant
    finally:
        asyncio.run_coroutine_threadsafe(server.drain(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def press(house: House, keys: str, question: Question) -> Question:
    """Press the keys as soon as the question begins, one after another at full speed."""
    with asking(house, question) as plant, plant.phone.call(ACCESS_NUMBER) as call:
        assert question.asked.wait(10)
        call.press(keys)
        wait_for(lambda: question.keyed is not None, 30)
        call.wait_for_end(5)
    return question


@pytest.mark.parametrize("secret", [False, True])
def test_a_number_typed_into_the_first_prompt_arrives_whole(house: House, *, secret: bool) -> None:
    """Barge-in: what is left of the speech is not spoken, and the exact length ends the entry."""
    question = press(house, "112233445566", Question(secret=secret))
    assert question.keyed == Keyed("112233445566", KeyEnd.FULL)
    assert question.seconds < 4


def test_a_hash_ends_the_entry_and_what_comes_after_is_not_in_it(house: House) -> None:
    assert press(house, "0123#99", Question()).keyed == Keyed("0123", KeyEnd.HASH)


def test_a_bare_hash_and_a_star_are_answers(house: House) -> None:
    hashed = press(house, "#", Question())
    assert hashed.keyed == Keyed("", KeyEnd.HASH)
    assert hashed.seconds < 3
    starred = press(house, "*", Question(digits_max=1))
    assert starred.keyed == Keyed("*", KeyEnd.FULL)
    assert starred.seconds < 3


def test_the_waits_are_those_of_the_plan(house: House) -> None:
    """Nothing pressed: the first wait after the last prompt. One key: the wait between keys, from that key on."""
    silent = press(house, "", Question(("number-1",)))
    assert silent.keyed == Keyed("", KeyEnd.TIMEOUT)
    assert FIRST_SECONDS <= silent.seconds < FIRST_SECONDS + 2
    one = press(house, "7", Question(("number-1",)))
    assert one.keyed == Keyed("7", KeyEnd.TIMEOUT)
    assert NEXT_SECONDS <= one.seconds < FIRST_SECONDS


def test_no_key_is_lost_between_two_commands(house: House) -> None:
    """The first keys end before the first prompt begins, later ones between two prompts or before the last wait."""
    keys = "1234567890" * 2
    assert press(house, keys, Question(is_slow=True, digits_max=20)).keyed == Keyed(keys, KeyEnd.FULL)
    assert press(house, "1234#", Question(is_slow=True, digits_max=20)).keyed == Keyed("1234", KeyEnd.HASH)


def test_a_second_question_does_not_see_the_keys_of_the_first(house: House) -> None:
    first, second = Question(digits_max=4), Question(("number-1",), digits_max=4)
    with asking(house, first, second) as plant, plant.phone.call(ACCESS_NUMBER) as call:
        assert first.asked.wait(10)
        call.press("1234")
        assert second.asked.wait(10)
        call.press("5#")
        wait_for(lambda: second.keyed is not None, 30)
    assert (first.keyed, second.keyed) == (Keyed("1234", KeyEnd.FULL), Keyed("5", KeyEnd.HASH))
