# SPDX-License-Identifier: Apache-2.0
"""Contract sections 2.21 to 2.23, 5.10 and 6.9: message move tasks."""

from __future__ import annotations

import base64
import json
import time
from typing import Any, Callable, Dict, List, NamedTuple

import pytest

from cases import case
from forebay_server import ForebayServer, wait_until
from raw_http import RawHttp
from sqs_clients import (
    arn_of,
    bodies,
    counts,
    drain,
    entry,
    receive,
    redrive_policy,
    refused,
    sqs_client,
    string_attribute,
    unique_name,
)

NewQueue = Callable[..., str]
Task = Dict[str, Any]
NO_SOURCE = "The resource that you specified for the SourceArn parameter doesn't exist."
NO_DESTINATION = "The resource that you specified for the DestinationArn parameter doesn't exist."
NO_TASK = "Task does not exist."
NO_HANDLE = "Value for parameter TaskHandle is invalid."
SAME = "Source queue arn and destination queue arn cannot be the same."
NO_DLQ = "Source queue must be configured as a Dead Letter Queue."
OTHER_TYPE = "The source queue and destination queue must be of the same queue type."
RUNNING = (
    "There is already a task running. Only one active task is allowed for a source queue arn at a"
    " given time."
)
FORMAT = (
    "You must use this format to specify the SourceArn:"
    " arn:<partition>:<service>:<region>:<account-id>:<resource-id>"
)
RATE = (
    "Value for parameter MaxNumberOfMessagesPerSecond is invalid. "
    "Reason: You must enter a number that's between 1 and 500."
)
MAX_RESULTS = (
    "Value for parameter MaxResults is invalid. "
    "Reason: You must enter a number that's between 1 and 10."
)


class Queue(NamedTuple):
    url: str
    arn: str


def made(sqs: Any, url: str) -> Queue:
    return Queue(url, arn_of(sqs, url))


@pytest.fixture
def dead(sqs: Any, queue: NewQueue) -> Queue:
    return made(sqs, queue())


@pytest.fixture
def source(sqs: Any, queue: NewQueue, dead: Queue) -> Queue:
    """A queue whose messages go to `dead` after one receive."""
    return made(sqs, queue(RedrivePolicy=redrive_policy(dead.arn, 1)))


@pytest.fixture
def other(sqs: Any, queue: NewQueue) -> Queue:
    return made(sqs, queue())


def fill(sqs: Any, url: str, count: int, prefix: str = "m") -> List[str]:
    """Sends `count` messages; their bodies."""
    sent = [f"{prefix}{number}" for number in range(count)]
    for start in range(0, count, 10):
        entries = [entry(str(n), body) for n, body in enumerate(sent[start : start + 10])]
        assert "Failed" not in sqs.send_message_batch(QueueUrl=url, Entries=entries)
    return sent


def let_die(sqs: Any, source: Queue, dead: Queue, count: int) -> None:
    """Receives what is in `source` until all `count` of them were moved to `dead`."""
    before = counts(sqs, dead.url)[0]

    def moved() -> bool:
        receive(sqs, source.url, VisibilityTimeout=0)
        return counts(sqs, dead.url)[0] == before + count

    wait_until(moved, 20, f"{count} dead letters")


def start(sqs: Any, source: Queue, **parameters: Any) -> str:
    return str(sqs.start_message_move_task(SourceArn=source.arn, **parameters)["TaskHandle"])


def tasks_of(sqs: Any, source: Queue, most: int = 10) -> List[Task]:
    reply = sqs.list_message_move_tasks(SourceArn=source.arn, MaxResults=most)
    return list(reply.get("Results", []))


def ended(sqs: Any, source: Queue, status: str = "COMPLETED", seconds: float = 30) -> Task:
    """The newest task of `source` when it has ended, which must be with `status`."""

    def newest() -> Task:
        task = tasks_of(sqs, source)[0]
        return task if task["Status"] not in ("RUNNING", "CANCELLING") else {}

    task = wait_until(newest, seconds, f"the end of the task of {source.arn}")
    assert task["Status"] == status, task
    return task


