# SPDX-License-Identifier: Apache-2.0
"""Sends many items to a FIFO queue, ten a request, in order and each once.

Every item's deduplication id is made from the run and the item, so that after a crash or a lost
answer the whole run can simply be sent again: what is there already is not stored twice (for five
minutes).

    python fifo_batch_sender.py --queue ledger.fifo --run monday --count 25
"""

from __future__ import annotations

import json
import logging
import time
from typing import Any, Dict, List, Optional, Sequence

from botocore.exceptions import BotoCoreError

import connection

log = logging.getLogger("fifo")
BATCH_MAX = 10
TRIES = 5


class OrderBroken(Exception):
    """An entry was not stored although later ones of its batch were. Nothing after the batch was
    sent."""


def send_in_order(sqs: Any, queue_url: str, items: Sequence[Dict[str, Any]], run: str) -> List[str]:
    """Sends all items, each with a unique `id`, as one message group. The sequence numbers."""
    numbers: List[str] = []
    for batch in connection.chunks(items, BATCH_MAX):
        entries = [
            {
                "Id": str(index),
                "MessageBody": json.dumps(item, default=str),
                "MessageGroupId": run,
                "MessageDeduplicationId": f"{run}_{item['id']}",
            }
            for index, item in enumerate(batch)
        ]
        numbers += _send(sqs, queue_url, entries)
    return numbers


def _send(sqs: Any, queue_url: str, entries: List[Dict[str, Any]]) -> List[str]:
    for attempt in range(TRIES):
        try:
            reply = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)
        except BotoCoreError as error:
            # Whether it was stored is unknown. The same entries again are right either way.
            if attempt + 1 == TRIES:
                raise
            log.warning("no answer (%s), sending the same again", error)
            time.sleep(0.2 * 2**attempt)
            continue
        if reply.get("Failed"):
            raise OrderBroken(reply["Failed"])
        by_id = {done["Id"]: done["SequenceNumber"] for done in reply["Successful"]}
        return [by_id[entry["Id"]] for entry in entries]
    raise AssertionError("unreachable")


def main(argv: Optional[Sequence[str]] = None) -> None:
    parser = connection.parser("Sends numbered items to a FIFO queue in order.")
    parser.add_argument("--queue", default="ledger.fifo")
    parser.add_argument(
        "--run", default="run", help="names this run; sending it again stores nothing twice"
    )
    parser.add_argument("--count", type=int, default=25)
    arguments = parser.parse_args(argv)
    sqs = connection.connect(arguments)
    items = [{"id": number, "text": f"entry {number}"} for number in range(arguments.count)]
    numbers = send_in_order(sqs, connection.queue_url(sqs, arguments.queue), items, arguments.run)
    log.info("%d items sent, sequence numbers %s to %s", len(numbers), numbers[0], numbers[-1])


if __name__ == "__main__":
    main()
