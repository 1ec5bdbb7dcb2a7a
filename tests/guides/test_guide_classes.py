# SPDX-License-Identifier: Apache-2.0
"""The guides' own classes, unchanged, against a server started with --attribute-aliases.

They find it by AWS_ENDPOINT_URL_SQS, which boto3 knows since 1.28: run them in .venv/json.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from typing import Any, Callable, Dict, Iterator, List

import boto3
import pytest

import guide_classes as guide
from faulty_client import FaultyClient, StopLoop
from forebay_server import ForebayServer, wait_until
from sqs_clients import (
    arn_of,
    attributes_of,
    bodies,
    counts,
    drain,
    receive,
    redrive_policy,
    refused,
    sqs_client,
    unique_name,
)


@pytest.fixture(scope="module")
def aliases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForebayServer]:
    with ForebayServer(
        tmp_path_factory.mktemp("aliases"), "--attribute-aliases", "--cooldowns=off"
    ) as running:
        yield running


@pytest.fixture
def sqs(aliases: ForebayServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of the test's own; also points the guides' clients at the server."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", aliases.endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return sqs_client(aliases.endpoint)


@pytest.fixture
def queue(sqs: Any) -> Callable[..., str]:
    return lambda **attributes: sqs.create_queue(QueueName=unique_name(), Attributes=attributes)[
        "QueueUrl"
    ]


@pytest.fixture
def manager(sqs: Any) -> guide.SQSQueueManager:
    return guide.SQSQueueManager()


@contextlib.contextmanager
def looping(owner: Any, loop: Callable[..., Any], *arguments: Any) -> Iterator[None]:
    """Runs one of the guides' endless loops, which uses `owner.sqs`, while the block runs."""
    owner.sqs = FaultyClient(owner.sqs)

    def run() -> None:
        with contextlib.suppress(StopLoop):
            loop(*arguments)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        owner.sqs.stopped.set()
        thread.join(timeout=30)
    assert not thread.is_alive()


def fill(sqs: Any, url: str, count: int) -> None:
    for number in range(count):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"n": number}))


def wait_for_empty(sqs: Any, url: str) -> None:
    wait_until(lambda: counts(sqs, url) == (0, 0, 0), 20, f"{url} to be empty")


# Aliases.


def test_without_the_flag_the_unknown_name_is_refused_and_explained(
    new_server: Callable[..., ForebayServer]
) -> None:
    server = new_server().start()
    sqs = sqs_client(server.endpoint)
    found = refused(
        sqs.create_queue, QueueName="jobs", Attributes={"VisibilityTimeoutSeconds": "300"}
    )
    assert (found.code, found.message) == (
        "InvalidAttributeName",
        "Unknown Attribute VisibilityTimeoutSeconds.",
    )
    assert "QueueUrls" not in sqs.list_queues()
    lines = [line for line in server.run_log().splitlines() if "VisibilityTimeoutSeconds" in line]
    assert any(
        "VisibilityTimeout" in line.replace("VisibilityTimeoutSeconds", "") for line in lines
    ), lines


def test_other_unknown_names_are_refused_with_the_flag_too(sqs: Any) -> None:
    found = refused(
        sqs.create_queue, QueueName=unique_name(), Attributes={"VisibilityTimeoutMinutes": "5"}
    )
    assert found.message == "Unknown Attribute VisibilityTimeoutMinutes."


# Queues.


def test_the_standard_queue(sqs: Any, manager: guide.SQSQueueManager) -> None:
    found = attributes_of(sqs, manager.create_standard_queue(unique_name()))
    assert (found["VisibilityTimeout"], found["MessageRetentionPeriod"]) == ("300", "1209600")
    assert (found["ReceiveMessageWaitTimeSeconds"], found["DelaySeconds"]) == ("20", "0")


def test_creating_the_standard_queue_again(manager: guide.SQSQueueManager) -> None:
    name = unique_name()
    assert manager.create_standard_queue(name) == manager.create_standard_queue(name)


def test_the_fifo_queue(sqs: Any, manager: guide.SQSQueueManager) -> None:
    found = attributes_of(sqs, manager.create_fifo_queue(unique_name()))
    assert (found["FifoQueue"], found["VisibilityTimeout"]) == ("true", "300")
    assert (found["DeduplicationScope"], found["FifoThroughputLimit"]) == (
        "messageGroup",
        "perMessageGroupId",
    )


