# SPDX-License-Identifier: Apache-2.0
"""Makes queues for typical uses: standard, FIFO, dead-letter, high performance, batch work,
priorities.

python queue_manager.py standard orders
python queue_manager.py priority orders
"""

from __future__ import annotations

import json
from typing import Any, Dict, Optional, Sequence

import connection

DAY = 24 * 3600
LONG_POLL = {"ReceiveMessageWaitTimeSeconds": "20"}


class QueueManager:
    """Every method may be repeated: an existing queue gets the wanted settings and keeps its
    messages."""

    def __init__(self, sqs: Any) -> None:
        self._sqs = sqs

    def create_standard(self, name: str, **attributes: str) -> str:
        """Five minutes to process a message, two weeks to notice that nobody does."""
        return self._create(
            name,
            {
                "VisibilityTimeout": "300",
                "MessageRetentionPeriod": str(14 * DAY),
                **LONG_POLL,
                **attributes,
            },
        )

    def create_fifo(self, name: str, **attributes: str) -> str:
        """Order within each message group; equal bodies within five minutes count once.

        Deduplication and throughput are per group, so that groups do not slow each other.
        """
        fifo_name = name if name.endswith(".fifo") else name + ".fifo"
        return self._create(
            fifo_name,
            {
                "FifoQueue": "true",
                "ContentBasedDeduplication": "true",
                "DeduplicationScope": "messageGroup",
                "FifoThroughputLimit": "perMessageGroupId",
                "VisibilityTimeout": "300",
                "MessageRetentionPeriod": str(14 * DAY),
                **LONG_POLL,
                **attributes,
            },
        )

    def attach_dead_letter_queue(
        self, queue_url: str, name: Optional[str] = None, max_receive_count: int = 3
    ) -> str:
        """Messages received `max_receive_count` times without being deleted go to the queue `name`.

        A dead-letter queue is of the same type as its source. Its URL.
        """
        source = queue_url.rpartition("/")[2]
        if source.endswith(".fifo"):
            dead_url = self.create_fifo(name or source[: -len(".fifo")] + "-dead.fifo")
        else:
            dead_url = self.create_standard(name or source + "-dead")
        policy = {"deadLetterTargetArn": self.arn(dead_url), "maxReceiveCount": max_receive_count}
        self._sqs.set_queue_attributes(
            QueueUrl=queue_url, Attributes={"RedrivePolicy": json.dumps(policy)}
        )
        return dead_url

    def create_high_performance(self, name: str) -> str:
        """Short timeouts: a lost worker delays its messages by a minute only, and they get five
        tries."""
        url = self.create_standard(
            name, VisibilityTimeout="60", MessageRetentionPeriod=str(4 * DAY)
        )
        self.attach_dead_letter_queue(url, max_receive_count=5)
        return url

    def create_batch(self, name: str) -> str:
        """Jobs of up to 15 minutes that are collected for five minutes before the first may
        start."""
        url = self.create_standard(name, VisibilityTimeout="900", DelaySeconds="300")
        self.attach_dead_letter_queue(url, max_receive_count=2)
        return url

    def create_priority_set(self, base_name: str) -> Dict[str, str]:
        """Three queues, to be read in this order; low-priority messages wait a minute besides."""
        return {
            "high": self.create_standard(f"{base_name}-high-priority", VisibilityTimeout="30"),
            "normal": self.create_standard(f"{base_name}-normal-priority"),
            "low": self.create_standard(
                f"{base_name}-low-priority", VisibilityTimeout="600", DelaySeconds="60"
            ),
        }

    def arn(self, queue_url: str) -> str:
        found = self._sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
        return str(found["Attributes"]["QueueArn"])

    def _create(self, name: str, attributes: Dict[str, str]) -> str:
        try:
            return str(self._sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])
        except self._sqs.exceptions.QueueNameExists:
            url = str(self._sqs.get_queue_url(QueueName=name)["QueueUrl"])
            self._sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
            return url


def main(argv: Optional[Sequence[str]] = None) -> None:
    parser = connection.parser("Makes queues for typical uses.")
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    for kind, text in (
        ("standard", "a standard queue"),
        ("fifo", "a FIFO queue"),
        ("high-performance", "short timeouts and a dead-letter queue"),
        ("batch", "long jobs, collected before they start"),
        ("priority", "three queues by priority"),
    ):
        kinds.add_parser(kind, help=text).add_argument("name")
    dead = kinds.add_parser("dead-letter", help="a dead-letter queue for an existing queue")
    dead.add_argument("name", help="the existing queue")
    dead.add_argument("--max-receive-count", type=int, default=3)
    arguments = parser.parse_args(argv)
    sqs = connection.connect(arguments)
    manager = QueueManager(sqs)
    if arguments.kind == "dead-letter":
        url = sqs.get_queue_url(QueueName=arguments.name)["QueueUrl"]
        print(manager.attach_dead_letter_queue(url, max_receive_count=arguments.max_receive_count))
        return
    makers = {
        "standard": manager.create_standard,
        "fifo": manager.create_fifo,
        "batch": manager.create_batch,
        "high-performance": manager.create_high_performance,
        "priority": manager.create_priority_set,
    }
    made: Any = makers[arguments.kind](arguments.name)
    for url in made.values() if isinstance(made, dict) else [made]:
        print(url)


if __name__ == "__main__":
    main()
