# SPDX-License-Identifier: Apache-2.0
"""Contract section 6.3: tags."""

from __future__ import annotations

from typing import Any, Callable, Dict

import pytest

from cases import case
from raw_http import RawHttp
from sqs_clients import refused, unique_name

NewQueue = Callable[..., str]


def tags_of(sqs: Any, url: str) -> Dict[str, str]:
    return dict(sqs.list_queue_tags(QueueUrl=url).get("Tags", {}))


@case("G1")
def test_g1_tags_given_at_creation(sqs: Any) -> None:
    tags = {"tag1": "value1", "tag2": "value two", "tag3": ""}
    url = sqs.create_queue(QueueName=unique_name(), tags=tags)["QueueUrl"]
    assert tags_of(sqs, url) == tags


@case("G2")
def test_g2_untagging(sqs: Any, raw: RawHttp, queue: NewQueue) -> None:
    url = queue()
    sqs.tag_queue(QueueUrl=url, Tags={"tag1": "1", "tag2": "2", "tag3": "3"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["tag1", "tag3"])
    assert tags_of(sqs, url) == {"tag2": "2"}
    sqs.untag_queue(QueueUrl=url, TagKeys=["tag2"])
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)
    assert raw.json("ListQueueTags", {"QueueUrl": url}).text == "{}"


@case("G3")
def test_g3_keys_are_case_sensitive(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    sqs.tag_queue(QueueUrl=url, Tags={"MyTag": "a", "mytag": "b"})
    assert tags_of(sqs, url) == {"MyTag": "a", "mytag": "b"}


@case("G4")
def test_g4_untagging_an_unknown_key(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    sqs.tag_queue(QueueUrl=url, Tags={"a": "1"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["b"])
    assert tags_of(sqs, url) == {"a": "1"}


@case("G5")
def test_g5_tagging_again_replaces(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "b": "1"})
    sqs.tag_queue(QueueUrl=url, Tags={"a": "2"})
    assert tags_of(sqs, url) == {"a": "2", "b": "1"}


@case("G6")
def test_g6_tags_of_an_unknown_queue(sqs: Any, queue: NewQueue) -> None:
    found = refused(sqs.list_queue_tags, QueueUrl=queue() + "-not")
    assert found.code == "AWS.SimpleQueueService.NonExistentQueue"


# Limits of section 2.20.


@pytest.mark.parametrize("tags", [{"k" * 129: "v"}, {"k": "v" * 257}])
def test_tags_have_limits(sqs: Any, queue: NewQueue, tags: Dict[str, str]) -> None:
    assert refused(sqs.tag_queue, QueueUrl=queue(), Tags=tags).code == "InvalidParameterValue"


def test_a_queue_has_at_most_fifty_tags(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    sqs.tag_queue(QueueUrl=url, Tags={f"tag{number}": "" for number in range(50)})
    found = refused(sqs.tag_queue, QueueUrl=url, Tags={"one-more": ""})
    assert found.code == "InvalidParameterValue"
    assert found.message == f"Too many tags added for queue {url.rpartition('/')[2]}."
    assert len(tags_of(sqs, url)) == 50
