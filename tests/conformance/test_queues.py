# SPDX-License-Identifier: Apache-2.0
"""Contract section 6.2: queues and their attributes."""

from __future__ import annotations

import json
import time
import urllib.parse
from typing import Any, Callable, Dict

import pytest

from cases import case
from forebay_server import ACCOUNT, REGION, ForebayServer
from raw_http import RawHttp
from sqs_clients import (
    Refused,
    arn_of,
    attributes_of,
    counts,
    redrive_policy,
    refused,
    sqs_client,
    unique_name,
)

NewQueue = Callable[..., str]

STANDARD_ATTRIBUTES = {
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "DelaySeconds",
    "LastModifiedTimestamp",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "QueueArn",
    "ReceiveMessageWaitTimeSeconds",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
}
FIFO_ATTRIBUTES = STANDARD_ATTRIBUTES | {
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoQueue",
    "FifoThroughputLimit",
}
ONE_ENCRYPTION = (
    "You can use one type of server-side encryption (SSE) at one time. "
    "You can either enable KMS SSE or SQS SSE."
)


def create(sqs: Any, name: str, **attributes: str) -> str:
    return str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def create_refused(sqs: Any, name: str, **attributes: str) -> Refused:
    found = refused(sqs.create_queue, QueueName=name, Attributes=attributes)
    assert found.status == 400
    return found


def set_attributes(sqs: Any, url: str, **attributes: str) -> None:
    sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)


def set_refused(sqs: Any, url: str, **attributes: str) -> Refused:
    return refused(sqs.set_queue_attributes, QueueUrl=url, Attributes=attributes)


def assert_exists_differently(found: Refused, attribute: str) -> None:
    assert found.code == "QueueAlreadyExists"
    assert (
        found.message
        == "A queue already exists with the same name and a different value for attribute"
        f" {attribute}"
    )


@case("Q1")
def test_q1_url_and_arn(sqs: Any) -> None:
    name = unique_name()
    url = create(sqs, name)
    assert urllib.parse.urlsplit(url).path == f"/{ACCOUNT}/{name}"
    assert sqs.get_queue_url(QueueName=name)["QueueUrl"] == url
    assert arn_of(sqs, url) == f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


@case("Q2")
def test_q2_creating_twice_gives_the_same_queue(sqs: Any) -> None:
    name = unique_name()
    assert create(sqs, name) == create(sqs, name)


@case("Q3")
def test_q3_creating_twice_with_equal_attributes(sqs: Any) -> None:
    name = unique_name()
    assert create(sqs, name, VisibilityTimeout="69") == create(sqs, name, VisibilityTimeout="69")


@case("Q4")
def test_q4_explicit_defaults_equal_none(sqs: Any) -> None:
    name = unique_name()
    url = create(sqs, name)
    assert url == create(
        sqs,
        name,
        DelaySeconds="0",
        MaximumMessageSize="1048576",
        MessageRetentionPeriod="345600",
        ReceiveMessageWaitTimeSeconds="0",
        VisibilityTimeout="30",
        SqsManagedSseEnabled="true",
    )


@case("Q5")
def test_q5_another_value_is_refused_by_name(sqs: Any) -> None:
    name = unique_name()
    create(sqs, name, DelaySeconds="1")
    assert_exists_differently(create_refused(sqs, name, DelaySeconds="2"), "DelaySeconds")


@case("Q6")
def test_q6_fifo_with_another_content_based_deduplication(sqs: Any) -> None:
    name = unique_name(fifo=True)
    create(sqs, name, FifoQueue="true", ContentBasedDeduplication="true")
    found = create_refused(sqs, name, FifoQueue="true", ContentBasedDeduplication="false")
    assert_exists_differently(found, "ContentBasedDeduplication")


@case("Q7")
def test_q7_only_named_attributes_are_compared_with_current_values(sqs: Any) -> None:
    name = unique_name()
    url = create(sqs, name)
    set_attributes(sqs, url, VisibilityTimeout="2")
    assert_exists_differently(create_refused(sqs, name, VisibilityTimeout="1"), "VisibilityTimeout")
    assert create(sqs, name, VisibilityTimeout="2") == url
    assert create(sqs, name) == url
    assert attributes_of(sqs, url)["VisibilityTimeout"] == "2"


