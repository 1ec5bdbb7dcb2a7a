# SPDX-License-Identifier: Apache-2.0
"""Contract section 6.7: visibility timeouts, receipt handles, deletion, counters."""

from __future__ import annotations

import time
from typing import Any, Callable

import pytest

from cases import case
from forebay_server import wait_until
from sqs_clients import Message, bodies, counts, receive, refused, unique_name

NewQueue = Callable[..., str]


def send(sqs: Any, url: str, body: str = "m", **parameters: Any) -> None:
    sqs.send_message(QueueUrl=url, MessageBody=body, **parameters)


def receive_one(sqs: Any, url: str, **parameters: Any) -> Message:
    found = receive(sqs, url, max_messages=1, **parameters)
    assert len(found) == 1
    return found[0]


def delete(sqs: Any, url: str, message: Message) -> None:
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def change(sqs: Any, url: str, message: Message, timeout: int) -> None:
    sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=timeout
    )


def wait_for_visible(sqs: Any, url: str, visible: int) -> None:
    wait_until(lambda: counts(sqs, url)[0] == visible, 15, f"{visible} visible messages")


@pytest.fixture
def expired_fifo(sqs: Any, fifo: NewQueue) -> "tuple[str, Message]":
    """A FIFO queue whose one message was received and became visible again, and what was
    received."""
    url = fifo(VisibilityTimeout="1", ContentBasedDeduplication="true")
    send(sqs, url, MessageGroupId="g")
    message = receive_one(sqs, url)
    wait_for_visible(sqs, url, 1)
    return url, message


@case("V1")
def test_v1_the_visibility_timeout_of_the_queue(sqs: Any, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="2")
    send(sqs, url)
    first = receive_one(sqs, url)
    assert receive(sqs, url) == []
    assert receive_one(sqs, url, wait=20)["MessageId"] == first["MessageId"]


@case("V2")
def test_v2_a_receive_can_choose_its_own(sqs: Any, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="1")
    send(sqs, url)
    receive_one(sqs, url, VisibilityTimeout=60)
    assert receive(sqs, url, wait=2) == []
    assert counts(sqs, url) == (0, 1, 0)


@case("V3")
def test_v3_zero_makes_visible_at_once(sqs: Any, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="600")
    send(sqs, url)
    message = receive_one(sqs, url)
    change(sqs, url, message, 0)
    assert receive_one(sqs, url)["MessageId"] == message["MessageId"]


@case("V4")
def test_v4_extending(sqs: Any, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="1")
    send(sqs, url)
    change(sqs, url, receive_one(sqs, url), 60)
    assert receive(sqs, url, wait=2) == []


@case("V5")
def test_v5_standard_changing_an_expired_message(sqs: Any, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="1")
    send(sqs, url)
    message = receive_one(sqs, url)
    wait_for_visible(sqs, url, 1)
    change(sqs, url, message, 60)


@case("V6")
def test_v6_an_expired_message_comes_before_younger_ones(sqs: Any, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="2")
    send(sqs, url, "older")
    receive_one(sqs, url)
    wait_for_visible(sqs, url, 1)
    send(sqs, url, "younger")
    assert receive_one(sqs, url)["Body"] == "older"
    assert receive_one(sqs, url)["Body"] == "younger"


@case("V7")
def test_v7_a_change_is_not_remembered(sqs: Any, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="2")
    send(sqs, url)
    message = receive_one(sqs, url)
    change(sqs, url, message, 600)
    change(sqs, url, message, 0)
    receive_one(sqs, url)
    assert receive(sqs, url) == []
    assert receive_one(sqs, url, wait=20)["MessageId"] == message["MessageId"]


@case("V8")
def test_v8_changing_by_a_made_up_handle(sqs: Any, queue: NewQueue) -> None:
    found = refused(
        sqs.change_message_visibility,
        QueueUrl=queue(),
        ReceiptHandle="INVALID",
        VisibilityTimeout=0,
    )
    assert found.code == "ReceiptHandleIsInvalid"
    assert found.message == 'The input receipt handle "INVALID" is not a valid receipt handle.'


