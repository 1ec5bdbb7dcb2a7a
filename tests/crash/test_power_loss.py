# SPDX-License-Identifier: Apache-2.0
"""The real server on a disk that forgets: with --emulate-power-loss a kill -9 is a power failure,
and what was not synced is lost, kept or torn (src/env/unsynced_file_system.h)."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest

from rounds import Rounds, assert_enough

SMALL_SEGMENTS = ("--segment-mb", "8")
LIES_MAX = 40


def on_a_disk_that_forgets(rounds: Rounds) -> None:
    """Each start has another seed."""
    rounds.use(*SMALL_SEGMENTS, "--emulate-power-loss", str(rounds.chance.randrange(1 << 30)))


@pytest.mark.timeout(0)
def test_nothing_answered_is_undone_by_a_power_failure(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    rounds = Rounds(tmp_path, request)
    on_a_disk_that_forgets(rounds)
    with rounds:
        for _ in range(rounds.wanted):
            on_a_disk_that_forgets(rounds)
            rounds.run(rounds.kill)
        assert "loses unsynced writes" in rounds.server.run_log()
        rounds.finish()
    assert_enough(rounds)


@pytest.mark.timeout(0)
def test_nothing_answered_is_undone_by_whatever_comes(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Power failures, kills that leave the system's cache alone, and pauses, in any order."""
    with Rounds(tmp_path, request, *SMALL_SEGMENTS) as rounds:
        ways = (rounds.kill, rounds.kill, rounds.kill_while_stopped, rounds.stop_and_go_on)
        for _ in range(rounds.wanted):
            if rounds.chance.random() < 0.5:
                on_a_disk_that_forgets(rounds)
            else:
                rounds.use(*SMALL_SEGMENTS)
            way = rounds.chance.choice(ways)
            rounds.run(way, goes_on=way == rounds.stop_and_go_on)
        rounds.finish()
    assert_enough(rounds)


def test_a_disk_that_lies_is_convicted(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Proof that the checks see one lost batch: this disk is one sync behind, so that a power
    failure takes what was acknowledged last. Sooner or later that is a message."""
    with Rounds(tmp_path, request) as rounds:
        for _ in range(LIES_MAX):
            rounds.server.stop()
            rounds.use("--emulate-power-loss", "lying-disk")
            rounds.server.start()
            rounds.use()
            with contextlib.suppress(AssertionError):
                rounds.run(rounds.kill)
            if any(tells_of_a_loss(text) for text in rounds.books.violations()):
                return
            rounds.books.history.violations.clear()  # a lost deletion, say
    pytest.fail("no lost message was noticed")


def tells_of_a_loss(violation: str) -> bool:
    counted = re.search(r"holds (\d+) messages, must be (\d+) to", violation)
    too_few = counted is not None and int(counted[1]) < int(counted[2])
    return too_few or "duplicate of" in violation