@case("Q8")
def test_q8_the_value_at_creation_does_not_count(sqs: Any) -> None:
    name = unique_name()
    url = create(sqs, name, VisibilityTimeout="1")
    set_attributes(sqs, url, VisibilityTimeout="2")
    assert_exists_differently(create_refused(sqs, name, VisibilityTimeout="1"), "VisibilityTimeout")


@case("Q9")
def test_q9_messages_do_not_matter_to_creation(sqs: Any) -> None:
    name = unique_name()
    url = create(sqs, name)
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=10)
    sqs.send_message(QueueUrl=url, MessageBody="now")
    assert create(sqs, name) == url
    assert counts(sqs, url) == (1, 0, 1)


@case("Q10")
def test_q10_a_deleted_name_rests_for_a_minute(sqs: Any) -> None:
    name = unique_name()
    sqs.delete_queue(QueueUrl=create(sqs, name))
    found = create_refused(sqs, name)
    assert found.code == "AWS.SimpleQueueService.QueueDeletedRecently"
    assert (
        found.message
        == "You must wait 60 seconds after deleting a queue before you can create another with the"
        " same name."
    )
    assert (
        refused(sqs.get_queue_url, QueueName=name).code == "AWS.SimpleQueueService.NonExistentQueue"
    )


@case("Q11")
@pytest.mark.parametrize("name", ["a/b", "queue/", "with blank", "a.b", "ümlaut", "x" * 81, "q:"])
def test_q11_illegal_names(sqs: Any, name: str) -> None:
    assert create_refused(sqs, name).code == "InvalidParameterValue"


@case("Q11")
def test_q11_eighty_characters_are_a_name(sqs: Any) -> None:
    name = unique_name().ljust(80, "x")
    assert create(sqs, name).endswith("/" + name)


@case("Q12")
def test_q12_a_fifo_name_needs_the_attribute(sqs: Any) -> None:
    assert create_refused(sqs, unique_name(fifo=True)).code == "InvalidParameterValue"


@case("Q13")
def test_q13_a_fifo_queue_needs_the_name(sqs: Any) -> None:
    assert create_refused(sqs, unique_name(), FifoQueue="true").code == "InvalidParameterValue"


@case("Q14")
def test_q14_fifo_queue_false_is_unknown(sqs: Any) -> None:
    found = create_refused(sqs, unique_name(), FifoQueue="false")
    assert (found.code, found.message) == ("InvalidAttributeName", "Unknown Attribute FifoQueue.")


@case("Q15")
def test_q15_content_based_deduplication_is_unknown_to_standard_queues(sqs: Any) -> None:
    found = create_refused(sqs, unique_name(), ContentBasedDeduplication="false")
    assert (found.code, found.message) == (
        "InvalidAttributeName",
        "Unknown Attribute ContentBasedDeduplication.",
    )


@case("Q16")
def test_q16_deduplication_scope_needs_fifo(sqs: Any) -> None:
    found = create_refused(sqs, unique_name(), DeduplicationScope="queue")
    assert found.code == "InvalidAttributeName"
    assert (
        found.message
        == "You can specify the DeduplicationScope only when FifoQueue is set to true."
    )


@case("Q17")
def test_q17_fifo_throughput_limit_needs_fifo(sqs: Any) -> None:
    found = create_refused(sqs, unique_name(), FifoThroughputLimit="perQueue")
    assert found.code == "InvalidAttributeName"
    assert (
        found.message
        == "You can specify the FifoThroughputLimit only when FifoQueue is set to true."
    )


@case("Q18")
def test_q18_booleans_ignore_case(sqs: Any) -> None:
    url = create(sqs, unique_name(fifo=True), FifoQueue="True")
    assert attributes_of(sqs, url, "FifoQueue") == {"FifoQueue": "true"}


@case("Q19")
def test_q19_all_attributes_of_a_standard_queue(sqs: Any, queue: NewQueue) -> None:
    before = int(time.time())
    found = attributes_of(sqs, queue())
    assert set(found) == STANDARD_ATTRIBUTES
    assert found["MaximumMessageSize"] == "1048576"
    assert found["SqsManagedSseEnabled"] == "true"
    assert (found["VisibilityTimeout"], found["MessageRetentionPeriod"]) == ("30", "345600")
    assert before - 1 <= int(found["CreatedTimestamp"]) <= time.time() + 1
    assert found["LastModifiedTimestamp"] == found["CreatedTimestamp"]