@case("V9")
def test_v9_changing_a_deleted_message(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    send(sqs, url)
    message = receive_one(sqs, url)
    delete(sqs, url, message)
    found = refused(
        sqs.change_message_visibility,
        QueueUrl=url,
        VisibilityTimeout=0,
        ReceiptHandle=message["ReceiptHandle"],
    )
    assert (found.status, found.code) == (400, "InvalidParameterValue")
    assert (
        found.message
        == f"Value {message['ReceiptHandle']} for parameter ReceiptHandle is invalid. Reason:"
        " Message does not exist or is not available for visibility timeout change."
    )


@case("V10")
def test_v10_deleting_by_a_made_up_handle(sqs: Any, queue: NewQueue) -> None:
    found = refused(sqs.delete_message, QueueUrl=queue(), ReceiptHandle="garbage")
    assert found.code == "ReceiptHandleIsInvalid"
    assert found.message == 'The input receipt handle "garbage" is not a valid receipt handle.'


@case("V10")
def test_v10_the_handle_of_another_queue(sqs: Any, queue: NewQueue) -> None:
    here, other = queue(), queue()
    send(sqs, here)
    message = receive_one(sqs, here)
    found = refused(sqs.delete_message, QueueUrl=other, ReceiptHandle=message["ReceiptHandle"])
    assert found.code == "ReceiptHandleIsInvalid"
    assert counts(sqs, here) == (0, 1, 0)


@case("V11")
def test_v11_deleting_twice(sqs: Any, queue: NewQueue, fifo: NewQueue) -> None:
    for url, group in (
        (queue(), {}),
        (fifo(ContentBasedDeduplication="true"), {"MessageGroupId": "g"}),
    ):
        send(sqs, url, **group)
        message = receive_one(sqs, url)
        delete(sqs, url, message)
        delete(sqs, url, message)
        assert counts(sqs, url) == (0, 0, 0)


@case("V12")
def test_v12_standard_deleting_after_the_timeout(sqs: Any, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="1")
    send(sqs, url)
    message = receive_one(sqs, url)
    wait_for_visible(sqs, url, 1)
    delete(sqs, url, message)
    assert counts(sqs, url) == (0, 0, 0)


@case("V12")
def test_v12_standard_deleting_by_the_handle_of_an_earlier_receive(
    sqs: Any, queue: NewQueue
) -> None:
    url = queue()
    send(sqs, url)
    first = receive_one(sqs, url, VisibilityTimeout=0)
    receive_one(sqs, url)
    delete(sqs, url, first)
    assert counts(sqs, url) == (0, 0, 0)


@case("V13")
def test_v13_fifo_deleting_after_the_timeout(sqs: Any, expired_fifo: "tuple[str, Message]") -> None:
    url, message = expired_fifo
    found = refused(sqs.delete_message, QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert (found.status, found.code) == (400, "InvalidParameterValue")
    assert (
        found.message
        == f"Value {message['ReceiptHandle']} for parameter ReceiptHandle is invalid. "
        "Reason: The receipt handle has expired."
    )
    assert counts(sqs, url) == (1, 0, 0)


@case("V13")
def test_v13_fifo_the_handle_of_an_earlier_receive(
    sqs: Any, expired_fifo: "tuple[str, Message]"
) -> None:
    url, first = expired_fifo
    second = receive_one(sqs, url, VisibilityTimeout=60)
    found = refused(sqs.delete_message, QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert found.code == "InvalidParameterValue"
    delete(sqs, url, second)
    assert counts(sqs, url) == (0, 0, 0)


@case("V14")
def test_v14_fifo_an_extended_message_can_be_deleted(sqs: Any, fifo: NewQueue) -> None:
    url = fifo(VisibilityTimeout="1", ContentBasedDeduplication="true")
    send(sqs, url, MessageGroupId="g")
    message = receive_one(sqs, url)
    change(sqs, url, message, 60)
    assert receive(sqs, url, wait=2) == []
    delete(sqs, url, message)
    assert counts(sqs, url) == (0, 0, 0)


@case("V15")
def test_v15_an_unknown_queue_is_reported_before_the_handle(sqs: Any, queue: NewQueue) -> None:
    url = queue() + unique_name()
    for call, parameters in (
        (sqs.delete_message, {}),
        (sqs.change_message_visibility, {"VisibilityTimeout": 1}),
    ):
        found = refused(call, QueueUrl=url, ReceiptHandle="garbage", **parameters)
        assert found.code == "AWS.SimpleQueueService.NonExistentQueue"


@case("V16")
def test_v16_standard_an_old_handle_changes_the_message(sqs: Any, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="600")
    send(sqs, url)
    first = receive_one(sqs, url, VisibilityTimeout=1)
    wait_for_visible(sqs, url, 1)
    receive_one(sqs, url)
    change(sqs, url, first, 0)
    assert receive_one(sqs, url)["MessageId"] == first["MessageId"]


@case("V17")
def test_v17_twelve_hours_are_counted_from_the_receive(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    send(sqs, url)
    message = receive_one(sqs, url)
    time.sleep(0.01)  # within the same millisecond it would be exactly 12 hours
    found = refused(
        sqs.change_message_visibility,
        QueueUrl=url,
        VisibilityTimeout=43200,
        ReceiptHandle=message["ReceiptHandle"],
    )
    assert found.code == "InvalidParameterValue"
    assert found.message.startswith(
        "Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout"
        " for the message is beyond the limit [43200 seconds]"
    )
    change(sqs, url, message, 43190)


@case("V17")
@pytest.mark.parametrize("timeout", [43201, -1])
def test_v17_timeout_out_of_range(sqs: Any, queue: NewQueue, timeout: int) -> None:
    url = queue()
    send(sqs, url)
    found = refused(
        sqs.change_message_visibility,
        QueueUrl=url,
        VisibilityTimeout=timeout,
        ReceiptHandle=receive_one(sqs, url)["ReceiptHandle"],
    )
    assert found.code == "InvalidParameterValue"
    assert (
        found.message == f"Value {timeout} for parameter VisibilityTimeout is invalid. "
        "Reason: Must be between 0 and 43200."
    )


@case("V19")
def test_v19_counters(sqs: Any, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="2")
    for number in range(6):
        send(sqs, url, str(number))
    receive_one(sqs, url)
    assert counts(sqs, url) == (5, 1, 0)
    wait_for_visible(sqs, url, 6)
    assert counts(sqs, url) == (6, 0, 0)
    assert sorted(bodies(receive(sqs, url))) == [str(number) for number in range(6)]
