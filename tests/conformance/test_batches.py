# SPDX-License-Identifier: Apache-2.0
"""Contract section 6.5: the three batch actions."""

from __future__ import annotations

from typing import Any, Callable, Dict, List

import pytest

from cases import case
from raw_http import RawHttp
from sqs_clients import bodies, entry, receive, refused, string_attribute
from test_send import MEGABYTE

NewQueue = Callable[..., str]

PREFIX = "AWS.SimpleQueueService."
NO_DEDUPLICATION = (
    "The queue should either have ContentBasedDeduplication enabled or "
    "MessageDeduplicationId provided explicitly"
)
BAD_ENTRY_ID = (
    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
    "It can be at most 80 letters long."
)


def send_batch(sqs: Any, url: str, *entries: Dict[str, Any]) -> Dict[str, Any]:
    return dict(sqs.send_message_batch(QueueUrl=url, Entries=list(entries)))


def send_entries(ids: List[str]) -> List[Dict[str, Any]]:
    return [entry(name, "m") for name in ids]


def delete_entries(ids: List[str]) -> List[Dict[str, Any]]:
    return [{"Id": name, "ReceiptHandle": "h"} for name in ids]


def change_entries(ids: List[str]) -> List[Dict[str, Any]]:
    return [{"Id": name, "ReceiptHandle": "h", "VisibilityTimeout": 1} for name in ids]


ACTIONS = [
    ("send_message_batch", send_entries),
    ("delete_message_batch", delete_entries),
    ("change_message_visibility_batch", change_entries),
]
each_action = pytest.mark.parametrize("action, entries", ACTIONS, ids=[name for name, _ in ACTIONS])


@case("B1")
def test_b1_all_successful_no_failed_member(sqs: Any, queue: NewQueue) -> None:
    found = send_batch(sqs, queue(), *send_entries(["a", "b-2", "c_3"]))
    assert [item["Id"] for item in found["Successful"]] == ["a", "b-2", "c_3"]
    assert "Failed" not in found
    assert all(item["MD5OfMessageBody"] and item["MessageId"] for item in found["Successful"])
    assert len({item["MessageId"] for item in found["Successful"]}) == 3


@case("B2")
def test_b2_an_empty_batch(sqs: Any, queue: NewQueue) -> None:
    found = refused(sqs.send_message_batch, QueueUrl=queue(), Entries=[])
    assert found.code == PREFIX + "EmptyBatchRequest"
    assert (
        found.message == "There should be at least one SendMessageBatchRequestEntry in the request."
    )


@case("B3")
@each_action
def test_b3_twenty_entries(sqs: Any, queue: NewQueue, action: str, entries: Any) -> None:
    twenty = entries([str(number) for number in range(20)])
    found = refused(getattr(sqs, action), QueueUrl=queue(), Entries=twenty)
    assert found.code == PREFIX + "TooManyEntriesInBatchRequest"
    assert found.message == "Maximum number of entries per request are 10. You have sent 20."


@case("B4")
@each_action
@pytest.mark.parametrize("bad", ["a:b", "a b", "", "x" * 81, "x" * 100])
def test_b4_illegal_entry_ids(
    sqs: Any, queue: NewQueue, action: str, entries: Any, bad: str
) -> None:
    found = refused(getattr(sqs, action), QueueUrl=queue(), Entries=entries(["fine", bad]))
    assert (found.code, found.message) == (PREFIX + "InvalidBatchEntryId", BAD_ENTRY_ID)


@case("B5")
@each_action
def test_b5_repeated_entry_ids(sqs: Any, queue: NewQueue, action: str, entries: Any) -> None:
    found = refused(getattr(sqs, action), QueueUrl=queue(), Entries=entries(["a", "b", "b"]))
    assert (found.code, found.message) == (PREFIX + "BatchEntryIdsNotDistinct", "Id b repeated.")


