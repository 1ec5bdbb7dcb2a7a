# SPDX-License-Identifier: Apache-2.0
"""Routes messages to a handler by their event type, and keeps long work from being delivered twice.

python producer.py --queue orders && python routing_consumer.py --queue orders
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from typing import Any, Callable, Dict, Iterator, Optional, Sequence

from botocore.exceptions import BotoCoreError, ClientError

import connection
from connection import Message, Stop
from consumer import Consumer

log = logging.getLogger("routing")
EventHandler = Callable[[Any, Message], None]


class CannotRoute(Exception):
    """The message has no event type, or one nobody handles. It ends in the dead-letter queue."""


def event_type_of(body: Any, message: Message) -> Optional[str]:
    """From the message attribute `eventType`, else from the body."""
    attributes = message.get("MessageAttributes", {})
    if "eventType" in attributes:
        return str(attributes["eventType"]["StringValue"])
    return body.get("eventType") if isinstance(body, dict) else None


class Router:
    """A handler for Consumer that calls the handler registered for a message's event type."""

    def __init__(self) -> None:
        self._handlers: Dict[str, EventHandler] = {}

    def register(self, event_type: str, handler: EventHandler) -> None:
        self._handlers[event_type] = handler

    def __call__(self, message: Message) -> None:
        body = json.loads(
            message["Body"]
        )  # what is no JSON fails, and so ends in the dead-letter queue
        event_type = event_type_of(body, message)
        handler = self._handlers.get(event_type or "")
        if handler is None:
            raise CannotRoute(f"no handler for event type {event_type}")
        handler(body, message)


@contextlib.contextmanager
def kept_invisible(sqs: Any, queue_url: str, message: Message, seconds: int) -> Iterator[None]:
    """Extends the visibility timeout of `message` to `seconds`, again and again until the block
    ends.

    So a timeout can be short, for quick redelivery when a worker dies, and work may still take
    long.
    """
    done = threading.Event()

    def extend() -> None:
        while True:
            try:
                sqs.change_message_visibility(
                    QueueUrl=queue_url,
                    ReceiptHandle=message["ReceiptHandle"],
                    VisibilityTimeout=seconds,
                )
            except (BotoCoreError, ClientError) as error:
                log.warning("message %s could not be extended: %s", message["MessageId"], error)
            if done.wait(seconds / 3):
                return

    thread = threading.Thread(target=extend, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def main(argv: Optional[Sequence[str]] = None) -> None:
    parser = connection.parser("Handles order events by their type.")
    parser.add_argument("--queue", default="orders")
    connection.add_idle_flag(parser)
    arguments = parser.parse_args(argv)
    sqs = connection.connect(arguments)
    url = connection.queue_url(sqs, arguments.queue)
    router = Router()

    def created(order: Any, message: Message) -> None:
        with kept_invisible(sqs, url, message, seconds=30):
            log.info("order %s of %s is being packed", order["orderId"], order["customerId"])

    router.register("OrderCreated", created)
    router.register(
        "OrderCancelled", lambda order, _: log.info("order %s is cancelled", order["orderId"])
    )
    consumer = Consumer(sqs, url, router, Stop().catch_signals())
    consumer.run(arguments.stop_when_idle)
    log.info("%d events handled, %d failed", consumer.handled, consumer.failed)


if __name__ == "__main__":
    main()
