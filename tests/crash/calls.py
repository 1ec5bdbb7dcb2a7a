# SPDX-License-Identifier: Apache-2.0
"""The queues of the crash tests, and calls on them that the history hears of."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

from history import NAME, History
from raw_http import RawHttp
from task_history import RUNNING, TaskHistory

STANDARD = "standard"
FIFO = "ordered.fifo"
DELAYED = "delayed"  # every message for QUEUE_DELAY seconds
PURGED = "purged"
RENEWED = "renewed"  # deleted and created again
WORK = "work"  # fails often: its messages go to DEAD, and move tasks bring them back
DEAD = "dead"
FIFO_WORK = "work.fifo"  # fails too: its messages go to FIFO_DEAD and stay there
FIFO_DEAD = "dead.fifo"
QUEUES = (STANDARD, FIFO, DELAYED, PURGED, RENEWED)
PAIRS = {DEAD: WORK, FIFO_DEAD: FIFO_WORK}
GROUPS = {FIFO: ("g0", "g1", "g2", "g3"), FIFO_WORK: ("w0", "w1")}
VISIBILITY_TIMEOUT = 2
QUEUE_DELAY = 1
RECEIVE_COUNT_MAX = 2
CALL_SECONDS_MAX = 20.0


def arn(queue: str) -> str:
    return f"arn:aws:sqs:us-east-1:000000000000:{queue}"


def new_history() -> History:
    return History(PAIRS, VISIBILITY_TIMEOUT, RECEIVE_COUNT_MAX)


class NoAnswer(Exception):
    """The server went away or takes too long. Whether the call had its effect is unknown."""


class Client:
    """One kept-alive connection that speaks AWS JSON."""

    def __init__(self, port: int, timeout: float = CALL_SECONDS_MAX) -> None:
        self._raw = RawHttp(port, timeout=timeout)
        self.answers = 0

    def call(self, action: str, **payload: Any) -> Dict[str, Any]:
        """The reply; AssertionError when the server refuses, which no call here gives it a reason
        for."""
        result, refusal = self.try_call(action, **payload)
        assert not refusal, f"{action}: {refusal}"
        return result

    def try_call(self, action: str, **payload: Any) -> Tuple[Dict[str, Any], str]:
        """The reply, and the text of the error when it is one."""
        try:
            reply = self._raw.json(action, payload)
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(str(error)) from None
        self.answers += 1
        if reply.status != 200:
            return {}, reply.text
        return dict(json.loads(reply.body)) if reply.body else {}, ""

    def close(self) -> None:
        self._raw.close()


def create_queues(client: Client) -> None:
    timeout = {"VisibilityTimeout": str(VISIBILITY_TIMEOUT)}
    fifo = {"FifoQueue": "true", **timeout}
    create_renewed(client)
    for queue in (STANDARD, PURGED, DEAD):
        client.call("CreateQueue", QueueName=queue, Attributes=timeout)
    delay = {"DelaySeconds": str(QUEUE_DELAY)}
    client.call("CreateQueue", QueueName=DELAYED, Attributes={**timeout, **delay})
    for queue in (FIFO, FIFO_DEAD):
        client.call("CreateQueue", QueueName=queue, Attributes=fifo)
    for dead, work in PAIRS.items():
        policy = json.dumps(
            {"deadLetterTargetArn": arn(dead), "maxReceiveCount": RECEIVE_COUNT_MAX}
        )
        attributes = {"RedrivePolicy": policy, **(fifo if work == FIFO_WORK else timeout)}
        client.call("CreateQueue", QueueName=work, Attributes=attributes)


def create_renewed(client: Client) -> None:
    """A deletion may have been the last that happened to it."""
    timeout = {"VisibilityTimeout": str(VISIBILITY_TIMEOUT)}
    client.call("CreateQueue", QueueName=RENEWED, Attributes=timeout)


def message_count(client: Client, queue: str) -> int:
    """All messages, in whatever state."""
    found = client.call("GetQueueAttributes", QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    return sum(
        int(found[f"ApproximateNumberOfMessages{kind}"]) for kind in ("", "NotVisible", "Delayed")
    )


# Messages.


def send_batch(
    client: Client,
    history: History,
    queue: str,
    bodies: List[str],
    delays: Optional[List[int]] = None,
) -> None:
    """Sends new messages to a standard queue, with these delays or the queue's."""
    entries = []
    for index, body in enumerate(bodies):
        own = {} if delays is None else {"DelaySeconds": delays[index]}
        entries.append({"Id": str(index), "MessageBody": body, **own})
        of_queue = QUEUE_DELAY if queue == DELAYED else 0
        history.sending(queue, body, delay=of_queue if delays is None else delays[index])
    reply = client.call("SendMessageBatch", QueueUrl=queue, Entries=entries)
    assert not reply.get("Failed"), reply
    for done in reply["Successful"]:
        history.sent(bodies[int(done["Id"])], done["MessageId"])


