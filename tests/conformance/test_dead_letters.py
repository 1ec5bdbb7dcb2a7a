# SPDX-License-Identifier: Apache-2.0
"""Contract sections 6.9 (dead-letter queues) and 6.10 (purge)."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest

from cases import case
from raw_http import RawHttp
from sqs_clients import (
    arn_of,
    attributes_of,
    bodies,
    counts,
    receive,
    receive_within,
    redrive_policy,
    refused,
    string_attribute,
    unique_name,
)
from test_send import TRACE, TRACE_ATTRIBUTE

NewQueue = Callable[..., str]


def create_refused(sqs: Any, policy: str) -> Any:
    return refused(sqs.create_queue, QueueName=unique_name(), Attributes={"RedrivePolicy": policy})


@pytest.fixture
def dead(queue: NewQueue) -> str:
    return queue()


@pytest.fixture
def source(sqs: Any, queue: NewQueue, dead: str) -> str:
    """A queue whose messages go to `dead` after one receive."""
    return queue(RedrivePolicy=redrive_policy(arn_of(sqs, dead), 1))


@case("D1")
def test_d1_the_second_receive_moves_the_message(sqs: Any, source: str, dead: str) -> None:
    sent = sqs.send_message(QueueUrl=source, MessageBody="m")
    assert bodies(receive(sqs, source, VisibilityTimeout=0)) == ["m"]
    assert receive(sqs, source, VisibilityTimeout=0) == []
    moved = receive_within(sqs, dead, 10)
    assert [message["MessageId"] for message in moved] == [sent["MessageId"]]
    assert counts(sqs, source) == (0, 0, 0)


@case("D1")
def test_d1_a_receive_that_moves_goes_on_to_the_next(sqs: Any, source: str, dead: str) -> None:
    sqs.send_message(QueueUrl=source, MessageBody="bad")
    receive(sqs, source, VisibilityTimeout=0)
    sqs.send_message(QueueUrl=source, MessageBody="good")
    assert bodies(receive_within(sqs, source, 10)) == ["good"]
    assert bodies(receive_within(sqs, dead, 10)) == ["bad"]


@case("D2")
def test_d2_what_a_dead_letter_keeps(sqs: Any, source: str, dead: str) -> None:
    attributes = {"k": string_attribute("x")}
    sent = sqs.send_message(
        QueueUrl=source,
        MessageBody="m",
        MessageAttributes=attributes,
        MessageSystemAttributes=TRACE_ATTRIBUTE,
    )
    before = receive(sqs, source, VisibilityTimeout=0, AttributeNames=["All"])[0]["Attributes"]
    receive(sqs, source)
    found = receive_within(sqs, dead, 10, AttributeNames=["All"], MessageAttributeNames=["All"])[0]
    assert found["Attributes"]["ApproximateReceiveCount"] == "2"
    assert found["Attributes"]["DeadLetterQueueSourceArn"] == arn_of(sqs, source)
    assert found["Attributes"]["AWSTraceHeader"] == TRACE
    assert found["Attributes"]["SentTimestamp"] == before["SentTimestamp"]
    assert found["MessageAttributes"] == attributes
    assert found["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert found["MD5OfBody"] == sent["MD5OfMessageBody"]


@case("D3")
def test_d3_fifo_to_fifo(sqs: Any, fifo: NewQueue) -> None:
    dead = fifo(ContentBasedDeduplication="true")
    url = fifo(ContentBasedDeduplication="true", RedrivePolicy=redrive_policy(arn_of(sqs, dead), 2))
    sent = sqs.send_message(QueueUrl=url, MessageBody="bad", MessageGroupId="g")
    for _ in range(2):
        assert bodies(receive(sqs, url, VisibilityTimeout=0)) == ["bad"]
    assert receive(sqs, url) == []
    found = receive_within(sqs, dead, 10, AttributeNames=["All"])[0]
    assert found["MessageId"] == sent["MessageId"]
    assert found["Attributes"]["MessageGroupId"] == "g"
    assert found["Attributes"]["ApproximateReceiveCount"] == "3"
    sqs.send_message(QueueUrl=url, MessageBody="good", MessageGroupId="g")
    assert bodies(receive(sqs, url)) == ["good"]


@case("D3")
def test_d3_the_next_of_the_group_follows_a_moved_message(sqs: Any, fifo: NewQueue) -> None:
    dead = fifo(ContentBasedDeduplication="true")
    url = fifo(ContentBasedDeduplication="true", RedrivePolicy=redrive_policy(arn_of(sqs, dead), 1))
    for body in ("bad", "good"):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")
    assert bodies(receive(sqs, url, max_messages=1, VisibilityTimeout=0)) == ["bad"]
    assert bodies(receive_within(sqs, url, 10)) == ["good"]


@case("D4")
def test_d4_the_policy_is_kept_as_given(sqs: Any, queue: NewQueue, dead: str) -> None:
    for count in (7, "42"):
        policy = redrive_policy(arn_of(sqs, dead), count)
        found = attributes_of(sqs, queue(RedrivePolicy=policy), "RedrivePolicy")["RedrivePolicy"]
        assert found == policy
        assert json.loads(found)["maxReceiveCount"] == count


BAD_COUNTS = [0, 1001, "invalid", 1.5, -1]


@case("D5")
@pytest.mark.parametrize("count", BAD_COUNTS)
def test_d5_bad_max_receive_counts(sqs: Any, dead: str, count: Any) -> None:
    assert (
        create_refused(sqs, redrive_policy(arn_of(sqs, dead), count)).code
        == "InvalidParameterValue"
    )


@case("D5")
def test_d5_incomplete_policies(sqs: Any, dead: str) -> None:
    for present, value, absent in (
        ("deadLetterTargetArn", arn_of(sqs, dead), "maxReceiveCount"),
        ("maxReceiveCount", 3, "deadLetterTargetArn"),
    ):
        policy = json.dumps({present: value})
        found = create_refused(sqs, policy)
        assert found.code == "InvalidParameterValue"
        assert (
            found.message
            == f"Value {policy} for parameter RedrivePolicy is invalid. Reason: Redrive "
            f"policy does not contain mandatory attribute: {absent}."
        )


@case("D6")
def test_d6_a_target_that_is_no_arn(sqs: Any) -> None:
    assert create_refused(sqs, redrive_policy("dummy", 3)).code == "InvalidParameterValue"


@case("D6")
def test_d6_targets_of_another_type(sqs: Any, fifo: NewQueue) -> None:
    found = create_refused(sqs, redrive_policy(arn_of(sqs, fifo()), 3))
    assert found.code == "InvalidParameterValue"
    assert found.message.endswith("Dead-letter queue must be same type of queue as the source..")


@case("D7")
def test_d7_the_sources_of_a_dead_letter_queue(sqs: Any, source: str, dead: str) -> None:
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [source]
    sqs.set_queue_attributes(QueueUrl=source, Attributes={"RedrivePolicy": ""})
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead).get("queueUrls", []) == []


@case("D7")
def test_d7_a_queue_without_sources(raw: RawHttp, queue: NewQueue) -> None:
    url = queue()
    assert raw.json("ListDeadLetterSourceQueues", {"QueueUrl": url}).text == '{"queueUrls":[]}'
    xml = raw.query("ListDeadLetterSourceQueues", {"QueueUrl": url}).xml()
    result = xml.find("ListDeadLetterSourceQueuesResult")
    assert result is not None and not result.children("QueueUrl")


@case("D7")
def test_d7_pages(sqs: Any, dead: str) -> None:
    policy = {"RedrivePolicy": redrive_policy(arn_of(sqs, dead), 1)}
    prefix = unique_name("source")
    names = [f"{prefix}-{number}" for number in range(10)]
    urls = [sqs.create_queue(QueueName=name, Attributes=policy)["QueueUrl"] for name in names]
    first = sqs.list_dead_letter_source_queues(QueueUrl=dead, MaxResults=2)
    assert len(first["queueUrls"]) == 2
    rest = sqs.list_dead_letter_source_queues(
        QueueUrl=dead, MaxResults=10, NextToken=first["NextToken"]
    )
    assert "NextToken" not in rest
    assert first["queueUrls"] + rest["queueUrls"] == urls
    pages = sqs.get_paginator("list_dead_letter_source_queues").paginate(
        QueueUrl=dead, PaginationConfig={"PageSize": 3}
    )
    assert [url for page in pages for url in page["queueUrls"]] == urls


@case("D7")
def test_d7_refusals(sqs: Any, dead: str) -> None:
    found = refused(sqs.list_dead_letter_source_queues, QueueUrl=dead + "-not")
    assert found.code == "AWS.SimpleQueueService.NonExistentQueue"
    for most in (0, 1001):
        found = refused(sqs.list_dead_letter_source_queues, QueueUrl=dead, MaxResults=most)
        assert (found.status, found.code) == (400, "InvalidParameterValue")
        assert (
            found.message == "Value for parameter MaxResults is invalid. "
            "Reason: MaxResults must be an integer between 1 and 1000."
        )
    found = refused(
        sqs.list_dead_letter_source_queues, QueueUrl=dead, MaxResults=2, NextToken="made up"
    )
    assert (found.code, found.message) == (
        "InvalidParameterValue",
        "Invalid or expired next token.",
    )


@case("D8")
def test_d8_a_policy_that_is_no_json(sqs: Any, queue: NewQueue) -> None:
    found = refused(
        sqs.set_queue_attributes, QueueUrl=queue(), Attributes={"RedrivePolicy": "not json"}
    )
    assert found.code == "InvalidAttributeValue"
    assert (
        found.message
        == "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid"
        " JSON map."
    )


@case("D9")
def test_d9_a_target_that_does_not_exist(sqs: Any, dead: str) -> None:
    policy = redrive_policy(arn_of(sqs, dead) + "-not", 3)
    found = create_refused(sqs, policy)
    assert found.code == "InvalidParameterValue"
    assert (
        found.message == f"Value {policy} for parameter RedrivePolicy is invalid. "
        "Reason: Dead letter target does not exist."
    )


@case("P1")
def test_p1_purging_empties_the_queue(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    sqs.purge_queue(QueueUrl=url)
    assert receive(sqs, url) == []
    assert counts(sqs, url) == (0, 0, 0)


@case("P1")
def test_p1_a_purged_queue_can_be_used(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    sqs.purge_queue(QueueUrl=url)
    sqs.send_message(QueueUrl=url, MessageBody="after")
    assert bodies(receive(sqs, url)) == ["after"]


@case("P2")
def test_p2_messages_in_flight_are_purged(sqs: Any, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="1")
    sqs.send_message(QueueUrl=url, MessageBody="m")
    handle = receive(sqs, url)[0]["ReceiptHandle"]
    sqs.purge_queue(QueueUrl=url)
    assert counts(sqs, url) == (0, 0, 0)
    assert receive(sqs, url, wait=2) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)


@case("P3")
def test_p3_delayed_messages_are_purged(sqs: Any, queue: NewQueue) -> None:
    url = queue(DelaySeconds="1")
    sqs.send_message(QueueUrl=url, MessageBody="m")
    sqs.purge_queue(QueueUrl=url)
    assert counts(sqs, url) == (0, 0, 0)
    assert receive(sqs, url, wait=2) == []


@case("P4")
def test_p4_one_purge_a_minute(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    sqs.purge_queue(QueueUrl=url)
    found = refused(sqs.purge_queue, QueueUrl=url)
    assert (found.status, found.code) == (403, "AWS.SimpleQueueService.PurgeQueueInProgress")
    assert (
        found.message
        == f"Only one PurgeQueue operation on {url.rpartition('/')[2]} is allowed every 60 seconds."
    )


@case("P5")
def test_p5_purging_forgets_content_deduplication(sqs: Any, fifo: NewQueue) -> None:
    url = fifo(ContentBasedDeduplication="true")
    sqs.send_message(QueueUrl=url, MessageBody="same", MessageGroupId="g")
    assert bodies(receive(sqs, url)) == ["same"]
    sqs.purge_queue(QueueUrl=url)
    sqs.send_message(QueueUrl=url, MessageBody="same", MessageGroupId="g")
    assert bodies(receive(sqs, url)) == ["same"]


# Section 3.5: which queues may use a dead-letter queue. Not numbered in section 6.


def allow_policy(permission: str, *sources: str) -> str:
    arns = {"sourceQueueArns": list(sources)} if sources else {}
    return json.dumps({"redrivePermission": permission, **arns})


def test_a_dead_letter_queue_may_deny_all_sources(sqs: Any, queue: NewQueue) -> None:
    dead = queue(RedriveAllowPolicy=allow_policy("denyAll"))
    policy = redrive_policy(arn_of(sqs, dead), 3)
    assert create_refused(sqs, policy).code == "InvalidParameterValue"
    found = refused(
        sqs.set_queue_attributes, QueueUrl=queue(), Attributes={"RedrivePolicy": policy}
    )
    assert found.code == "InvalidParameterValue"
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={"RedriveAllowPolicy": ""})
    queue(RedrivePolicy=policy)


def test_a_source_that_is_there_may_be_created_again_after_a_denial(
    sqs: Any, queue: NewQueue
) -> None:
    dead = queue()
    attributes = {"RedrivePolicy": redrive_policy(arn_of(sqs, dead), 3)}
    name = unique_name()
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    denial = {"RedriveAllowPolicy": allow_policy("denyAll")}
    sqs.set_queue_attributes(QueueUrl=dead, Attributes=denial)
    assert sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"] == url


def test_a_dead_letter_queue_may_name_its_sources(sqs: Any, queue: NewQueue) -> None:
    named, other = queue(), queue()
    text = allow_policy("byQueue", arn_of(sqs, named))
    dead = queue(RedriveAllowPolicy=text)
    policy = {"RedrivePolicy": redrive_policy(arn_of(sqs, dead), 3)}
    sqs.set_queue_attributes(QueueUrl=named, Attributes=policy)
    found = refused(sqs.set_queue_attributes, QueueUrl=other, Attributes=policy)
    assert found.code == "InvalidParameterValue"
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [named]
    assert attributes_of(sqs, dead, "RedriveAllowPolicy") == {"RedriveAllowPolicy": text}


def test_malformed_redrive_allow_policies(sqs: Any, queue: NewQueue) -> None:
    arn = arn_of(sqs, queue())
    for text, code, reason in (
        ("{}", "InvalidAttributeValue", "as it’s in an unsupported format."),
        (allow_policy("some"), "InvalidAttributeValue", "as it’s in an unsupported format."),
        (
            allow_policy("byQueue"),
            "InvalidParameterValue",
            "you must also specify one or more sourceQueueArns values.",
        ),
        (
            allow_policy("byQueue", *[arn] * 11),
            "InvalidParameterValue",
            "The maximum number of source queue ARNs you can specify is 10.",
        ),
        (
            allow_policy("denyAll", arn),
            "InvalidParameterValue",
            "you must set redrivePermission to byQueue.",
        ),
    ):
        attributes = {"RedriveAllowPolicy": text}
        found = refused(sqs.create_queue, QueueName=unique_name(), Attributes=attributes)
        assert found.code == code and found.message.endswith(reason), found.message
