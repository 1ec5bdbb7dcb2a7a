# SPDX-License-Identifier: Apache-2.0
"""Contract section 6.1: the two wire protocols, byte for byte where it matters."""

from __future__ import annotations

import hashlib
import re
import urllib.parse
import uuid
from typing import Any, Callable, Dict

import pytest

from cases import case
from forebay_server import ACCOUNT
from raw_http import FORM_TYPE, JSON_TYPE, XML_SPACE, RawHttp, Reply, Xml
from sqs_clients import arn_of, bodies, drain, receive, refused, unique_name, wire_protocol

NewQueue = Callable[..., str]
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NO_ACTION = "<UnknownOperationException/>"


def path_of(queue_url: str) -> str:
    return urllib.parse.urlsplit(queue_url).path


def name_of(queue_url: str) -> str:
    return queue_url.rpartition("/")[2]


def query_error(reply: Reply) -> Dict[str, str]:
    """Status, Type, Code and Message of a Query error."""
    xml = reply.xml()
    assert xml.name == "ErrorResponse"
    return {
        "status": str(reply.status),
        **{name: xml.text(f"Error/{name}") or "" for name in ("Type", "Code", "Message")},
    }


def refusal(code: str, message: str) -> Dict[str, str]:
    return {"status": "400", "Type": "Sender", "Code": code, "Message": message}


@case("T1")
def test_t1_json_send_has_status_type_and_request_id(raw: RawHttp, queue: NewQueue) -> None:
    reply = raw.json("SendMessage", {"QueueUrl": queue(), "MessageBody": "message"})
    assert reply.status == 200
    assert reply.headers["content-type"] == JSON_TYPE
    assert UUID.fullmatch(reply.headers["x-amzn-requestid"])
    assert set(reply.json()) == {"MD5OfMessageBody", "MessageId"}


@case("T2")
def test_t2_json_action_without_output_has_no_body(raw: RawHttp, queue: NewQueue, sqs: Any) -> None:
    url = queue()
    sqs.send_message(QueueUrl=url, MessageBody="m")
    handle = receive(sqs, url)[0]["ReceiptHandle"]
    reply = raw.json("DeleteMessage", {"QueueUrl": url, "ReceiptHandle": handle})
    assert (reply.status, reply.headers["content-length"], reply.body) == (200, "0", b"")
    assert reply.headers["content-type"] == JSON_TYPE


@case("T3")
def test_t3_json_is_answered_in_json_on_a_queue_path(raw: RawHttp, queue: NewQueue) -> None:
    url = queue()
    reply = raw.json("ReceiveMessage", {"QueueUrl": url}, path=path_of(url))
    assert (reply.status, reply.text, reply.headers["content-type"]) == (200, "{}", JSON_TYPE)


@case("T4")
def test_t4_the_host_of_a_queue_url_is_ignored(raw: RawHttp, queue: NewQueue, sqs: Any) -> None:
    url = queue()
    foreign = f"https://sqs.eu-north-1.amazonaws.com{path_of(url)}"
    assert raw.json("SendMessage", {"QueueUrl": foreign, "MessageBody": "m"}).status == 200
    assert bodies(receive(sqs, url)) == ["m"]


@case("T5")
def test_t5_a_bare_queue_name_serves_as_url_in_json(
    raw: RawHttp, queue: NewQueue, sqs: Any
) -> None:
    url = queue()
    assert raw.json("SendMessage", {"QueueUrl": name_of(url), "MessageBody": "m"}).status == 200
    assert bodies(receive(sqs, url)) == ["m"]


@case("T5")
def test_t5_a_bare_queue_name_serves_as_url_in_query(
    raw: RawHttp, queue: NewQueue, sqs: Any
) -> None:
    url = queue()
    assert raw.query("SendMessage", {"QueueUrl": name_of(url), "MessageBody": "m"}).status == 200
    assert bodies(receive(sqs, url)) == ["m"]


@case("T6")
def test_t6_json_empty_receive_has_no_messages_member(raw: RawHttp, queue: NewQueue) -> None:
    assert raw.json("ReceiveMessage", {"QueueUrl": queue()}).text == "{}"


@case("T6")
def test_t6_query_empty_receive_has_an_empty_result(raw: RawHttp, queue: NewQueue) -> None:
    reply = raw.query("ReceiveMessage", {"QueueUrl": queue()})
    assert reply.status == 200
    assert "<ReceiveMessageResult/>" in reply.text


