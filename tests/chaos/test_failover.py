"""The short run of a failover: the primary is killed in mid-load, the standby is promoted (`make chaos` repeats it)."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from failover import Stand, a_stand

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.postgresql, pytest.mark.timeout(400)]


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    yield from a_stand(tmp_path / "stand")


def test_calls_go_on_and_nothing_is_lost_when_the_primary_is_killed_and_the_standby_promoted(stand: Stand) -> None:
    """F6, F7, F9: calls talk through it, new ones are refused until the promotion, COMMITs whose answer got lost are
    repeated, and what was confirmed is on the standby.
    """
    may_end = threading.Event()
    stand.long_talkers(may_end)
    stand.load()
    stand.until("connected", 10, 0)
    without, since_promotion = stand.fail_over()
    may_end.set()
    stand.end()
    sys.stdout.write(f"{without:.1f} s without calls, {since_promotion:.1f} s of them since the promotion\n")
    assert stand.findings() == []
    assert list(stand.truth.talk_ms.values()).count(600_000) == 2
    assert stand.truth.confirmed


def test_while_the_standby_is_away_nobody_is_told_a_charge_that_one_machine_has_alone(stand: Stand) -> None:
    """New calls are refused until the operator lets the primary go on by itself; then all does, and nothing is lost."""
    stand.load()
    stand.until("connected", 3, 0)
    stand.standby.kill()
    away = time.monotonic()
    stand.until("refused", 2, away)
    stand.primary.wait_for_standby("")
    stand.until("connected", 5, time.monotonic())
    stand.end()
    assert stand.findings() == []


def test_a_standby_that_nobody_waits_for_loses_charges_and_that_is_found(stand: Stand) -> None:
    """That the comparison bites: an asynchronous standby that is behind when the primary dies."""
    stand.primary.wait_for_standby("")
    sender = int(stand.primary.ask("SELECT pid FROM pg_stat_replication"))
    os.kill(sender, signal.SIGSTOP)
    stand.load()
    stand.until("connected", 5, 0)
    stand.end()
    stand.primary.kill()
    stand.standby.promote()
    assert [finding for finding in stand.findings() if "lost" in finding]
