"""The shipped dialplan and handover.py speak of the same variables, scripts and shapes, and of no money."""

from __future__ import annotations

import re

from telephony.configuration import CHECKOUT, DIALPLAN
from telephony.handover import (
    DIALPLAN_REGEXES,
    LIST_SEPARATOR,
    ROUNDS_MAX,
    ROUTES_MAX,
    AgiScript,
    NextStep,
    SettlePlace,
    Turn,
    Variable,
)

TEXT = (CHECKOUT / DIALPLAN).read_text()
LINES = [line for line in TEXT.splitlines() if line and not line.lstrip().startswith(";")]
CODE = "\n".join(LINES)
REGISTERED_USER = "_[+0-9A-Za-z_]!"


def test_every_variable_is_in_the_dialplan_and_none_besides() -> None:
    assert set(re.findall(r"CARD_[A-Z_]+", CODE)) == set(Variable)


def test_every_shape_guards_a_value_and_no_other_shape_does() -> None:
    assert set(re.findall(r'REGEX\("([^"]+)" ', CODE)) == set(DIALPLAN_REGEXES)


def test_the_scripts_asked_for_are_those_that_the_server_answers() -> None:
    assert set(re.findall(r"agi://@AGI@/([a-z-]+)", CODE)) == set(AgiScript)


def test_every_question_goes_to_the_other_call_server_when_the_first_takes_no_connection() -> None:
    """The same script with the same arguments, and only where another one is named."""
    lines = [line.rstrip(")") for line in CODE.splitlines()]
    asked = [line.partition("AGI(agi://@AGI@/")[2] for line in lines if "AGI(agi://@AGI@/" in line]
    only_then = '"${AGISTATUS}" = "FAILURE" & "@AGI_OTHER@" != ""]?AGI(agi://@AGI_OTHER@/'
    other = [line.partition(only_then)[2] for line in lines if "@AGI_OTHER@" in line]
    assert asked == other
    assert len(asked) >= len(AgiScript)


def test_words_and_limits_are_the_same() -> None:
    assert {f'"{step}"' for step in NextStep} <= set(re.findall(r'"[a-z]+"', CODE))
    assert f'"{Turn.SKIP}"' in CODE
    assert set(re.findall(r"card-settle,s,1\((\w+)\)", CODE)) == {SettlePlace.INLINE, SettlePlace.HANDLER}
    assert f"[${{ROUTE_NUMBER}} > {ROUTES_MAX}]" in CODE
    assert f"[${{CARD_ROUND}} > {ROUNDS_MAX}]" in CODE
    assert set(re.findall(r"CUT\(\w+,(.),", CODE)) == {LIST_SEPARATOR}


def test_settle_has_the_same_eight_fields_on_the_wire_and_in_the_spool() -> None:
    (wire,) = re.findall(r"agi://@AGI@/settle,(.*)\)$", CODE, re.MULTILINE)
    (spool,) = re.findall(r"FILE\(.*,u\)=(.*)\)$", CODE, re.MULTILINE)
    assert wire == spool
    assert len(wire.split(",")) == 8


def test_no_pattern_takes_a_number_of_any_length_or_any_character() -> None:
    patterns = re.findall(r"exten => (\S+?),", CODE)
    patterns.remove(REGISTERED_USER)  # our login at a carrier: any word, of which only a number goes on
    assert all(re.fullmatch(r"s|_\+?X{3,30}", pattern) for pattern in patterns)
    assert len(set(patterns)) == 1 + 2 * 28


def test_the_hangup_handler_stands_before_the_first_agi() -> None:
    assert CODE.index("hangup_handler_push") < CODE.index("AGI(")
    assert CODE.index("AGISIGHUP=no") < CODE.index("AGIEXITONHANGUP=yes") < CODE.index("AGI(")


def test_times_that_count_from_the_ivr_are_never_read() -> None:
    assert not re.search(r"ANSWEREDTIME|DIALEDTIME|billsec|LIMIT_TIMEOUT_FILE", CODE)


def test_every_dial_has_a_limit_and_stands_right_after_its_guards() -> None:
    dials = [number for number, line in enumerate(LINES) if "Dial(" in line]
    assert len(dials) == 1
    assert "L(${CARD_LIMIT})" in LINES[dials[0]]
    guards = [number for number, line in enumerate(LINES) if "REGEX(" in line and "${ROUTE_" in line]
    assert len(guards) == 4
    assert guards == list(range(guards[0], guards[0] + 4))
    between = "\n".join(LINES[guards[-1] : dials[0]])
    assert not re.search(r"Set\(ROUTE_(NAME|DST|RING|SHOWN)=", between)
