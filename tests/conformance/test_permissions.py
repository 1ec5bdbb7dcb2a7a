# SPDX-License-Identifier: Apache-2.0
"""Contract sections 2.8, 2.9 and 6.3: AddPermission and RemovePermission edit a queue's Policy."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Dict, List, Set

import pytest

from cases import case
from raw_http import RawHttp
from sqs_clients import arn_of, attributes_of, refused

NewQueue = Callable[..., str]
A = "111111111111"
B = "222222222222"
# Section 1.8: a policy never opens these to another account.
OWNER_ONLY = [
    "AddPermission",
    "CancelMessageMoveTask",
    "CreateQueue",
    "DeleteQueue",
    "ListMessageMoveTasks",
    "ListQueueTags",
    "ListQueues",
    "RemovePermission",
    "SetQueueAttributes",
    "StartMessageMoveTask",
    "TagQueue",
    "UntagQueue",
]


def root(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def add(sqs: Any, url: str, label: str, accounts: List[str], actions: List[str]) -> None:
    sqs.add_permission(QueueUrl=url, Label=label, AWSAccountIds=accounts, Actions=actions)


def add_refused(sqs: Any, url: str, **changes: Any) -> Any:
    """What AddPermission is refused with, being right but for `changes`."""
    right = {"Label": "label", "AWSAccountIds": [A], "Actions": ["SendMessage"]}
    return refused(sqs.add_permission, QueueUrl=url, **{**right, **changes})


def policy_of(sqs: Any, url: str) -> Dict[str, Any]:
    return dict(json.loads(attributes_of(sqs, url, "Policy")["Policy"]))


def labels_of(sqs: Any, url: str) -> List[str]:
    return [statement["Sid"] for statement in policy_of(sqs, url)["Statement"]]


def values(one_or_more: Any) -> Set[str]:
    """A member that is a text or a list of texts."""
    return {one_or_more} if isinstance(one_or_more, str) else set(one_or_more)


@case("G7")
def test_g7_the_policy_that_is_written(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    arn = arn_of(sqs, url)
    add(sqs, url, "crossaccountpermission", [A, B], ["ReceiveMessage"])
    policy = policy_of(sqs, url)
    statement = policy.pop("Statement")[0]
    assert policy == {"Version": "2008-10-17", "Id": f"{arn}/SQSDefaultPolicy"}
    assert isinstance(statement["Principal"]["AWS"], list)
    assert values(statement.pop("Principal")["AWS"]) == {root(A), root(B)}
    assert statement == {
        "Sid": "crossaccountpermission",
        "Effect": "Allow",
        "Action": "SQS:ReceiveMessage",
        "Resource": arn,
    }


@case("G7")
def test_g7_several_actions_are_a_list(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    add(sqs, url, "label", [A], ["SendMessage", "ReceiveMessage"])
    action = policy_of(sqs, url)["Statement"][0]["Action"]
    assert isinstance(action, list)
    assert values(action) == {"SQS:SendMessage", "SQS:ReceiveMessage"}


@case("G8")
def test_g8_a_single_account_is_no_list(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    add(sqs, url, "label", [A], ["SendMessage"])
    assert policy_of(sqs, url)["Statement"][0]["Principal"] == {"AWS": root(A)}


@case("G9")
def test_g9_the_last_label_takes_the_policy_along(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    add(sqs, url, "label", [A], ["SendMessage"])
    sqs.remove_permission(QueueUrl=url, Label="label")
    assert "Policy" not in attributes_of(sqs, url)


@case("G9")
def test_g9_a_removed_label_can_be_used_again(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    for account in (A, B):
        add(sqs, url, "label", [account], ["SendMessage"])
        assert policy_of(sqs, url)["Statement"][0]["Principal"] == {"AWS": root(account)}
        sqs.remove_permission(QueueUrl=url, Label="label")


@case("G10")
def test_g10_a_label_that_is_taken(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    add(sqs, url, "crossaccountpermission", [A], ["SendMessage"])
    before = attributes_of(sqs, url, "Policy")
    found = add_refused(sqs, url, Label="crossaccountpermission", AWSAccountIds=[B])
    assert (found.status, found.code) == (400, "InvalidParameterValue")
    assert (
        found.message
        == "Value crossaccountpermission for parameter Label is invalid. Reason: Already exists."
    )
    assert attributes_of(sqs, url, "Policy") == before


@case("G11")
def test_g11_statements_stand_in_order(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    for label in ("second-comes-first", "a", "Z_9"):
        add(sqs, url, label, [A], ["SendMessage"])
    assert labels_of(sqs, url) == ["second-comes-first", "a", "Z_9"]
    sqs.remove_permission(QueueUrl=url, Label="a")
    assert labels_of(sqs, url) == ["second-comes-first", "Z_9"]


@case("G12")
@pytest.mark.parametrize("present", [False, True])
def test_g12_an_unknown_label(sqs: Any, queue: NewQueue, present: bool) -> None:
    url = queue()
    if present:
        add(sqs, url, "label", [A], ["SendMessage"])
    found = refused(sqs.remove_permission, QueueUrl=url, Label="Label")
    assert (found.status, found.code) == (400, "InvalidParameterValue")
    assert found.message == "Value Label for parameter Label is invalid. Reason: can't find label."
    assert ("Policy" in attributes_of(sqs, url)) == present


SEVEN = [
    "ChangeMessageVisibility",
    "DeleteMessage",
    "GetQueueAttributes",
    "GetQueueUrl",
    "PurgeQueue",
    "ReceiveMessage",
    "SendMessage",
]


@case("G13")
def test_g13_seven_actions_are_the_most(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    found = add_refused(sqs, url, Actions=[*SEVEN, "ListDeadLetterSourceQueues"])
    assert (found.status, found.code) == (403, "OverLimit")
    assert found.message == "8 Actions were found, maximum allowed is 7."
    add(sqs, url, "label", [A], SEVEN)
    assert values(policy_of(sqs, url)["Statement"][0]["Action"]) == {f"SQS:{a}" for a in SEVEN}


# The rest of sections 2.8 and 2.9, not numbered in section 6.


def test_all_actions_by_an_asterisk(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    add(sqs, url, "label", [A], ["*"])
    assert policy_of(sqs, url)["Statement"][0]["Action"] == "SQS:*"


@pytest.mark.parametrize("label", ["a b", "a.b", "ü", "x" * 81])
def test_malformed_labels(sqs: Any, queue: NewQueue, label: str) -> None:
    found = add_refused(sqs, queue(), Label=label)
    assert (found.status, found.code) == (400, "InvalidParameterValue")
    assert (
        found.message == f"Value {label} for parameter Label is invalid. Reason: Can only include"
        " alphanumeric characters, hyphens, or underscores. 1 to 80 in length."
    )


def test_a_label_of_eighty_characters(sqs: Any, queue: NewQueue) -> None:
    url, label = queue(), "x" * 80
    add(sqs, url, label, [A], ["SendMessage"])
    assert labels_of(sqs, url) == [label]


@pytest.mark.parametrize("action", OWNER_ONLY)
def test_actions_of_the_owner_alone(sqs: Any, queue: NewQueue, action: str) -> None:
    found = add_refused(sqs, queue(), Actions=["SendMessage", action])
    assert (found.status, found.code) == (400, "InvalidParameterValue")
    assert (
        found.message == f"Value SQS:{action} for parameter ActionName is invalid. "
        "Reason: Only the queue owner is allowed to invoke this action."
    )


@pytest.mark.parametrize("action", ["FooBar", "sendmessage", "SQS:SendMessage"])
def test_unknown_actions(sqs: Any, queue: NewQueue, action: str) -> None:
    url = queue()
    found = add_refused(sqs, url, Actions=[action])
    assert (found.status, found.code) == (400, "InvalidParameterValue")
    # The blank at the end is part of the text.
    assert (
        found.message == f"Value SQS:{action} for parameter ActionName is invalid. "
        "Reason: Please refer to the appropriate WSDL for a list of valid actions. "
    )
    assert "Policy" not in attributes_of(sqs, url)


@pytest.mark.parametrize("account", ["11111111111", "1111111111111", "11111111111x", root(A)])
def test_account_ids_that_are_none(sqs: Any, queue: NewQueue, account: str) -> None:
    found = add_refused(sqs, queue(), AWSAccountIds=[account])
    assert (found.status, found.code) == (400, "InvalidParameterValue")
    assert (
        found.message
        == f"Value [{account}] for parameter PrincipalId is invalid. Reason: Unable to verify."
    )


def test_empty_lists(raw: RawHttp, queue: NewQueue) -> None:
    right = {"QueueUrl": queue(), "Label": "l", "AWSAccountIds": [A], "Actions": ["SendMessage"]}
    reply = raw.json("AddPermission", {**right, "Actions": []})
    assert (reply.status, reply.error_shape()) == (400, "MissingRequiredParameterException")
    assert reply.json()["message"] == "The request must contain the parameter Actions."
    reply = raw.json("AddPermission", {**right, "AWSAccountIds": []})
    assert (reply.status, reply.error_shape()) == (400, "InvalidParameterValueException")
    assert (
        reply.json()["message"]
        == "Value [] for parameter PrincipalId is invalid. Reason: Unable to verify."
    )


@pytest.mark.parametrize("action", ["AddPermission", "RemovePermission"])
def test_the_label_is_required(raw: RawHttp, queue: NewQueue, action: str) -> None:
    right = {"QueueUrl": queue(), "AWSAccountIds": [A], "Actions": ["SendMessage"]}
    for payload in (right, {**right, "Label": ""}):
        reply = raw.json(action, payload)
        assert (reply.status, reply.error_shape()) == (400, "MissingRequiredParameterException")
        assert reply.json()["message"] == "The request must contain the parameter Label."


def test_twenty_statements_are_the_most(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    labels = [f"label-{number}" for number in range(20)]
    for label in labels:
        add(sqs, url, label, [A], ["SendMessage"])
    found = add_refused(sqs, url)
    assert (found.status, found.code) == (403, "OverLimit")
    assert found.message == "21 Statements were found, maximum allowed is 20."
    assert labels_of(sqs, url) == labels


def test_a_policy_that_was_set_keeps_what_is_its_own(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    statement = {
        "Sid": "mine",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["sqs:SendMessage"],
        "Resource": arn_of(sqs, url),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    own = {"Version": "2012-10-17", "Id": "mine", "Statement": [statement]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(own, indent=2)})
    add(sqs, url, "label", [A], ["SendMessage"])
    found = policy_of(sqs, url)
    assert (found["Version"], found["Id"]) == ("2012-10-17", "mine")
    assert found["Statement"][0] == statement
    assert [each["Sid"] for each in found["Statement"]] == ["mine", "label"]
    sqs.remove_permission(QueueUrl=url, Label="label")
    assert policy_of(sqs, url) == own


def test_permissions_added_at_the_same_time_are_all_kept(sqs: Any, queue: NewQueue) -> None:
    url = queue()
    labels = [f"label-{number}" for number in range(16)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda label: add(sqs, url, label, [A], ["SendMessage"]), labels))
    assert sorted(labels_of(sqs, url)) == sorted(labels)


def test_permissions_of_an_unknown_queue(sqs: Any, queue: NewQueue) -> None:
    unknown = queue() + "-not"
    for found in (
        add_refused(sqs, unknown),
        refused(sqs.remove_permission, QueueUrl=unknown, Label="label"),
    ):
        assert (found.status, found.code) == (400, "AWS.SimpleQueueService.NonExistentQueue")


def test_permission_actions_have_no_output(raw: RawHttp, queue: NewQueue) -> None:
    url = queue()
    add_request = {"QueueUrl": url, "Label": "l", "AWSAccountIds": [A], "Actions": ["SendMessage"]}
    for action, payload in (
        ("AddPermission", add_request),
        ("RemovePermission", {"QueueUrl": url, "Label": "l"}),
    ):
        reply = raw.json(action, payload)
        assert (reply.status, reply.headers["content-length"], reply.body) == (200, "0", b"")
    form = {"QueueUrl": url, "Label": "l", "AWSAccountId.1": A, "ActionName.1": "SendMessage"}
    for action in ("AddPermission", "RemovePermission"):
        xml = raw.query(action, form).xml()
        assert xml.name == f"{action}Response"
        assert [child.tag.rpartition("}")[2] for child in xml.element] == ["ResponseMetadata"]
