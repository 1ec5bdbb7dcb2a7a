# SPDX-License-Identifier: Apache-2.0
"""Fixtures of all Python tests: servers that end with the test, and a short line on what is
tested."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Iterator, List

import pytest

import forebay_server
import sqs_clients
from forebay_server import ForebayServer


def pytest_report_header() -> str:
    try:
        return f"forebay: {forebay_server.binary()}, botocore speaks {sqs_clients.wire_protocol()}"
    except forebay_server.ServerFailed as error:
        return f"forebay: {error}"


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[..., ForebayServer]]:
    """Makes servers, not yet started, each with its own directory; ends those that still run."""
    made: List[ForebayServer] = []

    def make(*flags: str, memory: bool = False) -> ForebayServer:
        made.append(ForebayServer(tmp_path / f"server-{len(made)}", *flags, memory=memory))
        return made[-1]

    yield make
    for server in made:
        if server.running():
            server.kill()


# For suites that share one server a worker: each has the session fixtures `server` and `sqs` of its
# own, so that several suites can run in one session.


@pytest.fixture
def queue(sqs: Any) -> Callable[..., str]:
    """Creates a standard queue of its own for the test; keyword arguments are its attributes. The
    URL."""
    return lambda **attributes: sqs.create_queue(
        QueueName=sqs_clients.unique_name(), Attributes=attributes
    )["QueueUrl"]


@pytest.fixture
def fifo(sqs: Any) -> Callable[..., str]:
    """The same for FIFO queues."""
    return lambda **attributes: sqs.create_queue(
        QueueName=sqs_clients.unique_name(fifo=True),
        Attributes={"FifoQueue": "true", **attributes},
    )["QueueUrl"]
