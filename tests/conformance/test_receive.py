# SPDX-License-Identifier: Apache-2.0
"""Contract section 6.6: ReceiveMessage, long polls and the choice of attributes."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, Dict, List

import pytest

from cases import case
from raw_http import RawHttp
from sqs_clients import bodies, receive, refused, string_attribute

NewQueue = Callable[..., str]

ALWAYS = {
    "SenderId",
    "SentTimestamp",
    "ApproximateReceiveCount",
    "ApproximateFirstReceiveTimestamp",
}
THREE = {
    "Help.Me": string_attribute("Me"),
    "Hello": string_attribute("There"),
    "General": string_attribute("Kenobi"),
}
MD5_OF_THREE = "4c360f3fdafd970e05fae2f149d997f5"


def send_later(sqs: Any, url: str, seconds: float) -> threading.Timer:
    timer = threading.Timer(seconds, lambda: sqs.send_message(QueueUrl=url, MessageBody="later"))
    timer.start()
    return timer


def receive_json(raw: RawHttp, url: str, **parameters: Any) -> Dict[str, Any]:
    return dict(raw.json("ReceiveMessage", {"QueueUrl": url, **parameters}).json()["Messages"][0])


@pytest.fixture
def one(sqs: Any, queue: NewQueue) -> str:
    """A queue with one message without attributes."""
    url = queue()
    sqs.send_message(QueueUrl=url, MessageBody="m")
    return url


@pytest.fixture
def three(sqs: Any, queue: NewQueue) -> str:
    """A queue with one message with three attributes."""
    url = queue()
    sqs.send_message(QueueUrl=url, MessageBody="m", MessageAttributes=THREE)
    return url


@case("R1")
@pytest.mark.parametrize("count", [11, 0, -1])
def test_r1_message_count_out_of_range(sqs: Any, queue: NewQueue, count: int) -> None:
    found = refused(sqs.receive_message, QueueUrl=queue(), MaxNumberOfMessages=count)
    assert (found.status, found.code) == (400, "InvalidParameterValue")
    assert (
        found.message == f"Value {count} for parameter MaxNumberOfMessages is invalid. "
        "Reason: Must be between 1 and 10, if provided."
    )


@case("R2")
@pytest.mark.parametrize("wait", [21, -1])
def test_r2_wait_out_of_range(sqs: Any, queue: NewQueue, wait: int) -> None:
    found = refused(sqs.receive_message, QueueUrl=queue(), WaitTimeSeconds=wait)
    assert (found.status, found.code) == (400, "InvalidParameterValue")
    assert (
        found.message == f"Value {wait} for parameter WaitTimeSeconds is invalid. "
        "Reason: Must be >= 0 and <= 20, if provided."
    )


@case("R2")
@pytest.mark.parametrize("timeout", [43201, -1])
def test_r2_visibility_timeout_out_of_range(sqs: Any, queue: NewQueue, timeout: int) -> None:
    found = refused(sqs.receive_message, QueueUrl=queue(), VisibilityTimeout=timeout)
    assert found.code == "InvalidParameterValue"
    assert (
        found.message == f"Value {timeout} for parameter VisibilityTimeout is invalid. "
        "Reason: Must be >= 0 and <= 43200, if provided."
    )


@case("R3")
def test_r3_a_long_poll_does_not_wait_to_be_full(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    for number in range(2):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    start = time.monotonic()
    assert receive(sqs, url, max_messages=3, wait=20)
    assert time.monotonic() - start < 10


@case("R4")
def test_r4_the_wait_of_the_queue(sqs: Any, queue: NewQueue) -> None:
    url = queue(ReceiveMessageWaitTimeSeconds="20")
    timer, start = send_later(sqs, url, 1), time.monotonic()
    assert bodies(sqs.receive_message(QueueUrl=url).get("Messages", [])) == ["later"]
    assert 0.8 <= time.monotonic() - start < 15
    timer.join()


@case("R4")
def test_r4_an_explicit_zero_beats_the_wait_of_the_queue(sqs: Any, queue: NewQueue) -> None:
    url, start = queue(ReceiveMessageWaitTimeSeconds="20"), time.monotonic()
    assert receive(sqs, url, wait=0) == []
    assert time.monotonic() - start < 10


@case("R5")
def test_r5_a_send_wakes_a_long_poll(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    timer, start = send_later(sqs, url, 1), time.monotonic()
    assert bodies(receive(sqs, url, wait=20)) == ["later"]
    assert 0.8 <= time.monotonic() - start < 15
    timer.join()


@case("R5")
def test_r5_waiting_polls_get_one_message_each(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    found: List[str] = []
    polls = [
        threading.Thread(
            target=lambda: found.extend(bodies(receive(sqs, url, max_messages=1, wait=20)))
        )
        for _ in range(3)
    ]
    for thread in polls:
        thread.start()
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    for thread in polls:
        thread.join()
    assert sorted(found) == ["0", "1", "2"]


@case("R6")
def test_r6_empty_queues(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=0)
    start = time.monotonic()
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    assert time.monotonic() - start >= 0.99


@case("R7")
def test_r7_nothing_asked_nothing_returned(sqs: Any, three: str) -> None:
    found = receive(sqs, three)[0]
    assert set(found) == {"MessageId", "ReceiptHandle", "MD5OfBody", "Body"}


@case("R8")
def test_r8_all_system_attributes(sqs: Any, one: str) -> None:
    found = receive(sqs, one, AttributeNames=["All"])[0]["Attributes"]
    assert set(found) == ALWAYS
    assert found["ApproximateReceiveCount"] == "1"
    assert found["SenderId"]


@case("R9")
def test_r9_what_a_message_lacks_is_left_out(sqs: Any, one: str) -> None:
    found = receive(sqs, one, AttributeNames=["SenderId", "SequenceNumber"])[0]
    assert set(found["Attributes"]) == {"SenderId"}


@case("R10")
def test_r10_the_newer_name_of_the_list_in_json(raw: RawHttp, one: str) -> None:
    assert set(receive_json(raw, one, MessageSystemAttributeNames=["All"])["Attributes"]) == ALWAYS


@case("R10")
def test_r10_the_newer_name_of_the_list_in_query(raw: RawHttp, one: str) -> None:
    reply = raw.query("ReceiveMessage", {"QueueUrl": one, "MessageSystemAttributeName.1": "All"})
    assert set(reply.xml().pairs("ReceiveMessageResult/Message", "Attribute")) == ALWAYS


@case("R11")
def test_r11_the_union_of_both_lists(raw: RawHttp, one: str) -> None:
    found = receive_json(raw, one, MessageSystemAttributeNames=["All"], AttributeNames=["SenderId"])
    assert set(found["Attributes"]) == ALWAYS


@case("R11")
def test_r11_the_union_of_different_names(raw: RawHttp, one: str) -> None:
    found = receive_json(
        raw, one, MessageSystemAttributeNames=["SentTimestamp"], AttributeNames=["SenderId"]
    )
    assert set(found["Attributes"]) == {"SentTimestamp", "SenderId"}


@case("R12")
def test_r12_unknown_names_are_ignored(sqs: Any, one: str) -> None:
    found = receive(sqs, one, AttributeNames=["Foobar", "Policy"])[0]
    assert "Attributes" not in found


@case("R13")
@pytest.mark.parametrize("wildcard", ["All", ".*", "*"])
def test_r13_all_message_attributes(sqs: Any, three: str, wildcard: str) -> None:
    found = receive(sqs, three, MessageAttributeNames=[wildcard])[0]
    assert found["MessageAttributes"] == THREE
    assert found["MD5OfMessageAttributes"] == MD5_OF_THREE


@case("R14")
def test_r14_a_prefix(sqs: Any, three: str) -> None:
    found = receive(sqs, three, MessageAttributeNames=["Hel.*"])[0]
    assert set(found["MessageAttributes"]) == {"Hello", "Help.Me"}
    assert found["MD5OfMessageAttributes"] == "83fee93c1bcd8b9a5a923ffacdc636c7"


@case("R15")
def test_r15_the_digest_covers_what_is_returned(sqs: Any, three: str) -> None:
    found = receive(sqs, three, MessageAttributeNames=["Hello", "General"])[0]
    assert set(found["MessageAttributes"]) == {"Hello", "General"}
    assert found["MD5OfMessageAttributes"] == "fca026605781cb4126a1e9044df24232"


@case("R16")
def test_r16_only_unknown_names(sqs: Any, three: str) -> None:
    found = receive(sqs, three, MessageAttributeNames=["hello", "Other"])[0]
    assert "MessageAttributes" not in found and "MD5OfMessageAttributes" not in found


@case("R17")
@pytest.mark.parametrize("name", ["AWS.", "..foo", ".", "a b"])
def test_r17_illegal_names_match_nothing(sqs: Any, three: str, name: str) -> None:
    found = receive(sqs, three, MessageAttributeNames=[name])[0]
    assert "MessageAttributes" not in found and "MD5OfMessageAttributes" not in found


@case("R18")
def test_r18_timestamps(sqs: Any, queue: NewQueue) -> None:
    url, before = queue(), int(time.time() * 1000)
    sqs.send_message(QueueUrl=url, MessageBody="m")
    after = int(time.time() * 1000)
    found = receive(sqs, url, AttributeNames=["All"])[0]["Attributes"]
    assert before - 5 <= int(found["SentTimestamp"]) <= after + 5
    assert int(found["SentTimestamp"]) <= int(found["ApproximateFirstReceiveTimestamp"])


@case("R19")
def test_r19_the_second_receive(sqs: Any, one: str) -> None:
    first = receive(sqs, one, AttributeNames=["All"], VisibilityTimeout=1)[0]
    second = receive(sqs, one, AttributeNames=["All"], wait=20)[0]
    assert second["MessageId"] == first["MessageId"]
    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    for name in ("ApproximateFirstReceiveTimestamp", "SentTimestamp"):
        assert second["Attributes"][name] == first["Attributes"][name]


@case("R20")
def test_r20_a_visibility_timeout_of_zero(sqs: Any, one: str) -> None:
    found = [receive(sqs, one, AttributeNames=["All"], VisibilityTimeout=0) for _ in range(2)]
    assert [bodies(messages) for messages in found] == [["m"], ["m"]]
    counted = [messages[0]["Attributes"]["ApproximateReceiveCount"] for messages in found]
    assert counted == ["1", "2"]
