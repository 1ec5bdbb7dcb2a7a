# SPDX-License-Identifier: Apache-2.0
"""Contract section 5.5: what wakes a parked receive, who is served first, and who has left.

The server keeps everything in memory, so that a busy disk does not delay an answer.
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any, Callable, Dict, Iterator, List

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from cases import case
from forebay_server import REGION, ForebayServer
from polls import LongPoll
from raw_http import RawHttp
from sqs_clients import (
    arn_of,
    bodies,
    counts,
    receive,
    redrive_policy,
    sqs_client,
)

NewQueue = Callable[..., str]
WAKE_SECONDS_MAX = 1.0
DEAD_POLLERS = 50


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForebayServer]:
    with ForebayServer(tmp_path_factory.mktemp("polls"), memory=True) as running:
        yield running


@pytest.fixture(scope="module")
def sqs(server: ForebayServer) -> Any:
    return sqs_client(server.endpoint)


def send(sqs: Any, url: str, body: str = "m", **parameters: Any) -> None:
    sqs.send_message(QueueUrl=url, MessageBody=body, **parameters)


def change(sqs: Any, url: str, handle: str, timeout: int) -> None:
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=timeout)


def handle_of(sqs: Any, url: str, **parameters: Any) -> str:
    """Receives one message; its receipt handle."""
    return str(receive(sqs, url, max_messages=1, **parameters)[0]["ReceiptHandle"])


def woken(poll: LongPoll, since: float) -> List[str]:
    """The bodies `poll` brings, within a second of `since` (time.monotonic)."""
    found = poll.bodies()
    assert time.monotonic() - since < WAKE_SECONDS_MAX
    return found


# What wakes a poll.


@case("R5")
def test_a_send(sqs: Any, raw: RawHttp, queue: NewQueue) -> None:
    url = queue()
    poll = LongPoll(raw, url)
    since = time.monotonic()
    send(sqs, url)
    assert woken(poll, since) == ["m"]


def test_a_batch_fills_one_poll(sqs: Any, raw: RawHttp, queue: NewQueue) -> None:
    url = queue()
    poll = LongPoll(raw, url, MaxNumberOfMessages=10)
    entries = [{"Id": str(n), "MessageBody": str(n)} for n in range(3)]
    since = time.monotonic()
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    # The first message may come alone: a poll does not wait to be full.
    found = woken(poll, since) + bodies(receive(sqs, url))
    assert found == ["0", "1", "2"]


@pytest.mark.parametrize("by_queue", [False, True])
def test_the_end_of_a_delay(sqs: Any, raw: RawHttp, queue: NewQueue, by_queue: bool) -> None:
    url = queue(DelaySeconds="1") if by_queue else queue()
    poll = LongPoll(raw, url)
    since = time.monotonic()
    delay: Dict[str, Any] = {} if by_queue else {"DelaySeconds": 1}
    send(sqs, url, **delay)
    assert poll.bodies() == ["m"]
    assert 0.99 <= time.monotonic() - since < 1 + WAKE_SECONDS_MAX


def test_the_end_of_a_visibility_timeout(sqs: Any, raw: RawHttp, queue: NewQueue) -> None:
    url = queue()
    send(sqs, url)
    since = time.monotonic()
    receive(sqs, url, VisibilityTimeout=1)
    poll = LongPoll(raw, url)
    assert poll.bodies() == ["m"]
    assert 0.99 <= time.monotonic() - since < 1 + WAKE_SECONDS_MAX


def test_a_visibility_timeout_that_was_shortened(sqs: Any, raw: RawHttp, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="600")
    send(sqs, url)
    handle = handle_of(sqs, url)
    poll = LongPoll(raw, url)
    since = time.monotonic()
    change(sqs, url, handle, 1)
    assert poll.bodies() == ["m"]
    assert 0.99 <= time.monotonic() - since < 1 + WAKE_SECONDS_MAX


def test_changing_the_visibility_to_zero(sqs: Any, raw: RawHttp, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="600")
    send(sqs, url)
    handle = handle_of(sqs, url)
    poll = LongPoll(raw, url)
    since = time.monotonic()
    change(sqs, url, handle, 0)
    assert woken(poll, since) == ["m"]


@case("F10")
def test_a_delete_that_unlocks_a_group(sqs: Any, raw: RawHttp, fifo: NewQueue) -> None:
    url = fifo(VisibilityTimeout="600", ContentBasedDeduplication="true")
    for body in ("first", "second", "third"):
        send(sqs, url, body, MessageGroupId="g")
    handles = [message["ReceiptHandle"] for message in receive(sqs, url, max_messages=2)]
    poll = LongPoll(raw, url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handles[0])
    assert raw.get("/health").status == 200 and not poll.answered()
    since = time.monotonic()
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handles[1])
    assert woken(poll, since) == ["third"]


def test_a_group_that_is_released(sqs: Any, raw: RawHttp, fifo: NewQueue) -> None:
    url = fifo(VisibilityTimeout="600", ContentBasedDeduplication="true")
    send(sqs, url, "first", MessageGroupId="g")
    handle = handle_of(sqs, url)
    poll = LongPoll(raw, url)
    since = time.monotonic()
    change(sqs, url, handle, 0)
    assert woken(poll, since) == ["first"]


def test_a_dead_letter(sqs: Any, raw: RawHttp, queue: NewQueue) -> None:
    dead = queue()
    url = queue(RedrivePolicy=redrive_policy(arn_of(sqs, dead), 1))
    send(sqs, url)
    receive(sqs, url, VisibilityTimeout=0)
    poll = LongPoll(raw, dead)
    since = time.monotonic()
    assert receive(sqs, url) == []
    assert woken(poll, since) == ["m"]


def test_a_dead_letter_that_a_poll_moved(sqs: Any, raw: RawHttp, queue: NewQueue) -> None:
    """A poll on the source does the move when the message comes back, and wakes one on the
    target."""
    dead = queue()
    url = queue(RedrivePolicy=redrive_policy(arn_of(sqs, dead), 1))
    send(sqs, url)
    since = time.monotonic()
    receive(sqs, url, VisibilityTimeout=1)
    on_dead, on_source = LongPoll(raw, dead), LongPoll(raw, url)
    assert on_dead.bodies() == ["m"]
    assert time.monotonic() - since < 1 + WAKE_SECONDS_MAX
    assert not on_source.answered()
    on_source.close()


def test_a_move_task(sqs: Any, raw: RawHttp, queue: NewQueue) -> None:
    dead = queue()
    arn = arn_of(sqs, dead)
    url = queue(RedrivePolicy=redrive_policy(arn, 1))
    send(sqs, dead)
    poll = LongPoll(raw, url)
    since = time.monotonic()
    sqs.start_message_move_task(SourceArn=arn, DestinationArn=arn_of(sqs, url))
    assert woken(poll, since) == ["m"]


def test_a_send_after_a_purge(sqs: Any, raw: RawHttp, queue: NewQueue) -> None:
    """The purge itself brings nothing; the poll stays and gets what is sent next."""
    url = queue()
    send(sqs, url, "purged", DelaySeconds=600)
    poll = LongPoll(raw, url)
    sqs.purge_queue(QueueUrl=url)
    assert raw.get("/health").status == 200 and not poll.answered()
    since = time.monotonic()
    send(sqs, url, "after")
    assert woken(poll, since) == ["after"]


def test_a_shorter_delay_of_a_fifo_queue(sqs: Any, raw: RawHttp, fifo: NewQueue) -> None:
    url = fifo(DelaySeconds="600", ContentBasedDeduplication="true")
    send(sqs, url, MessageGroupId="g")
    poll = LongPoll(raw, url)
    since = time.monotonic()
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "0"})
    assert woken(poll, since) == ["m"]


# How long a poll waits, and who is first.


def test_waiters_are_served_in_the_order_of_their_arrival(
    sqs: Any, raw: RawHttp, queue: NewQueue
) -> None:
    url = queue()
    polls = [LongPoll(raw, url) for _ in range(8)]
    for number in range(8):
        send(sqs, url, str(number))
    assert [poll.bodies() for poll in polls] == [[str(number)] for number in range(8)]


@case("R4")
def test_an_explicit_zero_overrides_the_wait_of_the_queue(
    sqs: Any, raw: RawHttp, queue: NewQueue
) -> None:
    url = queue(ReceiveMessageWaitTimeSeconds="20")
    start = time.monotonic()
    assert LongPoll(raw, url, WaitTimeSeconds=0).bodies() == []
    assert time.monotonic() - start < 10


def test_a_running_poll_keeps_its_wait(sqs: Any, raw: RawHttp, queue: NewQueue) -> None:
    """Contract 3.8: a change of the queue's wait is for later receives."""
    url = queue(ReceiveMessageWaitTimeSeconds="20")
    start = time.monotonic()
    poll = LongPoll(raw, url, WaitTimeSeconds=2)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"ReceiveMessageWaitTimeSeconds": "0"})
    assert poll.bodies() == []
    assert 1.99 <= time.monotonic() - start < 15