@case("Q20")
def test_q20_all_attributes_of_a_fifo_queue(sqs: Any, fifo: NewQueue) -> None:
    found = attributes_of(sqs, fifo())
    assert set(found) == FIFO_ATTRIBUTES
    assert (found["DeduplicationScope"], found["FifoThroughputLimit"]) == ("queue", "perQueue")
    assert (found["ContentBasedDeduplication"], found["FifoQueue"]) == ("false", "true")


@case("Q21")
def test_q21_no_names_no_attributes(sqs: Any, raw: RawHttp, queue: NewQueue) -> None:
    url = queue()
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url)
    assert raw.json("GetQueueAttributes", {"QueueUrl": url}).text == "{}"
    assert raw.json("GetQueueAttributes", {"QueueUrl": url, "AttributeNames": []}).text == "{}"


@case("Q22")
def test_q22_one_name_one_attribute(sqs: Any, queue: NewQueue) -> None:
    assert set(attributes_of(sqs, queue(), "QueueArn")) == {"QueueArn"}


@case("Q22")
def test_q22_known_names_without_a_value_are_left_out(sqs: Any, queue: NewQueue) -> None:
    reply = sqs.get_queue_attributes(
        QueueUrl=queue(), AttributeNames=["Policy", "FifoQueue", "RedrivePolicy"]
    )
    assert "Attributes" not in reply


@case("Q23")
def test_q23_unknown_attribute_name(sqs: Any, queue: NewQueue) -> None:
    found = refused(
        sqs.get_queue_attributes, QueueUrl=queue(), AttributeNames=["QueueArn", "Foobar"]
    )
    assert (found.code, found.message) == ("InvalidAttributeName", "Unknown Attribute Foobar.")


@case("Q24")
def test_q24_setting_merges(sqs: Any, queue: NewQueue) -> None:
    url = queue(
        MessageRetentionPeriod="604800", ReceiveMessageWaitTimeSeconds="10", VisibilityTimeout="20"
    )
    set_attributes(sqs, url, MaximumMessageSize="2048", VisibilityTimeout="69", DelaySeconds="420")
    expected = {
        "MessageRetentionPeriod": "604800",
        "ReceiveMessageWaitTimeSeconds": "10",
        "MaximumMessageSize": "2048",
        "VisibilityTimeout": "69",
        "DelaySeconds": "420",
    }
    assert attributes_of(sqs, url).items() >= expected.items()


@case("Q24")
def test_q24_a_refused_change_changes_nothing(sqs: Any, queue: NewQueue) -> None:
    url = queue(VisibilityTimeout="20")
    found = set_refused(sqs, url, VisibilityTimeout="21", DelaySeconds="901")
    assert (found.code, found.message) == (
        "InvalidAttributeValue",
        "Invalid value for the parameter DelaySeconds.",
    )
    assert attributes_of(sqs, url)["VisibilityTimeout"] == "20"


@case("Q25")
@pytest.mark.parametrize("value", ["true", "false"])
def test_q25_a_standard_queue_knows_no_fifo_queue(sqs: Any, queue: NewQueue, value: str) -> None:
    found = set_refused(sqs, queue(), FifoQueue=value)
    assert (found.code, found.message) == ("InvalidAttributeName", "Unknown Attribute FifoQueue.")


@case("Q26")
def test_q26_a_fifo_queue_stays_fifo(sqs: Any, fifo: NewQueue) -> None:
    url = fifo()
    set_attributes(sqs, url, FifoQueue="true")
    found = set_refused(sqs, url, FifoQueue="false")
    assert found.code == "InvalidAttributeValue"
    assert (
        found.message
        == "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not"
        " supported."
    )


@case("Q27")
def test_q27_content_based_deduplication_can_change(sqs: Any, fifo: NewQueue) -> None:
    url = fifo(ContentBasedDeduplication="true")
    set_attributes(sqs, url, ContentBasedDeduplication="false")
    assert attributes_of(sqs, url)["ContentBasedDeduplication"] == "false"


