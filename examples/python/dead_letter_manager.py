# SPDX-License-Identifier: Apache-2.0
"""Clears a dead-letter queue: sends back what may succeed now, archives the rest in a directory.

A message leaves the dead-letter queue only when it is safe elsewhere: the other queue has
acknowledged it, or its file is on disk. A crash in between leaves it in both places, never in none.

    python dead_letter_manager.py --dead-queue orders-dead --queue orders --archive ./failed
"""

from __future__ import annotations

import datetime
import enum
import json
import logging
import os
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import connection
from connection import Message, Stop

log = logging.getLogger("dead-letters")
NOT_RETRYABLE = ("UserDeleted", "OrderCancelled")
AGE_SECONDS_MAX = 24 * 3600
RETRIES_MAX = 3
ATTRIBUTES_MAX = 10


class Verdict(enum.Enum):
    RETRY = "retry"
    ARCHIVE = "archive"


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def retries_of(message: Message) -> int:
    found = message.get("MessageAttributes", {}).get("retryAttempt")
    return int(found["StringValue"]) if found else 0


def classify(message: Message) -> Tuple[Verdict, str]:
    """What to do with a dead letter, and why."""
    try:
        body = json.loads(message["Body"])
    except ValueError:
        return Verdict.ARCHIVE, "the body is not JSON"
    if not isinstance(body, dict):
        return Verdict.ARCHIVE, "the body is not an object"
    if body.get("eventType") in NOT_RETRYABLE:
        return Verdict.ARCHIVE, f"{body['eventType']} is not worth a retry"
    sent = int(message["Attributes"]["SentTimestamp"]) / 1000
    if time.time() - sent > AGE_SECONDS_MAX:
        return Verdict.ARCHIVE, "it is older than a day"
    if retries_of(message) >= RETRIES_MAX:
        return Verdict.ARCHIVE, f"it was retried {RETRIES_MAX} times"
    if (
        len({*message.get("MessageAttributes", {}), "retryAttempt", "retryTimestamp"})
        > ATTRIBUTES_MAX
    ):
        return Verdict.ARCHIVE, "it has no room for the attributes of a retry"
    return Verdict.RETRY, "it may succeed now"


class DeadLetterManager:
    def __init__(
        self, sqs: Any, dead_url: str, queue_url: str, archive: Path, delay_seconds: int = 300
    ) -> None:
        self._sqs = sqs
        self._dead_url = dead_url
        self._queue_url = queue_url
        self._archive = archive
        self._delay_seconds = delay_seconds
        self.requeued = 0
        self.archived = 0

    def run(self, stop: Optional[Stop] = None, stop_when_idle: Optional[float] = None) -> None:
        """Until stopped, or until no dead letter came for `stop_when_idle` seconds."""
        stop = stop or Stop()
        last = time.monotonic()
        wait = 20 if stop_when_idle is None else max(1, int(stop_when_idle))
        while not stop.wanted():
            messages: List[Message] = self._sqs.receive_message(
                QueueUrl=self._dead_url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=wait,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            for message in messages:
                self._clear(message)
            if messages:
                last = time.monotonic()
            elif stop_when_idle is not None and time.monotonic() - last >= stop_when_idle:
                return

    def _clear(self, message: Message) -> None:
        verdict, reason = classify(message)
        log.info(
            "message %s, received %s times: %s, %s",
            message["MessageId"],
            message["Attributes"]["ApproximateReceiveCount"],
            verdict.value,
            reason,
        )
        try:
            if verdict is Verdict.RETRY:
                self._requeue(message)
            else:
                self._store(message, reason)
            self._sqs.delete_message(
                QueueUrl=self._dead_url, ReceiptHandle=message["ReceiptHandle"]
            )
        except Exception:
            log.exception("message %s stays in the dead-letter queue", message["MessageId"])

    def _requeue(self, message: Message) -> None:
        """Sends the body unchanged; how often and when it was retried is told by attributes."""
        attempt = retries_of(message) + 1
        attributes = {
            **message.get("MessageAttributes", {}),
            "retryAttempt": {"DataType": "Number", "StringValue": str(attempt)},
            "retryTimestamp": {"DataType": "String", "StringValue": now().isoformat()},
        }
        if self._queue_url.endswith(
            ".fifo"
        ):  # no delay of its own; the same retry again counts once
            where: Dict[str, Any] = {
                "MessageGroupId": message["Attributes"]["MessageGroupId"],
                "MessageDeduplicationId": f"{message['MessageId']}_{attempt}",
            }
        else:
            where = {"DelaySeconds": self._delay_seconds}
        self._sqs.send_message(
            QueueUrl=self._queue_url,
            MessageBody=message["Body"],
            MessageAttributes=attributes,
            **where,
        )
        self.requeued += 1

    def _store(self, message: Message, reason: str) -> None:
        """Writes <archive>/<year>/<month>/<day>/<message id>.json: complete and on disk, or not at
        all."""
        record = {
            "messageId": message["MessageId"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": message.get("MessageAttributes", {}),
            "reason": reason,
            "archivedAt": now().isoformat(),
        }
        directory = self._archive / now().strftime("%Y/%m/%d")
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"{message['MessageId']}.json"
        unfinished = path.with_suffix(".unfinished")
        with unfinished.open("w", encoding="utf-8") as file:
            json.dump(
                record, file, indent=1, default=lambda value: value.hex()
            )  # bytes of Binary attributes
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _sync_directory(directory)
        self.archived += 1


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def main(argv: Optional[Sequence[str]] = None) -> None:
    parser = connection.parser(
        "Clears a dead-letter queue by sending back or archiving its messages."
    )
    parser.add_argument("--dead-queue", default="orders-dead")
    parser.add_argument("--queue", default="orders", help="where messages worth a retry go")
    parser.add_argument(
        "--archive", type=Path, default=Path("failed-messages"), help="directory for the rest"
    )
    parser.add_argument("--delay", type=int, default=300, metavar="SECONDS", help="before a retry")
    connection.add_idle_flag(parser)
    arguments = parser.parse_args(argv)
    sqs = connection.connect(arguments)
    manager = DeadLetterManager(
        sqs,
        connection.queue_url(sqs, arguments.dead_queue),
        connection.queue_url(sqs, arguments.queue),
        arguments.archive,
        arguments.delay,
    )
    manager.run(Stop().catch_signals(), arguments.stop_when_idle)
    log.info("%d sent back, %d archived", manager.requeued, manager.archived)


if __name__ == "__main__":
    main()
