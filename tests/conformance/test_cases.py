# SPDX-License-Identifier: Apache-2.0
"""Every case has a test, or a reason why it is checked elsewhere; never both, and none is made
up."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Set

from cases import CASES, COVERED_ELSEWHERE
from forebay_server import ROOT


def found_in_tests() -> Set[str]:
    """The literals of all @case("...") decorators in this directory."""
    found: Set[str] = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            for decorator in getattr(node, "decorator_list", []):
                if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "case":
                    assert isinstance(decorator.args[0], ast.Constant), str(path)
                    found.add(str(decorator.args[0].value))
    return found


def test_every_case_has_a_test_or_a_reason() -> None:
    assert CASES - found_in_tests() - set(COVERED_ELSEWHERE) == set()


def test_no_case_is_both_tested_and_excused() -> None:
    assert found_in_tests() & set(COVERED_ELSEWHERE) == set()
    assert set(COVERED_ELSEWHERE) <= CASES


def test_what_is_covered_elsewhere_is_there() -> None:
    for case_id, where in COVERED_ELSEWHERE.items():
        suite, name = where.test.split(".")
        text = (ROOT / where.file).read_text()
        assert re.search(rf"TEST(_F)?\({suite}, {name}\)", text), case_id
