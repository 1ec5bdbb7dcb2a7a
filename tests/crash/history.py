# SPDX-License-Identifier: Apache-2.0
"""What clients did and were told, and whether what they are told later agrees with it.

Every body is unique. A call that got no answer may or may not have had its effect: either is right,
and the history learns which from what is seen later. What was answered must hold for ever.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import DefaultDict, Dict, Iterable, List, Optional, Tuple

VIOLATIONS_KEPT = 20


@dataclass
class Sent:
    """One message. `group` is empty and `index` unused on standard queues."""

    queue: str
    group: str
    index: int
    message_id: str = ""  # set by the first acknowledgement
    sequence: int = 0
    old_ids: Dict[str, float] = field(default_factory=dict)  # and when a newer one was told
    deletions_open: int = 0  # deletions asked for and not refused; unanswered ones stay open
    deleted_at: Optional[float] = None  # when a deletion was acknowledged

    def maybe_deleted(self) -> bool:
        return self.deletions_open > 0 or self.deleted_at is not None


class History:
    """Thread-safe. Broken promises are collected in `violations`.

    `dead_letter_queues` names, for each of them, the queue it belongs to: messages go back and
    forth between the two, and a move task gives them new ids. Everything is told and asked of the
    pair under the latter's name, but receives.
    """

    def __init__(self, dead_letter_queues: Optional[Dict[str, str]] = None) -> None:
        self._homes = dead_letter_queues or {}
        self._id_owners: Dict[str, str] = {}
        self._lock = threading.Lock()
        self._messages: Dict[str, Sent] = {}
        self._groups: DefaultDict[Tuple[str, str], List[str]] = defaultdict(list)
        self._deleted_prefix: DefaultDict[Tuple[str, str], int] = defaultdict(int)
        self.violations: List[str] = []
        self.acknowledged = 0
        self.received_count = 0
        self.deleted_count = 0
        self.resent_count = 0
        self.redriven_count = 0

    # Sending.

    def sending(self, queue: str, body: str, group: str = "") -> None:
        """A new message is about to be sent. In a group, messages are sent one call after the
        other."""
        with self._lock:
            bodies = self._groups[queue, group]
            self._messages[body] = Sent(queue, group, len(bodies))
            bodies.append(body)

    def sent(self, body: str, message_id: str, sequence: int = 0) -> None:
        """A send was acknowledged. A second one, of the same deduplication id, must name the same
        message."""
        with self._lock:
            message = self._messages[body]
            if message.message_id:
                self.resent_count += 1
                if (message.message_id, message.sequence) != (message_id, sequence):
                    self._violated(
                        f"duplicate of {body} stored: {message.message_id} then {message_id}"
                    )
                return
            message.message_id = message_id
            message.sequence = sequence
            self.acknowledged += 1
            self._check_sequence(body, message)

    def _check_sequence(self, body: str, message: Sent) -> None:
        if not message.group or not message.index:
            return
        before = self._messages[self._groups[message.queue, message.group][message.index - 1]]
        if before.sequence >= message.sequence:
            self._violated(
                f"{body} has sequence {message.sequence}, the one before has {before.sequence}"
            )

    # Deleting.

    def deleting(self, bodies: Iterable[str]) -> None:
        with self._lock:
            for body in bodies:
                self._messages[body].deletions_open += 1

    def deleted(self, body: str) -> None:
        with self._lock:
            message = self._messages[body]
            message.deletions_open -= 1
            if message.deleted_at is None:
                message.deleted_at = time.monotonic()
                self.deleted_count += 1

    def delete_refused(self, body: str) -> None:
        """The handle had expired; the message stays."""
        with self._lock:
            self._messages[body].deletions_open -= 1

    # Receiving.

    def received(self, queue: str, asked_at: float, messages: List[Tuple[str, str]]) -> None:
        """Bodies and message ids of one reply, in its order, to a request sent at `asked_at`
        (monotonic)."""
        home = self._homes.get(queue, queue)
        with self._lock:
            by_group: DefaultDict[str, List[Sent]] = defaultdict(list)
            for body, message_id in messages:
                self.received_count += 1
                message = self._messages.get(body)
                if message is None or message.queue != home:
                    self._violated(f"{body!r} received from {queue}, where it was never sent")
                    continue
                if home in self._homes.values():
                    self._check_redriven_id(body, message, message_id, asked_at)
                elif message.message_id and message.message_id != message_id:
                    self._violated(
                        f"{body} has id {message_id}, acknowledged as {message.message_id}"
                    )
                if message.deleted_at is not None and message.deleted_at < asked_at:
                    self._violated(f"{body} received although its deletion was acknowledged")
                by_group[message.group].append(message)
            for group, found in by_group.items():
                if group:
                    self._check_order(queue, group, found)

    def _check_redriven_id(
        self, body: str, message: Sent, message_id: str, asked_at: float
    ) -> None:
        """A new id may come at any time; an old one never comes back, and none is another
        message's."""
        if self._id_owners.setdefault(message_id, body) != body:
            self._violated(f"{body} has the id of {self._id_owners[message_id]}")
        if not message.message_id or message_id == message.message_id:
            return
        replaced_at = message.old_ids.get(message_id)
        if replaced_at is None:
            message.old_ids[message.message_id] = time.monotonic()
            message.message_id = message_id
            self.redriven_count += 1
        elif replaced_at < asked_at:
            self._violated(f"{body} has its old id {message_id} again")

    def _check_order(self, queue: str, group: str, found: List[Sent]) -> None:
        """In a group nothing may be passed over but what is deleted."""
        bodies = self._groups[queue, group]
        next_index = self._advance_deleted_prefix(queue, group)
        for message in found:
            if message.index < next_index and not message.maybe_deleted():
                self._violated(f"{queue} {group}: {message.index} received after {next_index - 1}")
            for index in range(next_index, message.index):
                if not self._messages[bodies[index]].maybe_deleted():
                    self._violated(f"{queue} {group}: {message.index} received before {index}")
            next_index = message.index + 1

    def _advance_deleted_prefix(self, queue: str, group: str) -> int:
        bodies = self._groups[queue, group]
        index = self._deleted_prefix[queue, group]
        while index < len(bodies) and self._messages[bodies[index]].deleted_at is not None:
            index += 1
        self._deleted_prefix[queue, group] = index
        return index

    # What must be there.

    def live_bounds(self, queue: str) -> Tuple[int, int]:
        """How many messages the queue holds at least and at most, when no call is open."""
        with self._lock:
            mine = [message for message in self._messages.values() if message.queue == queue]
            least = sum(1 for message in mine if message.message_id and not message.maybe_deleted())
            most = sum(1 for message in mine if message.deleted_at is None)
            return least, most

    def check_count(self, queue: str, count: int) -> None:
        least, most = self.live_bounds(queue)
        if not least <= count <= most:
            with self._lock:
                self._violated(f"{queue} holds {count} messages, must be {least} to {most}")

    def check_drained(self, queue: str) -> None:
        """The queue was received and deleted until it was empty: nothing may be left."""
        with self._lock:
            for body, message in self._messages.items():
                if message.queue == queue and message.message_id and not message.maybe_deleted():
                    self._violated(f"{body} was acknowledged and is lost")

    def latest_acknowledged(self, queue: str, group: str, count: int) -> List[str]:
        with self._lock:
            bodies = [
                body
                for body in self._groups[queue, group][-3 * count :]
                if self._messages[body].message_id
            ]
            return bodies[-count:]

    def _violated(self, text: str) -> None:
        if len(self.violations) < VIOLATIONS_KEPT:
            self.violations.append(text)