@case("B6")
def test_b6_a_batch_of_more_than_a_mebibyte(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    found = refused(
        sqs.send_message_batch,
        QueueUrl=url,
        Entries=[entry("a", "x" * (MEGABYTE // 2)), entry("b", "x" * (MEGABYTE // 2 + 1))],
    )
    assert found.code == PREFIX + "BatchRequestTooLong"
    assert (
        found.message
        == "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes."
    )
    assert receive(sqs, url) == []


@case("B6")
def test_b6_a_batch_of_exactly_a_mebibyte(sqs: Any, queue: NewQueue) -> None:
    half = "x" * (MEGABYTE // 2)
    assert len(send_batch(sqs, queue(), entry("a", half), entry("b", half))["Successful"]) == 2


@case("B7")
def test_b7_one_entry_too_long_for_the_queue(sqs: Any, queue: NewQueue) -> None:
    url = queue(MaximumMessageSize="1024")
    found = send_batch(sqs, url, entry("long", "x" * 1025), entry("short", "m"))
    assert found["Failed"] == [
        {
            "Id": "long",
            "Code": "InvalidParameterValue",
            "SenderFault": True,
            "Message": (
                "One or more parameters cannot be validated. "
                "Reason: Message must be shorter than 1024 bytes."
            ),
        }
    ]
    assert [item["Id"] for item in found["Successful"]] == ["short"]
    assert bodies(receive(sqs, url)) == ["m"]


@case("B8")
def test_b8_an_exactly_full_entry(sqs: Any, queue: NewQueue) -> None:
    body = "x" * (2048 - len("k" + "String" + "x"))
    found = send_batch(
        sqs,
        queue(MaximumMessageSize="2048"),
        entry("a", body, MessageAttributes={"k": string_attribute("x")}),
        entry("b", "y"),
    )
    assert len(found["Successful"]) == 2 and "Failed" not in found
    assert found["Successful"][0]["MD5OfMessageAttributes"] == "a45daa70926828a2f0a1db3418e6feb4"


@case("B9")
def test_b9_an_illegal_character_in_one_entry(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    found = send_batch(sqs, url, entry("a", "fine"), entry("b", "a\x08b"), entry("c", "fine too"))
    assert [(item["Id"], item["Code"], item["SenderFault"]) for item in found["Failed"]] == [
        ("b", "InvalidMessageContents", True)
    ]
    assert [item["Id"] for item in found["Successful"]] == ["a", "c"]
    assert sorted(bodies(receive(sqs, url))) == ["fine", "fine too"]


@case("B10")
def test_b10_fifo_entry_without_group_refuses_the_batch(sqs: Any, fifo: NewQueue) -> None:
    url = fifo(ContentBasedDeduplication="true")
    found = refused(
        sqs.send_message_batch,
        QueueUrl=url,
        Entries=[entry("a", "m1", MessageGroupId="g"), entry("b", "m2")],
    )
    assert (found.status, found.code) == (400, "InvalidParameterValue")
    assert found.message == "The request must contain the parameter MessageGroupId."
    assert receive(sqs, url) == []


@case("B11")
def test_b11_fifo_entry_without_deduplication_refuses_the_batch(sqs: Any, fifo: NewQueue) -> None:
    url = fifo()
    found = refused(
        sqs.send_message_batch,
        QueueUrl=url,
        Entries=[
            entry("a", "m1", MessageGroupId="g", MessageDeduplicationId="d"),
            entry("b", "m2", MessageGroupId="g"),
        ],
    )
    assert (found.status, found.code, found.message) == (
        400,
        "InvalidParameterValue",
        NO_DEDUPLICATION,
    )
    assert receive(sqs, url) == []


@case("B12")
def test_b12_an_unknown_handle_fails_alone(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    send_batch(sqs, url, entry("a", "m"))
    handle = receive(sqs, url)[0]["ReceiptHandle"]
    found = sqs.delete_message_batch(
        QueueUrl=url,
        Entries=[{"Id": "good", "ReceiptHandle": handle}, {"Id": "bad", "ReceiptHandle": "junk"}],
    )
    assert found["Successful"] == [{"Id": "good"}]
    assert found["Failed"] == [
        {
            "Id": "bad",
            "Code": "ReceiptHandleIsInvalid",
            "SenderFault": True,
            "Message": 'The input receipt handle "junk" is not a valid receipt handle.',
        }
    ]


@case("B13")
def test_b13_an_empty_delete_batch(sqs: Any, queue: NewQueue) -> None:
    found = refused(sqs.delete_message_batch, QueueUrl=queue(), Entries=[])
    assert found.code == PREFIX + "EmptyBatchRequest"
    assert (
        found.message
        == "There should be at least one DeleteMessageBatchRequestEntry in the request."
    )


@case("B14")
def test_b14_ten_in_ten_out(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    sent = [f"body {number}" for number in range(10)]
    send_batch(sqs, url, *(entry(str(number), body) for number, body in enumerate(sent)))
    found: List[str] = []
    while batch := receive(sqs, url):
        found += bodies(batch)
    assert sorted(found) == sorted(sent)


@case("B15")
def test_b15_failed_entries_always_have_a_message(raw: RawHttp, queue: NewQueue) -> None:
    url = queue(MaximumMessageSize="1024")
    reply = raw.json(
        "SendMessageBatch",
        {
            "QueueUrl": url,
            "Entries": [
                entry("a", "x" * 1025),
                entry("b", "\u0000"),
                entry("c", "m", DelaySeconds=901),
            ],
        },
    )
    failed = reply.json()["Failed"]
    assert [item["Id"] for item in failed] == ["a", "b", "c"]
    assert all(item["Message"] and item["Code"] and item["SenderFault"] is True for item in failed)


# Sections 2.14 to 2.16, not numbered in section 6.


def test_fifo_batches_keep_their_order(sqs: Any, fifo: NewQueue) -> None:
    url = fifo(ContentBasedDeduplication="true")
    found = send_batch(sqs, url, *(entry(str(n), f"m{n}", MessageGroupId="g") for n in range(10)))
    numbers = [int(item["SequenceNumber"]) for item in found["Successful"]]
    assert numbers == sorted(set(numbers))
    assert bodies(receive(sqs, url)) == [f"m{n}" for n in range(10)]


def test_visibility_changes_in_a_batch(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    send_batch(sqs, url, entry("a", "m1"), entry("b", "m2"))
    handles = [message["ReceiptHandle"] for message in receive(sqs, url)]
    found = sqs.change_message_visibility_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "back", "ReceiptHandle": handles[0], "VisibilityTimeout": 0},
            {"Id": "junk", "ReceiptHandle": "junk", "VisibilityTimeout": 0},
            {"Id": "range", "ReceiptHandle": handles[1], "VisibilityTimeout": 43201},
        ],
    )
    assert found["Successful"] == [{"Id": "back"}]
    assert {item["Id"]: item["Code"] for item in found["Failed"]} == {
        "junk": "ReceiptHandleIsInvalid",
        "range": "InvalidParameterValue",
    }
    assert bodies(receive(sqs, url)) == ["m1"]