def decoded(handle: str) -> Dict[str, str]:
    return dict(json.loads(base64.b64decode(handle, validate=True)))


def encoded(handle: Dict[str, str]) -> str:
    return base64.b64encode(json.dumps(handle).encode()).decode()


@case("M1")
def test_m1_to_a_destination(sqs: Any, source: Queue, dead: Queue, other: Queue) -> None:
    before = int(time.time() * 1000)
    sent = fill(sqs, dead.url, 2)
    start(sqs, dead, DestinationArn=other.arn)
    task = ended(sqs, dead)
    assert before - 5 <= task.pop("StartedTimestamp") <= int(time.time() * 1000) + 5
    assert task == {
        "Status": "COMPLETED",
        "SourceArn": dead.arn,
        "DestinationArn": other.arn,
        "ApproximateNumberOfMessagesMoved": 2,
        "ApproximateNumberOfMessagesToMove": 2,
    }
    assert sorted(bodies(drain(sqs, other.url))) == sent
    assert counts(sqs, dead.url) == (0, 0, 0)
    assert counts(sqs, source.url) == (0, 0, 0)


@case("M2")
def test_m2_back_to_where_they_came_from(sqs: Any, source: Queue, dead: Queue) -> None:
    sent = fill(sqs, source.url, 12)
    let_die(sqs, source, dead, 12)
    start(sqs, dead)
    task = ended(sqs, dead)
    assert "DestinationArn" not in task and "MaxNumberOfMessagesPerSecond" not in task
    assert task["ApproximateNumberOfMessagesMoved"] == 12
    assert sorted(bodies(drain(sqs, source.url))) == sorted(sent)
    assert counts(sqs, dead.url) == (0, 0, 0)


@case("M3")
def test_m3_each_to_its_own_source(sqs: Any, queue: NewQueue, source: Queue, dead: Queue) -> None:
    second = made(sqs, queue(RedrivePolicy=redrive_policy(dead.arn, 1)))
    for number, one in enumerate((source, second, source, second)):
        sqs.send_message(QueueUrl=one.url, MessageBody=f"{number}")
        let_die(sqs, one, dead, 1)
    start(sqs, dead)
    task = ended(sqs, dead)
    assert task["ApproximateNumberOfMessagesMoved"] == 4
    assert task["ApproximateNumberOfMessagesToMove"] == 4
    assert sorted(bodies(drain(sqs, source.url))) == ["0", "2"]
    assert sorted(bodies(drain(sqs, second.url))) == ["1", "3"]


@case("M4")
def test_m4_a_source_that_is_no_dead_letter_queue(sqs: Any, other: Queue) -> None:
    found = refused(sqs.start_message_move_task, SourceArn=other.arn)
    assert (found.status, found.code, found.message) == (400, "InvalidParameterValue", NO_DLQ)


@case("M5")
def test_m5_an_unknown_destination(sqs: Any, source: Queue, dead: Queue) -> None:
    found = refused(
        sqs.start_message_move_task, SourceArn=dead.arn, DestinationArn=source.arn + "-not"
    )
    assert (found.status, found.code) == (404, "ResourceNotFoundException")
    assert found.message == NO_DESTINATION


@pytest.fixture
def slow(sqs: Any, source: Queue, dead: Queue, other: Queue) -> str:
    """The handle of a task at one message a second that moves ten messages from `dead` to
    `other`."""
    fill(sqs, dead.url, 10)
    return start(sqs, dead, DestinationArn=other.arn, MaxNumberOfMessagesPerSecond=1)


