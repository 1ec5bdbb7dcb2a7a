# SPDX-License-Identifier: Apache-2.0
"""The real server on a disk that refuses writes: it stops at once and says why, and a restart has
exactly what was answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from rounds import Rounds, assert_enough


@pytest.mark.timeout(0)
@pytest.mark.parametrize("durability", ["sync", "interval=1000"])
def test_a_write_that_fails_ends_the_process_and_undoes_nothing(
    tmp_path: Path, request: pytest.FixtureRequest, durability: str
) -> None:
    with Rounds(tmp_path, request, "--segment-mb", "8", "--durability", durability) as rounds:
        for _ in range(max(2, rounds.wanted // 2)):
            rounds.run(rounds.fail_writes)
        rounds.finish()
    assert_enough(rounds)
