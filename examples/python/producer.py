# SPDX-License-Identifier: Apache-2.0
"""Sends messages: single ones, order events with attributes, batches, FIFO messages, with retries.

python producer.py --queue orders --count 20
python producer.py --queue ledger.fifo --count 20
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
import time
from typing import Any, Dict, List, Optional, Sequence

from botocore.exceptions import BotoCoreError, ClientError

import connection

log = logging.getLogger("producer")
BATCH_MAX = 10
LOW_PRIORITY_DELAY_SECONDS = 300


class SendFailed(Exception):
    """Some messages were not accepted; `entries` has them, with the server's reasons in
    `reasons`."""

    def __init__(self, entries: List[Dict[str, Any]], reasons: Dict[str, str]) -> None:
        super().__init__(f"{len(entries)} messages not sent: {reasons}")
        self.entries = entries
        self.reasons = reasons


def text_of(body: Any) -> str:
    """Text is sent as it is, anything else as JSON."""
    return body if isinstance(body, str) else json.dumps(body)


def content_id(body: Any) -> str:
    """A deduplication id that equal contents share, whatever the order of their keys."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def attribute(value: Any) -> Dict[str, str]:
    """A message attribute of the fitting type."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {"DataType": "Number" if is_number else "String", "StringValue": str(value)}


def may_succeed_later(error: Exception) -> bool:
    """A refused request will be refused again; a lost connection or a busy server may recover."""
    if isinstance(error, ClientError):
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return bool(
            status >= 500
            or error.response["Error"]["Code"] in ("RequestThrottled", "ThrottlingException")
        )
    return isinstance(error, BotoCoreError)


class Producer:
    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self.queue_url = queue_url

    def send(self, body: Any, **parameters: Any) -> str:
        """Sends one message; parameters are those of SendMessage. Its id."""
        reply = self._sqs.send_message(
            QueueUrl=self.queue_url, MessageBody=text_of(body), **parameters
        )
        return str(reply["MessageId"])

    def send_order_event(
        self, order: Dict[str, Any], priority: str = "normal", event_type: str = "OrderCreated"
    ) -> str:
        """Sends an order with attributes by which consumers can route it without reading the
        body."""
        attributes = {
            "eventType": event_type,
            "priority": priority,
            "customerId": order["customerId"],
            "orderAmount": order["totalAmount"],
        }
        return self.send(
            order,
            MessageAttributes={name: attribute(value) for name, value in attributes.items()},
            DelaySeconds=LOW_PRIORITY_DELAY_SECONDS if priority == "low" else 0,
        )

    def send_fifo(self, body: Any, group: str, deduplication_id: Optional[str] = None) -> str:
        """Sends to a FIFO queue. Without an id of their own, equal bodies are one message for 5
        minutes."""
        return self.send(
            body, MessageGroupId=group, MessageDeduplicationId=deduplication_id or content_id(body)
        )

    def send_with_retry(
        self, body: Any, max_retries: int = 3, base_seconds: float = 1.0, **parameters: Any
    ) -> str:
        """Sends; waits longer and longer between tries, by a random share so that clients spread
        out.

        On a standard queue a retry after a lost answer may store the message twice; on a FIFO queue
        the deduplication id, which is the same in every try, prevents that.
        """
        for attempt in range(max_retries + 1):
            try:
                return self.send(body, **parameters)
            except (BotoCoreError, ClientError) as error:
                if attempt == max_retries or not may_succeed_later(error):
                    raise
                pause = base_seconds * 2**attempt * random.uniform(0.5, 1.0)
                log.warning("try %d failed (%s), next in %.1f s", attempt + 1, error, pause)
                time.sleep(pause)
        raise AssertionError("unreachable")

    def send_batch(self, messages: Sequence[Dict[str, Any]], tries: int = 3) -> List[str]:
        """Sends any number of messages, ten a request. Each has a `body` and SendMessage's
        parameters.

        A batch may succeed in parts: entries the server failed to store are sent again; those it
        refused, or that failed `tries` times, are raised as SendFailed after all others were sent.
        The message ids, in the order given.
        """
        entries = [
            {
                "Id": str(index),
                "MessageBody": text_of(message["body"]),
                **{name: value for name, value in message.items() if name != "body"},
            }
            for index, message in enumerate(messages)
        ]
        sent: Dict[str, str] = {}
        reasons: Dict[str, str] = {}
        for batch in connection.chunks(entries, BATCH_MAX):
            self._send_entries(list(batch), tries, sent, reasons)
        if reasons:
            raise SendFailed([entry for entry in entries if entry["Id"] in reasons], reasons)
        return [sent[entry["Id"]] for entry in entries]

    def _send_entries(
        self,
        entries: List[Dict[str, Any]],
        tries: int,
        sent: Dict[str, str],
        reasons: Dict[str, str],
    ) -> None:
        for attempt in range(tries):
            reply = self._sqs.send_message_batch(QueueUrl=self.queue_url, Entries=entries)
            sent.update((done["Id"], done["MessageId"]) for done in reply.get("Successful", []))
            again = set()
            for failure in reply.get("Failed", []):
                if failure["SenderFault"] or attempt + 1 == tries:
                    reasons[failure["Id"]] = failure["Message"]
                else:
                    again.add(failure["Id"])
            entries = [entry for entry in entries if entry["Id"] in again]
            if not entries:
                return


def main(argv: Optional[Sequence[str]] = None) -> None:
    parser = connection.parser("Sends order events; to a FIFO queue when the name ends in .fifo.")
    parser.add_argument("--queue", default="orders")
    parser.add_argument(
        "--count", type=int, default=10, help="how many orders (default: %(default)s)"
    )
    parser.add_argument("--priority", choices=("high", "normal", "low"), default="normal")
    arguments = parser.parse_args(argv)
    sqs = connection.connect(arguments)
    producer = Producer(sqs, connection.queue_url(sqs, arguments.queue))
    for number in range(arguments.count):
        order: Dict[str, Any] = {
            "orderId": number,
            "customerId": f"customer-{number % 3}",
            "totalAmount": 9.5 + number,
        }
        if arguments.queue.endswith(".fifo"):
            message_id = producer.send_fifo(order, group=order["customerId"])
        else:
            message_id = producer.send_order_event(order, arguments.priority)
        log.info("order %d is message %s", number, message_id)


if __name__ == "__main__":
    main()
