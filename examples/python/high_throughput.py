# SPDX-License-Identifier: Apache-2.0
"""Sends through a buffer, ten messages a request, from any number of threads.

python high_throughput.py --queue orders --count 1000
"""

from __future__ import annotations

import collections
import logging
import threading
import time
from typing import Any, Deque, Dict, List, Optional, Sequence, Tuple

from botocore.exceptions import BotoCoreError, ClientError

import connection
from connection import Stop
from batch_consumer import BatchConsumer
from producer import text_of

log = logging.getLogger("throughput")
BATCH_MAX = 10
BATCH_BYTES_MAX = 1_048_576
# What is wrong with a message, not with the queue, the network or the server.
MESSAGE_REFUSED = (
    "InvalidMessageContents",
    "InvalidParameterValue",
    "MissingParameter",
    "AWS.SimpleQueueService.BatchRequestTooLong",
)


class BufferFull(Exception):
    """The server has not taken messages for so long that the buffer is full."""


def refuses_the_message(error: Exception) -> bool:
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in MESSAGE_REFUSED


class BufferedSender:
    """Collects messages and sends them when ten are there, or the oldest has waited `linger`
    seconds.

    A message stays in the buffer until the server has acknowledged it: a failed request, or a
    failed entry of a batch, is sent again. What the server refuses for good is kept in `rejected`,
    with the reason. A buffer is memory: what is not acknowledged when the program dies is lost, so
    `close` before the end.
    """

    def __init__(
        self, sqs: Any, queue_url: str, linger: float = 0.05, capacity: int = 10_000
    ) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._linger = linger
        self._capacity = capacity
        self._changed = threading.Condition()
        self._buffer: Deque[str] = collections.deque()  # guarded by _changed, as is _closing
        self._closing = False
        self.sent = 0
        self.rejected: List[Tuple[str, str]] = []  # body and reason
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def send(self, body: Any) -> None:
        """Adds to the buffer. BufferFull: nothing was added, try again later."""
        with self._changed:
            if len(self._buffer) >= self._capacity:
                raise BufferFull(f"{self._capacity} messages are waiting")
            self._buffer.append(text_of(body))
            self._changed.notify()

    def unsent(self) -> List[str]:
        """What no acknowledgement has come for."""
        with self._changed:
            return list(self._buffer)

    def close(self, timeout: float = 60.0) -> List[str]:
        """Sends the rest, for at most `timeout` seconds; what could not be sent."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout)
        return self.unsent()

    def _run(self) -> None:
        failures = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._buffer or self._closing)
                if not self._buffer:
                    return
                self._changed.wait_for(
                    lambda: len(self._buffer) >= BATCH_MAX or self._closing, self._linger
                )
                batch = self._first_batch()
            failures = 0 if self._send_batch(batch) else failures + 1
            if failures:
                time.sleep(min(5.0, 0.1 * 2**failures))

    def _first_batch(self) -> List[str]:
        """The oldest messages that fit into one request. They stay in the buffer."""
        batch: List[str] = []
        size = 0
        for body in self._buffer:
            size += len(body.encode())
            if len(batch) == BATCH_MAX or (batch and size > BATCH_BYTES_MAX):
                break
            batch.append(body)
        return batch

    def _send_batch(self, batch: List[str]) -> bool:
        """Whether any message left the buffer."""
        entries = [{"Id": str(index), "MessageBody": body} for index, body in enumerate(batch)]
        try:
            reply = self._sqs.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            if refuses_the_message(error):
                if len(batch) > 1:
                    return self._send_one_by_one(batch)
                return self._remove(1, {}, {0: str(error)})
            log.warning("%d messages not sent, they stay in the buffer: %s", len(batch), error)
            return False
        again: Dict[int, str] = {}
        refused: Dict[int, str] = {}
        for failure in reply.get("Failed", []):
            kind = refused if failure["SenderFault"] else again
            kind[int(failure["Id"])] = failure["Message"]
        return self._remove(len(batch), again, refused)

    def _send_one_by_one(self, batch: List[str]) -> bool:
        """A request that is refused as a whole may hold one bad message; the others are sent."""
        for count, body in enumerate(batch):
            if not self._send_batch([body]):
                return count > 0
        return True

    def _remove(self, count: int, again: Dict[int, str], refused: Dict[int, str]) -> bool:
        """Takes the first `count` messages from the buffer, but puts back those to be sent
        again."""
        with self._changed:
            taken = [self._buffer.popleft() for _ in range(count)]
            self._buffer.extendleft(reversed([taken[index] for index in sorted(again)]))
        self.rejected += [(taken[index], reason) for index, reason in refused.items()]
        for reason in refused.values():
            log.error("a message was refused: %s", reason)
        self.sent += count - len(again) - len(refused)
        return count > len(again)


def main(argv: Optional[Sequence[str]] = None) -> None:
    parser = connection.parser(
        "Sends many messages through a buffer and handles them on many threads."
    )
    parser.add_argument("--queue", default="orders")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=10, help="threads that handle messages")
    arguments = parser.parse_args(argv)
    sqs = connection.connect(arguments)
    url = connection.queue_url(sqs, arguments.queue)

    started = time.monotonic()
    sender = BufferedSender(sqs, url)
    for number in range(arguments.count):
        sender.send({"number": number})
    unsent = sender.close()
    log.info("%d sent, %d not, in %.2f s", sender.sent, len(unsent), time.monotonic() - started)

    consumer = BatchConsumer(
        sqs, url, lambda message: None, Stop().catch_signals(), arguments.workers
    )
    consumer.run(stop_when_idle=1)
    log.info("%d handled", consumer.deleter.deleted)


if __name__ == "__main__":
    main()