def test_a_poll_ends_with_its_queue(sqs: Any, raw: RawHttp, queue: NewQueue) -> None:
    url = queue()
    polls = [LongPoll(raw, url) for _ in range(3)]
    since = time.monotonic()
    sqs.delete_queue(QueueUrl=url)
    assert [woken(poll, since) for poll in polls] == [[], [], []]


def test_polls_on_other_queues_are_left_alone(sqs: Any, raw: RawHttp, queue: NewQueue) -> None:
    here, there = queue(), queue()
    poll = LongPoll(raw, there)
    send(sqs, here)
    assert raw.get("/health").status == 200 and not poll.answered()
    send(sqs, there, "there")
    assert poll.bodies() == ["there"]


# Clients that went away.


def expect_first_receive(sqs: Any, url: str) -> None:
    """A message sent now reaches the next live receive, as one that nobody had before."""
    send(sqs, url)
    found = receive(sqs, url, AttributeNames=["ApproximateReceiveCount"])
    assert bodies(found) == ["m"]
    assert found[0]["Attributes"] == {"ApproximateReceiveCount": "1"}
    assert counts(sqs, url) == (0, 1, 0)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])


LEAVE = {"closed": LongPoll.close, "reset": LongPoll.reset, "half-closed": LongPoll.half_close}


