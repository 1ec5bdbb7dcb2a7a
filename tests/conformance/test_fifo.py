# SPDX-License-Identifier: Apache-2.0
"""Contract section 6.8: order, groups and deduplication of FIFO queues."""

from __future__ import annotations

import hashlib
import threading
from typing import Any, Callable, Dict, List

import pytest

from cases import case
from forebay_server import wait_until
from sqs_clients import Message, attributes_of, bodies, counts, drain, receive, receive_within

NewQueue = Callable[..., str]
PER_GROUP = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}


def send(sqs: Any, url: str, group: str, body: str, deduplication: str = "") -> Dict[str, Any]:
    parameters = {"MessageDeduplicationId": deduplication} if deduplication else {}
    return dict(
        sqs.send_message(QueueUrl=url, MessageGroupId=group, MessageBody=body, **parameters)
    )


def send_all(sqs: Any, url: str, *names: str) -> None:
    """Sends bodies of the form "g1-m1"; what stands before the hyphen is the group."""
    for name in names:
        send(sqs, url, name.partition("-")[0], name)


def delete(sqs: Any, url: str, *messages: Message) -> None:
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def change(sqs: Any, url: str, message: Message, timeout: int) -> None:
    sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=timeout
    )


def wait_for_counts(sqs: Any, url: str, *expected: int) -> None:
    wait_until(lambda: counts(sqs, url) == expected, 15, f"counts {expected}")


def of_group(found: List[str], group: str) -> List[str]:
    return [name for name in found if name.startswith(group + "-")]


@pytest.fixture
def content(fifo: NewQueue) -> str:
    """A FIFO queue with content-based deduplication and a visibility timeout longer than any
    test."""
    return fifo(ContentBasedDeduplication="true", VisibilityTimeout="600")


@case("F1")
def test_f1_a_response_is_filled_group_by_group(sqs: Any, content: str) -> None:
    send_all(sqs, content, "g1-m1", "g2-m1", "g1-m2", "g1-m3")
    assert bodies(receive(sqs, content)) == ["g1-m1", "g1-m2", "g1-m3", "g2-m1"]


FOUR_ONE_ONE = ("g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1", "g3-m1")


@case("F2")
def test_f2_a_group_in_flight_is_locked(sqs: Any, content: str) -> None:
    send_all(sqs, content, *FOUR_ONE_ONE)
    assert bodies(receive(sqs, content, max_messages=2)) == ["g1-m1", "g1-m2"]
    assert bodies(receive(sqs, content, max_messages=1)) == ["g2-m1"]


@case("F2")
def test_f2_new_messages_do_not_unlock_a_group(sqs: Any, content: str) -> None:
    send_all(sqs, content, "g1-m1")
    receive(sqs, content)
    send_all(sqs, content, "g1-m2")
    assert receive(sqs, content) == []


@case("F3")
def test_f3_expired_groups_queue_up_behind_waiting_ones(sqs: Any, content: str) -> None:
    send_all(sqs, content, *FOUR_ONE_ONE)
    receive(sqs, content, max_messages=2, VisibilityTimeout=1)
    receive(sqs, content, max_messages=1, VisibilityTimeout=1)
    wait_for_counts(sqs, content, 6, 0, 0)
    found = bodies(receive(sqs, content, VisibilityTimeout=0))
    assert found[0] == "g3-m1"
    assert of_group(found, "g1") == ["g1-m1", "g1-m2", "g1-m3", "g1-m4"]
    assert sorted(found) == sorted(FOUR_ONE_ONE)


@case("F4")
def test_f4_a_served_group_goes_to_the_end_of_the_rotation(sqs: Any, content: str) -> None:
    send_all(sqs, content, "g1-m1", "g1-m2", "g2-m1", "g2-m2", "g3-m1")
    first = receive(sqs, content, max_messages=3, VisibilityTimeout=0)
    assert bodies(first) == ["g1-m1", "g1-m2", "g2-m1"]
    assert bodies(receive(sqs, content)) == ["g3-m1", "g1-m1", "g1-m2", "g2-m1", "g2-m2"]


@case("F5")
def test_f5_a_released_message_precedes_those_in_flight(sqs: Any, content: str) -> None:
    send_all(sqs, content, "g1-m1", "g1-m2", "g1-m3", "g2-m1")
    found = receive(sqs, content, max_messages=2)
    change(sqs, content, found[0], 0)
    assert bodies(receive(sqs, content, max_messages=3)) == ["g2-m1", "g1-m1"]


@case("F6")
def test_f6_an_expired_message_precedes_those_in_flight(sqs: Any, content: str) -> None:
    send_all(sqs, content, "g1-m1", "g1-m2", "g1-m3", "g2-m1")
    change(sqs, content, receive(sqs, content, max_messages=2)[0], 1)
    wait_for_counts(sqs, content, 3, 1, 0)
    assert bodies(receive(sqs, content, max_messages=3)) == ["g2-m1", "g1-m1"]


