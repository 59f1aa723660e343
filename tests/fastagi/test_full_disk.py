"""A disk that is full takes log lines and traces, and no call (F8)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fastagi.trace import Trace, TraceFile

FULL = Path("/dev/full")  # every write to it fails as on a full disk
LOGGING = "from fastagi.logs import set_up_logs; import structlog; set_up_logs(); log = structlog.get_logger(); "


def test_a_trace_on_a_full_disk_loses_its_lines_and_nothing_else() -> None:
    with TraceFile(FULL) as file:
        trace = Trace("unique", "15550100", file)
        trace.answered()
        trace.ended("done")
        assert file.lines_lost == 2
        assert [step.step for step in trace.steps] == ["answered", "ended"]


def test_a_log_on_a_full_disk_ends_no_session() -> None:
    work = LOGGING + "[log.error('line', number=n) for n in range(100)]; print('went on')"
    with FULL.open("w") as full:
        done = subprocess.run([sys.executable, "-c", work], stdout=subprocess.PIPE, stderr=full, text=True, check=False)
    assert done.stdout == "went on\n"
