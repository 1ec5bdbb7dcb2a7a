# SPDX-License-Identifier: Apache-2.0
"""boto3 clients for a server under test, and the few steps that most tests repeat."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any, Dict, Iterable, List

import boto3
import botocore
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from forebay_server import REGION, wait_until

Message = Dict[str, Any]


def sqs_client(endpoint: str, region: str = REGION, **config: Any) -> Any:
    """A client that never retries: a test wants the first answer."""
    return boto3.client(
        "sqs",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(
            retries={"max_attempts": 0}, read_timeout=60, max_pool_connections=20, **config
        ),
    )


def wire_protocol() -> str:
    """What the installed botocore speaks: json or query."""
    version = tuple(int(part) for part in botocore.__version__.split(".")[:2])
    return "json" if version >= (1, 34) else "query"


def unique_name(prefix: str = "q", fifo: bool = False) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:12]}" + (".fifo" if fifo else "")


class Refused:
    """What the server answered when a call was refused."""

    def __init__(self, error: ClientError) -> None:
        self.error = error
        self.code: str = error.response["Error"]["Code"]
        self.message: str = error.response["Error"]["Message"]
        self.status: int = error.response["ResponseMetadata"]["HTTPStatusCode"]


def refused(call: Any, **parameters: Any) -> Refused:
    """Makes the call, which must be refused."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return Refused(caught.value)


def attributes_of(sqs: Any, queue_url: str, *names: str) -> Dict[str, str]:
    reply = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=list(names) or ["All"])
    return dict(reply.get("Attributes", {}))


def arn_of(sqs: Any, queue_url: str) -> str:
    return attributes_of(sqs, queue_url, "QueueArn")["QueueArn"]


def counts(sqs: Any, queue_url: str) -> "tuple[int, int, int]":
    """Visible, in flight, delayed."""
    found = attributes_of(sqs, queue_url, "All")
    return (
        int(found["ApproximateNumberOfMessages"]),
        int(found["ApproximateNumberOfMessagesNotVisible"]),
        int(found["ApproximateNumberOfMessagesDelayed"]),
    )


def receive(
    sqs: Any, queue_url: str, max_messages: int = 10, wait: int = 0, **parameters: Any
) -> List[Message]:
    reply = sqs.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=max_messages, WaitTimeSeconds=wait, **parameters
    )
    return list(reply.get("Messages", []))


def bodies(messages: Iterable[Message]) -> List[str]:
    return [message["Body"] for message in messages]


def receive_within(sqs: Any, queue_url: str, seconds: float, **parameters: Any) -> List[Message]:
    """Polls by long polls of a second until something comes; empty after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = receive(sqs, queue_url, wait=1, **parameters)
        if found or time.monotonic() >= deadline:
            return found


def drain(sqs: Any, queue_url: str) -> List[Message]:
    """Receives and deletes until nothing is left, in flight or delayed messages included."""
    found: List[Message] = []
    while True:
        batch = receive(
            sqs, queue_url, AttributeNames=["All"], MessageAttributeNames=["All"], wait=1
        )
        for message in batch:
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        found += batch
        if not batch and counts(sqs, queue_url) == (0, 0, 0):
            return found


def wait_for_empty(sqs: Any, queue_url: str, seconds: float = 20) -> None:
    wait_until(lambda: counts(sqs, queue_url) == (0, 0, 0), seconds, f"{queue_url} to be empty")


def redrive_policy(dead_letter_arn: str, max_receive_count: Any) -> str:
    return json.dumps(
        {"deadLetterTargetArn": dead_letter_arn, "maxReceiveCount": max_receive_count}
    )


def string_attribute(value: str, data_type: str = "String") -> Dict[str, str]:
    return {"DataType": data_type, "StringValue": value}


def entry(entry_id: str, body: str, **parameters: Any) -> Dict[str, Any]:
    return {"Id": entry_id, "MessageBody": body, **parameters}