def receive_after_extending(sqs: Any, url: str, index: int) -> List[str]:
    """Of foo, bar and baz in flight all expire but the one at `index`; what is then receivable."""
    for body in ("foo", "bar", "baz"):
        send(sqs, url, "g", body)
    found = receive(sqs, url, VisibilityTimeout=1)
    assert bodies(found) == ["foo", "bar", "baz"]
    change(sqs, url, found[index], 60)
    wait_for_counts(sqs, url, 2, 1, 0)
    return bodies(receive(sqs, url))


@case("F7")
def test_f7_the_first_in_flight_blocks_all(sqs: Any, content: str) -> None:
    assert receive_after_extending(sqs, content, 0) == []


@case("F8")
def test_f8_the_second_in_flight_frees_the_first(sqs: Any, content: str) -> None:
    assert receive_after_extending(sqs, content, 1) == ["foo"]


@case("F9")
def test_f9_the_third_in_flight_frees_two(sqs: Any, content: str) -> None:
    assert receive_after_extending(sqs, content, 2) == ["foo", "bar"]


@case("F10")
def test_f10_deleting_all_in_flight_unlocks_the_group(sqs: Any, content: str) -> None:
    send_all(sqs, content, "g1-m1", "g1-m2", "g1-m3", "g1-m4")
    delete(sqs, content, *receive(sqs, content, max_messages=2))
    assert bodies(receive(sqs, content)) == ["g1-m3", "g1-m4"]


@case("F10")
def test_f10_unlocking_wakes_a_long_poll(sqs: Any, content: str) -> None:
    send_all(sqs, content, "g1-m1", "g1-m2")
    first = receive(sqs, content, max_messages=1)
    timer = threading.Timer(0.5, lambda: delete(sqs, content, *first))
    timer.start()
    assert bodies(receive(sqs, content, wait=20)) == ["g1-m2"]
    timer.join()


@case("F11")
def test_f11_deleting_one_of_two_leaves_the_group_locked(sqs: Any, content: str) -> None:
    send_all(sqs, content, "g1-m1", "g1-m2", "g1-m3", "g1-m4", "g2-m1", "g2-m2", "g3-m1")
    delete(sqs, content, receive(sqs, content, max_messages=2)[0])
    assert bodies(receive(sqs, content)) == ["g2-m1", "g2-m2", "g3-m1"]


@case("F12")
def test_f12_an_emptied_group_can_be_used_again(sqs: Any, content: str) -> None:
    send_all(sqs, content, "g1-m1")
    delete(sqs, content, *receive(sqs, content))
    send_all(sqs, content, "g1-m2")
    assert bodies(receive(sqs, content)) == ["g1-m2"]


@case("F13")
def test_f13_the_order_survives_expiry(sqs: Any, content: str) -> None:
    names = ["g1-m1", "g1-m2", "g1-m3"]
    send_all(sqs, content, *names)
    assert bodies(receive(sqs, content, VisibilityTimeout=1)) == names
    wait_for_counts(sqs, content, 3, 0, 0)
    assert bodies(receive(sqs, content)) == names


@case("F14")
def test_f14_locked_messages_count_as_visible(sqs: Any, content: str) -> None:
    send_all(sqs, content, "g1-m1", "g1-m2", "g2-m1", "g2-m2", "g3-m1", "g3-m2")
    receive(sqs, content, max_messages=1)
    receive(sqs, content, max_messages=1)
    assert counts(sqs, content) == (4, 2, 0)


@case("F15")
def test_f15_the_same_deduplication_id_is_one_message(sqs: Any, fifo: NewQueue) -> None:
    url = fifo()
    first, second = send(sqs, url, "g", "first", "id"), send(sqs, url, "g", "second", "id")
    assert (second["MessageId"], second["SequenceNumber"]) == (
        first["MessageId"],
        first["SequenceNumber"],
    )
    assert second["MD5OfMessageBody"] == hashlib.md5(b"second").hexdigest()
    assert bodies(drain(sqs, url)) == ["first"]


@case("F16")
def test_f16_deduplication_outlives_the_message(sqs: Any, fifo: NewQueue) -> None:
    url = fifo()
    send(sqs, url, "g", "first", "id")
    drain(sqs, url)
    send(sqs, url, "g", "again", "id")
    assert receive(sqs, url) == []


@case("F16")
def test_f16_content_deduplication_outlives_the_message(sqs: Any, content: str) -> None:
    send(sqs, content, "g", "same")
    drain(sqs, content)
    send(sqs, content, "g", "same")
    assert receive(sqs, content) == []


@case("F17")
def test_f17_queue_scope_spans_groups(sqs: Any, fifo: NewQueue) -> None:
    url = fifo()
    send(sqs, url, "g1", "first", "id")
    send(sqs, url, "g2", "second", "id")
    assert bodies(drain(sqs, url)) == ["first"]


