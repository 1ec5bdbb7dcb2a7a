# SPDX-License-Identifier: Apache-2.0
"""Contract section 1.2: which account and region a request belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List

import boto3
import pytest
from botocore.config import Config

from cases import case
from forebay_server import ACCOUNT, REGION, ForebayServer
from raw_http import RawHttp
from sqs_clients import (
    arn_of,
    bodies,
    counts,
    receive,
    redrive_policy,
    refused,
    unique_name,
)

NewServer = Callable[..., ForebayServer]
A = "111111111111"
B = "222222222222"
UNKNOWN_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"


def client(server: ForebayServer, access_key: str, region: str = REGION) -> Any:
    return boto3.client(
        "sqs",
        endpoint_url=server.endpoint,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key="any",
        config=Config(retries={"max_attempts": 0}),
    )


def credential(access_key: str, region: str = REGION) -> str:
    return f"{access_key}/20250101/{region}/sqs/aws4_request"


def signed_as(access_key: str, region: str = REGION) -> Dict[str, str]:
    """The header of a signed request; the signature itself is not looked at."""
    given = f"Credential={credential(access_key, region)}, SignedHeaders=host, Signature=00"
    return {"Authorization": f"AWS4-HMAC-SHA256 {given}"}


def create(sqs: Any, name: str, **attributes: str) -> str:
    return str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def account_of(url: str) -> str:
    return url.split("/")[3]


def names_of(sqs: Any, prefix: str) -> List[str]:
    found = sqs.list_queues(QueueNamePrefix=prefix).get("QueueUrls", [])
    return [url.rpartition("/")[2] for url in found]


@case("Q1")
def test_a_key_id_of_twelve_digits_is_the_account(server: ForebayServer) -> None:
    name = unique_name()
    for account in (A, B):
        sqs = client(server, account)
        url = create(sqs, name)
        assert account_of(url) == account
        assert arn_of(sqs, url) == f"arn:aws:sqs:{REGION}:{account}:{name}"


@pytest.mark.parametrize("access_key", ["AKIAIOSFODNN7EXAMPLE", "11111111111", "1111111111111"])
def test_other_key_ids_have_the_default_account(server: ForebayServer, access_key: str) -> None:
    assert account_of(create(client(server, access_key), unique_name())) == ACCOUNT


@case("Q36")
def test_the_same_name_in_two_accounts_and_two_regions(server: ForebayServer) -> None:
    """Four queues: what is done to one does not show in the others."""
    name = unique_name()
    clients = {
        (account, region): client(server, account, region)
        for account in (A, B)
        for region in (REGION, "eu-central-1")
    }
    for number, ((account, region), sqs) in enumerate(clients.items()):
        url = create(sqs, name, VisibilityTimeout=str(number))
        assert arn_of(sqs, url) == f"arn:aws:sqs:{region}:{account}:{name}"
        sqs.send_message(QueueUrl=url, MessageBody=f"{account} {region}")
    for (account, region), sqs in clients.items():
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        assert names_of(sqs, name) == [name]
        assert bodies(receive(sqs, url, VisibilityTimeout=600)) == [f"{account} {region}"]
        assert counts(sqs, url) == (0, 1, 0)
    first, *others = clients.values()
    first.delete_queue(QueueUrl=first.get_queue_url(QueueName=name)["QueueUrl"])
    assert refused(first.get_queue_url, QueueName=name).code == UNKNOWN_QUEUE
    for sqs in others:
        sqs.get_queue_url(QueueName=name)


def test_the_owner_of_a_queue_can_be_named(server: ForebayServer) -> None:
    name = unique_name()
    a, b = client(server, A), client(server, B)
    url = create(a, name)
    assert refused(b.get_queue_url, QueueName=name).code == UNKNOWN_QUEUE
    for sqs in (a, b):
        found = sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=A)["QueueUrl"]
        assert found == url
    assert refused(a.get_queue_url, QueueName=name, QueueOwnerAWSAccountId=B).code == UNKNOWN_QUEUE


def test_the_account_in_a_queue_url_counts(server: ForebayServer) -> None:
    """A URL names its queue whoever uses it; a bare name is of the caller's account."""
    name = unique_name()
    a, b = client(server, A), client(server, B)
    url_a, url_b = create(a, name), create(b, name)
    b.send_message(QueueUrl=url_a, MessageBody="to a")
    assert bodies(receive(a, url_a)) == ["to a"]
    b.send_message(QueueUrl=name, MessageBody="to b")
    assert counts(b, url_b) == (1, 0, 0)
    assert counts(a, url_a) == (0, 1, 0)


def test_each_account_lists_its_own_queues(server: ForebayServer) -> None:
    prefix = unique_name()
    for access_key in (A, B, "AKIAIOSFODNN7EXAMPLE"):
        for number in range(2):
            create(client(server, access_key), f"{prefix}-{access_key[:2]}-{number}")
    assert names_of(client(server, A), prefix) == [f"{prefix}-11-0", f"{prefix}-11-1"]
    assert names_of(client(server, B), prefix) == [f"{prefix}-22-0", f"{prefix}-22-1"]
    assert names_of(client(server, "test"), prefix) == [f"{prefix}-AK-0", f"{prefix}-AK-1"]
    assert names_of(client(server, A, "eu-central-1"), prefix) == []


