"""What each verb of a call makes of Asterisk's answers, over a real connection to a small Asterisk."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from fastagi.agi_call import AgiCall, CommandRefused, head_caller_id, keyed_of
from fastagi.call import Call, CallerHungUp, Keyed, KeyEnd, PromptMissing
from fastagi.speech import checked_folder, prompt_path, prompt_paths
from fastagi.trace import TraceFile
from tests.fastagi.fake_asterisk import Channel, call_in, head, serving

LONG = [f"a-rather-long-prompt-id-{number}" for number in range(60)]


def heard(verbs: Callable[[Call], Awaitable[object]], channel: Channel, trace: TraceFile | None = None) -> object:
    """Run the verbs against the channel; answer what they returned or raised."""
    outcome: list[object] = []

    async def handler(call: AgiCall) -> None:
        try:
            outcome.append(await verbs(call))
        except (CallerHungUp, PromptMissing, CommandRefused, ValueError) as raised:
            outcome.append(raised)

    async def run() -> None:
        async with serving(handler, trace_file=trace) as (_, port):
            await call_in(port, channel)

    uvloop.run(run())
    return outcome[0]


@pytest.mark.parametrize("secret", [False, True])
@pytest.mark.parametrize(
    ("keys", "keyed"),
    [
        ("1234", Keyed("1234", KeyEnd.FULL)),
        ("12345", Keyed("1234", KeyEnd.FULL)),
        ("12#", Keyed("12", KeyEnd.HASH)),
        ("12", Keyed("12", KeyEnd.TIMEOUT)),
        ("#", Keyed("", KeyEnd.HASH)),
        ("", Keyed("", KeyEnd.TIMEOUT)),
        ("*1", Keyed("*1", KeyEnd.TIMEOUT)),
        ("<1234", Keyed("1234", KeyEnd.FULL)),
        ("<12#", Keyed("12", KeyEnd.HASH)),
        ("<#", Keyed("", KeyEnd.HASH)),
    ],
)
def test_an_entry_tells_its_digits_and_what_ended_it(keys: str, keyed: Keyed, *, secret: bool) -> None:
    channel = Channel(keys=[keys])
    assert heard(lambda call: call.ask(["not-accepted", "enter-pin"], 4, secret=secret), channel) == keyed


def test_the_first_key_of_an_early_prompt_is_kept_and_the_rest_is_not_spoken() -> None:
    channel = Channel(keys=["<1234"])
    assert heard(lambda call: call.ask(["not-accepted", "enter-pin"], 4, secret=True), channel) == Keyed(
        "1234", KeyEnd.FULL
    )
    assert channel.heard == ["not-accepted"]
    assert channel.commands[-1] == 'GET DATA "" 5000 3'


def test_an_entry_is_spoken_prompt_by_prompt_and_waits_as_the_plan_says() -> None:
    channel = Channel(keys=["55"])

    async def verbs(call: Call) -> None:
        await call.wait_for_keys(7, 3)
        await call.ask(["one", "two"], 8)

    heard(verbs, channel)
    assert channel.commands == [
        'SET VARIABLE CARD_KEYS ""',
        'EXEC StoreDTMF "rx,CARD_KEYS,9"',
        'STREAM FILE "/prompts/one" "0123456789*#"',
        'GET DATA "/prompts/two" 7000 1',
        'GET DATA "" 3000 7',
        "GET VARIABLE CARD_KEYS",
        'EXEC StoreDTMF "remove"',
    ]


@pytest.mark.parametrize(
    ("between", "keys", "keyed"),
    [
        ("9", "123", Keyed("9123", KeyEnd.FULL)),
        ("9", "12#", Keyed("912", KeyEnd.HASH)),
        ("9", "", Keyed("9", KeyEnd.TIMEOUT)),
        ("12", "34", Keyed("1234", KeyEnd.FULL)),
        ("#", "", Keyed("", KeyEnd.HASH)),
        ("*", "", Keyed("*", KeyEnd.TIMEOUT)),
    ],
)
def test_a_key_that_ends_between_two_commands_is_not_lost(between: str, keys: str, keyed: Keyed) -> None:
    """Asterisk drops it; the store of keys has it."""
    channel = Channel(keys=[keys], between=between)
    assert heard(lambda call: call.ask(["not-accepted", "enter-number"], 4), channel) == keyed


def test_an_entry_holds_none_of_the_keys_of_the_one_before() -> None:
    channel = Channel(keys=["12", "34#"])

    async def verbs(call: Call) -> list[Keyed]:
        return [await call.ask(["one"], 4), await call.ask(["two"], 4)]

    assert heard(verbs, channel) == [Keyed("12", KeyEnd.TIMEOUT), Keyed("34", KeyEnd.HASH)]


def test_an_asterisk_without_the_store_is_told_by_name() -> None:
    """The module app_dtmfstore is not loaded."""

    class Bare(Channel):
        def answer(self, command: str) -> str:
            return "200 result=-2" if command.startswith("EXEC") else super().answer(command)

    refused = heard(lambda call: call.ask(["one"], 4), Bare(keys=["1"]))
    assert isinstance(refused, CommandRefused)
    assert "StoreDTMF" in str(refused)


def test_a_secret_entry_leaves_no_key_in_a_variable_or_in_the_trace(tmp_path: Path) -> None:
    """PINs: a channel variable is seen by whoever may look at the channel."""
    channel = Channel(keys=["91827364"])
    with TraceFile(tmp_path / "trace") as trace:
        heard(lambda call: call.ask(["enter-pin"], 8, secret=True), channel, trace)
    assert not any("StoreDTMF" in command for command in channel.commands)
    assert "9182" not in str(channel.variables)
    written = (tmp_path / "trace").read_text()
    assert "9182" not in written
    assert '"digits": "****"' in written


def test_a_long_list_is_spoken_whole() -> None:
    channel = Channel(keys=["12"])
    assert heard(lambda call: call.ask(LONG, 4), channel) == Keyed("12", KeyEnd.TIMEOUT)
    assert channel.heard == LONG


def test_a_prompt_missing_before_the_last_one_is_skipped() -> None:
    channel = Channel(keys=["12"], missing=frozenset({"welcome"}))
    assert heard(lambda call: call.ask(["welcome", "enter-number"], 4), channel) == Keyed("12", KeyEnd.TIMEOUT)
    assert channel.heard == ["enter-number"]


def test_a_key_in_an_early_part_of_a_long_list_ends_the_speech() -> None:
    channel = Channel(keys=["<77#"])
    assert heard(lambda call: call.ask(LONG, 4), channel) == Keyed("77", KeyEnd.HASH)
    assert len(channel.heard) < len(LONG)


def test_a_key_during_play_ends_the_speech_and_is_dropped() -> None:
    channel = Channel(keys=["<7"])
    assert heard(lambda call: call.play(LONG), channel) is None
    assert 0 < len(channel.heard) < len(LONG)


def test_nothing_to_say_says_nothing() -> None:
    channel = Channel()
    assert heard(lambda call: call.play([]), channel) is None
    assert channel.commands == []


@pytest.mark.parametrize("notices", [False, True])
@pytest.mark.parametrize("secret", [False, True])
def test_a_caller_who_hangs_up_in_an_entry_is_told_apart_from_a_missing_prompt(*, secret: bool, notices: bool) -> None:
    gone = heard(lambda call: call.ask(["enter-pin"], 4, secret=secret), Channel(keys=["hangs up"], notices=notices))
    assert isinstance(gone, CallerHungUp)
    missing = heard(lambda call: call.ask(["enter-pin"], 4, secret=secret), Channel(missing=frozenset({"enter-pin"})))
    assert isinstance(missing, PromptMissing)
    assert str(missing) == "enter-pin"


def test_a_caller_who_hangs_up_while_listening_is_noticed() -> None:
    assert isinstance(heard(lambda call: call.play(["welcome"]), Channel(dead=True)), CallerHungUp)
    assert isinstance(heard(lambda call: call.answer(), Channel(dead=True)), CallerHungUp)


def test_variables_are_set_in_order_and_also_after_the_hang_up() -> None:
    channel = Channel(dead=True)
    assert heard(lambda call: call.set_variables({"CARD_CALL": 'a"b\\c', "CARD_NEXT": "dial"}), channel) is None
    assert channel.commands == ['SET VARIABLE CARD_CALL "a\\"b\\\\c"', 'SET VARIABLE CARD_NEXT "dial"']
    assert channel.variables["CARD_CALL"] == 'a"b\\c'


UNSENDABLE: dict[str, Callable[[Call], Awaitable[object]]] = {
    "path": lambda call: call.play(["../etc/passwd"]),
    "ampersand": lambda call: call.play(["a&b"]),
    "upper case": lambda call: call.ask(["Upper"], 4),
    "no digits": lambda call: call.ask(["a"], 0),
    "many digits": lambda call: call.ask(["a"], 500),
    "language": lambda call: call.speak_in("en)"),
    "no wait": lambda call: call.wait_for_keys(0, 3),
    "name": lambda call: call.set_variables({"X Y": "1"}),
    "line break": lambda call: call.set_variables({"CARD_NEXT": "end\nANSWER"}),
}


@pytest.mark.parametrize("what", UNSENDABLE)
def test_what_would_not_arrive_as_meant_is_refused_before_anything_is_sent(what: str) -> None:
    channel = Channel()
    assert isinstance(heard(UNSENDABLE[what], channel), ValueError)
    assert channel.commands == []


def test_the_language_is_the_channels() -> None:
    channel = Channel()
    heard(lambda call: call.speak_in("es"), channel)
    assert channel.variables == {"CHANNEL(language)": "es"}


def test_the_head_gives_arguments_caller_and_channel() -> None:
    found: list[object] = []

    async def handler(call: AgiCall) -> None:
        found.extend([call.arguments, call.caller_id, call.channel, call.unique_id])

    async def run() -> None:
        async with serving(handler) as (_, port):
            await call_in(port, Channel(), head(arguments=("1", "", "a,b c"), caller_id='+44"evil"'))

    uvloop.run(run())
    assert found == [("1", "", "a,b c"), '+44"evil"', "PJSIP/caller-00000001", "1700000000.1"]
    assert head_caller_id({"agi_callerid": "unknown"}) == ""


def test_the_trace_file_has_one_json_line_a_step(tmp_path: Path) -> None:
    async def verbs(call: Call) -> None:
        await call.answer()
        await call.ask(["enter-destination"], 15)
        await call.set_variables({"CARD_NEXT": "end"})

    with TraceFile(tmp_path / "trace") as trace:
        heard(verbs, Channel(keys=["4420#"]), trace)
    lines = [json.loads(line) for line in (tmp_path / "trace").read_text().splitlines()]
    assert [line["step"] for line in lines] == ["answered", "asked", "keyed", "set", "ended"]
    assert lines[1]["prompts"] == ["enter-destination"]
    assert (lines[2]["digits"], lines[2]["end"]) == ("4420", "hash")
    assert lines[0]["unique_id"] == "1700000000.1"
    assert lines[0]["caller"] == "442012345678"


def test_keys_are_cut_at_the_length_asked_for() -> None:
    """F33."""
    assert keyed_of("123456", 4, timed_out=True) == Keyed("1234", KeyEnd.FULL)


def test_a_folder_that_asterisk_would_misread_is_refused() -> None:
    for folder in ("prompts", "/a,b", "/a&b", '/a"b', "/a\nb", "/${X}", "/é"):
        with pytest.raises(ValueError, match="prompts folder"):
            checked_folder(folder)
    assert prompt_path(checked_folder("/srv/my prompts/"), "hello") == "/srv/my prompts/hello"
    assert prompt_paths("/p", ("a", "b")) == ("/p/a", "/p/b")
