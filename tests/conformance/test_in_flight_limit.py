# SPDX-License-Identifier: Apache-2.0
"""Contract section 5.7: at most 120,000 messages of a queue are in flight."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any, BinaryIO, Callable, Iterator, List

import pytest

from forebay_server import ForebayServer
from raw_http import JSON_TYPE
from sqs_clients import counts, receive, refused, sqs_client

NewQueue = Callable[..., str]
LIMIT = 120_000
PIPELINED = 100


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForebayServer]:
    with ForebayServer(tmp_path_factory.mktemp("limit"), memory=True) as running:
        yield running


@pytest.fixture(scope="module")
def sqs(server: ForebayServer) -> Any:
    return sqs_client(server.endpoint)


def first_of(sqs: Any, url: str, **parameters: Any) -> str:
    """Sends a message and receives it; its receipt handle."""
    sqs.send_message(QueueUrl=url, MessageBody="first", **parameters)
    return str(receive(sqs, url)[0]["ReceiptHandle"])


def request(action: str, **payload: Any) -> bytes:
    body = json.dumps(payload)
    return (
        f"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.{action}\r\n"
        f"Content-Type: {JSON_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def read_reply(stream: BinaryIO) -> None:
    """Reads one reply, which must be a success."""
    status = stream.readline()
    headers = http.client.parse_headers(stream)
    body = stream.read(int(headers["Content-Length"]))
    assert b" 200 " in status, body


def run_all(port: int, requests: List[bytes]) -> None:
    """Pipelines the requests over one connection: one by one they would take a minute."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        with connection.makefile("rb") as stream:
            for start in range(0, len(requests), PIPELINED):
                some = requests[start : start + PIPELINED]
                connection.sendall(b"".join(some))
                for _ in some:
                    read_reply(stream)


def fill_to_the_limit(server: ForebayServer, url: str, fifo: bool) -> None:
    """Beside one that is in flight already: as many as there may be, and eleven visible ones."""

    def batch(number: int) -> bytes:
        entry = {"MessageGroupId": str(number)} if fifo else {}
        entries = [{"Id": str(n), "MessageBody": f"{number}-{n}", **entry} for n in range(10)]
        return request("SendMessageBatch", QueueUrl=url, Entries=entries)

    run_all(server.port, [batch(number) for number in range(LIMIT // 10 + 1)])
    ten = request("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)
    run_all(server.port, [ten] * (LIMIT // 10))


def test_a_standard_queue_refuses_short_polls(
    sqs: Any, server: ForebayServer, queue: NewQueue
) -> None:
    """A long poll is not refused but stays empty; a delete makes room for one."""
    url = queue(VisibilityTimeout="43200")
    handle = first_of(sqs, url)
    fill_to_the_limit(server, url, fifo=False)
    assert counts(sqs, url) == (11, LIMIT, 0)
    found = refused(sqs.receive_message, QueueUrl=url)
    assert (found.status, found.code) == (403, "OverLimit")
    assert receive(sqs, url, wait=1) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    assert len(receive(sqs, url)) == 1


def test_a_fifo_queue_has_no_more_messages(sqs: Any, server: ForebayServer, fifo: NewQueue) -> None:
    url = fifo(VisibilityTimeout="43200", ContentBasedDeduplication="true")
    handle = first_of(sqs, url, MessageGroupId="first")
    fill_to_the_limit(server, url, fifo=True)
    assert counts(sqs, url) == (11, LIMIT, 0)
    assert receive(sqs, url) == []
    assert receive(sqs, url, wait=1) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)
    assert len(receive(sqs, url)) == 1