@case("T7")
def test_t7_json_unknown_queue(raw: RawHttp) -> None:
    reply = raw.json("ReceiveMessage", {"QueueUrl": f"http://127.0.0.1/{ACCOUNT}/{unique_name()}"})
    assert reply.status == 400
    assert reply.json() == {
        "__type": "com.amazonaws.sqs#QueueDoesNotExist",
        "message": "The specified queue does not exist.",
    }
    assert reply.headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"
    assert reply.headers["content-type"] == JSON_TYPE
    assert UUID.fullmatch(reply.headers["x-amzn-requestid"])


@case("T8")
def test_t8_query_unknown_queue_has_the_wsdl_text(raw: RawHttp) -> None:
    reply = raw.query("ReceiveMessage", {"QueueUrl": f"http://127.0.0.1/{ACCOUNT}/{unique_name()}"})
    assert query_error(reply) == refusal(
        "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist for this wsdl version.",
    )


@case("T9")
@pytest.mark.parametrize(
    "url", ["http://whatever", "http://", "a/b/c", f"/{ACCOUNT}/", "http://h/999999999999/q"]
)
def test_t9_an_odd_queue_url_is_an_unknown_queue(sqs: Any, raw: RawHttp, url: str) -> None:
    found = raw.json("SendMessage", {"QueueUrl": url, "MessageBody": "m"})
    assert (found.status, found.error_shape()) == (400, "QueueDoesNotExist")
    found = raw.query("SendMessage", {"QueueUrl": url, "MessageBody": "m"})
    assert query_error(found)["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


@case("T9")
def test_t9_an_odd_queue_url_through_the_sdk(sqs: Any) -> None:
    found = refused(sqs.send_message, QueueUrl="http://whatever", MessageBody="m")
    assert found.code == "AWS.SimpleQueueService.NonExistentQueue"


@case("T10")
def test_t10_query_without_action_is_404(raw: RawHttp, queue: NewQueue) -> None:
    reply = raw.get(path_of(queue()))
    assert (reply.status, reply.text) == (404, NO_ACTION)


@case("T11")
def test_t11_query_without_action_is_xml_even_when_json_is_accepted(
    raw: RawHttp, queue: NewQueue
) -> None:
    reply = raw.get(path_of(queue()), headers={"Accept": "application/json"})
    assert (reply.status, reply.text) == (404, NO_ACTION)


@case("T12")
def test_t12_query_unknown_action(raw: RawHttp, queue: NewQueue) -> None:
    reply = raw.get(path_of(queue()), {"Action": "FooBar"})
    assert query_error(reply) == refusal(
        "InvalidAction", "The action FooBar is not valid for this endpoint."
    )


@case("T13")
def test_t13_create_queue_is_not_served_on_a_queue_path(raw: RawHttp, queue: NewQueue) -> None:
    reply = raw.get(path_of(queue()), {"Action": "CreateQueue", "QueueName": unique_name()})
    assert query_error(reply) == refusal(
        "InvalidAction", "The action CreateQueue is not valid for this endpoint."
    )


@case("T14")
def test_t14_list_queues_is_not_served_on_a_queue_path(raw: RawHttp, queue: NewQueue) -> None:
    reply = raw.get(path_of(queue()), {"Action": "ListQueues"})
    assert query_error(reply) == refusal(
        "InvalidAction", "The action ListQueues is not valid for this endpoint."
    )


@case("T15")
def test_t15_get_queue_url_on_its_own_path(raw: RawHttp, queue: NewQueue) -> None:
    url = queue()
    reply = raw.get(path_of(url), {"Action": "GetQueueUrl", "QueueName": name_of(url)})
    assert (reply.status, reply.xml().text("GetQueueUrlResult/QueueUrl")) == (200, url)


@case("T16")
def test_t16_get_queue_url_of_another_queue_on_a_queue_path(raw: RawHttp, queue: NewQueue) -> None:
    here, other = queue(), queue()
    reply = raw.get(path_of(here), {"Action": "GetQueueUrl", "QueueName": name_of(other)})
    assert (reply.status, reply.xml().text("GetQueueUrlResult/QueueUrl")) == (200, other)


@case("T17")
def test_t17_the_queue_url_parameter_beats_the_path(
    raw: RawHttp, queue: NewQueue, sqs: Any
) -> None:
    here, other = queue(), queue()
    reply = raw.get(
        path_of(here),
        {"Action": "GetQueueAttributes", "QueueUrl": other, "AttributeName.1": "QueueArn"},
    )
    assert reply.xml().pairs("GetQueueAttributesResult", "Attribute") == {
        "QueueArn": arn_of(sqs, other)
    }


@case("T18")
def test_t18_query_send_without_body(raw: RawHttp, queue: NewQueue) -> None:
    reply = raw.get(path_of(queue()), {"Action": "SendMessage"})
    assert query_error(reply) == refusal(
        "MissingParameter", "The request must contain the parameter MessageBody."
    )


@case("T19")
def test_t19_query_attributes_of_a_fifo_queue(raw: RawHttp, fifo: NewQueue) -> None:
    reply = raw.get(path_of(fifo()), {"Action": "GetQueueAttributes", "AttributeName.1": "All"})
    assert reply.status == 200
    assert "<Attribute><Name>FifoQueue</Name><Value>true</Value></Attribute>" in reply.text


@case("T20")
def test_t20_query_unknown_attribute(raw: RawHttp, queue: NewQueue) -> None:
    reply = raw.get(path_of(queue()), {"Action": "GetQueueAttributes", "AttributeName.1": "Foobar"})
    assert query_error(reply) == refusal("InvalidAttributeName", "Unknown Attribute Foobar.")


@case("T21")
def test_t21_query_delete_queue_by_get(raw: RawHttp, queue: NewQueue) -> None:
    url = queue()
    deleted = raw.get(path_of(url), {"Action": "DeleteQueue"})
    assert (deleted.status, deleted.xml().name) == (200, "DeleteQueueResponse")
    assert deleted.xml().find("DeleteQueueResult") is None
    found = raw.get("/", {"Action": "GetQueueUrl", "QueueName": name_of(url)})
    assert query_error(found)["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


def received_attribute(raw: RawHttp, url: str) -> Xml:
    reply = raw.get(path_of(url), {"Action": "ReceiveMessage", "MessageAttributeName.1": "All"})
    found = reply.xml().find("ReceiveMessageResult/Message/MessageAttribute")
    assert found is not None, reply.text
    return found


def check_query_attribute(raw: RawHttp, url: str, prefix: str) -> None:
    sent = raw.get(
        path_of(url),
        {
            "Action": "SendMessage",
            "MessageBody": "m",
            f"{prefix}.1.Name": "Foo",
            f"{prefix}.1.Value.DataType": "String",
            f"{prefix}.1.Value.StringValue": "Bar",
        },
    )
    assert (
        sent.xml().text("SendMessageResult/MD5OfMessageAttributes")
        == "ae7155c6026991b6d54b11589678bf9c"
    )
    found = received_attribute(raw, url)
    assert found.text("Name") == "Foo"
    assert found.text("Value/StringValue") == "Bar"
    assert found.text("Value/DataType") == "String"


@case("T22")
def test_t22_query_message_attributes_by_get(raw: RawHttp, queue: NewQueue) -> None:
    check_query_attribute(raw, queue(), "MessageAttribute")


@case("T23")
def test_t23_query_message_attributes_with_the_plural_prefix(raw: RawHttp, queue: NewQueue) -> None:
    check_query_attribute(raw, queue(), "MessageAttributes")


@case("T24")
def test_t24_query_error_has_the_whole_form(raw: RawHttp) -> None:
    reply = raw.query("GetQueueUrl", {"QueueName": unique_name()})
    xml = reply.xml()
    error = xml.find("Error")
    assert xml.space == XML_SPACE and error is not None
    assert reply.headers["content-type"].startswith("text/xml")
    assert [child.tag.rpartition("}")[2] for child in error.element] == [
        "Type",
        "Code",
        "Message",
        "Detail",
    ]
    assert "<Detail/>" in reply.text
    assert UUID.fullmatch(xml.text("RequestId") or "")
    assert xml.text("RequestId") == reply.headers["x-amzn-requestid"]


@case("T25")
def test_t25_query_with_accept_json_is_answered_in_json(raw: RawHttp, queue: NewQueue) -> None:
    reply = raw.get(
        path_of(queue(VisibilityTimeout="77")),
        {"Action": "GetQueueAttributes", "AttributeName.1": "VisibilityTimeout"},
        {"Accept": "application/json"},
    )
    assert reply.headers["content-type"].startswith("application/json")
    found = reply.json()["GetQueueAttributesResponse"]
    assert found["GetQueueAttributesResult"]["Attributes"] == [
        {"Name": "VisibilityTimeout", "Value": "77"}
    ]
    assert UUID.fullmatch(found["ResponseMetadata"]["RequestId"])


@case("T26")
def test_t26_query_error_with_accept_json(raw: RawHttp, queue: NewQueue) -> None:
    reply = raw.get(path_of(queue()), {"Action": "ListQueues"}, {"Accept": "application/json"})
    assert reply.status == 400
    assert reply.json()["Error"] == {
        "Code": "InvalidAction",
        "Message": "The action ListQueues is not valid for this endpoint.",
        "Type": "Sender",
    }
    assert UUID.fullmatch(reply.json()["RequestId"])


@case("T27")
def test_t27_line_ends_survive(sqs: Any, queue: NewQueue) -> None:
    url, body = queue(), "a\r\nb\rc\n\td \r\n"
    sqs.send_message(QueueUrl=url, MessageBody=body)
    assert bodies(receive(sqs, url)) == [body]


@case("T27")
def test_t27_query_escapes_carriage_returns(raw: RawHttp, queue: NewQueue) -> None:
    url = queue()
    raw.query("SendMessage", {"QueueUrl": url, "MessageBody": "a\r\nb"})
    reply = raw.query("ReceiveMessage", {"QueueUrl": url})
    assert "<Body>a&#xD;\nb</Body>" in reply.text


@case("T28")
def test_t28_quotes_and_entities_survive(sqs: Any, queue: NewQueue) -> None:
    url, body = queue(), '{"foo": "ba\\rr", "foo2": "ba&quot;r&quot;"}'
    sent = sqs.send_message(QueueUrl=url, MessageBody=body)
    found = receive(sqs, url)[0]
    assert found["Body"] == body
    assert found["MD5OfBody"] == sent["MD5OfMessageBody"] == hashlib.md5(body.encode()).hexdigest()


@case("T28")
@pytest.mark.parametrize(
    "body",
    [" trailing ", "emoji \U0001f600 and \u00e9\u4e2d", "<a>&amp;</a>", "\\u0041\\n\"'/", "]]>"],
)
def test_t28_any_text_survives(sqs: Any, queue: NewQueue, body: str) -> None:
    url = queue()
    sqs.send_message(QueueUrl=url, MessageBody=body)
    assert bodies(receive(sqs, url)) == [body]


@case("T29")
def test_t29_an_unencoded_form_body_is_taken_literally(
    raw: RawHttp, queue: NewQueue, sqs: Any
) -> None:
    url = queue()
    form = b'Action=SendMessage&MessageBody={"foo": "ba\\rr"}'
    reply = raw.request("POST", path_of(url), form, {"Content-Type": FORM_TYPE + "; charset=utf-8"})
    assert reply.status == 200, reply.text
    assert bodies(receive(sqs, url)) == ['{"foo": "ba\\rr"}']


@case("T30")
def test_t30_the_exception_of_an_existing_queue(sqs: Any) -> None:
    name = unique_name()
    sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "5"})
    found = refused(sqs.create_queue, QueueName=name, Attributes={"VisibilityTimeout": "6"})
    assert found.code == "QueueAlreadyExists"
    assert isinstance(found.error, sqs.exceptions.QueueNameExists)
    if wire_protocol() == "json":
        assert found.error.response["Error"]["QueryErrorCode"] == "QueueNameExists"