def send_fifo(client: Client, history: History, queue: str, group: str, bodies: List[str]) -> None:
    """Sends bodies, new or again, with the beginnings of their texts as deduplication ids."""
    reply = client.call(
        "SendMessageBatch",
        QueueUrl=queue,
        Entries=[
            {
                "Id": str(index),
                "MessageBody": body,
                "MessageGroupId": group,
                "MessageDeduplicationId": body[:NAME],
            }
            for index, body in enumerate(bodies)
        ],
    )
    assert not reply.get("Failed"), reply
    for done in reply["Successful"]:
        history.sent(bodies[int(done["Id"])], done["MessageId"], int(done["SequenceNumber"]))


class Received:
    """The messages of one reply."""

    def __init__(self, queue: str, asked_at: float, messages: List[Dict[str, Any]]) -> None:
        self.queue = queue
        self.asked_at = asked_at
        self.messages = messages

    def only(self, wanted: Callable[[], bool]) -> "Received":
        return Received(self.queue, self.asked_at, [m for m in self.messages if wanted()])

    def without(self, other: "Received") -> "Received":
        left = [message for message in self.messages if message not in other.messages]
        return Received(self.queue, self.asked_at, left)

    def bodies(self) -> List[str]:
        return [message["Body"] for message in self.messages]

    def entries(self) -> List[Dict[str, Any]]:
        return [
            {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
            for index, message in enumerate(self.messages)
        ]


def receive(client: Client, history: History, queue: str) -> Received:
    asked_at = time.monotonic()
    try:
        messages = client.call(
            "ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
        ).get("Messages", [])
    except NoAnswer:
        history.receive_unknown(queue)
        raise
    history.received(queue, asked_at, [(m["Body"], m["MessageId"]) for m in messages])
    return Received(queue, asked_at, messages)


def delete(client: Client, history: History, wanted: Received) -> None:
    if not wanted.messages:
        return
    bodies = wanted.bodies()
    history.deleting(bodies)
    reply = client.call("DeleteMessageBatch", QueueUrl=wanted.queue, Entries=wanted.entries())
    for done in reply.get("Successful", []):
        history.deleted(bodies[int(done["Id"])], wanted.asked_at)
    for failure in reply.get("Failed", []):
        assert "expired" in failure["Message"], failure
        history.delete_refused(bodies[int(failure["Id"])])


def delete_one(client: Client, history: History, message: Received) -> None:
    """By the call that takes a single one."""
    (body,) = message.bodies()
    history.deleting([body])
    handle = message.messages[0]["ReceiptHandle"]
    _, refusal = client.try_call("DeleteMessage", QueueUrl=message.queue, ReceiptHandle=handle)
    assert not refusal or "expired" in refusal, refusal
    if refusal:
        history.delete_refused(body)
    else:
        history.deleted(body, message.asked_at)


def change_visibility(client: Client, history: History, wanted: Received, timeout: int) -> None:
    if not wanted.messages:
        return
    bodies = wanted.bodies()
    history.changing(bodies, timeout)
    asked_at = time.monotonic()
    reply = client.call(
        "ChangeMessageVisibilityBatch",
        QueueUrl=wanted.queue,
        Entries=[{**entry, "VisibilityTimeout": timeout} for entry in wanted.entries()],
    )
    for done in reply.get("Successful", []):
        history.changed(bodies[int(done["Id"])], asked_at, timeout)
    for failure in reply.get("Failed", []):
        assert "not available for visibility" in failure["Message"], failure
        history.change_refused(bodies[int(failure["Id"])])


def receive_and_delete(
    client: Client, history: History, queue: str, keep: Callable[[], bool] = lambda: False
) -> int:
    """One receive, then one deletion of what `keep` does not choose to leave. How many were
    received."""
    found = receive(client, history, queue)
    delete(client, history, found.only(lambda: not keep()))
    return len(found.messages)


def purge(client: Client, history: History, queue: str) -> None:
    asked_at = history.emptying(queue)
    client.call("PurgeQueue", QueueUrl=queue)
    history.emptied(queue, asked_at)


# Move tasks.


def list_tasks(client: Client, tasks: TaskHistory) -> List[Dict[str, Any]]:
    """The newest ten."""
    reply = client.call("ListMessageMoveTasks", SourceArn=arn(DEAD), MaxResults=10)
    tasks.listed(reply["Results"])
    return list(reply["Results"])


def cancel_task(client: Client, tasks: TaskHistory, handle: str) -> None:
    """Unless it has ended by itself."""
    _, refusal = client.try_call("CancelMessageMoveTask", TaskHandle=handle)
    assert not refusal or "Only active tasks" in refusal, refusal
    if not refusal:
        tasks.cancelled(handle)


def cancel_running_task(client: Client, tasks: TaskHistory) -> None:
    for task in list_tasks(client, tasks):
        if task["Status"] == RUNNING:
            cancel_task(client, tasks, task["TaskHandle"])
