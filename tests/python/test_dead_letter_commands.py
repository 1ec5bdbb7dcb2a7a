# SPDX-License-Identifier: Apache-2.0
"""`forebay dlq archive` and `restore` as a user types them: into a directory, and into an S3 that
checks signatures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

from command_line import Commands
from forebay_server import ForebayServer
from s3_server import BUCKET, REGION, S3Server
from sqs_clients import bodies, counts, receive, sqs_client

NewServer = Callable[..., ForebayServer]
NOW = ("--wait", 0)
THERE = ("--s3-region", REGION)


@pytest.fixture
def server(new_server: NewServer) -> ForebayServer:
    return new_server(memory=True).start()


@pytest.fixture
def sqs(server: ForebayServer) -> Any:
    return sqs_client(server.endpoint)


@pytest.fixture
def commands(server: ForebayServer) -> Commands:
    made = Commands(server.endpoint)
    made.run("queue", "create", "orders", "--dead-letter-queue", "orders-dlq")
    return made


@pytest.fixture
def dead(commands: Commands, sqs: Any) -> str:
    """The URL of a dead-letter queue with five messages."""
    url = str(sqs.get_queue_url(QueueName="orders-dlq")["QueueUrl"])
    for number in range(5):
        kind = "UserDeleted" if number < 2 else "OrderCreated"
        sqs.send_message(
            QueueUrl=url,
            MessageBody=json.dumps({"eventType": kind, "n": number, "text": "gr\u00f6\u00dfe"}),
            MessageAttributes={"key": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}},
        )
    return url


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with S3Server() as running:
        yield running


@pytest.fixture
def s3_commands(server: ForebayServer, commands: Commands, s3: S3Server) -> Commands:
    return Commands(
        server.endpoint,
        AWS_ENDPOINT_URL_S3=s3.endpoint,
        AWS_ACCESS_KEY_ID=s3.key_id,
        AWS_SECRET_ACCESS_KEY=s3.secret,
    )


def files(directory: Path) -> List[Dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(directory.glob("*.json"))]


def test_a_directory_gets_one_file_for_each_message(
    commands: Commands, sqs: Any, dead: str, tmp_path: Path
) -> None:
    place = tmp_path / "new" / "letters"
    done = commands.json("dlq", "archive", "orders", "--to", place, *NOW)
    assert done == {
        "queue_url": dead,
        "end": "exhausted",
        "seen": 5,
        "archived": 5,
        "requeued": 0,
        "kept": 0,
        "failed": 0,
        "classes": [
            {"rule": "otherwise", "action": "archive", "reason": "no rule decided", "messages": 5}
        ],
        "failures": [],
    }
    assert counts(sqs, dead) == (0, 0, 0)
    found = files(place)
    # Those of one millisecond are in the order of their ids.
    assert sorted(json.loads(letter["body"])["n"] for letter in found) == [0, 1, 2, 3, 4]
    sent = [letter["sent_timestamp"] for letter in found]
    assert sent == sorted(sent)
    assert found[0]["queue"] == dead
    assert found[0]["message_attributes"] == {
        "key": {"data_type": "Binary", "binary_value": "AP8="}
    }
    names = sorted(path.name for path in place.glob("*.json"))
    assert [name[21:-5] for name in names] == [letter["message_id"] for letter in found]
    assert commands.run("dlq", "archive", "orders", "--to", place, *NOW).stdout == ""


def test_rules_choose_and_the_others_are_requeued(
    commands: Commands, sqs: Any, dead: str, tmp_path: Path
) -> None:
    rules = ("--event-type", "UserDeleted", "--older-than", 86400, "--requeue-others", *NOW)
    dry = commands.json("dlq", "archive", "orders", "--to", tmp_path, *rules, "--dry-run")
    assert {each["rule"]: each["messages"] for each in dry["classes"]} == {
        "event type": 2,
        "otherwise": 3,
    }
    assert counts(sqs, dead) == (5, 0, 0) and files(tmp_path) == []
    done = commands.run("dlq", "archive", "orders", "--to", tmp_path, *rules)
    assert "event type UserDeleted" in done.stdout
    assert "2 archived, 3 requeued." in done.stderr
    assert [letter["reason"] for letter in files(tmp_path)] == ["event type UserDeleted"] * 2
    orders = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    again = receive(sqs, orders, MessageAttributeNames=["All"])
    assert sorted(json.loads(body)["n"] for body in bodies(again)) == [2, 3, 4]
    attributes = again[0]["MessageAttributes"]
    assert attributes["RequeueAttempt"] == {"DataType": "Number", "StringValue": "1"}
    assert attributes["key"]["BinaryValue"] == b"\x00\xff"


def test_what_is_archived_can_be_sent_again(
    commands: Commands, sqs: Any, dead: str, tmp_path: Path
) -> None:
    before = sorted(bodies(receive(sqs, dead, VisibilityTimeout=0)))
    commands.run("dlq", "archive", "orders-dlq", "--to", tmp_path, *NOW)
    assert commands.json("dlq", "restore", tmp_path, "--to", "orders", "--dry-run")["sent"] == 0
    text = commands.output("dlq", "restore", tmp_path, "--to", "orders")
    assert text == "5 read, 5 sent, 0 failed; the archive is as it was.\n"
    orders = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    assert sorted(bodies(receive(sqs, orders))) == before


def test_a_file_of_an_archive_is_a_line_that_send_takes(
    commands: Commands, sqs: Any, dead: str, tmp_path: Path
) -> None:
    commands.run("dlq", "archive", "orders", "--to", tmp_path, "--max", 1, *NOW)
    (path,) = tmp_path.glob("*.json")
    commands.run("send", "orders", "--json-lines", "-", given=path.read_text())
    orders = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    assert bodies(receive(sqs, orders)) == [json.loads(path.read_text())["body"]]


def test_wrong_use(commands: Commands, dead: str, tmp_path: Path) -> None:
    commands.error("dlq", "archive", "orders", code=2)
    commands.error("dlq", "archive", "orders", "--to", tmp_path, "--requeue-others", code=2)
    commands.error("dlq", "archive", "orders", "--to", tmp_path, "--delay", 5, code=2)
    commands.error("dlq", "archive", "missing", "--to", tmp_path, code=3)
    blocked = tmp_path / "file"
    blocked.write_text("")
    commands.error("dlq", "archive", "orders", "--to", blocked / "x", code=2)


@pytest.mark.parametrize("style", ["path", "host"])
def test_s3_takes_them_by_their_signatures(
    s3_commands: Commands, s3: S3Server, sqs: Any, dead: str, style: str
) -> None:
    # A bucket before the host needs a host with a name.
    endpoint = s3.endpoint.replace("127.0.0.1", "localhost")
    place = f"s3://{BUCKET}/{style}/a b&c\u00fc/"
    options = (*THERE, "--s3-style", style, "--s3-endpoint-url", endpoint)
    done = s3_commands.json("dlq", "archive", "orders", "--to", place, *options, *NOW)
    assert (done["archived"], done["failed"]) == (5, 0)
    assert counts(sqs, dead) == (0, 0, 0)
    listed = s3.client().list_objects_v2(Bucket=BUCKET, Prefix=place.split("/", 3)[3])["Contents"]
    stored = [s3.client().get_object(Bucket=BUCKET, Key=each["Key"]) for each in listed]
    letters = [json.loads(each["Body"].read()) for each in stored]
    assert sorted(json.loads(letter["body"])["n"] for letter in letters) == [0, 1, 2, 3, 4]
    restored = s3_commands.json("dlq", "restore", place, "--to", "orders", *options)
    assert (restored["seen"], restored["sent"]) == (5, 5)


def test_a_wrong_secret_archives_and_deletes_nothing(
    server: ForebayServer, s3_commands: Commands, s3: S3Server, sqs: Any, dead: str
) -> None:
    place = f"s3://{BUCKET}/wrong"
    s3_commands.environment["AWS_SECRET_ACCESS_KEY"] = s3.secret[::-1]
    done = s3_commands.run(
        "dlq", "archive", "orders", "--to", place, *THERE, *NOW, "--json", code=4
    )
    assert json.loads(done.stderr)["error"]["code"] == "SignatureDoesNotMatch"
    assert json.loads(done.stdout)["failed"] == 5
    assert counts(sqs, dead) == (5, 0, 0)
    assert "Contents" not in s3.client().list_objects_v2(Bucket=BUCKET, Prefix="wrong")


def test_a_bucket_that_is_not_there(s3_commands: Commands, sqs: Any, dead: str) -> None:
    done = s3_commands.run("dlq", "archive", "orders", "--to", "s3://nobodys", *THERE, *NOW, code=3)
    assert "NoSuchBucket" in done.stderr
    assert counts(sqs, dead) == (5, 0, 0)
