# SPDX-License-Identifier: Apache-2.0
"""Polls a busy queue eagerly and a quiet one rarely.

A long poll answers as soon as a message is there, so a long wait costs no latency, only requests
are saved. A busy queue is polled for full batches; the quieter it gets, the longer a poll waits, up
to 20 seconds.

    python adaptive_polling.py --queue orders
"""

from __future__ import annotations

import collections
import dataclasses
import logging
import time
from typing import Any, Callable, Deque, List, Optional, Sequence, Tuple

from botocore.exceptions import BotoCoreError, ClientError

import connection
from connection import Message, Stop
from consumer import Handler, show

log = logging.getLogger("adaptive")
WAIT_SECONDS_MAX = 20


@dataclasses.dataclass(frozen=True)
class Poll:
    """Parameters of one receive."""

    wait_seconds: int
    batch: int


def poll_for_rate(messages_per_second: float) -> Poll:
    """What suits a known rate of messages."""
    if messages_per_second > 100:
        return Poll(wait_seconds=1, batch=10)
    if messages_per_second > 10:
        return Poll(wait_seconds=10, batch=10)
    return Poll(wait_seconds=WAIT_SECONDS_MAX, batch=10)


class RateMeter:
    """Messages per second over the last `window` seconds."""

    def __init__(self, window: float = 10.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._window = window
        self._clock = clock
        self._seen: Deque[Tuple[float, int]] = collections.deque()

    def add(self, count: int) -> None:
        self._seen.append((self._clock(), count))

    def rate(self) -> float:
        oldest = self._clock() - self._window
        while self._seen and self._seen[0][0] < oldest:
            self._seen.popleft()
        return sum(count for _, count in self._seen) / self._window


class AdaptivePoller:
    """Handles messages; chooses each poll by what the last ones brought."""

    def __init__(
        self, sqs: Any, queue_url: str, handler: Handler, stop: Optional[Stop] = None
    ) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._handler = handler
        self._stop = stop or Stop()
        self._meter = RateMeter()
        self._empty_polls = 0
        self.handled = 0
        self.polls: List[Poll] = []  # what was chosen, newest last

    def next_poll(self) -> Poll:
        wanted = poll_for_rate(self._meter.rate())
        return dataclasses.replace(
            wanted, wait_seconds=min(wanted.wait_seconds, 1 + 2 * self._empty_polls)
        )

    def run(self, stop_when_idle: Optional[float] = None) -> None:
        last = time.monotonic()
        while not self._stop.wanted():
            count = self._poll_once(self.next_poll())
            if count:
                last = time.monotonic()
            elif stop_when_idle is not None and time.monotonic() - last >= stop_when_idle:
                return

    def _poll_once(self, poll: Poll) -> int:
        self.polls = [*self.polls[-99:], poll]
        try:
            messages: List[Message] = self._sqs.receive_message(
                QueueUrl=self._queue_url,
                MaxNumberOfMessages=poll.batch,
                WaitTimeSeconds=poll.wait_seconds,
                MessageAttributeNames=["All"],
            ).get("Messages", [])
        except (BotoCoreError, ClientError) as error:
            log.warning("receiving failed: %s", error)
            self._stop.wait(5)
            return 0
        self._meter.add(len(messages))
        self._empty_polls = 0 if messages else self._empty_polls + 1
        for message in messages:
            self._process(message)
        return len(messages)

    def _process(self, message: Message) -> None:
        try:
            self._handler(message)
            self._sqs.delete_message(
                QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"]
            )
            self.handled += 1
        except Exception:
            log.exception("message %s failed, it will come again", message["MessageId"])


def main(argv: Optional[Sequence[str]] = None) -> None:
    parser = connection.parser(
        "Handles the messages of a queue with as few polls as its traffic allows."
    )
    parser.add_argument("--queue", default="orders")
    connection.add_idle_flag(parser)
    arguments = parser.parse_args(argv)
    sqs = connection.connect(arguments)
    poller = AdaptivePoller(
        sqs, connection.queue_url(sqs, arguments.queue), show, Stop().catch_signals()
    )
    poller.run(arguments.stop_when_idle)
    log.info("%d messages handled", poller.handled)


if __name__ == "__main__":
    main()
