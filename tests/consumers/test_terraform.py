# SPDX-License-Identifier: Apache-2.0
"""Reads after writes, as Terraform's AWS provider lives on them: what was set is read, byte for
byte, every time, over both wires, after every change and after a crash."""

from __future__ import annotations

import json
import time
from itertools import islice
from typing import Any, Callable, Dict, Iterator, List

import pytest

from forebay_server import ForebayServer, wait_until
from raw_http import RawHttp
from sqs_clients import arn_of, attributes_of, redrive_policy, sqs_client, unique_name
from terraform_queue import KEY_REUSE, Queue, QueueAttribute

READS = 25
CONNECTIONS = 5


@pytest.fixture
def own(new_server: Callable[..., ForebayServer]) -> ForebayServer:
    """A server of the test's own, which it may kill."""
    return new_server().start()


def read_often(port: int, url: str) -> Dict[str, str]:
    """All attributes, the same bytes at every read whichever connection and protocol asks."""
    connections = [RawHttp(port) for _ in range(CONNECTIONS)]
    json_bodies, query_results = set(), set()
    for n in range(READS):
        connection = connections[n % CONNECTIONS]
        asked = {"QueueUrl": url, "AttributeNames": ["All"]}
        json_bodies.add(connection.json("GetQueueAttributes", asked).body)
        form = {"QueueUrl": url, "AttributeName.1": "All"}
        text = connection.query("GetQueueAttributes", form).text
        # What follows the result is the id of the request.
        query_results.add(text.partition("<ResponseMetadata>")[0])
    reply = connections[0].query("GetQueueAttributes", {"QueueUrl": url, "AttributeName.1": "All"})
    for connection in connections:
        connection.close()
    assert len(json_bodies) == 1 and len(query_results) == 1
    found: Dict[str, str] = json.loads(json_bodies.pop())["Attributes"]
    assert reply.xml().pairs("GetQueueAttributesResult", "Attribute") == found
    return found


def check(queue: Queue, port: int) -> Dict[str, str]:
    """The queue is exactly as wanted, and a plan finds nothing to do; its attributes."""
    found = read_often(port, queue.url)
    wanted = {name: value for name, value in queue.attributes.items() if value}
    if not wanted.get("KmsMasterKeyId"):
        # Only shown beside a key, however often the provider sends its default.
        assert wanted.pop(KEY_REUSE[0], KEY_REUSE[1]) == KEY_REUSE[1]
    shown = {name: found.get(name) for name in wanted}
    assert shown == wanted
    absent = [name for name, value in queue.attributes.items() if value == "" and name in found]
    assert absent == []
    assert queue.read_tags() == queue.tags
    assert queue.plan() == []
    return found


def policy_text(arn: str, sid: str) -> str:
    """A policy as people write it: white space, an order of keys and letters of their own."""
    return (
        '{ "Version" : "2012-10-17",\n  "Id":"Zürich/<&>",\t"Statement":[{"Sid":"%s",'
        '"Resource":"%s","Principal":{"AWS":"*"},"Action":["sqs:SendMessage"],"Effect":"Allow" }]}'
        % (sid, arn)
    )


def full_queue(sqs: Any) -> Queue:
    """A standard queue with every attribute set, not created yet."""
    name = unique_name("tf")
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    dead_arn = arn_of(sqs, dead)
    arn = dead_arn.removesuffix("-dead")
    return Queue(
        sqs,
        name,
        {
            "DelaySeconds": "5",
            "MaximumMessageSize": "2048",
            "MessageRetentionPeriod": "86400",
            "ReceiveMessageWaitTimeSeconds": "10",
            "VisibilityTimeout": "45",
            "Policy": policy_text(arn, "one"),
            "RedrivePolicy": '{"maxReceiveCount": 4,  "deadLetterTargetArn":"%s"}' % dead_arn,
            "RedriveAllowPolicy": '{ "redrivePermission":"denyAll" }',
            "KmsMasterKeyId": "alias/forebay/key",
            "KmsDataKeyReusePeriodSeconds": "600",
        },
        {"team": "dam", "empty": "", "Größe": "groß + klein = alles/_.:-@"},
    )


def updates(queue: Queue) -> Iterator[str]:
    """Changes what is wanted, one step after the other; each step's description."""
    wanted = queue.attributes
    arn = arn_of(queue.sqs, queue.url)
    dead_arn = f"{arn}-dead"

    wanted["VisibilityTimeout"] = "46"
    yield "one number"
    wanted.update(DelaySeconds="0", ReceiveMessageWaitTimeSeconds="0")
    yield "two numbers to zero"
    wanted["Policy"] = policy_text(arn, "two")
    yield "another policy"
    wanted["Policy"] = ""
    yield "no policy"
    wanted["RedrivePolicy"] = redrive_policy(dead_arn, "7")
    yield "another count, as a string"
    wanted["RedriveAllowPolicy"] = json.dumps(
        {"redrivePermission": "byQueue", "sourceQueueArns": [dead_arn]}
    )
    yield "an allow policy that names a queue"
    wanted.update(KmsMasterKeyId="", KmsDataKeyReusePeriodSeconds="300")
    yield "no KMS key"
    wanted["SqsManagedSseEnabled"] = "true"
    yield "encryption by SQS"
    del wanted["SqsManagedSseEnabled"]
    wanted["KmsMasterKeyId"] = "alias/forebay/other"
    yield "encryption by KMS again"
    wanted.update(RedrivePolicy="", RedriveAllowPolicy="")
    yield "no redrive"
    queue.tags = {"team": "weir", "stage": "test"}
    yield "tags"
    wanted.update(Policy=policy_text(arn, "three"), VisibilityTimeout="0")
    queue.tags = {}
    yield "a policy again and no tags"


