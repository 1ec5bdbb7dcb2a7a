# SPDX-License-Identifier: Apache-2.0
"""One server a worker for all cases, raw HTTP to it, and the report case -> outcome."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator

import pytest

import cases
from forebay_server import ROOT, ForebayServer
from raw_http import RawHttp
from sqs_clients import sqs_client, wire_protocol


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForebayServer]:
    with ForebayServer(tmp_path_factory.mktemp("forebay")) as running:
        yield running


@pytest.fixture(scope="session")
def sqs(server: ForebayServer) -> Any:
    return sqs_client(server.endpoint)


@pytest.fixture
def raw(server: ForebayServer) -> Iterator[RawHttp]:
    connection = RawHttp(server.port)
    yield connection
    connection.close()


# The report. Workers attach the case to their test reports; the controller adds them up.

_outcomes: Dict[str, str] = {}
_WORST = ("passed", "skipped", "failed")


def pytest_collection_modifyitems(items: "list[pytest.Item]") -> None:
    for item in items:
        for mark in item.iter_markers("case"):
            item.user_properties.append(("case", mark.args[0]))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when != "call" and report.outcome == "passed":
        return
    for name, value in report.user_properties:
        if name == "case":
            before = _outcomes.get(str(value), "passed")
            _outcomes[str(value)] = max(before, report.outcome, key=_WORST.index)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput") or not _outcomes:
        return
    path = ROOT / "build" / f"conformance-{wire_protocol()}.json"
    path.parent.mkdir(exist_ok=True)
    report = {case: _outcomes[case] for case in sorted(_outcomes, key=cases.sort_key)}
    path.write_text(json.dumps(report, indent=1) + "\n")
