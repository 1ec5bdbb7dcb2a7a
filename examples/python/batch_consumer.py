# SPDX-License-Identifier: Apache-2.0
"""Handles messages on several threads and deletes them in batches.

No message waits for another: a slow one keeps one thread busy, the others go on; what is done is
deleted within a fraction of a second. Deletions that fail are tried again.

    python batch_consumer.py --queue orders --workers 5
"""

from __future__ import annotations

import concurrent.futures
import logging
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Sequence

from botocore.exceptions import BotoCoreError, ClientError

import connection
from connection import Message, Stop
from consumer import Handler, show

log = logging.getLogger("batch")
BATCH_MAX = 10
DELETE_TRIES = 3


class Deleter:
    """Collects finished messages and deletes up to ten a request, at the latest `linger` seconds
    later."""

    def __init__(self, sqs: Any, queue_url: str, linger: float = 0.2) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._linger = linger
        self._changed = threading.Condition()
        self._waiting: List[Message] = []  # guarded by _changed, as is _closing
        self._closing = False
        self.deleted = 0
        self.not_deleted: List[Message] = []  # handled, but they will come again
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def add(self, message: Message) -> None:
        with self._changed:
            self._waiting.append(message)
            self._changed.notify()

    def close(self) -> None:
        """Deletes what is left."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                self._changed.wait_for(
                    lambda: len(self._waiting) >= BATCH_MAX or self._closing, self._linger
                )
                batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
            if not batch:
                return
            self._delete(batch)

    def _delete(self, batch: List[Message]) -> None:
        left: Dict[str, Message] = {str(index): message for index, message in enumerate(batch)}
        for attempt in range(DELETE_TRIES):
            entries = [
                {"Id": entry_id, "ReceiptHandle": message["ReceiptHandle"]}
                for entry_id, message in left.items()
            ]
            try:
                reply = self._sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)
            except (BotoCoreError, ClientError) as error:
                log.warning("deleting failed: %s", error)
                time.sleep(0.1 * 2**attempt)
                continue
            for done in reply.get("Successful", []):
                del left[done["Id"]]
                self.deleted += 1
            for failure in reply.get("Failed", []):
                log.warning(
                    "message %s not deleted: %s",
                    left[failure["Id"]]["MessageId"],
                    failure["Message"],
                )
            if not left:
                return
        self.not_deleted += left.values()


class BatchConsumer:
    """`handler` is called on several threads at once; returning means done, raising means: again
    later."""

    def __init__(
        self,
        sqs: Any,
        queue_url: str,
        handler: Handler,
        stop: Optional[Stop] = None,
        workers: int = 5,
    ) -> None:
        self._sqs = sqs
        self.queue_url = queue_url
        self._handler = handler
        self._stop = stop or Stop()
        self._workers = workers
        self._free = threading.Semaphore(workers)
        self._counting = threading.Lock()
        self._busy = 0  # guarded by _counting, as is failed
        self.failed = 0
        self.deleter = Deleter(sqs, queue_url)

    def run(self, stop_when_idle: Optional[float] = None) -> None:
        """Until stopped, or until nothing was received or worked on for `stop_when_idle`
        seconds."""
        last = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(self._workers) as pool:
            while not self._stop.wanted():
                messages = self._receive(
                    20 if stop_when_idle is None else max(1, int(stop_when_idle))
                )
                for message in messages:
                    self._start(pool.submit, message)
                with self._counting:
                    busy = self._busy > 0
                if messages or busy:
                    last = time.monotonic()
                elif stop_when_idle is not None and time.monotonic() - last >= stop_when_idle:
                    break
        self.deleter.close()

    def _receive(self, wait: int) -> List[Message]:
        """As many messages as threads are free, so that none waits here while its timeout runs."""
        if not self._free.acquire(timeout=1):
            return []
        free = 1
        while free < BATCH_MAX and self._free.acquire(blocking=False):
            free += 1
        messages: List[Message] = []
        try:
            reply = self._sqs.receive_message(
                QueueUrl=self.queue_url,
                MaxNumberOfMessages=free,
                WaitTimeSeconds=wait,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            messages = list(reply.get("Messages", []))
        except (BotoCoreError, ClientError) as error:
            log.warning("receiving failed: %s", error)
            self._stop.wait(5)
        for _ in range(free - len(messages)):
            self._free.release()
        return messages

    def _start(self, submit: Callable[..., Any], message: Message) -> None:
        with self._counting:
            self._busy += 1
        submit(self._process, message)

    def _process(self, message: Message) -> None:
        try:
            self._handler(message)
            self.deleter.add(message)
        except Exception:
            log.exception("message %s failed, it will come again", message["MessageId"])
            with self._counting:
                self.failed += 1
        finally:
            with self._counting:
                self._busy -= 1
            self._free.release()


def main(argv: Optional[Sequence[str]] = None) -> None:
    parser = connection.parser("Handles the messages of a queue on several threads.")
    parser.add_argument("--queue", default="orders")
    parser.add_argument("--workers", type=int, default=5)
    connection.add_idle_flag(parser)
    arguments = parser.parse_args(argv)
    sqs = connection.connect(arguments)
    url = connection.queue_url(sqs, arguments.queue)
    consumer = BatchConsumer(sqs, url, show, Stop().catch_signals(), arguments.workers)
    consumer.run(arguments.stop_when_idle)
    log.info("%d messages handled", consumer.deleter.deleted)


if __name__ == "__main__":
    main()
