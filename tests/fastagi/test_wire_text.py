"""What is written stays one command and one argument (F32)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastagi.agi_text import COMMAND_BYTES_MAX, UnsafeText, command_line, head_fields, quoted


def test_a_command_that_would_not_arrive_whole_is_refused() -> None:
    with pytest.raises(UnsafeText):
        command_line("x" * COMMAND_BYTES_MAX)


def test_quotes_and_backslashes_are_escaped() -> None:
    assert quoted('a "b" \\t c') == '"a \\"b\\" \\\\t c"'


def test_of_a_name_said_twice_in_the_head_the_first_counts() -> None:
    assert head_fields("agi_arg_1: 1\nagi_arg_1: 2") == {"agi_arg_1": "1"}


@given(st.text())
def test_a_quoted_text_is_one_argument_or_refused(text: str) -> None:
    """F32: read back as Asterisk does, the argument is the text itself."""
    try:
        argument = quoted(text)
    except UnsafeText:
        assert set(text) & {"\r", "\n", "\0"}
        return
    inside, read, place = argument[1:-1], "", 0
    while place < len(inside):
        place += inside[place] == "\\"
        read += inside[place]
        place += 1
    assert read == text