def test_the_dead_letter_queue(sqs: Any, manager: guide.SQSQueueManager) -> None:
    url = manager.create_standard_queue(unique_name(), VisibilityTimeoutSeconds="0")
    dead = manager.setup_dead_letter_queue(url, unique_name("dead"), max_receive_count=1)
    fill(sqs, url, 1)
    assert len(receive(sqs, url)) == 1
    assert receive(sqs, url) == []
    assert bodies(receive(sqs, dead, wait=5)) == ['{"n": 0}']


def test_the_queues_for_special_uses(sqs: Any, manager: guide.SQSQueueManager) -> None:
    fast = attributes_of(sqs, guide.create_high_performance_queue(manager, unique_name()))
    assert (fast["VisibilityTimeout"], fast["MessageRetentionPeriod"]) == ("60", "345600")
    slow = attributes_of(sqs, guide.create_batch_processing_queue(manager, unique_name()))
    assert (slow["VisibilityTimeout"], slow["DelaySeconds"]) == ("900", "300")
    queues = guide.create_priority_queue_system(manager, unique_name())
    timeouts = {
        level: attributes_of(sqs, url)["VisibilityTimeout"] for level, url in queues.items()
    }
    assert timeouts == {"high": "30", "normal": "300", "low": "600"}


def test_the_resource_interface(sqs: Any, manager: guide.SQSQueueManager) -> None:
    url = manager.create_standard_queue(unique_name())
    manager.resource.Queue(url).send_message(MessageBody="by resource")
    found = manager.resource.Queue(url).receive_messages()
    assert [message.body for message in found] == ["by resource"]
    found[0].delete()
    assert counts(sqs, url) == (0, 0, 0)


# Producers.


def test_the_producer(sqs: Any, queue: Callable[..., str]) -> None:
    url = queue()
    producer = guide.SQSProducer(url)
    producer.send_message(
        {"n": 1}, MessageAttributes={"k": {"DataType": "String", "StringValue": "x"}}
    )
    producer.send_message("text", DelaySeconds=0)
    found = producer.send_batch_messages(
        [{"body": {"n": n}, "DelaySeconds": 0} for n in range(2, 10)]
    )
    assert (len(found["successful"]), found["failed"]) == (8, [])
    assert len(drain(sqs, url)) == 10


def test_the_advanced_producer(
    sqs: Any, manager: guide.SQSQueueManager, queue: Callable[..., str]
) -> None:
    url = queue()
    producer = guide.AdvancedSQSProducer(url)
    producer.send_order_event({"customerId": "c", "totalAmount": 12.5})
    producer.send_order_event({"customerId": "c", "totalAmount": 1}, priority="low")
    producer.send_with_retry({"n": 1})
    assert counts(sqs, url) == (2, 0, 1)
    found = receive(sqs, url, MessageAttributeNames=["All"])
    assert found[0]["MessageAttributes"]["orderAmount"] == {
        "DataType": "Number",
        "StringValue": "12.5",
    }
    fifo = guide.AdvancedSQSProducer(manager.create_fifo_queue(unique_name()))
    assert fifo.send_fifo_message({"a": 1}, "g") == fifo.send_fifo_message({"a": 1}, "g")
    assert len(receive(sqs, fifo.queue_url)) == 1


# Consumers.


def test_the_consumer(sqs: Any, queue: Callable[..., str]) -> None:
    url = queue()
    fill(sqs, url, 12)
    consumer = guide.SQSConsumer(url)
    found: List[Dict[str, Any]] = []
    with looping(consumer, consumer.start_consuming, lambda message: found.append(message) or True):
        wait_for_empty(sqs, url)
        sqs.send_message(QueueUrl=url, MessageBody="last")
        wait_until(lambda: len(found) == 13, 10, "the message that wakes the long poll")
        consumer.stop_consuming()
        sqs.send_message(QueueUrl=url, MessageBody="ends the poll")
    assert {"SentTimestamp", "ApproximateReceiveCount"} <= set(found[0]["Attributes"])


