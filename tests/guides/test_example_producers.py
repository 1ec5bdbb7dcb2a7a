# SPDX-License-Identifier: Apache-2.0
"""The examples that make queues and send, run against a real server until their work is visibly
done."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

import fifo_batch_sender
import high_throughput
import producer
from faulty_client import FaultyClient, no_connection, refusal
from forebay_server import ROOT, ForebayServer, wait_until
from queue_manager import QueueManager
from sqs_clients import arn_of, attributes_of, bodies, counts, drain, sqs_client, unique_name

NewQueue = Callable[..., str]
EXAMPLES = ROOT / "examples" / "python"
PROGRAMS = sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem != "connection")


def run(server: ForebayServer, program: str, *arguments: str) -> str:
    """Runs an example as a newcomer does; its output."""
    done = subprocess.run(
        [
            sys.executable,
            str(EXAMPLES / f"{program}.py"),
            "--endpoint-url",
            server.endpoint,
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def url_of(sqs: Any, name: str) -> str:
    return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])


# Queues.


def test_standard_and_fifo_queues(server: ForebayServer, sqs: Any) -> None:
    name = unique_name()
    run(server, "queue_manager", "standard", name)
    assert attributes_of(sqs, url_of(sqs, name))["VisibilityTimeout"] == "300"
    manager = QueueManager(sqs)
    found = attributes_of(sqs, manager.create_fifo(name))
    assert (found["FifoQueue"], found["FifoThroughputLimit"]) == ("true", "perMessageGroupId")
    assert found["DeduplicationScope"] == "messageGroup"


def test_making_a_queue_again_gives_it_the_wanted_settings(sqs: Any) -> None:
    manager, name = QueueManager(sqs), unique_name()
    url = manager.create_standard(name, VisibilityTimeout="7")
    sqs.send_message(QueueUrl=url, MessageBody="kept")
    assert manager.create_standard(name) == url
    assert attributes_of(sqs, url)["VisibilityTimeout"] == "300"
    assert bodies(drain(sqs, url)) == ["kept"]


def test_a_dead_letter_queue_is_attached(server: ForebayServer, sqs: Any) -> None:
    for name in (unique_name(), unique_name(fifo=True)):
        url = (
            QueueManager(sqs).create_fifo(name)
            if name.endswith(".fifo")
            else sqs.create_queue(QueueName=name)["QueueUrl"]
        )
        run(server, "queue_manager", "dead-letter", name, "--max-receive-count", "2")
        policy = json.loads(attributes_of(sqs, url)["RedrivePolicy"])
        dead = policy["deadLetterTargetArn"].rpartition(":")[2]
        assert policy["maxReceiveCount"] == 2
        assert arn_of(sqs, url_of(sqs, dead)) == policy["deadLetterTargetArn"]


def test_queues_for_speed_and_for_batches(sqs: Any) -> None:
    manager = QueueManager(sqs)
    fast = attributes_of(sqs, manager.create_high_performance(unique_name()))
    assert (fast["VisibilityTimeout"], json.loads(fast["RedrivePolicy"])["maxReceiveCount"]) == (
        "60",
        5,
    )
    slow = attributes_of(sqs, manager.create_batch(unique_name()))
    assert (slow["VisibilityTimeout"], slow["DelaySeconds"]) == ("900", "300")


def test_priority_queues(server: ForebayServer, sqs: Any) -> None:
    name = unique_name()
    printed = run(server, "queue_manager", "priority", name).split()
    assert printed == [
        url_of(sqs, f"{name}-{level}-priority") for level in ("high", "normal", "low")
    ]
    assert attributes_of(sqs, printed[2])["DelaySeconds"] == "60"


# Producers.


def test_orders_have_attributes(server: ForebayServer, sqs: Any) -> None:
    name = unique_name()
    run(server, "producer", "--queue", name, "--count", "3")
    found = drain(sqs, url_of(sqs, name))
    assert [json.loads(body)["orderId"] for body in bodies(found)] == [0, 1, 2]
    attributes = found[1]["MessageAttributes"]
    assert attributes["eventType"] == {"DataType": "String", "StringValue": "OrderCreated"}
    assert attributes["orderAmount"] == {"DataType": "Number", "StringValue": "10.5"}


def test_low_priority_orders_wait(server: ForebayServer, sqs: Any) -> None:
    name = unique_name()
    run(server, "producer", "--queue", name, "--count", "2", "--priority", "low")
    assert counts(sqs, url_of(sqs, name)) == (0, 0, 2)


def test_a_batch_of_any_size_is_sent(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    ids = producer.Producer(sqs, url).send_batch([{"body": {"n": n}} for n in range(25)])
    found = drain(sqs, url)
    assert sorted(message["MessageId"] for message in found) == sorted(ids)
    assert sorted(json.loads(body)["n"] for body in bodies(found)) == list(range(25))


def test_a_refused_entry_is_reported_and_the_others_are_sent(sqs: Any, queue: NewQueue) -> None:
    url = queue(MaximumMessageSize="1024")
    messages = [{"body": "x" * 2000 if n == 3 else str(n)} for n in range(12)]
    with pytest.raises(producer.SendFailed) as caught:
        producer.Producer(sqs, url).send_batch(messages)
    assert [entry["Id"] for entry in caught.value.entries] == ["3"]
    assert len(drain(sqs, url)) == 11


def test_entries_the_server_failed_to_store_are_sent_again(sqs: Any, queue: NewQueue) -> None:
    url, faulty = queue(), FaultyClient(sqs)

    def store_only_the_first(QueueUrl: str, Entries: List[Dict[str, Any]]) -> Dict[str, Any]:
        reply = dict(sqs.send_message_batch(QueueUrl=QueueUrl, Entries=Entries[:1]))
        reply["Failed"] = [
            {"Id": entry["Id"], "Code": "InternalError", "Message": "later", "SenderFault": False}
            for entry in Entries[1:]
        ]
        return reply

    faulty.faults["send_message_batch"] = [store_only_the_first]
    producer.Producer(faulty, url).send_batch([{"body": str(n)} for n in range(5)])
    assert sorted(bodies(drain(sqs, url))) == ["0", "1", "2", "3", "4"]


def test_retries_outlast_a_lost_connection(sqs: Any, queue: NewQueue) -> None:
    url, faulty = queue(), FaultyClient(sqs)
    faulty.faults["send_message"] = [no_connection(), refusal(503, "ServiceUnavailable")]
    producer.Producer(faulty, url).send_with_retry("m", base_seconds=0.01)
    assert bodies(drain(sqs, url)) == ["m"]


def test_a_refusal_is_not_retried(sqs: Any, queue: NewQueue) -> None:
    url, faulty = queue(), FaultyClient(sqs)
    with pytest.raises(sqs.exceptions.ClientError):
        producer.Producer(faulty, url).send_with_retry("", base_seconds=0.01)
    assert faulty.calls == ["send_message"]


def test_equal_fifo_bodies_are_one_message(sqs: Any, fifo: NewQueue) -> None:
    url = fifo()
    sender = producer.Producer(sqs, url)
    first = sender.send_fifo({"a": 1, "b": 2}, "group")
    assert sender.send_fifo({"b": 2, "a": 1}, "group") == first
    assert sender.send_fifo({"a": 1, "b": 3}, "group") != first
    assert len(drain(sqs, url)) == 2


# FIFO batches.


def test_fifo_batches_are_in_order_and_safe_to_repeat(server: ForebayServer, sqs: Any) -> None:
    name = unique_name(fifo=True)
    run(server, "fifo_batch_sender", "--queue", name, "--run", "monday", "--count", "25")
    run(server, "fifo_batch_sender", "--queue", name, "--run", "monday", "--count", "25")
    found = drain(sqs, url_of(sqs, name))
    assert [json.loads(body)["id"] for body in bodies(found)] == list(range(25))


def test_a_lost_answer_does_not_double_a_fifo_batch(sqs: Any, fifo: NewQueue) -> None:
    url, faulty = fifo(), FaultyClient(sqs)

    def store_but_lose_the_answer(**parameters: Any) -> None:
        sqs.send_message_batch(**parameters)
        raise no_connection()

    faulty.faults["send_message_batch"] = [store_but_lose_the_answer]
    numbers = fifo_batch_sender.send_in_order(faulty, url, [{"id": n} for n in range(12)], "run")
    assert numbers == sorted(numbers)
    assert [json.loads(body)["id"] for body in bodies(drain(sqs, url))] == list(range(12))


# The send buffer.


def test_the_buffer_program_sends_and_handles_all(server: ForebayServer, sqs: Any) -> None:
    name = unique_name()
    printed = run(server, "high_throughput", "--queue", name, "--count", "200")
    assert "200 sent, 0 not" in printed and "200 handled" in printed
    assert counts(sqs, url_of(sqs, name)) == (0, 0, 0)


def test_the_buffer_outlasts_a_server_that_is_away(
    new_server: Callable[..., ForebayServer],
) -> None:
    away = new_server().start()
    sqs = sqs_client(away.endpoint)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sender = high_throughput.BufferedSender(sqs, url, linger=0.01)
    for number in range(20):
        sender.send(str(number))
    wait_until(lambda: sender.sent == 20, 10, "the first messages to be sent")
    assert away.stop() == 0
    for number in range(20, 45):
        sender.send(str(number))
    time.sleep(0.5)  # some tries fail
    assert len(sender.unsent()) == 25
    away.start()
    assert sender.close() == []
    assert sorted(map(int, bodies(drain(sqs, url)))) == list(range(45))


def test_the_buffer_keeps_what_is_refused(sqs: Any, queue: NewQueue) -> None:
    url = queue(MaximumMessageSize="1024")
    sender = high_throughput.BufferedSender(sqs, url)
    for body in ("a", "x" * 2000, "", "b"):
        sender.send(body)
    assert sender.close() == []
    assert sorted(bodies(drain(sqs, url))) == ["a", "b"]
    assert sorted(len(body) for body, _ in sender.rejected) == [0, 2000]


def test_a_full_buffer_says_so(sqs: Any, queue: NewQueue) -> None:
    url, faulty = queue(), FaultyClient(sqs)
    faulty.faults["send_message_batch"] = [no_connection() for _ in range(100)]
    sender = high_throughput.BufferedSender(faulty, url, capacity=3)
    for number in range(3):
        sender.send(str(number))
    with pytest.raises(high_throughput.BufferFull):
        sender.send("one more")
    assert sender.unsent() == ["0", "1", "2"]
    faulty.faults.clear()
    assert sender.close() == []
    assert sorted(bodies(drain(sqs, url))) == ["0", "1", "2"]


# All programs.


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_has_help(program: str) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{program}.py"), "--help"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0
    assert "--endpoint-url" in done.stdout


def test_the_readme_names_every_program() -> None:
    readme = Path(EXAMPLES / "README.md").read_text()
    assert [program for program in PROGRAMS if f"`{program}.py`" not in readme] == []
