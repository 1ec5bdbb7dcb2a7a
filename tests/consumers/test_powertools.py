# SPDX-License-Identifier: Apache-2.0
"""Batch processing of AWS Lambda Powertools on events made of messages that Forebay delivered."""

from __future__ import annotations

import base64
import json
from typing import Any, Callable, Dict, List

import pytest
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    SqsFifoPartialProcessor,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from forebay_server import wait_until
from lambda_trigger import LambdaTrigger
from sqs_clients import (
    Message,
    arn_of,
    bodies,
    counts,
    receive_within,
    redrive_policy,
    string_attribute,
)


class Function:
    """A Lambda function that fails for the order numbers in `bad`, and remembers what it saw."""

    def __init__(self, processor: BatchProcessor) -> None:
        self.processor = processor
        self.bad: "set[int]" = set()
        self.seen: List[int] = []
        self.records: Dict[int, SQSRecord] = {}

    def __call__(self, event: Dict[str, Any]) -> Dict[str, Any]:
        answer = process_partial_response(
            event=event, record_handler=self._handle, processor=self.processor
        )
        return dict(answer)

    def _handle(self, record: SQSRecord) -> None:
        number = record.json_body["order"]
        self.seen.append(number)
        self.records[number] = record
        if number in self.bad:
            raise ValueError(f"order {number} is bad")


@pytest.fixture
def function() -> Function:
    return Function(BatchProcessor(event_type=EventType.SQS))


def send_orders(sqs: Any, url: str, numbers: "range", **parameters: Any) -> None:
    entries = [
        {"Id": str(n), "MessageBody": json.dumps({"order": n}), **parameters} for n in numbers
    ]
    assert len(sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]) == len(entries)


def orders(messages: "List[Message]") -> List[int]:
    return sorted(json.loads(body)["order"] for body in bodies(messages))


def test_exactly_the_failed_records_of_a_batch_come_back(
    sqs: Any, queue: Callable[..., str], function: Function
) -> None:
    url = queue(VisibilityTimeout="4")
    send_orders(sqs, url, range(10))
    trigger = LambdaTrigger(sqs, url, function)
    function.bad = {2, 5, 9}
    assert orders(trigger.poll()) == [2, 5, 9]
    assert sorted(function.seen) == list(range(10))
    assert counts(sqs, url) == (0, 3, 0)

    function.seen, function.bad = [], {5}
    again: List[int] = []

    def all_three_came_back() -> bool:
        trigger.poll(wait=1)
        again[:] = sorted(set(function.seen))
        return again == [2, 5, 9]

    wait_until(all_three_came_back, 20, f"the failed records to come back, so far {again}")
    received = function.records[9].attributes.approximate_receive_count
    assert received == "2"
    function.bad = set()
    wait_until(lambda: not trigger.poll(wait=1) and counts(sqs, url) == (0, 0, 0), 20, "the end")
    assert set(function.seen) == {2, 5, 9}


def test_a_batch_in_which_all_fail_is_reported_and_goes_to_the_dead_letter_queue(
    sqs: Any, queue: Callable[..., str], function: Function
) -> None:
    dead = queue()
    url = queue(VisibilityTimeout="0", RedrivePolicy=redrive_policy(arn_of(sqs, dead), 2))
    send_orders(sqs, url, range(4))
    trigger = LambdaTrigger(sqs, url, function)
    function.bad = {0, 1, 2, 3}
    for _ in range(2):
        with pytest.raises(BatchProcessingError, match="order 0 is bad"):
            trigger.poll()
    assert trigger.poll() == []
    assert sorted(function.seen) == [0, 0, 1, 1, 2, 2, 3, 3]

    drained = LambdaTrigger(sqs, dead, function)
    function.bad = set()
    assert drained.poll(wait=1) == []
    record = function.records[3]
    assert record.attributes.dead_letter_queue_source_arn == arn_of(sqs, url)
    assert record.attributes.approximate_receive_count == "3"
    assert counts(sqs, dead) == counts(sqs, url) == (0, 0, 0)


def test_a_record_shows_everything_the_sender_gave(
    sqs: Any, queue: Callable[..., str], function: Function
) -> None:
    url = queue()
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
    sent = sqs.send_message(
        QueueUrl=url,
        MessageBody=json.dumps({"order": 1, "note": "Grüße \U0001f30a"}, ensure_ascii=False),
        MessageGroupId="tenant-a",
        MessageAttributes={
            "text": string_attribute("x"),
            "count": string_attribute("3", "Number"),
            "blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        },
        MessageSystemAttributes={"AWSTraceHeader": string_attribute(trace)},
    )
    assert LambdaTrigger(sqs, url, function).poll() == []
    record = function.records[1]
    assert record.message_id == sent["MessageId"]
    assert record.md5_of_body == sent["MD5OfMessageBody"]
    assert record["md5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert record.json_body["note"] == "Grüße \U0001f30a"
    assert record.attributes.aws_trace_header == trace
    assert record.attributes.message_group_id == "tenant-a"
    assert int(record.attributes.sent_timestamp) <= int(
        record.attributes.approximate_first_receive_timestamp
    )
    assert record.attributes.sender_id
    attributes = record.message_attributes
    assert attributes["text"].string_value == "x"
    assert (attributes["count"].data_type, attributes["count"].string_value) == ("Number", "3")
    assert base64.b64decode(attributes["blob"].binary_value) == b"\x00\xff"
    assert record.queue_url.split("/")[-2:] == url.split("/")[-2:]


def test_a_fifo_batch_stops_at_the_first_failure(sqs: Any, fifo: Callable[..., str]) -> None:
    url = fifo(ContentBasedDeduplication="true", VisibilityTimeout="4")
    function = Function(SqsFifoPartialProcessor())
    trigger = LambdaTrigger(sqs, url, function)
    send_orders(sqs, url, range(6), MessageGroupId="one")
    function.bad = {2}
    failed = trigger.poll()
    assert orders(failed) == [2, 3, 4, 5]
    assert function.seen == [0, 1, 2], "what follows the failure is not tried"
    function.seen, function.bad = [], set()
    wait_until(lambda: function.seen or trigger.poll(wait=1), 20, "the rest to come back")
    assert function.seen == [2, 3, 4, 5], "in the order they were sent"
    assert counts(sqs, url) == (0, 0, 0)


def test_a_fifo_batch_goes_on_with_other_groups(sqs: Any, fifo: Callable[..., str]) -> None:
    url = fifo(ContentBasedDeduplication="true", VisibilityTimeout="4")
    function = Function(SqsFifoPartialProcessor(skip_group_on_error=True))
    trigger = LambdaTrigger(sqs, url, function)
    send_orders(sqs, url, range(3), MessageGroupId="bad")
    send_orders(sqs, url, range(10, 13), MessageGroupId="good")
    function.bad = {1}
    assert orders(trigger.poll()) == [1, 2]
    assert function.seen == [0, 1, 10, 11, 12]
    back = receive_within(sqs, url, 20, AttributeNames=["All"])
    assert [json.loads(body)["order"] for body in bodies(back)] == [1, 2]
    assert {message["Attributes"]["MessageGroupId"] for message in back} == {"bad"}