# Not numbered in section 6, but promised by sections 1.1, 1.2 and 1.5.


def test_query_lists_are_sorted_by_their_number(raw: RawHttp, queue: NewQueue, sqs: Any) -> None:
    url = queue()
    form = {"QueueUrl": url}
    for number in (10, 9, 2):
        form[f"SendMessageBatchRequestEntry.{number}.Id"] = f"id{number}"
        form[f"SendMessageBatchRequestEntry.{number}.MessageBody"] = str(number)
    result = raw.query("SendMessageBatch", form).xml().find("SendMessageBatchResult")
    assert result is not None
    ids = [child.text("Id") for child in result.children("SendMessageBatchResultEntry")]
    assert ids == ["id2", "id9", "id10"]


def test_queue_urls_are_built_from_the_host_header(raw: RawHttp, queue: NewQueue) -> None:
    name = name_of(queue())
    reply = raw.json("GetQueueUrl", {"QueueName": name}, headers={"Host": "queue.example:1234"})
    assert reply.json()["QueueUrl"] == f"http://queue.example:1234/{ACCOUNT}/{name}"


def test_unknown_json_action(raw: RawHttp) -> None:
    reply = raw.json("FooBar", {})
    assert reply.status in (400, 404)
    assert reply.error_shape() == "UnknownOperationException"


def test_request_ids_differ(raw: RawHttp) -> None:
    ids = {raw.json("ListQueues", {}).headers["x-amzn-requestid"] for _ in range(3)}
    assert len(ids) == 3


def test_messages_of_both_protocols_share_queues(raw: RawHttp, queue: NewQueue, sqs: Any) -> None:
    url, mark = queue(), str(uuid.uuid4())
    raw.json("SendMessage", {"QueueUrl": url, "MessageBody": "json " + mark})
    raw.query("SendMessage", {"QueueUrl": url, "MessageBody": "query " + mark})
    assert sorted(bodies(drain(sqs, url))) == ["json " + mark, "query " + mark]