@case("M6")
def test_m6_one_task_at_a_time(sqs: Any, source: Queue, dead: Queue, slow: str) -> None:
    found = refused(sqs.start_message_move_task, SourceArn=dead.arn)
    assert (found.status, found.code, found.message) == (400, "InvalidParameterValue", RUNNING)
    sqs.cancel_message_move_task(TaskHandle=slow)
    ended(sqs, dead, "CANCELLED")
    start(sqs, dead, DestinationArn=source.arn)
    assert ended(sqs, dead)["DestinationArn"] == source.arn


@case("M7")
@pytest.mark.parametrize("handle", ["foobared", "Zm9v", "e30=", "not base64!"])
def test_m7_a_made_up_handle(sqs: Any, handle: str) -> None:
    found = refused(sqs.cancel_message_move_task, TaskHandle=handle)
    assert (found.status, found.code, found.message) == (400, "InvalidParameterValue", NO_HANDLE)


@case("M8")
def test_m8_a_handle_with_an_unknown_source(sqs: Any, slow: str) -> None:
    handle = {**decoded(slow), "sourceArn": decoded(slow)["sourceArn"] + "-not"}
    found = refused(sqs.cancel_message_move_task, TaskHandle=encoded(handle))
    assert (found.status, found.code) == (404, "ResourceNotFoundException")
    assert found.message == NO_SOURCE


@case("M9")
def test_m9_a_handle_with_an_unknown_task(sqs: Any, dead: Queue, slow: str) -> None:
    handle = {**decoded(slow), "taskId": "3f4d1fd0-5a1c-4f0e-8d2b-1f6c1f0a9a01"}
    found = refused(sqs.cancel_message_move_task, TaskHandle=encoded(handle))
    assert (found.status, found.code, found.message) == (404, "ResourceNotFoundException", NO_TASK)
    assert tasks_of(sqs, dead)[0]["Status"] == "RUNNING"


@case("M10")
def test_m10_a_task_while_it_runs(sqs: Any, dead: Queue, other: Queue, slow: str) -> None:
    task = wait_until(
        lambda: [t for t in tasks_of(sqs, dead) if t["ApproximateNumberOfMessagesMoved"] >= 2],
        15,
        "two messages moved",
    )[0]
    assert task["ApproximateNumberOfMessagesMoved"] < 10
    assert isinstance(task["StartedTimestamp"], int)
    assert {**task, "StartedTimestamp": 0, "ApproximateNumberOfMessagesMoved": 0} == {
        "Status": "RUNNING",
        "TaskHandle": slow,
        "SourceArn": dead.arn,
        "DestinationArn": other.arn,
        "MaxNumberOfMessagesPerSecond": 1,
        "StartedTimestamp": 0,
        "ApproximateNumberOfMessagesMoved": 0,
        "ApproximateNumberOfMessagesToMove": 10,
    }
    assert counts(sqs, dead.url)[0] + counts(sqs, other.url)[0] == 10


@case("M11")
def test_m11_cancelling(sqs: Any, dead: Queue, other: Queue, slow: str) -> None:
    wait_until(lambda: counts(sqs, other.url)[0] >= 2, 15, "two messages moved")
    moved = sqs.cancel_message_move_task(TaskHandle=slow)["ApproximateNumberOfMessagesMoved"]
    assert isinstance(moved, int) and 2 <= moved < 10
    task = ended(sqs, dead, "CANCELLED")
    assert "TaskHandle" not in task and "FailureReason" not in task
    assert moved <= task["ApproximateNumberOfMessagesMoved"] < 10
    assert task["ApproximateNumberOfMessagesToMove"] == 10
    assert counts(sqs, other.url)[0] == task["ApproximateNumberOfMessagesMoved"]
    assert counts(sqs, dead.url)[0] == 10 - task["ApproximateNumberOfMessagesMoved"]


@case("M11")
def test_m11_a_finished_task_cannot_be_cancelled(
    sqs: Any, source: Queue, dead: Queue, other: Queue
) -> None:
    handle = start(sqs, dead, DestinationArn=other.arn)
    ended(sqs, dead)
    found = refused(sqs.cancel_message_move_task, TaskHandle=handle)
    assert (found.status, found.code) == (400, "AWS.SimpleQueueService.UnsupportedOperation")
    assert found.message == "Only active tasks can be cancelled."


