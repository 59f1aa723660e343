"""The rules of the house, checked on every file of it: sizes, floats, prints, secrets of the workplace, names,
migrations.
"""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from services.store.migrate import alembic_config

HOUSE = Path(__file__).resolve().parent.parent
ROOMS = (
    "billing",
    "models",
    "services",
    "ivr_prompts",
    "telephony",
    "fastagi",
    "simulator",
    "web_base",
    "admin_web",
    "portal_web",
    "command_line",
)
FILE_LINES_MAX = 300
FILE_LINES_MEDIAN_MAX = 110
FUNCTION_LINES_MAX = 60
FUNCTION_LINES_NINE_OF_TEN_MAX = 25
MAY_PRINT = ("command_line/", "bench/", "tests/")
MONEY_ROOMS = ("billing", "models", "services")


def tracked(*patterns: str) -> list[Path]:
    """Files of the project, as git knows them (also those not committed yet)."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=True,
    )
    return [HOUSE / name for name in listed.stdout.splitlines() if (HOUSE / name).is_file()]


def room_files() -> list[Path]:
    return tracked(*(f"{room}/*.py" for room in ROOMS))


def function_lines(file: Path) -> list[tuple[str, int]]:
    nodes = ast.walk(ast.parse(file.read_text()))
    functions = (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return [(f"{file.name}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1) for node in functions]


def short(file: Path) -> str:
    return str(file.relative_to(HOUSE))


def test_no_file_is_longer_than_one_sitting() -> None:
    lengths = {short(file): len(file.read_text().splitlines()) for file in room_files()}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES_MAX} == {}
    assert statistics.median(lengths.values()) <= FILE_LINES_MEDIAN_MAX


def test_no_function_is_longer_than_one_screen() -> None:
    lengths = [length for file in room_files() for length in function_lines(file)]
    assert [found for found in lengths if found[1] > FUNCTION_LINES_MAX] == []
    assert statistics.quantiles([lines for _, lines in lengths], n=10)[-1] <= FUNCTION_LINES_NINE_OF_TEN_MAX


def test_every_file_says_what_the_reader_will_find() -> None:
    assert [short(file) for file in room_files() if not ast.get_docstring(ast.parse(file.read_text()))] == []


def test_money_is_never_a_float() -> None:
    def floats(file: Path) -> list[str]:
        return [
            f"{short(file)}:{node.lineno}"
            for node in ast.walk(ast.parse(file.read_text()))
            if (isinstance(node, ast.Constant) and isinstance(node.value, float))
            or (isinstance(node, ast.Name) and node.id == "float")
            or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and not is_path(node))
        ]

    def is_path(node: ast.BinOp) -> bool:
        """Joining paths is no division; a money room joins paths only to literal names."""
        sides = (node.left, node.right)
        return any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in sides)

    files = tracked(*(f"{room}/*.py" for room in MONEY_ROOMS))
    assert [place for file in files for place in floats(file)] == []


def test_nothing_is_printed_outside_the_command_line() -> None:
    def prints(file: Path) -> bool:
        calls = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call))
        return any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls)

    files = [file for file in tracked("*.py") if not short(file).startswith(MAY_PRINT)]
    assert [short(file) for file in files if prints(file)] == []


def test_nothing_is_swallowed_and_nothing_is_left_to_do() -> None:
    # Built from parts, so that this file does not find itself.
    left = re.compile(r"except\s*:|except Exception:\s*\n\s*pass|\b" + "TO" + "DO\\b|\\bFIX" + "ME\\b")
    assert [short(file) for file in tracked("*.py") if left.search(file.read_text())] == []


def test_migrations_are_one_line_of_descent() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
    for revision in script.walk_revisions():
        assert Path(revision.path).name.startswith(f"{revision.revision}_")
        assert revision.doc


def test_names_of_the_rooms_collide_with_nothing_installed() -> None:
    """The rooms have plain names, which is safe only in an environment of the project's own."""
    installed = packages_distributions()
    for room in (*ROOMS, "migrations"):
        assert set(installed.get(room, ["callingcard"])) == {"callingcard"}, room
        assert room not in sys.stdlib_module_names


def test_no_file_tells_of_a_machine_or_a_registry() -> None:
    # Built from parts, so that this file does not find itself.
    told = re.compile("/wo" + "rk/|/ro" + "ot/|py" + "pi\\.|npm" + "js\\.|deb\\.deb" + "ian|registry\\." + "|mirror\\.")
    suspects = [file for file in tracked() if file.suffix not in {".png", ".wav"}]
    assert [short(file) for file in suspects if told.search(file.read_text(errors="replace"))] == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_lock_files_hold_hashes_and_no_address(name: str) -> None:
    text = (HOUSE / name).read_text()
    assert "://" not in text
    pinned = re.findall(r"^\S+==\S+", text, re.MULTILINE)
    assert pinned
    assert text.count("--hash=sha256:") >= len(pinned)


def test_nothing_audible_is_committed() -> None:
    assert tracked("*.wav", "*.gsm", "*.ulaw", "*.alaw", "*.sln*", "*.mp3", "*.ogg", "*.g722") == []


def test_every_dependency_has_its_reason() -> None:
    lines = (HOUSE / "setup.cfg").read_text().splitlines()
    for place, line in enumerate(lines):
        if re.match(r"    [a-z][\w\[\]-]+>=", line):
            assert lines[place - 1].strip().startswith("#"), line
            assert "<" in line, f"{line}: bound it above"


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [path.name[:4] for path in (HOUSE / "docs" / "decisions").glob("*.md")]
    assert sorted(numbers) == [f"{number:04}" for number in range(1, len(numbers) + 1)]
