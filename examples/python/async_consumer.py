# SPDX-License-Identifier: Apache-2.0
"""Handles messages concurrently with asyncio.

boto3 blocks, so its calls run on threads; handlers are coroutines. Each message is deleted as soon
as its own handler is done; a slow one does not hold the others of its batch.

    python async_consumer.py --queue orders --concurrency 20
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import Any, Awaitable, Callable, List, Optional, Sequence, Set

from botocore.exceptions import BotoCoreError, ClientError

import connection
from connection import Message, Stop

log = logging.getLogger("async")
AsyncHandler = Callable[[Any, Message], Awaitable[None]]


class AsyncConsumer:
    """`handler` gets the body, read as JSON, and the message. Returning means done, raising: again
    later."""

    def __init__(
        self,
        sqs: Any,
        queue_url: str,
        handler: AsyncHandler,
        stop: Optional[Stop] = None,
        concurrency: int = 20,
        visibility_timeout: int = 300,
    ) -> None:
        self._sqs = sqs
        self.queue_url = queue_url
        self._handler = handler
        self._stop = stop or Stop()
        self._concurrency = concurrency
        self._visibility_timeout = visibility_timeout
        self.handled = 0
        self.failed = 0

    async def run(self, stop_when_idle: Optional[float] = None) -> None:
        """Until stopped, or until nothing was received or worked on for `stop_when_idle`
        seconds."""
        tasks: Set["asyncio.Task[None]"] = set()
        last = time.monotonic()
        wait = 20 if stop_when_idle is None else max(1, int(stop_when_idle))
        while not self._stop.wanted():
            if len(tasks) >= self._concurrency:
                _, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            messages = await self._receive(min(10, self._concurrency - len(tasks)), wait)
            tasks |= {asyncio.create_task(self._process(message)) for message in messages}
            tasks = {task for task in tasks if not task.done()}
            if messages or tasks:
                last = time.monotonic()
            elif stop_when_idle is not None and time.monotonic() - last >= stop_when_idle:
                break
        await asyncio.gather(*tasks)

    async def _receive(self, count: int, wait: int) -> List[Message]:
        try:
            reply = await asyncio.to_thread(
                self._sqs.receive_message,
                QueueUrl=self.queue_url,
                MaxNumberOfMessages=count,
                WaitTimeSeconds=wait,
                VisibilityTimeout=self._visibility_timeout,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            return list(reply.get("Messages", []))
        except (BotoCoreError, ClientError) as error:
            log.warning("receiving failed (%s), next try in 5 s", error)
            await asyncio.sleep(5)
            return []

    async def _process(self, message: Message) -> None:
        try:
            await self._handler(json.loads(message["Body"]), message)
            await asyncio.to_thread(
                self._sqs.delete_message,
                QueueUrl=self.queue_url,
                ReceiptHandle=message["ReceiptHandle"],
            )
            self.handled += 1
        except Exception:
            self.failed += 1
            log.exception("message %s failed, it will come again", message["MessageId"])


async def show(body: Any, message: Message) -> None:
    log.info("message %s: %s", message["MessageId"], body)


def main(argv: Optional[Sequence[str]] = None) -> None:
    parser = connection.parser("Handles the messages of a queue concurrently.")
    parser.add_argument("--queue", default="orders")
    parser.add_argument("--concurrency", type=int, default=20)
    connection.add_idle_flag(parser)
    arguments = parser.parse_args(argv)
    sqs = connection.connect(arguments)
    url = connection.queue_url(sqs, arguments.queue)
    consumer = AsyncConsumer(sqs, url, show, Stop().catch_signals(), arguments.concurrency)
    asyncio.run(consumer.run(arguments.stop_when_idle))
    log.info("%d messages handled, %d failed", consumer.handled, consumer.failed)


if __name__ == "__main__":
    main()
