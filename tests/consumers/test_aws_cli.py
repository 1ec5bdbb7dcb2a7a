# SPDX-License-Identifier: Apache-2.0
"""The AWS command line: every action of SQS, its output, --query, files, pages, errors and exit
statuses, and the scripts that users write around it."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest
from botocore import xform_name

from aws_cli import AwsCli
from forebay_server import ACCOUNT, REGION, ForebayServer, wait_until
from sqs_clients import (
    arn_of,
    attributes_of,
    bodies,
    counts,
    drain,
    entry,
    receive,
    redrive_policy,
    unique_name,
)

TASK_SECONDS_MAX = 60.0

# Prints and deletes what is in a queue until nothing is left.
RECEIVE_AND_DELETE = r"""
set -euo pipefail
sqs=(aws --endpoint-url "$1" sqs) url="$2"
while true; do
  "${sqs[@]}" receive-message --queue-url "$url" --max-number-of-messages 4 --output text \
    --query 'Messages[].[ReceiptHandle,Body]' >batch.txt
  # Without messages the query finds nothing, which is printed as None.
  if [ "$(cat batch.txt)" = "None" ]; then break; fi
  while IFS=$'\t' read -r handle body; do
    echo "$body"
    "${sqs[@]}" delete-message --queue-url "$url" --receipt-handle "$handle"
  done <batch.txt
