"""callingcard prompts replace, undo, generate: the services of the console's page, at the command line."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from command_line.audit import audit
from command_line.init import init
from command_line.prompts import prompts
from ivr_prompts.wav import wav_bytes

if TYPE_CHECKING:
    from pathlib import Path

TONE = wav_bytes(struct.pack("<800h", *([6_000, -6_000] * 400)))


@pytest.fixture
def runner(tmp_path: Path) -> CliRunner:
    runner = CliRunner(env={"CALLINGCARD_STATE_DIR": str(tmp_path), "CALLINGCARD_DATABASE_URL": ""})
    assert runner.invoke(init, ["--json"]).exit_code == 0
    return runner


def test_a_prompt_is_replaced_generated_and_undone_each_act_noted(runner: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "new.wav").write_bytes(TONE)
    file = tmp_path / "prompts" / "en" / "goodbye.wav"
    replaced = runner.invoke(prompts, ["replace", "goodbye", str(tmp_path / "new.wav"), "--language", "en"])
    assert replaced.output == "en/goodbye: recorded.\n"
    assert file.read_bytes() == TONE
    assert runner.invoke(prompts, ["undo", "goodbye", "--language", "en"]).exit_code == 1  # there was no file before
    (tmp_path / "other.wav").write_bytes(TONE[:-200])
    runner.invoke(prompts, ["replace", "goodbye", str(tmp_path / "other.wav"), "--language", "en"])
    assert runner.invoke(prompts, ["undo", "goodbye", "--language", "en"]).output == "en/goodbye: recorded.\n"
    assert file.read_bytes() == TONE
    told = runner.invoke(audit, ["list", "--json"]).output
    assert (told.count("prompt.replaced"), told.count("prompt.undone")) == (2, 1)


def test_what_is_refused_says_why(runner: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("hello")
    for name, why in (("goodbye", "no wav file"), ("nothing", "is no prompt")):
        refused = runner.invoke(prompts, ["replace", name, str(tmp_path / "text.wav"), "--language", "en"])
        assert refused.exit_code == 1
        assert why in refused.output
