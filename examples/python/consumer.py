# SPDX-License-Identifier: Apache-2.0
"""Receives messages one after the other and deletes those that were handled.

python consumer.py --queue orders
"""

from __future__ import annotations

import logging
import time
from typing import Any, Callable, List, Optional, Sequence

from botocore.exceptions import BotoCoreError, ClientError

import connection
from connection import Message, Stop

log = logging.getLogger("consumer")
Handler = Callable[[Message], None]


class Consumer:
    """Calls `handler` for each message. Returning means done, raising means: give it again later.

    A message whose handler failed stays in the queue: it comes again when its visibility timeout is
    over, and goes to the dead-letter queue after the maximum number of receives.
    """

    def __init__(
        self,
        sqs: Any,
        queue_url: str,
        handler: Handler,
        stop: Optional[Stop] = None,
        batch: int = 10,
        wait_seconds: int = 20,
    ) -> None:
        self._sqs = sqs
        self.queue_url = queue_url
        self._handler = handler
        self._stop = stop or Stop()
        self._batch = batch
        self._wait_seconds = wait_seconds
        self.handled = 0
        self.failed = 0

    def run(self, stop_when_idle: Optional[float] = None) -> None:
        """Until stopped, or until no message came for `stop_when_idle` seconds."""
        last = time.monotonic()
        while not self._stop.wanted():
            messages = self._receive(stop_when_idle)
            for message in messages:
                self._process(message)
            if messages:
                last = time.monotonic()
            elif stop_when_idle is not None and time.monotonic() - last >= stop_when_idle:
                return

    def _receive(self, stop_when_idle: Optional[float]) -> List[Message]:
        wait = (
            self._wait_seconds
            if stop_when_idle is None
            else min(self._wait_seconds, max(1, int(stop_when_idle)))
        )
        try:
            reply = self._sqs.receive_message(
                QueueUrl=self.queue_url,
                MaxNumberOfMessages=self._batch,
                WaitTimeSeconds=wait,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        except (BotoCoreError, ClientError) as error:
            log.warning("receiving failed (%s), next try in 5 s", error)
            self._stop.wait(5)
            return []
        return list(reply.get("Messages", []))

    def _process(self, message: Message) -> None:
        try:
            self._handler(message)
        except Exception:
            self.failed += 1
            log.exception("message %s failed, it will come again", message["MessageId"])
            return
        try:
            self._sqs.delete_message(
                QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"]
            )
            self.handled += 1
        except (BotoCoreError, ClientError) as error:
            log.warning(
                "message %s was handled but not deleted, it will come again: %s",
                message["MessageId"],
                error,
            )


def show(message: Message) -> None:
    log.info("message %s: %s", message["MessageId"], message["Body"])


def main(argv: Optional[Sequence[str]] = None) -> None:
    parser = connection.parser("Prints and deletes the messages of a queue.")
    parser.add_argument("--queue", default="orders")
    connection.add_idle_flag(parser)
    arguments = parser.parse_args(argv)
    sqs = connection.connect(arguments)
    stop = Stop().catch_signals()
    consumer = Consumer(sqs, connection.queue_url(sqs, arguments.queue), show, stop)
    consumer.run(arguments.stop_when_idle)
    log.info("%d messages handled", consumer.handled)


if __name__ == "__main__":
    main()