@case("Q28")
def test_q28_policy_is_kept_verbatim_and_removable(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    statement: Dict[str, Any] = {
        "Sid": "all",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "sqs:SendMessage",
        "Resource": arn_of(sqs, url),
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=1)
    set_attributes(sqs, url, Policy=policy)
    assert attributes_of(sqs, url, "Policy") == {"Policy": policy}
    set_attributes(sqs, url, Policy="")
    assert "Policy" not in attributes_of(sqs, url)


@case("Q28")
def test_q28_a_policy_is_json(sqs: Any, queue: NewQueue) -> None:
    found = set_refused(sqs, queue(), Policy="no policy")
    assert (found.code, found.message) == (
        "InvalidAttributeValue",
        "Invalid value for the parameter Policy.",
    )


@case("Q29")
def test_q29_removing_a_redrive_policy_that_never_was(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    set_attributes(sqs, url, RedrivePolicy="")
    assert "RedrivePolicy" not in attributes_of(sqs, url)


@case("Q30")
def test_q30_removing_a_redrive_policy(sqs: Any, queue: NewQueue) -> None:
    url, policy = queue(), redrive_policy(arn_of(sqs, queue()), 3)
    set_attributes(sqs, url, RedrivePolicy=policy)
    assert attributes_of(sqs, url, "RedrivePolicy") == {"RedrivePolicy": policy}
    set_attributes(sqs, url, RedrivePolicy="")
    assert "RedrivePolicy" not in attributes_of(sqs, url)


def kms_attributes(sqs: Any, url: str) -> Dict[str, str]:
    names = ("KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled")
    return attributes_of(sqs, url, *names)


@case("Q31")
def test_q31_a_kms_key_replaces_managed_encryption(sqs: Any, queue: NewQueue) -> None:
    url = queue(KmsMasterKeyId="testKeyId", KmsDataKeyReusePeriodSeconds="6000")
    assert kms_attributes(sqs, url) == {
        "KmsMasterKeyId": "testKeyId",
        "KmsDataKeyReusePeriodSeconds": "6000",
        "SqsManagedSseEnabled": "false",
    }


@case("Q32")
def test_q32_removing_the_key_leaves_managed_encryption_off(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    set_attributes(sqs, url, KmsMasterKeyId="testKeyId", KmsDataKeyReusePeriodSeconds="6000")
    set_attributes(sqs, url, KmsMasterKeyId="", KmsDataKeyReusePeriodSeconds="300")
    assert kms_attributes(sqs, url) == {"SqsManagedSseEnabled": "false"}


@case("Q33")
def test_q33_two_encryptions_are_refused(sqs: Any, queue: NewQueue) -> None:
    url = queue(KmsMasterKeyId="testKeyId")
    found = set_refused(sqs, url, SqsManagedSseEnabled="true")
    assert (found.code, found.message) == ("InvalidAttributeName", ONE_ENCRYPTION)


@case("Q34")
def test_q34_no_match_no_urls(sqs: Any, raw: RawHttp) -> None:
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix=unique_name("nothing"))
    assert raw.json("ListQueues", {"QueueNamePrefix": unique_name("nothing")}).text == "{}"


@case("Q35")
def test_q35_pages_of_queues(sqs: Any) -> None:
    prefix = unique_name("page")
    urls = [create(sqs, f"{prefix}-{number}") for number in range(10)]
    first = sqs.list_queues(QueueNamePrefix=prefix, MaxResults=2)
    assert len(first["QueueUrls"]) == 2
    rest = sqs.list_queues(QueueNamePrefix=prefix, MaxResults=10, NextToken=first["NextToken"])
    assert len(rest["QueueUrls"]) == 8
    assert "NextToken" not in rest
    assert sorted(first["QueueUrls"] + rest["QueueUrls"]) == urls


@case("Q35")
def test_q35_an_exact_page_is_the_last(sqs: Any) -> None:
    prefix = unique_name("page")
    for number in range(2):
        create(sqs, f"{prefix}-{number}")
    assert "NextToken" not in sqs.list_queues(QueueNamePrefix=prefix, MaxResults=2)
    found = sqs.list_queues(QueueNamePrefix=prefix)
    assert len(found["QueueUrls"]) == 2 and "NextToken" not in found


@case("Q36")
def test_q36_another_region_has_queues_of_its_own(sqs: Any, server: ForebayServer) -> None:
    name = unique_name()
    here = sqs.create_queue(QueueName=name)["QueueUrl"]
    elsewhere = sqs_client(server.endpoint, region="eu-central-1")
    assert "QueueUrls" not in elsewhere.list_queues(QueueNamePrefix=name)
    found = refused(elsewhere.get_queue_url, QueueName=name)
    assert found.code == "AWS.SimpleQueueService.NonExistentQueue"
    there = elsewhere.create_queue(QueueName=name)["QueueUrl"]
    assert arn_of(elsewhere, there) == f"arn:aws:sqs:eu-central-1:{ACCOUNT}:{name}"
    assert arn_of(sqs, here) == f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


@case("Q37")
def test_q37_url_of_an_unknown_queue(sqs: Any) -> None:
    found = refused(sqs.get_queue_url, QueueName=unique_name())
    assert (found.status, found.code) == (400, "AWS.SimpleQueueService.NonExistentQueue")
    assert isinstance(found.error, sqs.exceptions.QueueDoesNotExist)


BAD_VALUES = [
    ("VisibilityTimeout", "43201"),
    ("VisibilityTimeout", "-1"),
    ("VisibilityTimeout", ""),
    ("VisibilityTimeout", " 6"),
    ("VisibilityTimeout", "6.0"),
    ("VisibilityTimeout", "abc"),
    ("DelaySeconds", "901"),
    ("MaximumMessageSize", "1023"),
    ("MaximumMessageSize", "1048577"),
    ("ReceiveMessageWaitTimeSeconds", "21"),
    ("KmsDataKeyReusePeriodSeconds", "59"),
    ("SqsManagedSseEnabled", "yes"),
]


@case("Q38")
@pytest.mark.parametrize("attribute, value", BAD_VALUES)
def test_q38_attribute_values_out_of_range(sqs: Any, attribute: str, value: str) -> None:
    found = create_refused(sqs, unique_name(), **{attribute: value})
    assert found.code == "InvalidAttributeValue"
    assert found.message == f"Invalid value for the parameter {attribute}."


@case("Q38")
def test_q38_the_largest_values_are_accepted(sqs: Any, queue: NewQueue) -> None:
    largest = {
        "VisibilityTimeout": "43200",
        "DelaySeconds": "900",
        "MaximumMessageSize": "1048576",
        "ReceiveMessageWaitTimeSeconds": "20",
        "MessageRetentionPeriod": "1209600",
    }
    assert attributes_of(sqs, queue(**largest)).items() >= largest.items()


@case("Q39")
@pytest.mark.parametrize("value", ["59", "1209601"])
def test_q39_retention_out_of_range(sqs: Any, value: str) -> None:
    found = create_refused(sqs, unique_name(), MessageRetentionPeriod=value)
    assert found.code == "InvalidAttributeValue"
    assert found.message == "Invalid value for the parameter MessageRetentionPeriod."


@case("Q40")
def test_q40_an_unknown_attribute_creates_nothing(sqs: Any) -> None:
    name = unique_name()
    found = create_refused(sqs, name, VisibilityTimeoutSeconds="300", DelaySeconds="1")
    assert found.code == "InvalidAttributeName"
    assert found.message == "Unknown Attribute VisibilityTimeoutSeconds."
    assert isinstance(found.error, sqs.exceptions.InvalidAttributeName)
    assert (
        refused(sqs.get_queue_url, QueueName=name).code == "AWS.SimpleQueueService.NonExistentQueue"
    )


@case("Q41")
def test_q41_per_group_throughput_needs_per_group_deduplication(sqs: Any) -> None:
    found = create_refused(
        sqs, unique_name(fifo=True), FifoQueue="true", FifoThroughputLimit="perMessageGroupId"
    )
    assert found.code == "InvalidAttributeValue"
    assert (
        found.message
        == "Invalid value for the parameter FifoThroughputLimit. Reason: To set FifoThroughputLimit"
        " to perMessageGroupId, the DeduplicationScope must be messageGroup."
    )


@case("Q41")
def test_q41_the_pair_together_is_accepted(sqs: Any, fifo: NewQueue) -> None:
    url = fifo(FifoThroughputLimit="perMessageGroupId", DeduplicationScope="messageGroup")
    assert attributes_of(sqs, url)["FifoThroughputLimit"] == "perMessageGroupId"