def test_every_change_is_read_at_once_and_unchanged_ever_after(
    sqs: Any, server: ForebayServer
) -> None:
    queue = full_queue(sqs)
    assert queue.apply() == ["created"]
    check(queue, server.port)
    for step in updates(queue):
        assert queue.apply() != [], step
        before = check(queue, server.port)
        assert queue.apply() == [], f"{step}: a second apply has nothing to do"
        assert attributes_of(sqs, queue.url) == before
    queue.destroy()


def test_the_encryption_attributes_follow_each_other(sqs: Any, server: ForebayServer) -> None:
    """The provider reads all three as computed values: they must be what AWS makes of them."""
    queue = Queue(sqs, unique_name("tf"), dict([KEY_REUSE]))
    queue.apply()
    shown = ["SqsManagedSseEnabled", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds"]

    def encryption() -> List[Any]:
        found = check(queue, server.port)
        return [found.get(name) for name in shown]

    assert encryption() == ["true", None, None]
    queue.attributes["KmsMasterKeyId"] = "key"
    assert queue.apply() == ["KmsMasterKeyId"]
    assert encryption() == ["false", "key", "300"]
    queue.attributes["KmsMasterKeyId"] = ""
    assert queue.apply() == ["KmsMasterKeyId"]
    assert encryption() == ["false", None, None]
    queue.attributes["SqsManagedSseEnabled"] = "true"
    assert queue.apply() == ["SqsManagedSseEnabled"]
    assert encryption() == ["true", None, None]


def test_every_attribute_of_a_fifo_queue_is_read_as_set(sqs: Any, server: ForebayServer) -> None:
    high = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true", **high}
    queue = Queue(sqs, unique_name("tf", fifo=True), attributes, {"team": "dam"})
    assert queue.apply() == ["created"]
    check(queue, server.port)
    queue.attributes["ContentBasedDeduplication"] = "false"
    assert queue.apply() == ["ContentBasedDeduplication"]
    check(queue, server.port)
    queue.attributes.update(DeduplicationScope="queue", FifoThroughputLimit="perQueue")
    assert queue.apply() == ["DeduplicationScope", "FifoThroughputLimit"]
    check(queue, server.port)
    queue.attributes.update(high)
    assert queue.apply() == ["DeduplicationScope", "FifoThroughputLimit"]
    check(queue, server.port)


def test_creating_again_with_the_same_state_changes_nothing(
    sqs: Any, server: ForebayServer
) -> None:
    queue = full_queue(sqs)
    queue.apply()
    before = check(queue, server.port)
    modified = int(before["LastModifiedTimestamp"])
    # Timestamps are whole seconds: a change within the same one would not show.
    wait_until(lambda: int(time.time()) > modified, 10, "the next second")
    again = Queue(sqs, queue.name, dict(queue.attributes), dict(queue.tags))
    assert again.apply() == ["created"]
    assert again.url == queue.url
    assert check(again, server.port) == before
    queue.tags["stage"] = "test"
    queue.apply()
    assert check(queue, server.port) == before, "tags are not attributes"
    queue.attributes["VisibilityTimeout"] = "46"
    queue.apply()
    assert int(check(queue, server.port)["LastModifiedTimestamp"]) > modified


def test_a_crash_changes_nothing_that_is_read(own: ForebayServer) -> None:
    sqs = sqs_client(own.endpoint)
    queues = [full_queue(sqs) for _ in range(3)]
    for queue, steps in zip(queues, (0, 7, 12)):
        queue.apply()
        for _ in islice(updates(queue), steps):
            queue.apply()
    fifo = Queue(
        sqs,
        unique_name("tf", fifo=True),
        {"FifoQueue": "true", "DeduplicationScope": "messageGroup"},
    )
    fifo.apply()
    queues.append(fifo)
    before = [check(queue, own.port) for queue in queues]
    for _ in range(2):
        own.kill()
        own.start()
        assert [check(queue, own.port) for queue in queues] == before
        assert [queue.apply() for queue in queues] == [[]] * len(queues)


@pytest.mark.parametrize(
    "name, first, second",
    [
        ("Policy", policy_text("ARN", "one"), policy_text("ARN", "two")),
        (
            "RedrivePolicy",
            '{"deadLetterTargetArn": "ARN-dead", "maxReceiveCount": 3}',
            '{"deadLetterTargetArn": "ARN-dead", "maxReceiveCount": 5}',
        ),
        (
            "RedriveAllowPolicy",
            '{"redrivePermission": "byQueue", "sourceQueueArns": ["ARN-dead"]}',
            '{"redrivePermission": "allowAll"}',
        ),
    ],
    ids=["policy", "redrive", "allow"],
)
def test_a_policy_may_be_a_resource_of_its_own(
    sqs: Any, server: ForebayServer, name: str, first: str, second: str
) -> None:
    queue = Queue(sqs, unique_name("tf"), {"VisibilityTimeout": "45"}, {"team": "dam"})
    queue.apply()
    sqs.create_queue(QueueName=f"{queue.name}-dead")
    arn = arn_of(sqs, queue.url)
    attribute = QueueAttribute(sqs, queue.url, name)
    for value in (first.replace("ARN", arn), second.replace("ARN", arn)):
        assert attribute.apply(value)
        assert not attribute.apply(value), "a second apply has nothing to do"
        assert queue.apply() == [], "the queue's own resource sees no change"
        read_often(server.port, queue.url)
    attribute.destroy()
    check(queue, server.port)
