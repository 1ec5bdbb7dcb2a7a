# SPDX-License-Identifier: Apache-2.0
"""The examples that receive, run against a real server until their work is visibly done."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from adaptive_polling import AdaptivePoller, Poll, RateMeter, poll_for_rate
from async_consumer import AsyncConsumer
from batch_consumer import BatchConsumer
from connection import Message, Stop
from consumer import Consumer
from dead_letter_manager import DeadLetterManager, Verdict, classify
from faulty_client import FaultyClient, no_connection
from forebay_server import ForebayServer, wait_until
from routing_consumer import Router, kept_invisible
from sqs_clients import (
    arn_of,
    bodies,
    counts,
    drain,
    receive,
    receive_within,
    redrive_policy,
    string_attribute,
    unique_name,
)
from test_example_producers import run, url_of

NewQueue = Callable[..., str]


def fill(sqs: Any, url: str, count: int) -> None:
    for number in range(count):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"n": number}))


def number_of(message: Message) -> int:
    return int(json.loads(message["Body"])["n"])


@pytest.fixture
def with_dead_letters(sqs: Any, queue: NewQueue) -> "tuple[str, str]":
    """A queue whose messages become dead letters after one failure, and its dead-letter queue."""
    dead = queue()
    return queue(VisibilityTimeout="1", RedrivePolicy=redrive_policy(arn_of(sqs, dead), 1)), dead


# The basic loop.


@pytest.mark.parametrize(
    "program",
    ["consumer", "routing_consumer", "batch_consumer", "async_consumer", "adaptive_polling"],
)
def test_each_consumer_empties_the_queue_of_the_producer(
    server: ForebayServer, sqs: Any, program: str
) -> None:
    name = unique_name()
    run(server, "producer", "--queue", name, "--count", "12")
    printed = run(server, program, "--queue", name, "--stop-when-idle", "1")
    assert "12 messages handled" in printed or "12 events handled" in printed
    assert counts(sqs, url_of(sqs, name)) == (0, 0, 0)


def test_a_failing_message_comes_again_and_then_is_a_dead_letter(
    sqs: Any, with_dead_letters: "tuple[str, str]"
) -> None:
    url, dead = with_dead_letters
    fill(sqs, url, 3)

    def fail_on_one(message: Message) -> None:
        if number_of(message) == 1:
            raise ValueError("one is bad")

    consumer = Consumer(sqs, url, fail_on_one)
    consumer.run(stop_when_idle=2)
    assert (consumer.handled, consumer.failed) == (2, 1)
    assert [number_of(message) for message in drain(sqs, dead)] == [1]


def test_the_loop_goes_on_after_an_error(sqs: Any, queue: NewQueue) -> None:
    url, faulty = queue(VisibilityTimeout="1"), FaultyClient(sqs)
    fill(sqs, url, 2)
    faulty.faults["delete_message"] = [no_connection()]
    consumer = Consumer(faulty, url, lambda message: None)
    consumer.run(stop_when_idle=2)
    assert consumer.handled == 2
    assert counts(sqs, url) == (0, 0, 0)


def test_a_stop_ends_the_loop(sqs: Any, queue: NewQueue) -> None:
    stop = Stop()
    url = queue()
    fill(sqs, url, 1)
    consumer = Consumer(sqs, url, lambda message: stop.stop(), stop)
    consumer.run()
    assert consumer.handled == 1


# Routing.


def test_events_reach_their_handlers(sqs: Any, with_dead_letters: "tuple[str, str]") -> None:
    url, dead = with_dead_letters
    by_attribute = {"eventType": string_attribute("Created")}
    sqs.send_message(QueueUrl=url, MessageBody='{"n": 1}', MessageAttributes=by_attribute)
    sqs.send_message(QueueUrl=url, MessageBody='{"n": 2, "eventType": "Cancelled"}')
    unknown = '{"n": 3, "eventType": "Unknown"}'
    sqs.send_message(QueueUrl=url, MessageBody=unknown)
    sqs.send_message(QueueUrl=url, MessageBody="no JSON")
    found: Dict[str, int] = {}
    router = Router()
    for event in ("Created", "Cancelled"):
        router.register(event, lambda body, message, event=event: found.update({event: body["n"]}))
    Consumer(sqs, url, router).run(stop_when_idle=2)
    assert found == {"Created": 1, "Cancelled": 2}
    assert sorted(bodies(drain(sqs, dead))) == sorted(["no JSON", unknown])


def test_long_work_is_not_delivered_twice(sqs: Any, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="1")
    fill(sqs, url, 1)
    message = receive(sqs, url)[0]
    with kept_invisible(sqs, url, message, seconds=2):
        assert receive(sqs, url, wait=4) == []
    assert len(receive_within(sqs, url, 10)) == 1


# Several at once.


def test_a_slow_message_holds_up_no_other(sqs: Any, queue: NewQueue) -> None:
    url, release = queue(), threading.Event()
    fill(sqs, url, 30)

    def handle(message: Message) -> None:
        if number_of(message) == 0:
            release.wait(30)

    stop = Stop()
    consumer = BatchConsumer(sqs, url, handle, stop, workers=4)
    thread = threading.Thread(target=consumer.run, kwargs={"stop_when_idle": 1})
    thread.start()
    try:
        wait_until(
            lambda: counts(sqs, url) == (0, 1, 0), 15, "all but the slow message to be deleted"
        )
    finally:
        release.set()
        thread.join()
    assert consumer.deleter.deleted == 30
    assert counts(sqs, url) == (0, 0, 0)


def test_failed_deletions_are_tried_again(sqs: Any, queue: NewQueue) -> None:
    url, faulty = queue(), FaultyClient(sqs)
    fill(sqs, url, 5)

    def fail_all(QueueUrl: str, Entries: List[Dict[str, Any]]) -> Dict[str, Any]:
        return {
            "Failed": [
                {
                    "Id": entry["Id"],
                    "Code": "InternalError",
                    "Message": "later",
                    "SenderFault": False,
                }
                for entry in Entries
            ]
        }

    faulty.faults["delete_message_batch"] = [fail_all, no_connection()]
    consumer = BatchConsumer(faulty, url, lambda message: None)
    consumer.run(stop_when_idle=1)
    assert consumer.deleter.deleted == 5 and consumer.deleter.not_deleted == []
    assert counts(sqs, url) == (0, 0, 0)


def test_deletions_that_never_succeed_are_seen(sqs: Any, queue: NewQueue) -> None:
    url, faulty = queue(), FaultyClient(sqs)
    fill(sqs, url, 1)
    faulty.faults["delete_message_batch"] = [no_connection() for _ in range(3)]
    consumer = BatchConsumer(faulty, url, lambda message: None)
    consumer.run(stop_when_idle=1)
    assert [number_of(message) for message in consumer.deleter.not_deleted] == [0]


def test_a_failing_handler_leaves_its_message(
    sqs: Any, with_dead_letters: "tuple[str, str]"
) -> None:
    url, dead = with_dead_letters
    fill(sqs, url, 10)

    def fail_on_odd(message: Message) -> None:
        assert number_of(message) % 2 == 0

    consumer = BatchConsumer(sqs, url, fail_on_odd)
    consumer.run(stop_when_idle=2)
    assert (consumer.deleter.deleted, consumer.failed) == (5, 5)
    assert sorted(map(number_of, drain(sqs, dead))) == [1, 3, 5, 7, 9]


def test_asyncio_handles_concurrently_and_deletes_each_alone(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    fill(sqs, url, 20)
    most = current = 0

    async def handle(body: Any, message: Message) -> None:
        nonlocal most, current
        current += 1
        most = max(most, current)
        while body["n"] == 0 and counts(sqs, url)[:2] != (0, 1):
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)
        current -= 1

    consumer = AsyncConsumer(sqs, url, handle)
    asyncio.run(asyncio.wait_for(consumer.run(stop_when_idle=1), timeout=30))
    assert consumer.handled == 20
    assert most > 1
    assert counts(sqs, url) == (0, 0, 0)


def test_asyncio_leaves_what_failed(sqs: Any, with_dead_letters: "tuple[str, str]") -> None:
    url, dead = with_dead_letters
    fill(sqs, url, 4)

    async def handle(body: Any, message: Message) -> None:
        assert body["n"] != 2

    consumer = AsyncConsumer(sqs, url, handle, visibility_timeout=1)
    asyncio.run(consumer.run(stop_when_idle=2))
    assert (consumer.handled, consumer.failed) == (3, 1)
    assert list(map(number_of, drain(sqs, dead))) == [2]


# Polling.


def test_polls_fit_the_rate() -> None:
    assert [poll_for_rate(rate).wait_seconds for rate in (1000, 50, 1)] == [1, 10, 20]
    now = [0.0]
    meter = RateMeter(window=10, clock=lambda: now[0])
    meter.add(500)
    assert meter.rate() == 50
    now[0] = 10.1
    assert meter.rate() == 0


def test_a_quiet_queue_is_polled_longer_and_longer(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    fill(sqs, url, 12)
    poller = AdaptivePoller(sqs, url, lambda message: None)
    poller.run(stop_when_idle=4)
    assert poller.handled == 12
    assert [poll.wait_seconds for poll in poller.polls] == sorted(
        poll.wait_seconds for poll in poller.polls
    )
    assert poller.next_poll().wait_seconds >= 5
    assert poller.polls[0] == Poll(wait_seconds=1, batch=10)
    assert counts(sqs, url) == (0, 0, 0)


# Dead letters.


def dead_letter(body: str, sent_ms: int = 0, **attributes: Dict[str, str]) -> Message:
    return {
        "Body": body,
        "Attributes": {"SentTimestamp": str(sent_ms or int(time.time() * 1000))},
        "MessageAttributes": attributes,
    }


@pytest.mark.parametrize(
    "message, verdict",
    [
        (dead_letter('{"n": 1}'), Verdict.RETRY),
        (dead_letter("no JSON"), Verdict.ARCHIVE),
        (dead_letter("[1]"), Verdict.ARCHIVE),
        (dead_letter('{"eventType": "OrderCancelled"}'), Verdict.ARCHIVE),
        (dead_letter('{"n": 1}', sent_ms=1), Verdict.ARCHIVE),
        (dead_letter('{"n": 1}', retryAttempt=string_attribute("2", "Number")), Verdict.RETRY),
        (dead_letter('{"n": 1}', retryAttempt=string_attribute("3", "Number")), Verdict.ARCHIVE),
        (
            dead_letter('{"n": 1}', **{f"a{n}": string_attribute("x") for n in range(9)}),
            Verdict.ARCHIVE,
        ),
    ],
)
def test_dead_letters_are_classified(message: Message, verdict: Verdict) -> None:
    assert classify(message)[0] is verdict


def test_dead_letters_are_sent_back_or_archived(
    server: ForebayServer, sqs: Any, tmp_path: Path
) -> None:
    name, dead = unique_name(), unique_name("dead")
    dead_url = sqs.create_queue(QueueName=dead)["QueueUrl"]
    sqs.send_message(
        QueueUrl=dead_url, MessageBody='{"n": 1}', MessageAttributes={"k": string_attribute("x")}
    )
    bad = sqs.send_message(
        QueueUrl=dead_url,
        MessageBody="no JSON",
        MessageAttributes={"b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}},
    )["MessageId"]
    run(
        server,
        "dead_letter_manager",
        "--dead-queue",
        dead,
        "--queue",
        name,
        "--archive",
        str(tmp_path),
        "--delay",
        "0",
        "--stop-when-idle",
        "1",
    )
    assert counts(sqs, dead_url) == (0, 0, 0)
    back = drain(sqs, url_of(sqs, name))
    assert bodies(back) == ['{"n": 1}']
    assert back[0]["MessageAttributes"]["retryAttempt"] == string_attribute("1", "Number")
    assert back[0]["MessageAttributes"]["k"] == string_attribute("x")
    archived = list(tmp_path.rglob("*"))
    files = [path for path in archived if path.is_file()]
    assert [path.name for path in files] == [f"{bad}.json"]
    record = json.loads(files[0].read_text())
    assert (record["body"], record["messageAttributes"]["b"]["BinaryValue"]) == ("no JSON", "00ff")


def test_a_retry_waits(sqs: Any, queue: NewQueue, tmp_path: Path) -> None:
    url, dead = queue(), queue()
    fill(sqs, dead, 1)
    DeadLetterManager(sqs, dead, url, tmp_path, delay_seconds=300).run(stop_when_idle=1)
    assert (counts(sqs, url), counts(sqs, dead)) == ((0, 0, 1), (0, 0, 0))


def test_a_dead_letter_that_is_not_safe_elsewhere_stays(
    sqs: Any, queue: NewQueue, tmp_path: Path
) -> None:
    dead = queue(VisibilityTimeout="1")
    fill(sqs, dead, 1)
    sqs.send_message(QueueUrl=dead, MessageBody="no JSON")
    blocked = tmp_path / "file"
    blocked.write_text("where the archive should be")
    manager = DeadLetterManager(sqs, dead, queue() + "-not", blocked)
    stop = Stop()
    thread = threading.Thread(target=manager.run, args=(stop, 1))
    thread.start()
    time.sleep(2)  # a few rounds
    stop.stop()
    thread.join()
    assert (manager.requeued, manager.archived) == (0, 0)
    wait_until(lambda: counts(sqs, dead) == (2, 0, 0), 10, "both dead letters to be visible")


def test_fifo_dead_letters_keep_their_group(sqs: Any, fifo: NewQueue, tmp_path: Path) -> None:
    url, dead = fifo(), fifo(ContentBasedDeduplication="true")
    for number in range(3):
        sqs.send_message(QueueUrl=dead, MessageBody=json.dumps({"n": number}), MessageGroupId="g")
    DeadLetterManager(sqs, dead, url, tmp_path).run(stop_when_idle=1)
    found = drain(sqs, url)
    assert [number_of(message) for message in found] == [0, 1, 2]
    assert {message["Attributes"]["MessageGroupId"] for message in found} == {"g"}
    assert counts(sqs, dead) == (0, 0, 0)
