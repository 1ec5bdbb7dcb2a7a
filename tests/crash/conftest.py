# SPDX-License-Identifier: Apache-2.0
"""How long to torture, pytest tests/crash --rounds 200 --seed 7, and what came of it."""

from __future__ import annotations

import pytest

from rounds import SUMMARY


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rounds", type=int, default=6, help="how often each test disturbs the server (default: 6)"
    )
    parser.addoption(
        "--seed", type=int, default=None, help="repeats the random choices of an earlier run"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, text in report.user_properties:
                if name == SUMMARY:
                    terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {text}")