def test_the_routing_consumer(sqs: Any, queue: Callable[..., str]) -> None:
    url = queue()
    guide.AdvancedSQSProducer(url).send_order_event({"customerId": "c", "totalAmount": 1})
    sqs.send_message(QueueUrl=url, MessageBody='{"eventType": "Other"}')
    consumer = guide.AdvancedSQSConsumer(url)
    found: List[Any] = []

    def created(body: Any, message: Dict[str, Any]) -> bool:
        consumer.extend_visibility_timeout(message["ReceiptHandle"], 60)
        found.append(body)
        return True

    consumer.register_processor("OrderCreated", created)
    with looping(consumer, consumer.start_consuming, consumer.process_message):
        wait_until(lambda: counts(sqs, url) == (0, 1, 0), 10, "the known event to be deleted")
        consumer.running = False
        sqs.send_message(QueueUrl=url, MessageBody="{}")
    assert found == [{"customerId": "c", "totalAmount": 1}]


def test_the_batch_consumer(sqs: Any, queue: Callable[..., str]) -> None:
    url = queue()
    for number in range(25):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"eventType": "E", "n": number}))
    consumer = guide.AdvancedSQSConsumer(url)
    found: List[int] = []
    consumer.register_processor("E", lambda body, message: found.append(body["n"]) or True)
    with looping(consumer, consumer.start_batch_processing):
        wait_for_empty(sqs, url)
        consumer.running = False
        sqs.send_message(QueueUrl=url, MessageBody="{}")
    assert sorted(found) == list(range(25))


# Dead letters.


def test_the_dead_letter_manager(sqs: Any, queue: Callable[..., str]) -> None:
    dead, url = queue(), queue()
    main = queue(VisibilityTimeout="0", RedrivePolicy=redrive_policy(arn_of(sqs, dead), 1))
    fill(sqs, main, 2)
    while counts(sqs, dead) != (2, 0, 0):
        receive(sqs, main)
    manager = guide.DeadLetterQueueManager(dead)
    manager.main_queue_url = url  # the guide uses it but never sets it
    with looping(manager, manager.process_failed_messages):
        wait_for_empty(sqs, dead)
        sqs.send_message(QueueUrl=dead, MessageBody='{"n": 2}')  # ends the poll
    found = counts(sqs, url)
    assert found[:2] == (0, 0) and found[2] in (2, 3)


# Throughput and polling.


def test_the_high_throughput_client(sqs: Any, queue: Callable[..., str]) -> None:
    url = queue()
    client = guide.HighThroughputSQSClient(url)
    for number in range(25):
        client.send_message_async({"n": number})
    client.flush_buffer()
    assert counts(sqs, url) == (25, 0, 0)
    found: List[int] = []
    handler = lambda message: found.append(json.loads(message["Body"])["n"]) or True  # noqa: E731
    with looping(client, client.start_high_throughput_consumer, handler):
        wait_for_empty(sqs, url)
    assert sorted(found) == list(range(25))


def test_the_adaptive_client(sqs: Any, queue: Callable[..., str]) -> None:
    url = queue()
    fill(sqs, url, 12)
    client = guide.CostOptimizedSQSClient(url)
    assert client.optimize_polling_strategy(500) == {
        "WaitTimeSeconds": 1,
        "MaxNumberOfMessages": 10,
    }
    found: List[str] = []
    with looping(
        client,
        client.implement_adaptive_polling,
        lambda message: found.append(message["Body"]) or True,
    ):
        wait_for_empty(sqs, url)
    assert len(found) == 12


# The shorter guide.


def test_the_asyncio_consumer(
    sqs: Any, queue: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = queue()
    fill(sqs, url, 15)
    found: List[int] = []

    async def process_message(body: Any) -> None:
        found.append(body["n"])

    client = FaultyClient(boto3.client("sqs"))
    monkeypatch.setattr(guide, "process_message", process_message, raising=False)
    monkeypatch.setattr(guide.boto3, "client", lambda name: client)

    def run() -> None:
        with contextlib.suppress(StopLoop):
            asyncio.run(guide.sqs_consumer(url.rpartition("/")[2]))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    wait_for_empty(sqs, url)
    client.stopped.set()
    sqs.send_message(QueueUrl=url, MessageBody='{"n": 15}')
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert sorted(found)[:15] == list(range(15))  # the one that ended the poll may be there too


def test_the_fifo_batch_sender(sqs: Any, manager: guide.SQSQueueManager) -> None:
    url = manager.create_fifo_queue(unique_name())
    items = [{"id": number} for number in range(25)]
    asyncio.run(guide.send_batch_to_sqs(items, url, "batch"))
    asyncio.run(guide.send_batch_to_sqs(items, url, "batch"))
    assert [json.loads(body)["id"] for body in bodies(drain(sqs, url))] == list(range(25))
