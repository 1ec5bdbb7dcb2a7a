# SPDX-License-Identifier: Apache-2.0
"""How long to torture: pytest tests/crash --rounds 200 --seed 7"""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rounds", type=int, default=8, help="how often each test disturbs the server (default: 8)"
    )
    parser.addoption(
        "--seed", type=int, default=None, help="repeats the random choices of an earlier run"
    )
