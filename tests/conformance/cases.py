# SPDX-License-Identifier: Apache-2.0
"""Which cases of the contract's section 6 these tests must hold, and how a test names its case."""

from __future__ import annotations

import re
from typing import Dict, FrozenSet, Set, Tuple

import pytest


def case(case_id: str) -> pytest.MarkDecorator:
    """Marks a test as (a part of) the contract case `case_id`, e.g. @case("Q7")."""
    assert case_id in CASES, f"{case_id} is not a case of the served actions"
    return pytest.mark.case(case_id)


def sort_key(case_id: str) -> Tuple[str, int]:
    found = re.fullmatch(r"([A-Z]+)(\d+)", case_id)
    assert found is not None, case_id
    return found.group(1), int(found.group(2))


def _range(letter: str, last: int, without: FrozenSet[int] = frozenset()) -> Set[str]:
    return {f"{letter}{number}" for number in range(1, last + 1) if number not in without}


CASES: FrozenSet[str] = frozenset(
    _range("T", 30)
    | _range("Q", 41)
    | _range("G", 6)
    | _range("S", 31)
    | _range("B", 15)
    | _range("R", 20)
    | _range("V", 19)
    | _range("F", 29)
    | _range("D", 9, without=frozenset({7}))
    | _range("P", 5)
)

_FAKE_CLOCK = (
    "lasts a minute or more; checked on a fake clock by the engine's tests and the simulator"
)
COVERED_ELSEWHERE: Dict[str, str] = {
    "F21": f"the 5 minute deduplication window: {_FAKE_CLOCK}",
    "F29": f"retention of 60 s: {_FAKE_CLOCK}",
    "V18": f"retention of 60 s in flight: {_FAKE_CLOCK}",
}
