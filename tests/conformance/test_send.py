# SPDX-License-Identifier: Apache-2.0
"""Contract section 6.4: SendMessage."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict

import pytest

from cases import case
from raw_http import RawHttp
from sqs_clients import bodies, counts, receive, receive_within, refused, string_attribute
from test_transport import UUID

NewQueue = Callable[..., str]

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
TRACE_ATTRIBUTE = {"AWSTraceHeader": string_attribute(TRACE)}
BINARY = b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"
MEGABYTE = 1_048_576
BAD_ID = (
    "Value {value} for parameter {name} is invalid. Reason: {name} can only include alphanumeric"
    " and punctuation characters. 1 to 128 in length."
)


def too_long(limit: int) -> str:
    return (
        f"One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes."
    )


def send(sqs: Any, url: str, body: str = "message", **parameters: Any) -> Dict[str, Any]:
    return dict(sqs.send_message(QueueUrl=url, MessageBody=body, **parameters))


def attribute_digest(sqs: Any, url: str, **attributes: Dict[str, Any]) -> str:
    return str(send(sqs, url, MessageAttributes=attributes)["MD5OfMessageAttributes"])


@case("S1")
def test_s1_the_result_of_a_send(sqs: Any, queue: NewQueue) -> None:
    found = send(sqs, queue())
    del found["ResponseMetadata"]
    assert UUID.fullmatch(found.pop("MessageId"))
    assert found == {"MD5OfMessageBody": "78e731027d8fd50ed642340b7c9a63b3"}


@case("S2")
def test_s2_an_empty_body_is_missing(sqs: Any, queue: NewQueue) -> None:
    found = refused(sqs.send_message, QueueUrl=queue(), MessageBody="")
    assert (found.status, found.code) == (400, "MissingParameter")
    assert found.message == "The request must contain the parameter MessageBody."


@case("S3")
def test_s3_a_body_of_exactly_one_mebibyte(sqs: Any, queue: NewQueue) -> None:
    url, body = queue(), "x" * MEGABYTE
    send(sqs, url, body)
    assert bodies(receive(sqs, url)) == [body]


@case("S3")
def test_s3_size_counts_utf8_bytes(sqs: Any, queue: NewQueue) -> None:
    url = queue(MaximumMessageSize="1024")
    send(sqs, url, "\u00e9" * 512)
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="\u00e9" * 513).message == too_long(
        1024
    )


@case("S4")
def test_s4_one_byte_more_is_refused(sqs: Any, queue: NewQueue) -> None:
    found = refused(sqs.send_message, QueueUrl=queue(), MessageBody="x" * (MEGABYTE + 1))
    assert (found.status, found.code, found.message) == (
        400,
        "InvalidParameterValue",
        too_long(MEGABYTE),
    )


@case("S5")
def test_s5_the_queue_limits_the_size(sqs: Any, queue: NewQueue) -> None:
    url = queue(MaximumMessageSize="1024")
    send(sqs, url, "x" * 1024)
    found = refused(sqs.send_message, QueueUrl=url, MessageBody="x" * 1025)
    assert (found.code, found.message) == ("InvalidParameterValue", too_long(1024))


@case("S6")
def test_s6_attributes_count(sqs: Any, queue: NewQueue) -> None:
    url = queue(MaximumMessageSize="1024")
    one = {"k": string_attribute("x")}
    found = refused(sqs.send_message, QueueUrl=url, MessageBody="x" * 1024, MessageAttributes=one)
    assert (found.code, found.message) == ("InvalidParameterValue", too_long(1024))
    send(sqs, url, "x" * (1024 - len("k") - len("String") - len("x")), MessageAttributes=one)


@case("S7")
def test_s7_the_trace_header_does_not_count(sqs: Any, queue: NewQueue) -> None:
    send(sqs, queue(MaximumMessageSize="1024"), "x" * 1024, MessageSystemAttributes=TRACE_ATTRIBUTE)


@case("S8")
@pytest.mark.parametrize(
    "character", ["\uffff", "\ufffe", "\x00", "\x08", "\x13", "\x1f"], ids=ascii
)
def test_s8_illegal_characters(sqs: Any, queue: NewQueue, character: str) -> None:
    url = queue()
    found = refused(sqs.send_message, QueueUrl=url, MessageBody=f"a{character}b")
    assert (found.status, found.code) == (400, "InvalidMessageContents")
    assert counts(sqs, url) == (0, 0, 0)


@case("S8")
def test_s8_a_lone_surrogate_is_no_character(raw: RawHttp, queue: NewQueue) -> None:
    reply = raw.json(
        "SendMessage", f'{{"QueueUrl":"{queue()}","MessageBody":"a\\ud800b"}}'.encode()
    )
    assert reply.status == 400
    assert reply.error_shape() in ("InvalidMessageContents", "SerializationException")


@case("S9")
def test_s9_the_replacement_character_and_other_edges_are_legal(sqs: Any, queue: NewQueue) -> None:
    url, body = queue(), "\ufffd \t\n\r \ud7ff \ue000 \U00010000 \U0010ffff"
    send(sqs, url, body)
    assert bodies(receive(sqs, url)) == [body]


@case("S10")
def test_s10_an_empty_string_value(sqs: Any, queue: NewQueue) -> None:
    found = refused(
        sqs.send_message,
        QueueUrl=queue(),
        MessageBody="m",
        MessageAttributes={"ErrorDetails": string_attribute("")},
    )
    assert found.code == "InvalidParameterValue"
    assert (
        found.message
        == "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type"
        " 'String'."
    )


@case("S11")
def test_s11_an_illegal_character_in_an_attribute(sqs: Any, queue: NewQueue) -> None:
    found = refused(
        sqs.send_message,
        QueueUrl=queue(),
        MessageBody="m",
        MessageAttributes={"a": string_attribute("x\x08y")},
    )
    assert found.code == "InvalidParameterValue"


@case("S12")
def test_s12_letters_of_any_alphabet_in_attribute_names(sqs: Any, queue: NewQueue) -> None:
    url, name = queue(), "attr.1\u00f8\u00df\u00e4"
    send(sqs, url, MessageAttributes={name: string_attribute("v")})
    found = receive(sqs, url, MessageAttributeNames=["All"])[0]
    assert found["MessageAttributes"] == {name: string_attribute("v")}


BAD_NAMES = [".a", "a.", "a..b", "aWs.x", "AMAZON.x", "a!", 'a"', "a\u00a7", "a(", "a?", "a" * 257]


@case("S13")
@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_s13_illegal_attribute_names(sqs: Any, queue: NewQueue, name: str) -> None:
    found = refused(
        sqs.send_message,
        QueueUrl=queue(),
        MessageBody="m",
        MessageAttributes={name: string_attribute("v")},
    )
    assert (found.status, found.code) == (400, "InvalidParameterValue")


@case("S14")
@pytest.mark.parametrize("data_type", ["Invalid", "string", "Str", "String" + "." + "x" * 250])
def test_s14_illegal_data_types(sqs: Any, queue: NewQueue, data_type: str) -> None:
    found = refused(
        sqs.send_message,
        QueueUrl=queue(),
        MessageBody="m",
        MessageAttributes={"a": string_attribute("v", data_type)},
    )
    assert (found.status, found.code) == (400, "InvalidParameterValue")


@case("S14")
def test_s14_at_most_ten_attributes(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    send(sqs, url, MessageAttributes={f"a{number}": string_attribute("v") for number in range(10)})
    found = refused(
        sqs.send_message,
        QueueUrl=url,
        MessageBody="m",
        MessageAttributes={f"a{number}": string_attribute("v") for number in range(11)},
    )
    assert found.message == "Number of message attributes [11] exceeds the allowed maximum [10]."


@case("S14")
@pytest.mark.parametrize("value", ["abc", "", "1e", "--1", "0x10"])
def test_s14_numbers_must_be_numbers(sqs: Any, queue: NewQueue, value: str) -> None:
    found = refused(
        sqs.send_message,
        QueueUrl=queue(),
        MessageBody="m",
        MessageAttributes={"a": string_attribute(value, "Number")},
    )
    assert found.code == "InvalidParameterValue"


@case("S15")
def test_s15_digest_of_a_number(sqs: Any, queue: NewQueue) -> None:
    found = attribute_digest(sqs, queue(), timestamp=string_attribute("1493147359900", "Number"))
    assert found == "235c5c510d26fb653d073faed50ae77c"


@case("S16")
def test_s16_the_label_of_a_type_is_in_the_digest(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    labelled = string_attribute("1493147359900", "Number.java.lang.Long")
    assert attribute_digest(sqs, url, timestamp=labelled) == "2e2e4876d8e0bd6b8c2c8f556831c349"
    found = receive(sqs, url, MessageAttributeNames=["All"])[0]
    assert found["MessageAttributes"] == {"timestamp": labelled}


@case("S17")
def test_s17_binary_attributes(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    binary = {"DataType": "Binary", "BinaryValue": BINARY}
    assert attribute_digest(sqs, url, attr1=binary) == "8cbe4db156db8a94db8b801b7addb984"
    found = receive(sqs, url, MessageAttributeNames=["All"])[0]
    assert found["MessageAttributes"] == {"attr1": binary}
    assert found["MD5OfMessageAttributes"] == "8cbe4db156db8a94db8b801b7addb984"


@case("S17")
def test_s17_any_bytes_survive(sqs: Any, queue: NewQueue) -> None:
    url, data = queue(), bytes(range(256))
    send(sqs, url, MessageAttributes={"all": {"DataType": "Binary.bytes", "BinaryValue": data}})
    found = receive(sqs, url, MessageAttributeNames=["All"])[0]
    assert found["MessageAttributes"]["all"] == {"DataType": "Binary.bytes", "BinaryValue": data}


@case("S18")
def test_s18_digest_of_one_string(sqs: Any, queue: NewQueue) -> None:
    assert (
        attribute_digest(sqs, queue(), k=string_attribute("x"))
        == "a45daa70926828a2f0a1db3418e6feb4"
    )


@case("S18")
def test_s18_digest_of_three_strings(sqs: Any, queue: NewQueue) -> None:
    attributes = {
        "Help.Me": string_attribute("Me"),
        "Hello": string_attribute("There"),
        "General": string_attribute("Kenobi"),
    }
    assert attribute_digest(sqs, queue(), **attributes) == "4c360f3fdafd970e05fae2f149d997f5"


@case("S19")
def test_s19_the_trace_header_has_its_own_digest(sqs: Any, queue: NewQueue) -> None:
    found = send(
        sqs,
        queue(),
        MessageAttributes={"timestamp": string_attribute("1493147359900", "Number")},
        MessageSystemAttributes=TRACE_ATTRIBUTE,
    )
    assert found["MD5OfMessageSystemAttributes"] == "5ae4d5d7636402d80f4eb6d213245a88"
    assert found["MD5OfMessageAttributes"] == "235c5c510d26fb653d073faed50ae77c"


@case("S19")
def test_s19_other_system_attributes_are_refused(sqs: Any, queue: NewQueue) -> None:
    found = refused(
        sqs.send_message,
        QueueUrl=queue(),
        MessageBody="m",
        MessageSystemAttributes={"Hello": string_attribute("x")},
    )
    assert found.code == "InvalidParameterValue"
    assert found.message == "Message system attribute name 'Hello' is invalid."


@case("S20")
def test_s20_the_http_trace_header_becomes_an_attribute(
    sqs: Any, raw: RawHttp, queue: NewQueue
) -> None:
    url = queue()
    raw.json(
        "SendMessage", {"QueueUrl": url, "MessageBody": "m"}, headers={"X-Amzn-Trace-Id": TRACE}
    )
    found = receive(sqs, url, AttributeNames=["AWSTraceHeader"])[0]
    assert found["Attributes"] == {"AWSTraceHeader": TRACE}


@case("S20")
def test_s20_the_parameter_beats_the_http_header(sqs: Any, raw: RawHttp, queue: NewQueue) -> None:
    url = queue()
    raw.json(
        "SendMessage",
        {"QueueUrl": url, "MessageBody": "m", "MessageSystemAttributes": TRACE_ATTRIBUTE},
        headers={"X-Amzn-Trace-Id": "Root=1-other"},
    )
    assert receive(sqs, url, AttributeNames=["All"])[0]["Attributes"]["AWSTraceHeader"] == TRACE


@case("S21")
def test_s21_standard_queues_take_group_ids(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    assert "SequenceNumber" not in send(sqs, url, MessageGroupId="test")
    found = receive(sqs, url, AttributeNames=["All"])[0]["Attributes"]
    assert found["MessageGroupId"] == "test"
    assert "SequenceNumber" not in found and "MessageDeduplicationId" not in found


@case("S22")
def test_s22_an_empty_group_id_on_a_standard_queue(sqs: Any, queue: NewQueue) -> None:
    found = refused(sqs.send_message, QueueUrl=queue(), MessageBody="m", MessageGroupId="")
    assert (found.code, found.message) == (
        "InvalidParameterValue",
        BAD_ID.format(value="", name="MessageGroupId"),
    )


@case("S23")
@pytest.mark.parametrize("group", ["g" * 129, "group 123", "gr\u00fcppe"], ids=ascii)
def test_s23_illegal_group_ids(sqs: Any, queue: NewQueue, fifo: NewQueue, group: str) -> None:
    for url in (queue(), fifo(ContentBasedDeduplication="true")):
        found = refused(sqs.send_message, QueueUrl=url, MessageBody="m", MessageGroupId=group)
        assert (found.code, found.message) == (
            "InvalidParameterValue",
            BAD_ID.format(value=group, name="MessageGroupId"),
        )


@case("S24")
@pytest.mark.parametrize("deduplication", ["", "d" * 129, "dedup 123"])
def test_s24_illegal_deduplication_ids(sqs: Any, fifo: NewQueue, deduplication: str) -> None:
    found = refused(
        sqs.send_message,
        QueueUrl=fifo(),
        MessageBody="m",
        MessageGroupId="g",
        MessageDeduplicationId=deduplication,
    )
    assert (found.code, found.message) == (
        "InvalidParameterValue",
        BAD_ID.format(value=deduplication, name="MessageDeduplicationId"),
    )


@case("S24")
def test_s24_ids_of_128_punctuation_characters(sqs: Any, fifo: NewQueue) -> None:
    url = fifo()
    wanted = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".ljust(128, "x")
    send(sqs, url, MessageGroupId=wanted, MessageDeduplicationId=wanted)
    found = receive(sqs, url, AttributeNames=["All"])[0]["Attributes"]
    assert (found["MessageGroupId"], found["MessageDeduplicationId"]) == (wanted, wanted)


@case("S25")
def test_s25_fifo_needs_some_deduplication(sqs: Any, fifo: NewQueue) -> None:
    found = refused(sqs.send_message, QueueUrl=fifo(), MessageBody="m", MessageGroupId="g")
    assert found.code == "InvalidParameterValue"
    assert (
        found.message == "The queue should either have ContentBasedDeduplication enabled or "
        "MessageDeduplicationId provided explicitly"
    )


@case("S26")
def test_s26_fifo_needs_a_group(sqs: Any, fifo: NewQueue) -> None:
    found = refused(sqs.send_message, QueueUrl=fifo(), MessageBody="m", MessageDeduplicationId="d")
    assert (found.code, found.message) == (
        "MissingParameter",
        "The request must contain the parameter MessageGroupId.",
    )


@case("S27")
def test_s27_fifo_messages_have_no_delay_of_their_own(sqs: Any, fifo: NewQueue) -> None:
    found = refused(
        sqs.send_message,
        QueueUrl=fifo(),
        MessageBody="m",
        MessageGroupId="g",
        MessageDeduplicationId="d",
        DelaySeconds=2,
    )
    assert found.code == "InvalidParameterValue"
    assert (
        found.message
        == "Value 2 for parameter DelaySeconds is invalid. Reason: The request include "
        "parameter that is not valid for this queue type."
    )


@case("S28")
def test_s28_a_zero_delay_on_fifo_leaves_the_queue_delay(sqs: Any, fifo: NewQueue) -> None:
    url = fifo(DelaySeconds="2", ContentBasedDeduplication="true")
    send(sqs, url, "m", MessageGroupId="g", DelaySeconds=0)
    assert receive(sqs, url) == []
    assert bodies(receive_within(sqs, url, 10)) == ["m"]


@case("S29")
@pytest.mark.parametrize("delay", [901, 1000, -1])
def test_s29_delay_out_of_range(sqs: Any, queue: NewQueue, delay: int) -> None:
    found = refused(sqs.send_message, QueueUrl=queue(), MessageBody="m", DelaySeconds=delay)
    assert found.code == "InvalidParameterValue"
    assert (
        found.message == f"Value {delay} for parameter DelaySeconds is invalid. "
        "Reason: DelaySeconds must be >= 0 and <= 900."
    )


@case("S30")
def test_s30_a_delayed_message_wakes_a_long_poll(sqs: Any, queue: NewQueue) -> None:
    url, start = queue(), time.monotonic()
    send(sqs, url, DelaySeconds=2)
    assert counts(sqs, url) == (0, 0, 1)
    assert bodies(receive(sqs, url, wait=20)) == ["message"]
    assert 1.5 <= time.monotonic() - start < 15


@case("S30")
def test_s30_a_zero_delay_beats_the_queue_delay(sqs: Any, queue: NewQueue) -> None:
    url = queue(DelaySeconds="600")
    send(sqs, url, "now", DelaySeconds=0)
    assert bodies(receive(sqs, url)) == ["now"]


@case("S31")
def test_s31_queues_are_separate(sqs: Any, queue: NewQueue) -> None:
    first, second = queue(), queue()
    send(sqs, first, "one")
    send(sqs, second, "two")
    assert (bodies(receive(sqs, first)), bodies(receive(sqs, second))) == (["one"], ["two"])
