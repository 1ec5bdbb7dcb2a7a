# SPDX-License-Identifier: Apache-2.0
"""One server a worker for all consumers, with AWS's rules as they are."""

from __future__ import annotations

from typing import Any, Iterator

import pytest

from forebay_server import ForebayServer
from sqs_clients import sqs_client


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForebayServer]:
    with ForebayServer(tmp_path_factory.mktemp("forebay")) as running:
        yield running


@pytest.fixture(scope="session")
def sqs(server: ForebayServer) -> Any:
    return sqs_client(server.endpoint)
