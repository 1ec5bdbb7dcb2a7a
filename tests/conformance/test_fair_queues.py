# SPDX-License-Identifier: Apache-2.0
"""Contract sections 5.2 and 5.12: which message of a standard queue comes first."""

from __future__ import annotations

import time
from typing import Any, Callable, List

from cases import case
from forebay_server import wait_until
from sqs_clients import Message, bodies, entry, receive

NewQueue = Callable[..., str]


def send(sqs: Any, url: str, count: int, prefix: str, **parameters: Any) -> List[str]:
    """Sends `count` messages with the same parameters; their bodies."""
    sent = [f"{prefix}{number}" for number in range(count)]
    for start in range(0, count, 10):
        entries = [
            entry(str(n), body, **parameters) for n, body in enumerate(sent[start : start + 10])
        ]
        assert "Failed" not in sqs.send_message_batch(QueueUrl=url, Entries=entries)
    return sent


def take(sqs: Any, url: str, count: int) -> List[Message]:
    """Receives `count` messages and keeps them in flight."""
    found: List[Message] = []
    while len(found) < count:
        most = min(10, count - len(found))
        batch = receive(sqs, url, max_messages=most, AttributeNames=["All"])
        assert batch, f"{len(found)} of {count} came"
        found += batch
    return found


@case("S21")
def test_group_ids_come_back(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    for group in ("tenant-1", "tenant-2"):
        sent = sqs.send_message(QueueUrl=url, MessageBody=group, MessageGroupId=group)
        assert "SequenceNumber" not in sent
    sqs.send_message(QueueUrl=url, MessageBody="none")
    found = take(sqs, url, 3)
    groups = {message["Body"]: message["Attributes"].get("MessageGroupId") for message in found}
    assert groups == {"tenant-1": "tenant-1", "tenant-2": "tenant-2", "none": None}


def test_a_group_does_not_lock_on_a_standard_queue(sqs: Any, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="600")
    sent = send(sqs, url, 3, "m", MessageGroupId="g")
    assert [take(sqs, url, 1)[0]["Body"] for _ in sent] == sent


def test_a_noisy_group_does_not_delay_a_quiet_one(sqs: Any, queue: NewQueue) -> None:
    """A backlog of 200 with 60 of them in flight; the quiet group's message is the next."""
    url = queue(VisibilityTimeout="600")
    noisy = send(sqs, url, 200, "noisy", MessageGroupId="noisy")
    assert bodies(take(sqs, url, 60)) == noisy[:60]
    send(sqs, url, 1, "quiet", MessageGroupId="quiet")
    assert bodies(take(sqs, url, 1)) == ["quiet0"]
    # The noisy group gets what capacity is left, in its order.
    assert bodies(take(sqs, url, 10)) == noisy[60:70]


def test_messages_without_a_group_are_quiet(sqs: Any, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="600")
    noisy = send(sqs, url, 100, "noisy", MessageGroupId="noisy")
    take(sqs, url, 60)
    alone = send(sqs, url, 3, "alone")
    assert bodies(take(sqs, url, 4)) == [*alone, noisy[60]]


def test_of_two_noisy_groups_the_one_with_fewer_in_flight_comes_first(
    sqs: Any, queue: NewQueue
) -> None:
    url = queue(VisibilityTimeout="600")
    send(sqs, url, 60, "large", MessageGroupId="large")
    take(sqs, url, 60)
    send(sqs, url, 40, "small", MessageGroupId="small")
    take(sqs, url, 40)
    send(sqs, url, 1, "large", MessageGroupId="large")
    send(sqs, url, 1, "small", MessageGroupId="small")
    assert bodies(take(sqs, url, 2)) == ["small0", "large0"]


def test_without_groups_the_oldest_comes_first(sqs: Any, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="600")
    sent = send(sqs, url, 60, "m")
    assert bodies(take(sqs, url, 60)) == sent


def next_millisecond() -> None:
    """Returns when the server's clock, which counts milliseconds, has moved on: two steps within
    one would have no order."""
    since = time.monotonic_ns()
    wait_until(lambda: time.monotonic_ns() - since >= 1_000_000, 5, "a millisecond", pause=0)


def come_back(sqs: Any, url: str, receives: int) -> List[str]:
    """A message is received `receives` times; during the last of these others are sent, and then
    it comes back. The order in which all are received after that."""
    send(sqs, url, 1, "pill")
    for _ in range(receives - 1):
        assert bodies(receive(sqs, url, VisibilityTimeout=0)) == ["pill0"]
    held = take(sqs, url, 1)[0]
    send(sqs, url, 2, "fresh")
    next_millisecond()
    sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=held["ReceiptHandle"], VisibilityTimeout=0
    )
    next_millisecond()
    send(sqs, url, 1, "later")
    return bodies(take(sqs, url, 4))


def test_a_poison_pill_yields_to_fresher_messages(sqs: Any, queue: NewQueue) -> None:
    """Received three times without deletion: behind what was sent before it came back, but not
    behind what is sent after that, so that it gets its turn."""
    found = come_back(sqs, queue(VisibilityTimeout="600"), 3)
    assert found == ["fresh0", "fresh1", "pill0", "later0"]


@case("V6")
def test_a_message_received_less_often_keeps_its_place(sqs: Any, queue: NewQueue) -> None:
    found = come_back(sqs, queue(VisibilityTimeout="600"), 2)
    assert found == ["pill0", "fresh0", "fresh1", "later0"]
