"""The fault matrix, made from the tests: `make faults` runs every test whose sentence names a fault (F1 to F38) and
writes docs/faults.md: fault, promise, test, result.

A pytest plugin; use: PYTHONPATH=.:tests pytest -p fault_matrix --faults docs/faults.md
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pytest

FAULTS_FILE = Path(__file__).parents[1] / "docs" / "faults.toml"
COLUMNS = ("id", "fault", "promise", "test", "result")
FAULT_ID = re.compile(r"\bF([1-9]|[12][0-9]|3[0-8])\b")
WORST_FIRST = ("failed", "error", "xfailed", "skipped", "passed")
SAYS = {"passed": "passed", "failed": "FAILED", "error": "FAILED", "skipped": "not run", "xfailed": "known not to hold"}


def fault_ids(test: pytest.Item) -> list[str]:
    """Those that the sentence under the test's name tells."""
    told = getattr(getattr(test, "function", None), "__doc__", None) or ""
    return [found[0] for found in FAULT_ID.finditer(told)]


def name_of(node_id: str) -> str:
    """The test without its parameters."""
    return node_id.partition("[")[0]


class Matrix:
    """Outcomes by test, and tests by fault."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.tests: dict[str, set[str]] = defaultdict(set)
        self.outcomes: dict[str, str] = {}

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        others = [item for item in items if not fault_ids(item)]
        items[:] = [item for item in items if fault_ids(item)]
        config.hook.pytest_deselected(items=others)
        for item in items:
            for fault in fault_ids(item):
                self.tests[fault].add(name_of(item.nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        outcome = report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xfailed" if outcome == "skipped" else "failed"
        if report.when == "call" or outcome != "passed":
            name = name_of(report.nodeid)
            both = (self.outcomes.get(name, "passed"), outcome)
            self.outcomes[name] = min(both, key=WORST_FIRST.index)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not session.config.option.collectonly:
            before = kept(self.file.read_text()) if session.config.option.faults_add else None
            self.file.write_text(table(self.tests, self.outcomes, datetime.now(UTC), before))


def table(
    tests: Mapping[str, Iterable[str]],
    outcomes: Mapping[str, str],
    now: datetime,
    before: Mapping[str, dict[str, str]] | None = None,
) -> str:
    """The page as it is kept in docs."""
    lines = [
        "# Fault, promise, test, result",
        f"Made by `make faults` on {now:%Y-%m-%d %H:%M} UTC from the tests whose sentences name a fault; do not edit.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        "|---|---|---|---|---|",
    ]
    for fault, told in tomllib.loads(FAULTS_FILE.read_text()).items():
        now_run = {_short(test): SAYS[outcomes[test]] if test in outcomes else "" for test in tests.get(fault, ())}
        results = {**(before or {}).get(fault, {}), **now_run} or {told.get("no_test", "no test yet"): ""}
        for place, (test, result) in enumerate(sorted(results.items())):
            head = f"| {fault} | {told['fault']} | {told['promise']}" if place == 0 else "| | |"
            lines.append(f"{head} | {test} | {result} |")
    return "\n".join(lines) + "\n"


def _short(test: str) -> str:
    file, separator, name = test.partition("::")
    return f"`{file.removeprefix('tests/')}` {name.removeprefix('test_').replace('_', ' ')}" if separator else test


def kept(page: str) -> dict[str, dict[str, str]]:
    """The tests and results of a page, by fault: what a run of some tests leaves as it was."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    fault = ""
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == len(COLUMNS) and cells[3].startswith("`"):
            fault = cells[0] or fault
            found[fault][cells[3]] = cells[4]
    return found


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults-add", action="store_true", help="Keep what the page says of tests that do not run now.")
    parser.addoption("--faults", metavar="FILE", help="Run the tests that name a fault, and write the matrix here.")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.faults:
        config.pluginmanager.register(Matrix(Path(config.option.faults)))