def test_no_credentials_at_all(raw: RawHttp) -> None:
    name = unique_name()
    made = raw.json("CreateQueue", {"QueueName": name})
    assert made.status == 200 and account_of(made.json()["QueueUrl"]) == ACCOUNT
    arn = raw.query("GetQueueAttributes", {"QueueUrl": name, "AttributeName.1": "QueueArn"})
    found = arn.xml().pairs("GetQueueAttributesResult", "Attribute")
    assert found == {"QueueArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"}


def test_a_presigned_request_names_its_account_in_the_query(raw: RawHttp) -> None:
    name = unique_name()
    request = {"Action": "CreateQueue", "QueueName": name}
    reply = raw.get("/", {**request, "X-Amz-Credential": credential(A, "eu-central-1")})
    assert account_of(reply.xml().text("CreateQueueResult/QueueUrl") or "") == A
    for region, status in ((REGION, 400), ("eu-central-1", 200)):
        found = raw.json("GetQueueUrl", {"QueueName": name}, headers=signed_as(A, region))
        assert found.status == status


@pytest.mark.parametrize(
    "host",
    [
        "sqs.eu-west-3.amazonaws.com",
        "eu-west-3.queue.amazonaws.com",
        "sqs.eu-west-3.example.com:80",
    ],
)
def test_a_host_name_gives_the_region_of_an_unsigned_request(raw: RawHttp, host: str) -> None:
    name = unique_name()
    assert raw.json("CreateQueue", {"QueueName": name}, headers={"Host": host}).status == 200
    assert raw.json("GetQueueUrl", {"QueueName": name}).status == 400
    found = raw.json("GetQueueUrl", {"QueueName": name}, headers=signed_as("test", "eu-west-3"))
    assert found.status == 200


@pytest.mark.parametrize("header", ["Bearer x", "AWS4-HMAC-SHA256 Credential=", "Credential=a/b"])
def test_headers_that_are_no_signature_count_as_none(raw: RawHttp, header: str) -> None:
    reply = raw.json("CreateQueue", {"QueueName": unique_name()}, headers={"Authorization": header})
    assert reply.status == 200 and account_of(reply.json()["QueueUrl"]) == ACCOUNT


def test_a_dead_letter_queue_is_of_the_same_account_and_region(server: ForebayServer) -> None:
    a = client(server, A)
    for sqs, reason in (
        (client(server, B), "Dead-letter target owner should be same as the source."),
        (
            client(server, A, "eu-central-1"),
            "Dead-letter target must be in same region as the source.",
        ),
    ):
        policy = redrive_policy(arn_of(sqs, create(sqs, unique_name("dead"))), 3)
        found = refused(
            a.create_queue, QueueName=unique_name(), Attributes={"RedrivePolicy": policy}
        )
        assert found.code == "InvalidParameterValue"
        assert (
            found.message
            == f"Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}"
        )


def test_move_tasks_do_not_cross_accounts(server: ForebayServer) -> None:
    a, b = client(server, A), client(server, B)
    dead = arn_of(a, create(a, unique_name("dead")))
    create(a, unique_name(), RedrivePolicy=redrive_policy(dead, 1))
    foreign = arn_of(b, create(b, unique_name()))
    for sqs, parameters in (
        (b, {"SourceArn": dead}),
        (a, {"SourceArn": dead, "DestinationArn": foreign}),
    ):
        found = refused(sqs.start_message_move_task, **parameters)
        assert (found.status, found.code) == (404, "ResourceNotFoundException")
    assert refused(b.list_message_move_tasks, SourceArn=dead).status == 404


# Accounts of access keys that are no account ids.

CONFIG = f"""
account = "333333333333"

[[access_key]]
id = "AKIAONE"
account = "{A}"

[[access_key]]
id = "AKIATWO"
account = "{B}"

[[access_key]]
id = "{B}"
account = "{A}"
"""


@pytest.fixture
def configured(new_server: NewServer, tmp_path: Path) -> ForebayServer:
    path = tmp_path / "forebay.toml"
    path.write_text(CONFIG)
    return new_server("--config", str(path)).start()


def test_access_keys_have_the_accounts_they_are_given(configured: ForebayServer) -> None:
    """The table comes first, then twelve digits, then the default."""
    for access_key, account in (
        ("AKIAONE", A),
        ("AKIATWO", B),
        (B, A),
        (A, A),
        ("AKIATHREE", "333333333333"),
        ("akiaone", "333333333333"),
    ):
        name = unique_name()
        url = create(client(configured, access_key), name)
        assert account_of(url) == account
        owner = client(configured, "AKIATHREE")
        found = owner.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
        assert found["QueueUrl"] == url


def test_two_keys_of_an_account_share_its_queues(configured: ForebayServer) -> None:
    name = unique_name()
    url = create(client(configured, "AKIAONE"), name)
    assert client(configured, A).get_queue_url(QueueName=name)["QueueUrl"] == url
    assert (
        refused(client(configured, "AKIATWO").get_queue_url, QueueName=name).code == UNKNOWN_QUEUE
    )


def test_accounts_outlive_the_process(configured: ForebayServer) -> None:
    name = unique_name()
    for access_key in ("AKIAONE", "AKIATWO"):
        sqs = client(configured, access_key)
        sqs.send_message(QueueUrl=create(sqs, name), MessageBody=access_key)
    configured.kill()
    configured.start()
    for access_key in ("AKIAONE", "AKIATWO"):
        assert bodies(receive(client(configured, access_key), name)) == [access_key]