done
"""


@pytest.fixture
def aws(tmp_path: Path, server: ForebayServer) -> AwsCli:
    return AwsCli(tmp_path, server.endpoint)


def test_every_action_of_sqs_has_a_command_here(sqs: Any) -> None:
    used = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', Path(__file__).read_text()))
    actions = sqs.meta.service_model.operation_names
    assert len(actions) == 23
    assert {xform_name(action, "-") for action in actions} - used == set()


def test_a_queue_is_created_found_and_changed(aws: AwsCli, server: ForebayServer) -> None:
    name = unique_name("cli")
    url = server.queue_url(name)
    wanted = {"VisibilityTimeout": "45", "ReceiveMessageWaitTimeSeconds": "1"}
    attributes = aws.file("attributes.json", wanted)
    create = ["create-queue", "--queue-name", name, "--attributes", attributes]
    assert aws.json(*create) == {"QueueUrl": url}
    assert aws.json(*create) == {"QueueUrl": url}, "creating it again is no error"
    assert aws.json("get-queue-url", "--queue-name", name) == {"QueueUrl": url}
    assert aws.json("list-queues", "--queue-name-prefix", name) == {"QueueUrls": [url]}

    read = ["get-queue-attributes", "--queue-url", url, "--attribute-names", "All"]
    found = aws.json(*read)["Attributes"]
    assert found["QueueArn"] == f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    assert {key: found[key] for key in wanted} == wanted
    change = ["set-queue-attributes", "--queue-url", url]
    assert aws.text(*change, "--attributes", "VisibilityTimeout=7,DelaySeconds=3") == ""
    query = ["--query", "Attributes.[VisibilityTimeout,DelaySeconds]", "--output", "text"]
    assert aws.text(*read, *query) == "7\t3\n"


def test_a_queue_is_tagged_purged_and_deleted(aws: AwsCli) -> None:
    name = unique_name("cli")
    tags = "team=dam,purpose=water level"
    url = aws.json("create-queue", "--queue-name", name, "--tags", tags)["QueueUrl"]
    queue = ["--queue-url", url]
    assert aws.json("list-queue-tags", *queue)["Tags"] == {"team": "dam", "purpose": "water level"}
    assert aws.text("tag-queue", *queue, "--tags", "team=weir,stage=test") == ""
    assert aws.text("untag-queue", *queue, "--tag-keys", "purpose") == ""
    assert aws.json("list-queue-tags", *queue)["Tags"] == {"team": "weir", "stage": "test"}

    assert aws.text("purge-queue", *queue) == ""
    assert aws.text("delete-queue", *queue) == ""
    assert aws.json("list-queues", "--queue-name-prefix", name) is None


def test_a_message_is_sent_received_hidden_and_deleted(
    aws: AwsCli, sqs: Any, queue: Callable[..., str]
) -> None:
    url = queue(VisibilityTimeout="600")
    attributes = {
        "city": {"DataType": "String", "StringValue": "Zürich"},
        # Version 1 takes the text in a file as the bytes themselves, and shows base64.
        "picture": {"DataType": "Binary.gif", "BinaryValue": "GIF89a"},
    }
    message = ["--message-body", "Grüße \U0001f30a", "--queue-url", url]
    sent = aws.json(
        "send-message",
        *message,
        *["--message-attributes", aws.file("attributes.json", attributes)],
    )
    assert set(sent) == {"MessageId", "MD5OfMessageBody", "MD5OfMessageAttributes"}
    names = ["--attribute-names", "All", "--message-attribute-names", "All"]
    take = ["receive-message", "--queue-url", url]
    [got] = aws.json(*take, *names)["Messages"]
    assert got["Body"] == "Grüße \U0001f30a"
    assert got["MessageId"] == sent["MessageId"]
    assert got["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    picture = base64.b64encode(b"GIF89a").decode()
    attributes["picture"]["BinaryValue"] = picture
    assert got["MessageAttributes"] == attributes
    assert got["Attributes"]["ApproximateReceiveCount"] == "1"
    assert aws.text(*take) == "", "an empty receive prints nothing"

    handle = ["--queue-url", url, "--receipt-handle", got["ReceiptHandle"]]
    assert aws.text("change-message-visibility", *handle, "--visibility-timeout", "0") == ""
    query = ["--query", "Messages[0].Attributes.ApproximateReceiveCount", "--output", "text"]
    wait = ["--wait-time-seconds", "20", "--message-system-attribute-names", "All"]
    assert aws.text(*take, *wait, *query) == "2\n"
    assert aws.text("delete-message", *handle) == ""
    assert counts(sqs, url) == (0, 0, 0)


def test_batches_come_from_files(aws: AwsCli, sqs: Any, queue: Callable[..., str]) -> None:
    url = queue(VisibilityTimeout="600", MaximumMessageSize="1024")
    entries = [entry(f"e{n}", f"body {n}") for n in range(9)] + [entry("large", "x" * 1025)]
    file = aws.file("entries.json", entries)
    sent = aws.json("send-message-batch", "--queue-url", url, "--entries", file)
    assert [one["Id"] for one in sent["Successful"]] == [f"e{n}" for n in range(9)]
    assert [(one["Id"], one["Code"]) for one in sent["Failed"]] == [
        ("large", "InvalidParameterValue")
    ]
    messages = receive(sqs, url)
    change: List[Dict[str, Any]] = [
        {"Id": f"c{n}", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
        for n, message in enumerate(messages)
    ]
    file = aws.file("change.json", change)
    changed = aws.json("change-message-visibility-batch", "--queue-url", url, "--entries", file)
    assert len(changed["Successful"]) == 9
    assert counts(sqs, url) == (9, 0, 0)
    delete = [{"Id": one["Id"], "ReceiptHandle": one["ReceiptHandle"]} for one in change]
    file = aws.file("delete.json", delete[:8] + [{"Id": "junk", "ReceiptHandle": "junk"}])
    query = ["--query", "[length(Successful),Failed[].[Id,Code]]", "--output", "json"]
    assert aws.json(*["delete-message-batch", "--queue-url", url, "--entries", file], *query) == [
        8,
        [["junk", "ReceiptHandleIsInvalid"]],
    ]
    assert counts(sqs, url) == (1, 0, 0)


def test_a_shell_loop_receives_and_deletes_everything(
    aws: AwsCli, sqs: Any, queue: Callable[..., str]
) -> None:
    url = queue(VisibilityTimeout="600")
    sent = [f"line {n} of 6, with 'quotes' and $signs" for n in range(6)]
    entries = [entry(str(n), body) for n, body in enumerate(sent)]
    sqs.send_message_batch(QueueUrl=url, Entries=entries)
    loop = ["bash", "-c", RECEIVE_AND_DELETE, "loop", aws.endpoint, url]
    outcome = aws.run(loop)
    assert (outcome.status, outcome.error) == (0, "")
    assert sorted(outcome.out.splitlines()) == sorted(sent)
    assert counts(sqs, url) == (0, 0, 0)


def test_a_request_comes_from_a_json_file(aws: AwsCli, sqs: Any, fifo: Callable[..., str]) -> None:
    url = fifo()
    request = {
        "QueueUrl": url,
        "MessageBody": "from a file",
        "MessageGroupId": "group",
        "MessageDeduplicationId": "once",
    }
    send = ["send-message", "--cli-input-json", aws.file("request.json", request)]
    first, second = aws.json(*send), aws.json(*send)
    assert first == second, "the same deduplication id is the same message"
    assert re.fullmatch(r"\d{20}", first["SequenceNumber"])
    assert bodies(receive(sqs, url)) == ["from a file"]


@pytest.mark.parametrize(
    "arguments, code, text",
    [
        (
            ["get-queue-url", "--queue-name", "no-such-queue"],
            "(AWS.SimpleQueueService.NonExistentQueue) when calling the GetQueueUrl operation",
            "The specified queue does not exist.",
        ),
        (
            ["create-queue", "--queue-name", "no spaces"],
            "(InvalidParameterValue) when calling the CreateQueue operation",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        ),
        (
            ["delete-message", "--queue-url", "URL", "--receipt-handle", "junk"],
            "(ReceiptHandleIsInvalid) when calling the DeleteMessage operation",
            'The input receipt handle "junk" is not a valid receipt handle.',
        ),
    ],
    ids=["queue", "name", "handle"],
)
def test_a_refusal_is_told_on_standard_error(
    aws: AwsCli, queue: Callable[..., str], arguments: List[str], code: str, text: str
) -> None:
    given = [queue() if argument == "URL" else argument for argument in arguments]
    assert aws.refused(*given) == f"An error occurred {code}: {text}"


def test_lists_are_read_page_by_page(aws: AwsCli, sqs: Any) -> None:
    prefix = unique_name("pages")
    urls = [sqs.create_queue(QueueName=f"{prefix}-{n}")["QueueUrl"] for n in range(5)]
    listing = ["list-queues", "--queue-name-prefix", prefix]
    assert aws.json(*listing, "--page-size", "2")["QueueUrls"] == urls
    page = aws.json(*listing, "--page-size", "2", "--max-items", "3")
    assert page["QueueUrls"] == urls[:3]
    rest = ["--page-size", "2", "--starting-token", page["NextToken"]]
    assert aws.json(*listing, *rest)["QueueUrls"] == urls[3:]
    page = aws.json(*listing, "--max-items", "4")
    assert page["QueueUrls"] == urls[:4]
    assert aws.json(*listing, "--starting-token", page["NextToken"])["QueueUrls"] == urls[4:]


def test_permissions_are_added_and_removed(
    aws: AwsCli, sqs: Any, queue: Callable[..., str]
) -> None:
    url = queue()
    label = ["--queue-url", url, "--label", "partner"]
    accounts = ["--aws-account-ids", "111122223333", "444455556666"]
    add = ["add-permission", *label, *accounts, "--actions", "SendMessage", "ReceiveMessage"]
    assert aws.text(*add) == ""
    [statement] = json.loads(attributes_of(sqs, url, "Policy")["Policy"])["Statement"]
    assert statement["Sid"] == "partner"
    assert set(statement["Action"]) == {"SQS:SendMessage", "SQS:ReceiveMessage"}
    assert set(statement["Principal"]["AWS"]) == {
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::444455556666:root",
    }
    assert "Value partner for parameter Label is invalid. Reason: Already exists." in aws.refused(
        *add
    )
    assert aws.text("remove-permission", *label) == ""
    assert attributes_of(sqs, url, "Policy") == {}
    assert "Reason: can't find label." in aws.refused("remove-permission", *label)


class DeadLetters:
    """A dead-letter queue with `number` messages, all from one source queue."""

    def __init__(self, sqs: Any, queue: Callable[..., str], number: int) -> None:
        self.dead_url = queue()
        self.arn = arn_of(sqs, self.dead_url)
        self.source_url = queue(VisibilityTimeout="0", RedrivePolicy=redrive_policy(self.arn, 1))
        for n in range(0, number, 10):
            entries = [entry(str(n + i), f"body {n + i}") for i in range(min(10, number - n))]
            sqs.send_message_batch(QueueUrl=self.source_url, Entries=entries)
        while counts(sqs, self.dead_url)[0] < number:
            receive(sqs, self.source_url)


def test_dead_letter_source_queues_are_listed(
    aws: AwsCli, sqs: Any, queue: Callable[..., str]
) -> None:
    dead = queue()
    policy = redrive_policy(arn_of(sqs, dead), 3)
    urls = sorted(queue(RedrivePolicy=policy) for _ in range(3))
    listing = ["list-dead-letter-source-queues", "--queue-url", dead]
    assert sorted(aws.json(*listing)["queueUrls"]) == urls
    page = aws.json(*listing, "--page-size", "1", "--max-items", "2")
    rest = aws.json(*listing, "--page-size", "1", "--starting-token", page["NextToken"])
    assert (len(page["queueUrls"]), len(rest["queueUrls"])) == (2, 1)
    assert sorted(page["queueUrls"] + rest["queueUrls"]) == urls


def test_dead_letters_are_moved_back(aws: AwsCli, sqs: Any, queue: Callable[..., str]) -> None:
    dead = DeadLetters(sqs, queue, 12)
    started = aws.json("start-message-move-task", "--source-arn", dead.arn)
    assert set(started) == {"TaskHandle"}
    source = ["--source-arn", dead.arn]

    def status() -> str:
        query = ["--query", "Results[0].Status", "--output", "text"]
        return aws.text("list-message-move-tasks", *source, *query).strip()

    wait_until(lambda: status() == "COMPLETED", TASK_SECONDS_MAX, "the move to complete")
    [task] = aws.json("list-message-move-tasks", *source, "--max-results", "10")["Results"]
    assert task["ApproximateNumberOfMessagesMoved"] == 12
    assert "TaskHandle" not in task
    assert sorted(bodies(drain(sqs, dead.source_url))) == sorted(f"body {n}" for n in range(12))
    assert counts(sqs, dead.dead_url) == (0, 0, 0)


def test_a_move_is_cancelled(aws: AwsCli, sqs: Any, queue: Callable[..., str]) -> None:
    dead, target = DeadLetters(sqs, queue, 60), queue()
    arns = ["--source-arn", dead.arn, "--destination-arn", arn_of(sqs, target)]
    rate = ["--max-number-of-messages-per-second", "1"]
    handle = aws.json("start-message-move-task", *arns, *rate)["TaskHandle"]
    [task] = aws.json("list-message-move-tasks", "--source-arn", dead.arn)["Results"]
    assert (task["Status"], task["TaskHandle"]) == ("RUNNING", handle)
    assert task["MaxNumberOfMessagesPerSecond"] == 1
    assert "There is already a task running." in aws.refused("start-message-move-task", *arns)
    moved = aws.json("cancel-message-move-task", "--task-handle", handle)
    assert 0 <= moved["ApproximateNumberOfMessagesMoved"] < 60

    def cancelled() -> bool:
        [one] = aws.json("list-message-move-tasks", "--source-arn", dead.arn)["Results"]
        return bool(one["Status"] == "CANCELLED")

    wait_until(cancelled, TASK_SECONDS_MAX, "the move to be cancelled")
    left, arrived = counts(sqs, dead.dead_url)[0], counts(sqs, target)[0]
    assert left + arrived == 60 and left > 0
