# SPDX-License-Identifier: Apache-2.0
"""One server a worker for all cases, clients for it, and the report case -> outcome."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Iterator

import pytest

import cases
from forebay_server import ROOT, ForebayServer
from raw_http import RawHttp
from sqs_clients import sqs_client, unique_name, wire_protocol


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


@pytest.fixture
def queue(sqs: Any) -> Callable[..., str]:
    """Creates a standard queue of its own for the test; keyword arguments are its attributes. The
    URL."""
    return lambda **attributes: sqs.create_queue(QueueName=unique_name(), Attributes=attributes)[
        "QueueUrl"
    ]


@pytest.fixture
def fifo(sqs: Any) -> Callable[..., str]:
    """The same for FIFO queues."""
    return lambda **attributes: sqs.create_queue(
        QueueName=unique_name(fifo=True), Attributes={"FifoQueue": "true", **attributes}
    )["QueueUrl"]


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