@case("M12")
def test_m12_the_destination_is_deleted(sqs: Any, dead: Queue, other: Queue, slow: str) -> None:
    sqs.delete_queue(QueueUrl=other.url)
    task = ended(sqs, dead, "FAILED")
    assert task["FailureReason"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert "TaskHandle" not in task
    left = 10 - task["ApproximateNumberOfMessagesMoved"]
    assert left > 0 and counts(sqs, dead.url) == (left, 0, 0)


@case("M13")
def test_m13_what_a_handle_is_made_of(dead: Queue, slow: str) -> None:
    handle = decoded(slow)
    assert set(handle) == {"taskId", "sourceArn"}
    assert handle["sourceArn"] == dead.arn
    assert len(handle["taskId"]) == 36


@case("M13")
def test_m13_a_handle_may_be_encoded_anew(sqs: Any, dead: Queue, slow: str) -> None:
    handle = decoded(slow)
    again = encoded({"sourceArn": handle["sourceArn"], "taskId": handle["taskId"]})
    sqs.cancel_message_move_task(TaskHandle=again)
    ended(sqs, dead, "CANCELLED")


# Sections 2.21 to 2.23 and 5.10, not numbered in section 6.


def test_checks_come_in_the_order_of_the_contract(
    sqs: Any, raw: RawHttp, fifo: NewQueue, source: Queue, dead: Queue, other: Queue
) -> None:
    """Each request has two faults; the one that is checked first is reported."""
    unknown, fifo_arn = dead.arn + "-not", arn_of(sqs, fifo())
    fill(sqs, dead.url, 10)
    for parameters, shape, message in (
        ({"MaxNumberOfMessagesPerSecond": 0}, "MissingRequiredParameterException", None),
        ({"SourceArn": "", "DestinationArn": unknown}, "MissingRequiredParameterException", None),
        ({"SourceArn": "x", "MaxNumberOfMessagesPerSecond": 0}, None, FORMAT),
        ({"SourceArn": unknown, "MaxNumberOfMessagesPerSecond": 501}, None, RATE),
        (
            {"SourceArn": unknown, "DestinationArn": unknown},
            "ResourceNotFoundException",
            NO_SOURCE,
        ),
        (
            {"SourceArn": other.arn, "DestinationArn": unknown},
            "ResourceNotFoundException",
            NO_DESTINATION,
        ),
        ({"SourceArn": other.arn, "DestinationArn": other.arn}, None, SAME),
        ({"SourceArn": other.arn, "DestinationArn": fifo_arn}, None, NO_DLQ),
    ):
        reply = raw.json("StartMessageMoveTask", parameters)
        assert reply.error_shape() == (shape or "InvalidParameterValueException"), parameters
        expected = message or "The request must contain the parameter SourceArn."
        assert reply.json()["message"] == expected, parameters
    start(sqs, dead, DestinationArn=other.arn, MaxNumberOfMessagesPerSecond=1)
    found = refused(sqs.start_message_move_task, SourceArn=dead.arn, DestinationArn=fifo_arn)
    assert found.message == OTHER_TYPE
    assert len(tasks_of(sqs, dead)) == 1


@pytest.mark.parametrize("rate", [0, -1, 501])
def test_rates_out_of_range(sqs: Any, source: Queue, dead: Queue, rate: int) -> None:
    found = refused(
        sqs.start_message_move_task, SourceArn=dead.arn, MaxNumberOfMessagesPerSecond=rate
    )
    assert (found.status, found.code, found.message) == (400, "InvalidParameterValue", RATE)


@pytest.mark.parametrize("arn", ["queue", "arn:aws:sns:us-east-1:000000000000:q", "arn:aws:sqs:q"])
def test_sources_that_are_no_queue_arn(sqs: Any, arn: str) -> None:
    found = refused(sqs.start_message_move_task, SourceArn=arn)
    assert (found.status, found.code, found.message) == (400, "InvalidParameterValue", FORMAT)


def test_lists_of_unknown_sources_and_sizes(sqs: Any, source: Queue, dead: Queue) -> None:
    found = refused(sqs.list_message_move_tasks, SourceArn=dead.arn + "-not")
    assert (found.status, found.code) == (404, "ResourceNotFoundException")
    assert found.message == NO_SOURCE
    for most in (0, 11, -1):
        found = refused(sqs.list_message_move_tasks, SourceArn=dead.arn, MaxResults=most)
        assert (found.status, found.code) == (400, "InvalidParameterValue")
        assert found.message == MAX_RESULTS
    assert tasks_of(sqs, dead) == []


def test_the_last_ten_tasks_are_listed_newest_first(
    sqs: Any, source: Queue, dead: Queue, other: Queue
) -> None:
    for number in range(12):
        fill(sqs, dead.url, number)
        start(sqs, dead, DestinationArn=other.arn)
        ended(sqs, dead)
    found = tasks_of(sqs, dead, 10)
    assert [task["ApproximateNumberOfMessagesMoved"] for task in found] == list(range(11, 1, -1))
    assert tasks_of(sqs, dead, 3) == found[:3]
    default = sqs.list_message_move_tasks(SourceArn=dead.arn)["Results"]
    assert default == found[:1]


def test_what_a_moved_message_keeps_and_loses(sqs: Any, source: Queue, dead: Queue) -> None:
    attributes = {
        "text": string_attribute("Grüße"),
        "number": string_attribute("7", "Number.int"),
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    sqs.send_message(QueueUrl=source.url, MessageBody="a\r\nb", MessageAttributes=attributes)
    names: Dict[str, Any] = {"AttributeNames": ["All"], "MessageAttributeNames": ["All"]}
    first = receive(sqs, source.url, VisibilityTimeout=0, **names)[0]
    let_die(sqs, source, dead, 1)
    start(sqs, dead)
    ended(sqs, dead)
    moved = receive(sqs, source.url, **names)[0]
    for kept in ("Body", "MD5OfBody", "MessageAttributes", "MD5OfMessageAttributes"):
        assert moved[kept] == first[kept]
    assert moved["MessageId"] != first["MessageId"]
    assert moved["Attributes"]["ApproximateReceiveCount"] == "1"
    assert "DeadLetterQueueSourceArn" not in moved["Attributes"]
    assert int(moved["Attributes"]["SentTimestamp"]) > int(first["Attributes"]["SentTimestamp"])


def test_a_moved_message_may_die_again(sqs: Any, source: Queue, dead: Queue) -> None:
    sqs.send_message(QueueUrl=source.url, MessageBody="m")
    seen = set()
    for _ in range(3):
        let_die(sqs, source, dead, 1)
        found = receive(sqs, dead.url, VisibilityTimeout=0, AttributeNames=["All"])[0]
        assert found["Attributes"]["DeadLetterQueueSourceArn"] == source.arn
        seen.add(found["MessageId"])
        start(sqs, dead)
        ended(sqs, dead)
    assert len(seen) == 3


def test_messages_sent_to_the_dead_letter_queue_have_no_way_back(
    sqs: Any, source: Queue, dead: Queue
) -> None:
    fill(sqs, dead.url, 1)
    start(sqs, dead)
    task = ended(sqs, dead, "FAILED")
    assert task["FailureReason"] == "CouldNotDetermineMessageSource"
    assert task["ApproximateNumberOfMessagesMoved"] == 0
    assert counts(sqs, dead.url) == (1, 0, 0)


def test_a_message_in_flight_stays_with_its_consumer(
    sqs: Any, source: Queue, dead: Queue, other: Queue
) -> None:
    fill(sqs, dead.url, 3)
    held = receive(sqs, dead.url, max_messages=1, VisibilityTimeout=600)[0]
    start(sqs, dead, DestinationArn=other.arn)
    wait_until(lambda: counts(sqs, other.url)[0] == 2, 15, "two messages moved")
    assert counts(sqs, dead.url) == (0, 1, 0)
    sqs.delete_message(QueueUrl=dead.url, ReceiptHandle=held["ReceiptHandle"])
    assert counts(sqs, dead.url) == (0, 0, 0)
    assert held["Body"] not in bodies(drain(sqs, other.url))


def test_a_rate_is_kept(sqs: Any, source: Queue, dead: Queue, other: Queue) -> None:
    """Fifteen messages at five a second need two seconds and more."""
    fill(sqs, dead.url, 15)
    begin = time.monotonic()
    start(sqs, dead, DestinationArn=other.arn, MaxNumberOfMessagesPerSecond=5)
    task = ended(sqs, dead)
    assert time.monotonic() - begin >= 1.9
    assert task["ApproximateNumberOfMessagesMoved"] == 15
    assert task["MaxNumberOfMessagesPerSecond"] == 5


def test_consumers_at_work_during_a_task_get_each_message_once(
    sqs: Any, source: Queue, dead: Queue, other: Queue
) -> None:
    sent = fill(sqs, dead.url, 300)
    start(sqs, dead, DestinationArn=other.arn)
    found: List[str] = []
    while len(found) < len(sent):
        batch = receive(sqs, other.url, wait=20)
        assert batch, f"{len(found)} of {len(sent)} came"
        for message in batch:
            sqs.delete_message(QueueUrl=other.url, ReceiptHandle=message["ReceiptHandle"])
        found += bodies(batch)
    assert sorted(found) == sorted(sent)
    assert ended(sqs, dead)["ApproximateNumberOfMessagesMoved"] == len(sent)
    assert counts(sqs, other.url) == counts(sqs, dead.url) == (0, 0, 0)


def test_fifo_groups_keep_their_order(sqs: Any, fifo: NewQueue) -> None:
    dead = made(sqs, fifo())
    url = fifo(RedrivePolicy=redrive_policy(dead.arn, 1), ContentBasedDeduplication="true")
    source = made(sqs, url)
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageGroupId=f"g{number % 3}", MessageBody=str(number))
    let_die(sqs, source, dead, 12)
    start(sqs, dead)
    assert ended(sqs, dead)["ApproximateNumberOfMessagesMoved"] == 12
    found = drain(sqs, url)
    for group in range(3):
        of_group = [m for m in found if m["Attributes"]["MessageGroupId"] == f"g{group}"]
        assert bodies(of_group) == [str(number) for number in range(group, 12, 3)]
    assert counts(sqs, dead.url) == (0, 0, 0)


def test_list_and_start_in_query(raw: RawHttp, sqs: Any, dead: Queue, slow: str) -> None:
    xml = raw.query("ListMessageMoveTasks", {"SourceArn": dead.arn, "MaxResults": "10"}).xml()
    result = xml.find("ListMessageMoveTasksResult/ListMessageMoveTasksResultEntry")
    assert result is not None
    assert result.text("Status") == "RUNNING" and result.text("TaskHandle") == slow
    assert result.text("ApproximateNumberOfMessagesToMove") == "10"
    assert result.find("FailureReason") is None
    xml = raw.query("CancelMessageMoveTask", {"TaskHandle": slow}).xml()
    assert xml.text("CancelMessageMoveTaskResult/ApproximateNumberOfMessagesMoved") is not None


# A task and the life of the process. These need servers of their own.


class Redrive(NamedTuple):
    """A source, its dead-letter queue with messages in it, and their bodies."""

    source: Queue
    dead: Queue
    sent: List[str]


def prepare(sqs: Any, count: int) -> Redrive:
    dead = made(sqs, sqs.create_queue(QueueName=unique_name("dead"))["QueueUrl"])
    attributes = {"RedrivePolicy": redrive_policy(dead.arn, 1)}
    name = unique_name("source")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    source = made(sqs, url)
    sent = fill(sqs, source.url, count)
    let_die(sqs, source, dead, count)
    return Redrive(source, dead, sent)


def test_a_task_goes_on_after_the_server_was_killed(
    new_server: Callable[..., ForebayServer],
) -> None:
    """Killed twice in the middle: nothing is lost, nothing comes twice, and the count is right."""
    server = new_server().start()
    sqs = sqs_client(server.endpoint)
    work = prepare(sqs, 30)
    handle = start(sqs, work.dead, MaxNumberOfMessagesPerSecond=10)
    for moved in (3, 12):
        wait_until(lambda: counts(sqs, work.source.url)[0] >= moved, 20, f"{moved} moved")
        server.kill()
        server.start()
        task = tasks_of(sqs, work.dead)[0]
        assert (task["Status"], task["TaskHandle"]) == ("RUNNING", handle)
        assert moved <= task["ApproximateNumberOfMessagesMoved"] < 30
    task = ended(sqs, work.dead)
    assert task["ApproximateNumberOfMessagesMoved"] == 30
    assert task["ApproximateNumberOfMessagesToMove"] == 30
    found = drain(sqs, work.source.url)
    assert sorted(bodies(found)) == sorted(work.sent)
    assert len({message["MessageId"] for message in found}) == 30
    assert counts(sqs, work.dead.url) == (0, 0, 0)


def test_finished_tasks_are_remembered_by_the_next_process(
    new_server: Callable[..., ForebayServer],
) -> None:
    server = new_server().start()
    sqs = sqs_client(server.endpoint)
    work = prepare(sqs, 10)
    handle = start(sqs, work.dead, MaxNumberOfMessagesPerSecond=1)
    sqs.cancel_message_move_task(TaskHandle=handle)
    ended(sqs, work.dead, "CANCELLED")
    start(sqs, work.dead)
    ended(sqs, work.dead)
    before = tasks_of(sqs, work.dead)
    server.kill()
    server.start()
    assert tasks_of(sqs, work.dead) == before
    assert [task["Status"] for task in before] == ["COMPLETED", "CANCELLED"]
    # Ids that a move gave are not made up anew at each start.
    sqs.set_queue_attributes(QueueUrl=work.source.url, Attributes={"RedrivePolicy": ""})
    first = [m["MessageId"] for m in receive(sqs, work.source.url, VisibilityTimeout=0)]
    server.kill()
    server.start()
    again = [m["MessageId"] for m in receive(sqs, work.source.url, VisibilityTimeout=0)]
    assert first and sorted(first) == sorted(again)


def test_an_account_may_run_a_hundred_tasks(new_server: Callable[..., ForebayServer]) -> None:
    server = new_server(memory=True).start()
    sqs = sqs_client(server.endpoint)
    target = made(sqs, sqs.create_queue(QueueName="target")["QueueUrl"])

    def dead_letter_queue(number: int) -> Queue:
        dead = made(sqs, sqs.create_queue(QueueName=f"dead-{number}")["QueueUrl"])
        policy = {"RedrivePolicy": redrive_policy(dead.arn, 1)}
        sqs.create_queue(QueueName=f"source-{number}", Attributes=policy)
        fill(sqs, dead.url, 40)
        return dead

    queues = [dead_letter_queue(number) for number in range(101)]
    slowly: Dict[str, Any] = {"DestinationArn": target.arn, "MaxNumberOfMessagesPerSecond": 1}
    handles = [start(sqs, dead, **slowly) for dead in queues[:100]]
    assert refused(sqs.start_message_move_task, SourceArn=queues[100].arn, **slowly).status >= 400
    assert tasks_of(sqs, queues[100]) == []
    sqs.cancel_message_move_task(TaskHandle=handles[0])
    ended(sqs, queues[0], "CANCELLED")
    start(sqs, queues[100], **slowly)
