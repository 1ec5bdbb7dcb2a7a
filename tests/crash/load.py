# SPDX-License-Identifier: Apache-2.0
"""Clients that keep a server busy until it is killed, and write down what they did and were
told."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from typing import Any, Dict, List, Optional, Tuple

from botocore.exceptions import BotoCoreError, ClientError

from history import History
from raw_http import RawHttp
from task_history import RUNNING, TaskHistory

STANDARD = "standard"
FIFO = "ordered.fifo"
GROUPS = ("g0", "g1", "g2", "g3")
QUEUES = (STANDARD, FIFO)
WORK = "work"  # fails often: its messages go to DEAD, and move tasks bring them back
DEAD = "dead"
DEAD_ARN = f"arn:aws:sqs:us-east-1:000000000000:{DEAD}"
VISIBILITY_TIMEOUT = 2
BACKLOG_MAX = 3000


class NoAnswer(Exception):
    """The server went away. Whether the call had its effect is unknown."""


class Client:
    """One kept-alive connection that speaks AWS JSON."""

    def __init__(self, port: int) -> None:
        self._raw = RawHttp(port, timeout=20)

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
        if reply.status != 200:
            return {}, reply.text
        return dict(json.loads(reply.body)) if reply.body else {}, ""

    def close(self) -> None:
        self._raw.close()


class Load:
    """One round of load, partly by `sqs`, a boto3 client. Threads end when the server is gone or
    `stop` was called.

    `pending` has, for each FIFO group, bodies whose send got no answer. They are sent again first,
    as a client does that wants them stored exactly once and in order.
    """

    def __init__(
        self,
        port: int,
        sqs: Any,
        history: History,
        pending: Dict[str, List[str]],
        seed: int,
        tasks: TaskHistory,
    ) -> None:
        self._port = port
        self._sqs = sqs
        self._history = history
        self._pending = pending
        self._tasks = tasks
        self._stopped = threading.Event()
        self.errors: List[str] = []
        jobs: List[Any] = [
            self._produce_standard,
            self._produce_by_boto3,
            self._consume,
            self._consume,
            self._consume,
            self._produce_work,
            self._fail,
            self._fail,
            self._run_tasks,
        ]
        queues = {2: STANDARD, 3: STANDARD, 4: FIFO, 6: WORK, 7: DEAD}
        self._threads = [
            threading.Thread(
                target=self._guarded,
                args=(job, random.Random(seed * 100 + index), queues.get(index)),
            )
            for index, job in enumerate(jobs)
        ]
        for index, group in enumerate(GROUPS):
            self._threads.append(
                threading.Thread(
                    target=self._guarded,
                    args=(self._produce_fifo, random.Random(seed * 100 + 50 + index), group),
                )
            )

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Returns when no thread has a call open."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _guarded(self, job: Any, chance: random.Random, argument: Optional[str]) -> None:
        client = Client(self._port)
        try:
            while not self._stopped.is_set():
                job(client, chance, argument)
        except NoAnswer:
            pass
        except Exception as error:  # reported by the test
            self.errors.append(f"{job.__name__}: {error!r}")
        finally:
            client.close()

    def _too_much(self, queue: str) -> bool:
        """Keeps the backlog at a size that a drain empties in seconds."""
        if self._history.acknowledged - self._history.deleted_count < BACKLOG_MAX:
            return False
        self._stopped.wait(0.01)
        return True

    def _produce_standard(self, client: Client, chance: random.Random, _: Optional[str]) -> None:
        if self._too_much(STANDARD):
            return
        bodies = [f"s{chance.getrandbits(64):016x}" for _ in range(chance.randint(1, 10))]
        send_batch(client, self._history, STANDARD, bodies)

    def _produce_by_boto3(self, _client: Client, chance: random.Random, _: Optional[str]) -> None:
        url = f"http://127.0.0.1:{self._port}/000000000000/{STANDARD}"
        while not self._stopped.is_set():
            body = f"b{chance.getrandbits(64):016x}" + "x" * chance.randint(0, 2000)
            self._history.sending(STANDARD, body)
            try:
                reply = self._sqs.send_message(QueueUrl=url, MessageBody=body)
            except ClientError:
                raise
            except BotoCoreError as error:
                raise NoAnswer(str(error)) from None
            self._history.sent(body, reply["MessageId"])

    def _produce_fifo(self, client: Client, chance: random.Random, group: Optional[str]) -> None:
        assert group is not None
        if not self._pending[group]:
            if self._too_much(FIFO):
                return
            self._pending[group] = [
                f"f{chance.getrandbits(64):016x}" for _ in range(chance.randint(1, 5))
            ]
            for body in self._pending[group]:
                self._history.sending(FIFO, body, group)
        send_fifo(client, self._history, group, self._pending[group])
        self._pending[group] = []

    def _consume(self, client: Client, chance: random.Random, queue: Optional[str]) -> None:
        assert queue is not None
        receive_and_delete(client, self._history, queue, keep=lambda: chance.random() < 0.1)

    def _produce_work(self, client: Client, chance: random.Random, _: Optional[str]) -> None:
        if self._too_much(WORK):
            return
        send_batch(client, self._history, WORK, [f"w{chance.getrandbits(64):016x}" for _ in "0123"])

    def _fail(self, client: Client, chance: random.Random, queue: Optional[str]) -> None:
        """Deletes little and gives the rest back: with a long timeout first, then at once."""
        assert queue is not None
        if queue == DEAD:
            self._stopped.wait(0.2)  # leaves most to the move tasks
        asked_at = time.monotonic()
        messages = client.call(
            "ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
        ).get("Messages", [])
        self._history.received(queue, asked_at, [(m["Body"], m["MessageId"]) for m in messages])
        deleted = [message for message in messages if chance.random() < 0.3]
        delete(client, self._history, queue, deleted)
        for timeout in (30, 0):
            entries = [
                {
                    "Id": str(index),
                    "ReceiptHandle": message["ReceiptHandle"],
                    "VisibilityTimeout": timeout,
                }
                for index, message in enumerate(messages)
                if message not in deleted
            ]
            if entries:
                client.call("ChangeMessageVisibilityBatch", QueueUrl=queue, Entries=entries)

    def _run_tasks(self, client: Client, chance: random.Random, _: Optional[str]) -> None:
        """Starts one task after the other, at any rate, and cancels some."""
        rate = chance.choice(({}, {"MaxNumberOfMessagesPerSecond": chance.randint(5, 50)}))
        started, refusal = client.try_call("StartMessageMoveTask", SourceArn=DEAD_ARN, **rate)
        assert not refusal or "already a task running" in refusal, refusal
        list_tasks(client, self._tasks)
        self._stopped.wait(chance.uniform(0, 0.1))
        list_tasks(client, self._tasks)
        if started and chance.random() < 0.5:
            cancel_task(client, self._tasks, started["TaskHandle"])


def list_tasks(client: Client, tasks: TaskHistory) -> List[Dict[str, Any]]:
    """The newest ten."""
    reply = client.call("ListMessageMoveTasks", SourceArn=DEAD_ARN, MaxResults=10)
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


def send_batch(client: Client, history: History, queue: str, bodies: List[str]) -> None:
    """Sends new messages to a standard queue."""
    for body in bodies:
        history.sending(queue, body)
    reply = client.call(
        "SendMessageBatch",
        QueueUrl=queue,
        Entries=[{"Id": str(index), "MessageBody": body} for index, body in enumerate(bodies)],
    )
    assert not reply.get("Failed"), reply
    for done in reply["Successful"]:
        history.sent(bodies[int(done["Id"])], done["MessageId"])


def send_fifo(client: Client, history: History, group: str, bodies: List[str]) -> None:
    """Sends bodies, new or again, with their own texts as deduplication ids."""
    reply = client.call(
        "SendMessageBatch",
        QueueUrl=FIFO,
        Entries=[
            {
                "Id": str(index),
                "MessageBody": body,
                "MessageGroupId": group,
                "MessageDeduplicationId": body,
            }
            for index, body in enumerate(bodies)
        ],
    )
    assert not reply.get("Failed"), reply
    for done in reply["Successful"]:
        history.sent(bodies[int(done["Id"])], done["MessageId"], int(done["SequenceNumber"]))


def receive_and_delete(
    client: Client, history: History, queue: str, keep: Any = lambda: False
) -> int:
    """One receive, then one deletion of what `keep` does not choose to leave. How many were
    received."""
    asked_at = time.monotonic()
    messages = client.call(
        "ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
    ).get("Messages", [])
    history.received(
        queue, asked_at, [(message["Body"], message["MessageId"]) for message in messages]
    )
    delete(client, history, queue, [message for message in messages if not keep()])
    return len(messages)


def delete(client: Client, history: History, queue: str, wanted: List[Dict[str, Any]]) -> None:
    if not wanted:
        return
    history.deleting(message["Body"] for message in wanted)
    reply = client.call(
        "DeleteMessageBatch",
        QueueUrl=queue,
        Entries=[
            {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
            for index, message in enumerate(wanted)
        ],
    )
    for done in reply.get("Successful", []):
        history.deleted(wanted[int(done["Id"])]["Body"])
    for failure in reply.get("Failed", []):
        assert "expired" in failure["Message"], failure
        history.delete_refused(wanted[int(failure["Id"])]["Body"])


def create_queues(client: Client) -> None:
    timeout = {"VisibilityTimeout": str(VISIBILITY_TIMEOUT)}
    client.call("CreateQueue", QueueName=STANDARD, Attributes=timeout)
    client.call("CreateQueue", QueueName=FIFO, Attributes={"FifoQueue": "true", **timeout})
    client.call("CreateQueue", QueueName=DEAD, Attributes=timeout)
    policy = json.dumps({"deadLetterTargetArn": DEAD_ARN, "maxReceiveCount": 2})
    client.call("CreateQueue", QueueName=WORK, Attributes={"RedrivePolicy": policy, **timeout})


def message_count(client: Client, queue: str) -> int:
    """All messages, in whatever state."""
    found = client.call("GetQueueAttributes", QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    return sum(
        int(found[f"ApproximateNumberOfMessages{kind}"]) for kind in ("", "NotVisible", "Delayed")
    )