@case("F18")
def test_f18_group_scope_with_group_throughput(sqs: Any, fifo: NewQueue) -> None:
    url = fifo(**PER_GROUP)
    send(sqs, url, "g1", "first", "id")
    send(sqs, url, "g2", "second", "id")
    send(sqs, url, "g2", "third", "id")
    assert sorted(bodies(drain(sqs, url))) == ["first", "second"]


@case("F19")
def test_f19_group_scope_with_queue_throughput(sqs: Any, fifo: NewQueue) -> None:
    url = fifo(DeduplicationScope="messageGroup", FifoThroughputLimit="perQueue")
    send(sqs, url, "g1", "first", "id")
    send(sqs, url, "g2", "second", "id")
    assert sorted(bodies(drain(sqs, url))) == ["first", "second"]


@case("F20")
def test_f20_group_scope_by_content(sqs: Any, fifo: NewQueue) -> None:
    url = fifo(ContentBasedDeduplication="true", **PER_GROUP)
    for group in ("g1", "g2", "g2"):
        send(sqs, url, group, "same")
    assert bodies(drain(sqs, url)) == ["same", "same"]


@case("F22")
def test_f22_widening_the_scope_later_has_no_effect(sqs: Any, fifo: NewQueue) -> None:
    url = fifo()
    send(sqs, url, "g1", "known", "known")
    sqs.set_queue_attributes(QueueUrl=url, Attributes=PER_GROUP)
    assert attributes_of(sqs, url).items() >= PER_GROUP.items()
    send(sqs, url, "g2", "known again", "known")
    send(sqs, url, "g1", "fresh", "fresh")
    send(sqs, url, "g2", "fresh again", "fresh")
    assert sorted(bodies(drain(sqs, url))) == ["fresh", "known"]


@case("F23")
def test_f23_narrowing_the_scope_later_has_no_effect(sqs: Any, fifo: NewQueue) -> None:
    url = fifo(**PER_GROUP)
    send(sqs, url, "g1", "one", "id")
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"}
    )
    send(sqs, url, "g2", "two", "id")
    assert sorted(bodies(drain(sqs, url))) == ["one", "two"]


@case("F24")
def test_f24_purging_forgets_deduplication_ids(sqs: Any, fifo: NewQueue) -> None:
    url = fifo()
    send(sqs, url, "g", "before", "id")
    sqs.purge_queue(QueueUrl=url)
    send(sqs, url, "g", "after", "id")
    assert bodies(drain(sqs, url)) == ["after"]


@case("F25")
def test_f25_sequence_numbers_grow(sqs: Any, content: str) -> None:
    numbers = [send(sqs, content, f"g{n % 3}", str(n))["SequenceNumber"] for n in range(6)]
    assert numbers == sorted(set(numbers))
    assert all(len(number) == 20 and number.isdigit() for number in numbers)


@case("F26")
def test_f26_all_system_attributes(sqs: Any, content: str) -> None:
    sent = send(sqs, content, "g", "m", "id")
    first = receive(sqs, content, AttributeNames=["All"], VisibilityTimeout=0)[0]["Attributes"]
    assert set(first) == {
        "SenderId",
        "SentTimestamp",
        "ApproximateReceiveCount",
        "ApproximateFirstReceiveTimestamp",
        "MessageDeduplicationId",
        "MessageGroupId",
        "SequenceNumber",
    }
    assert (first["MessageDeduplicationId"], first["MessageGroupId"]) == ("id", "g")
    second = receive(sqs, content, AttributeNames=["All"])[0]["Attributes"]
    assert first["SequenceNumber"] == second["SequenceNumber"] == sent["SequenceNumber"]
    assert second["ApproximateReceiveCount"] == "2"


@case("F27")
def test_f27_the_deduplication_id_made_from_content(sqs: Any, content: str) -> None:
    send(sqs, content, "g", "some body")
    found = receive(sqs, content, AttributeNames=["MessageDeduplicationId"])[0]["Attributes"]
    assert found == {"MessageDeduplicationId": hashlib.sha256(b"some body").hexdigest()}


@case("F28")
def test_f28_the_delay_of_the_queue(sqs: Any, fifo: NewQueue) -> None:
    url = fifo(DelaySeconds="2", ContentBasedDeduplication="true")
    send_all(sqs, url, "g1-m1", "g1-m2")
    assert receive(sqs, url) == []
    assert counts(sqs, url) == (0, 0, 2)
    wait_for_counts(sqs, url, 2, 0, 0)
    assert bodies(receive_within(sqs, url, 5)) == ["g1-m1", "g1-m2"]


# Section 5.8.6, not numbered in section 6.


def test_a_receive_attempt_can_be_repeated(sqs: Any, content: str) -> None:
    send_all(sqs, content, "g1-m1", "g1-m2", "g2-m1")
    first = receive(sqs, content, max_messages=2, ReceiveRequestAttemptId="attempt")
    again = receive(sqs, content, max_messages=2, ReceiveRequestAttemptId="attempt")
    assert [message["ReceiptHandle"] for message in again] == [
        message["ReceiptHandle"] for message in first
    ]
    assert bodies(receive(sqs, content)) == ["g2-m1"]
