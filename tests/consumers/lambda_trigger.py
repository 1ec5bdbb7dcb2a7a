# SPDX-License-Identifier: Apache-2.0
"""What AWS Lambda does between a queue and a function: polls, calls the function with an event made
of the messages, deletes what the function did not report as failed."""

from __future__ import annotations

import base64
from typing import Any, Callable, Dict, List, Set

from sqs_clients import Message, arn_of, receive

Handler = Callable[[Dict[str, Any]], Dict[str, Any]]


def record_of(message: Message, queue_arn: str) -> Dict[str, Any]:
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {
            name: attribute_of(value)
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }
    if "MD5OfMessageAttributes" in message:
        record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return record


def attribute_of(value: Dict[str, Any]) -> Dict[str, Any]:
    attribute: Dict[str, Any] = {
        "dataType": value["DataType"],
        "stringListValues": [],
        "binaryListValues": [],
    }
    if "StringValue" in value:
        attribute["stringValue"] = value["StringValue"]
    else:
        attribute["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return attribute


class LambdaTrigger:
    """An event source mapping with ReportBatchItemFailures, one batch at a time."""

    def __init__(self, sqs: Any, queue_url: str, handler: Handler) -> None:
        self._sqs = sqs
        self._url = queue_url
        self._arn = arn_of(sqs, queue_url)
        self._handler = handler

    def poll(self, wait: int = 0) -> "List[Message]":
        """Receives up to ten messages and hands them to the function; the messages of this batch
        that failed, which stay in flight. An exception of the function leaves all of them so."""
        messages = receive(
            self._sqs, self._url, wait=wait, AttributeNames=["All"], MessageAttributeNames=["All"]
        )
        if not messages:
            return []
        event = {"Records": [record_of(message, self._arn) for message in messages]}
        answer = self._handler(event)
        failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        assert failed <= {message["MessageId"] for message in messages}
        self._delete([message for message in messages if message["MessageId"] not in failed])
        return [message for message in messages if message["MessageId"] in failed]

    def _delete(self, messages: "List[Message]") -> None:
        if not messages:
            return
        entries = [
            {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]}
            for n, message in enumerate(messages)
        ]
        answer = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
        deleted: Set[str] = {entry["Id"] for entry in answer["Successful"]}
        assert deleted == {entry["Id"] for entry in entries}
