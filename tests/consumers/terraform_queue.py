# SPDX-License-Identifier: Apache-2.0
"""What Terraform's AWS provider does with SQS: plans by comparing what it wants with what it reads,
sends only what differs, and then reads until it has seen what it wants several times in a row.

`Queue` is the resource aws_sqs_queue; `QueueAttribute` the resources aws_sqs_queue_policy,
aws_sqs_queue_redrive_policy and aws_sqs_queue_redrive_allow_policy.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping

from botocore.exceptions import ClientError

from sqs_clients import attributes_of

# The provider goes on when it has read the wanted state this many times in a row.
EQUAL_READS = 6
JSON_ATTRIBUTES = ("Policy", "RedrivePolicy", "RedriveAllowPolicy")
# The provider's default for an attribute that is only shown beside a KMS key.
KEY_REUSE = ("KmsDataKeyReusePeriodSeconds", "300")


def same(name: str, wanted: str, read: Mapping[str, str]) -> bool:
    """Whether the provider sees no difference in this attribute."""
    if name not in read:
        return wanted == "" or (name, wanted) == KEY_REUSE
    if name in JSON_ATTRIBUTES and wanted:
        return bool(json.loads(read[name]) == json.loads(wanted))
    return read[name] == wanted


def wait_until_propagated(sqs: Any, url: str, wanted: Mapping[str, str]) -> None:
    """The provider pauses five seconds between reads, as AWS may take a minute. Here nothing
    propagates: every read must show what was set."""
    for _ in range(EQUAL_READS):
        read = attributes_of(sqs, url)
        different = {name: read.get(name) for name in wanted if not same(name, wanted[name], read)}
        assert different == {}, f"wanted {dict(wanted)}"


@dataclass
class Queue:
    """`attributes` and `tags` are the wanted state; "" means without the attribute."""

    sqs: Any
    name: str
    attributes: Dict[str, str]
    tags: Dict[str, str] = field(default_factory=dict)
    url: str = ""

    def apply(self) -> List[str]:
        """Makes the queue as wanted; what was changed, nothing when it was so already."""
        if not self.url:
            given = {name: value for name, value in self.attributes.items() if value}
            reply = self.sqs.create_queue(QueueName=self.name, Attributes=given, tags=self.tags)
            self.url = reply["QueueUrl"]
            wait_until_propagated(self.sqs, self.url, given)
            return ["created"]
        changes = self.plan()
        values = {name: self.attributes[name] for name in changes if name in self.attributes}
        if values:
            self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes=values)
            wait_until_propagated(self.sqs, self.url, values)
        if "tags" in changes:
            self._apply_tags()
        return changes

    def plan(self) -> List[str]:
        """What differs between what is wanted and what is read."""
        read = attributes_of(self.sqs, self.url)
        changes = [name for name, value in self.attributes.items() if not same(name, value, read)]
        return changes + (["tags"] if self.read_tags() != self.tags else [])

    def read_tags(self) -> Dict[str, str]:
        return dict(self.sqs.list_queue_tags(QueueUrl=self.url).get("Tags", {}))

    def _apply_tags(self) -> None:
        before = self.read_tags()
        gone = [key for key in before if key not in self.tags]
        new = {key: value for key, value in self.tags.items() if before.get(key) != value}
        if gone:
            self.sqs.untag_queue(QueueUrl=self.url, TagKeys=gone)
        if new:
            self.sqs.tag_queue(QueueUrl=self.url, Tags=new)

    def destroy(self) -> None:
        """The provider wants to be told fifteen times in a row that the queue is gone."""
        self.sqs.delete_queue(QueueUrl=self.url)
        for _ in range(15):
            try:
                attributes_of(self.sqs, self.url)
            except ClientError as error:
                assert error.response["Error"]["Code"].endswith("NonExistentQueue")
            else:
                raise AssertionError(f"{self.url} is still there")


@dataclass
class QueueAttribute:
    """One attribute of a queue that has other resources for the rest."""

    sqs: Any
    url: str
    name: str

    def apply(self, value: str) -> bool:
        """Whether anything had to be changed. The provider sends JSON in a form of its own."""
        if same(self.name, value, self.read()):
            return False
        wanted = {self.name: json.dumps(json.loads(value), sort_keys=True, separators=(",", ":"))}
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes=wanted)
        wait_until_propagated(self.sqs, self.url, wanted)
        assert self.read() == wanted
        return True

    def read(self) -> Dict[str, str]:
        return attributes_of(self.sqs, self.url, self.name)

    def destroy(self) -> None:
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={self.name: ""})
        wait_until_propagated(self.sqs, self.url, {self.name: ""})
        assert self.read() == {}
