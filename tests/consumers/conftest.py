# SPDX-License-Identifier: Apache-2.0
"""One server a worker for all consumers, with AWS's rules as they are, and a client for it."""

from __future__ import annotations

from typing import Any, Callable, Iterator

import pytest

from forebay_server import ForebayServer
from sqs_clients import sqs_client, unique_name


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForebayServer]:
    with ForebayServer(tmp_path_factory.mktemp("forebay")) as running:
        yield running


@pytest.fixture(scope="session")
def sqs(server: ForebayServer) -> Any:
    return sqs_client(server.endpoint)


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