@pytest.mark.parametrize("leave", LEAVE.values(), ids=LEAVE)
def test_clients_that_left_get_no_message(
    sqs: Any, raw: RawHttp, queue: NewQueue, leave: Callable[[LongPoll], None]
) -> None:
    """Sent right after they left, again and again, with several of them in front."""
    url = queue(VisibilityTimeout="600")
    gone: List[LongPoll] = []
    for number in range(DEAD_POLLERS):
        polls = [LongPoll(raw, url) for _ in range(1 + number % 4)]
        for poll in polls:
            leave(poll)
        expect_first_receive(sqs, url)
        gone += polls
    for poll in gone:
        poll.close()


def test_a_live_poll_behind_dead_ones_gets_the_message(
    sqs: Any, raw: RawHttp, queue: NewQueue
) -> None:
    url = queue(VisibilityTimeout="600")
    for number in range(DEAD_POLLERS):
        leaving = [LongPoll(raw, url) for _ in range(3)]
        alive = LongPoll(raw, url)
        leaving[0].reset()
        leaving[1].close()
        leaving[2].half_close()
        send(sqs, url, str(number))
        found = alive.messages(10)
        assert bodies(found) == [str(number)]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])
        leaving[2].close()
    assert counts(sqs, url) == (0, 0, 0)


POLLING_CLIENT = """
import sys
from raw_http import RawHttp
from polls import LongPoll
poll = LongPoll(RawHttp(int(sys.argv[1])), sys.argv[2])
print("parked", flush=True)
print(poll.messages(), flush=True)
"""


def polling_client(server: ForebayServer, url: str) -> "subprocess.Popen[str]":
    """A process of its own with a parked poll."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{POLLING_CLIENT}"]
        + [str(server.port), url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    if process.stdout.readline() != "parked\n":
        process.kill()
        raise AssertionError(f"the client ended with {process.wait()}")
    return process


def test_clients_that_were_killed_get_no_message(
    sqs: Any, server: ForebayServer, queue: NewQueue
) -> None:
    url = queue(VisibilityTimeout="600")
    for _ in range(5):
        clients = [polling_client(server, url) for _ in range(2)]
        for client in clients:
            client.kill()
            client.wait()
            assert client.stdout is not None
            client.stdout.close()
        expect_first_receive(sqs, url)


def test_sdk_clients_that_gave_up_get_no_message(
    sqs: Any, server: ForebayServer, queue: NewQueue
) -> None:
    """A read timeout shorter than the wait: the SDK drops the connection."""
    url = queue(VisibilityTimeout="600")
    impatient = boto3.client(
        "sqs",
        endpoint_url=server.endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 0}, read_timeout=1),
    )
    for _ in range(3):
        with pytest.raises(ReadTimeoutError):
            receive(impatient, url, wait=20)
        expect_first_receive(sqs, url)
