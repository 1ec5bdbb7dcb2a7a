# SPDX-License-Identifier: Apache-2.0
"""The real server on a small disk (--emulate-disk-bytes) that fills up: sends are refused, all that
makes room goes on, and with room sends are accepted again, without a restart."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Set

import pytest

from calls import Client, message_count
from forebay_server import ForebayServer, wait_until
from raw_http import RawHttp, Reply

DISK_BYTES = 112 << 20
TINY_DISK_BYTES = 68 << 20  # full before the log has grown enough for a snapshot
EXACT_DISK_BYTES = 64 << 20  # segments fill it to the last byte
SEGMENT_MB = "8"
BODY_BYTES = 200_000
QUEUE = "filling"
FILL_SECONDS_MAX = 90
ROOM_SECONDS_MAX = 20
CHANGES_WHILE_FULL = 300


class FillingServer:
    """A server on a small disk, and the bodies it has acknowledged and still holds."""

    def __init__(self, directory: Path, disk_bytes: int) -> None:
        self.disk_bytes = disk_bytes
        self.process = ForebayServer(
            directory, "--segment-mb", SEGMENT_MB, "--emulate-disk-bytes", str(disk_bytes)
        )
        self.process.flags += ["--cooldowns=off"]
        self.there: Set[str] = set()
        self._count = 0

    def start(self) -> None:
        self.process.start()
        self.raw = RawHttp(self.process.port, timeout=60)
        self.client = Client(self.process.port, timeout=60)

    def create_queue(self) -> None:
        self.client.call("CreateQueue", QueueName=QUEUE, Attributes={"VisibilityTimeout": "600"})

    def send(self) -> Reply:
        self._count += 1
        name = f"{self._count:08d}"
        body = name + "." * (BODY_BYTES - len(name))
        reply = self.raw.json("SendMessage", {"QueueUrl": QUEUE, "MessageBody": body})
        if reply.status == 200:
            self.there.add(name)
        return reply

    def fill(self) -> Reply:
        """Sends until the first refusal, which is returned."""
        deadline = time.monotonic() + FILL_SECONDS_MAX
        while time.monotonic() < deadline:
            reply = self.send()
            if reply.status != 200:
                return reply
        raise AssertionError(f"{len(self.there)} messages sent, and the disk is not full")

    def receive(self, count: int) -> List[Dict[str, Any]]:
        return list(
            self.client.call(
                "ReceiveMessage", QueueUrl=QUEUE, MaxNumberOfMessages=count, WaitTimeSeconds=0
            ).get("Messages", [])
        )

    def delete(self, message: Dict[str, Any]) -> None:
        self.client.call("DeleteMessage", QueueUrl=QUEUE, ReceiptHandle=message["ReceiptHandle"])
        name = message["Body"][:8]
        assert name in self.there, f"{name} was not there any more, or never"
        self.there.remove(name)

    def drain(self, left: int = 0) -> None:
        """Until `left` messages are there."""
        while len(self.there) > left:
            found = self.receive(min(10, len(self.there) - left))
            assert found, f"{len(self.there)} messages are acknowledged and not to be had"
            for message in found:
                self.delete(message)

    def accepts_sends(self) -> bool:
        return self.send().status == 200

    def wait_for_room(self) -> None:
        wait_until(self.accepts_sends, ROOM_SECONDS_MAX, "a send to be accepted again")


on_any_disk = pytest.mark.parametrize(
    "disk_bytes",
    [DISK_BYTES, TINY_DISK_BYTES, EXACT_DISK_BYTES],
    ids=["small", "tiny", "exact"],
)


@pytest.fixture
def disk_bytes() -> int:
    return DISK_BYTES


@pytest.fixture
def server(tmp_path: Path, disk_bytes: int) -> Iterator[FillingServer]:
    made = FillingServer(tmp_path / "server", disk_bytes)
    made.start()
    made.create_queue()
    yield made
    if made.process.running():
        made.process.kill()


def assert_says_the_disk_is_full(reply: Reply) -> None:
    assert reply.status == 503, reply.text
    assert reply.error_shape() == "ServiceUnavailable"
    text = reply.json()["message"]
    assert "full" in text and len(re.findall(r"(\d+) (?:bytes|more)", text)) == 2, text


@pytest.mark.timeout(300)
def test_a_full_disk_refuses_sends_and_nothing_else(server: FillingServer) -> None:
    process = server.process.process
    assert_says_the_disk_is_full(server.fill())
    warned = re.findall(r"the disk is full.*", server.process.run_log())
    assert len(warned) == 1 and re.search(r"free\D*\d+.*needed\D*\d+", warned[0]), warned

    received = server.receive(10)
    assert len(received) == 10
    for number in range(CHANGES_WHILE_FULL):
        server.client.call(
            "ChangeMessageVisibility",
            QueueUrl=QUEUE,
            ReceiptHandle=received[number % 9]["ReceiptHandle"],
            VisibilityTimeout=300 + number,
        )
    assert message_count(server.client, QUEUE) == len(server.there)
    assert_says_the_disk_is_full(server.send())
    refused_batch = server.raw.json(
        "SendMessageBatch",
        {"QueueUrl": QUEUE, "Entries": [{"Id": "a", "MessageBody": "." * BODY_BYTES}]},
    )
    assert refused_batch.status == 503 or refused_batch.json()["Failed"][0]["Id"] == "a"
    for message in received:
        server.delete(message)
    assert process is not None and server.process.process is process and server.process.running()


@pytest.mark.timeout(300)
@on_any_disk
def test_draining_lets_sends_resume_without_a_restart(server: FillingServer) -> None:
    process = server.process.process
    server.fill()
    server.drain(left=5)
    server.wait_for_room()
    assert server.process.process is process
    again = server.fill()  # what was given back can be used
    assert_says_the_disk_is_full(again)
    server.drain()
    server.wait_for_room()
    server.drain()
    assert server.process.process is process and server.process.stop() == 0


@pytest.mark.timeout(300)
@on_any_disk
def test_a_purge_lets_sends_resume(server: FillingServer) -> None:
    server.fill()
    server.client.call("PurgeQueue", QueueUrl=QUEUE)
    server.there.clear()
    server.wait_for_room()
    server.drain()
    assert message_count(server.client, QUEUE) == 0


@pytest.mark.timeout(300)
def test_disk_space_that_somebody_frees_lets_sends_resume(server: FillingServer) -> None:
    ballast = server.process.data / "journal" / "ballast"
    with ballast.open("wb") as file:
        file.truncate(server.disk_bytes // 8)
    assert_says_the_disk_is_full(server.fill())
    ballast.unlink()
    server.wait_for_room()
    server.drain()


@pytest.mark.timeout(300)
@on_any_disk
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_restart_on_a_full_disk_loses_nothing(server: FillingServer, end: str) -> None:
    ends: Dict[str, Callable[[], Any]] = {
        "stop": server.process.stop,
        "kill": server.process.kill,
    }
    server.fill()
    ends[end]()
    server.start()
    assert message_count(server.client, QUEUE) == len(server.there)
    server.fill()  # perhaps a restart has found some room
    server.drain(left=5)
    server.wait_for_room()
    server.drain()
    assert message_count(server.client, QUEUE) == 0
