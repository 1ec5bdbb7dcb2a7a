# SPDX-License-Identifier: Apache-2.0
"""What clients did and were told, and whether what they are told later agrees with it.

Every body is unique. A call that got no answer may or may not have had its effect: either is right,
and the history learns which from what is seen later. What was answered must hold for ever.

A message is hidden while it is in flight or delayed. Its end is known as a lower bound only: the
server counted from some moment after the request was sent. What is told before that moment, to a
request sent after the message was known to be hidden, must not contain it.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import DefaultDict, Dict, Iterable, List, Mapping, Optional, Tuple

VIOLATIONS_KEPT = 10_000
NAME = 17  # how much of a body tells it from all others
CLOCK_MARGIN = 0.1  # seconds; the server's clock is another one, in whole milliseconds


@dataclass
class Sent:
    """One message. `group` is empty and `index` unused on standard queues. Moments are
    monotonic."""

    body: str
    queue: str
    group: str
    index: int
    message_id: str = ""  # set by the first acknowledgement
    sequence: int = 0
    acknowledged_at: Optional[float] = None
    old_ids: Dict[str, float] = field(default_factory=dict)  # and when a newer one was told
    deletions_open: int = 0  # deletions asked for and not refused; unanswered ones stay open
    deleted_at: Optional[float] = None  # when a deletion was acknowledged
    hidden_since: float = 0  # when it was known to be hidden
    hidden_until: float = 0  # at least
    changes_open: int = 0  # of visibility, unanswered: nothing is known about hidden_until
    received_from: str = ""
    receive_count: int = 0
    unknown_receives_before: int = 0  # of its queue
    dead_since: Optional[float] = None  # FIFO: when it was seen in the dead-letter queue

    @property
    def name(self) -> str:
        return self.body[:NAME]

    def maybe_deleted(self) -> bool:
        return self.deletions_open > 0 or self.deleted_at is not None

    def hidden(self, asked_at: float, now: float) -> bool:
        """For whatever is told now to a request sent at `asked_at`."""
        return (
            not self.changes_open
            and self.hidden_since <= asked_at
            and now < self.hidden_until - CLOCK_MARGIN
        )


class History:
    """Thread-safe. Broken promises are collected in `violations`.

    `dead_letter_queues` names, for each of them, the queue it belongs to. Between standard queues
    messages go back and forth, and a move task gives them new ids; FIFO ones stay in the
    dead-letter queue. Everything is told and asked of a pair under the latter's name, but receives.
    """

    def __init__(
        self,
        dead_letter_queues: Optional[Mapping[str, str]] = None,
        visibility_timeout: float = 0,
        receive_count_max: int = 1,
    ) -> None:
        self._homes = dict(dead_letter_queues or {})
        self._visibility_timeout = visibility_timeout
        self._receive_count_max = receive_count_max
        self._id_owners: Dict[str, str] = {}
        self._lock = threading.Lock()
        self._messages: Dict[str, Sent] = {}
        self._there: DefaultDict[str, Dict[str, Sent]] = defaultdict(dict)  # not surely deleted
        self._groups: DefaultDict[Tuple[str, str], List[Sent]] = defaultdict(list)
        self._deleted_prefix: DefaultDict[Tuple[str, str], int] = defaultdict(int)
        self._in_flight: DefaultDict[Tuple[str, str], List[Sent]] = defaultdict(list)
        self._dead_groups: DefaultDict[Tuple[str, str], List[Sent]] = defaultdict(list)
        self._unknown_receives: DefaultDict[str, int] = defaultdict(int)
        self._emptyings_open: DefaultDict[str, int] = defaultdict(int)
        self.violations: List[str] = []
        self.acknowledged = 0
        self.received_count = 0
        self.deleted_count = 0
        self.emptied_count = 0  # messages that were purged or went with their queue
        self.resent_count = 0
        self.redriven_count = 0
        self.dead_fifo_count = 0

    # Sending.

    def sending(self, queue: str, body: str, group: str = "", delay: float = 0) -> None:
        """A new message is about to be sent. In a group, messages are sent one call after the
        other."""
        with self._lock:
            now = time.monotonic()
            in_group = self._groups[queue, group] if group else []
            message = Sent(body, queue, group, len(in_group))
            message.hidden_since, message.hidden_until = now, now + delay
            message.unknown_receives_before = self._unknown_receives[queue]
            message.deletions_open = self._emptyings_open[queue]
            in_group.append(message)
            self._messages[body] = self._there[queue][body] = message

    def sent(self, body: str, message_id: str, sequence: int = 0) -> None:
        """A send was acknowledged. A second one, of the same deduplication id, must name the same
        message."""
        with self._lock:
            message = self._messages[body]
            if message.message_id:
                self.resent_count += 1
                if (message.message_id, message.sequence) != (message_id, sequence):
                    self._violated(
                        f"duplicate of {body[:NAME]} stored: {message.message_id} then {message_id}"
                    )
                return
            message.message_id = message_id
            message.sequence = sequence
            message.acknowledged_at = time.monotonic()
            self.acknowledged += 1
            self._check_sequence(message)

    def _check_sequence(self, message: Sent) -> None:
        if not message.group or not message.index:
            return
        before = self._groups[message.queue, message.group][message.index - 1]
        if before.sequence >= message.sequence:
            self._violated(
                f"{message.name} has sequence {message.sequence}, the one before {before.sequence}"
            )

    # Deleting.

    def deleting(self, bodies: Iterable[str]) -> None:
        with self._lock:
            for body in bodies:
                self._messages[body].deletions_open += 1

    def deleted(self, body: str, handle_from: Optional[float] = None) -> None:
        """`handle_from` is when the receive was asked for that gave the handle. Of a pair of
        queues an old handle is told that all is well, and deletes nothing in the other one."""
        with self._lock:
            message = self._messages[body]
            if message.queue in self._homes.values() and self._is_old(handle_from):
                return
            message.deletions_open -= 1
            self._is_gone(message)
            self.deleted_count += 1

    def _is_old(self, handle_from: Optional[float]) -> bool:
        if handle_from is None:
            return False
        return time.monotonic() >= handle_from + self._visibility_timeout - CLOCK_MARGIN

    def _is_gone(self, message: Sent) -> None:
        if message.deleted_at is None:
            message.deleted_at = time.monotonic()
            self._there[message.queue].pop(message.body, None)

    def delete_refused(self, body: str) -> None:
        """The handle had expired; the message stays."""
        with self._lock:
            self._messages[body].deletions_open -= 1

    # Purges, and deletions of queues.

    def emptying(self, queue: str) -> float:
        """Everything in the queue is about to be deleted. Returns the moment, for emptied()."""
        with self._lock:
            self._emptyings_open[queue] += 1
            for message in self._there[queue].values():
                message.deletions_open += 1
            return time.monotonic()

    def emptied(self, queue: str, asked_at: float) -> None:
        """That was acknowledged: what had been acknowledged before `asked_at` is gone; what was
        being sent meanwhile is, perhaps."""
        with self._lock:
            self._emptyings_open[queue] -= 1
            for message in list(self._there[queue].values()):
                if message.acknowledged_at is not None and message.acknowledged_at < asked_at:
                    self._is_gone(message)
                    self.emptied_count += 1

    # Visibility.

    def changing(self, bodies: Iterable[str], timeout: float) -> None:
        """The visibility timeout is about to be changed."""
        with self._lock:
            until = time.monotonic() + timeout
            for body in bodies:
                message = self._messages[body]
                message.changes_open += 1
                message.hidden_until = min(message.hidden_until, until)

    def changed(self, body: str, asked_at: float, timeout: float) -> None:
        with self._lock:
            message = self._messages[body]
            message.changes_open -= 1
            message.hidden_since = time.monotonic()
            message.hidden_until = asked_at + timeout

    def change_refused(self, body: str) -> None:
        with self._lock:
            self._messages[body].changes_open -= 1

    # Calls that got no answer.

    def receive_unknown(self, queue: str) -> None:
        """A receive got no answer: any message may have been received once more."""
        with self._lock:
            self._unknown_receives[self._homes.get(queue, queue)] += 1

    def settled(self) -> None:
        """Nothing that got no answer can have its effect later than now."""
        with self._lock:
            self._emptyings_open.clear()
            for messages in self._there.values():
                for message in messages.values():
                    if message.changes_open:
                        message.changes_open = 0
                        message.hidden_until = 0

    # Receiving.

    def received(self, queue: str, asked_at: float, messages: List[Tuple[str, str]]) -> None:
        """Bodies and message ids of one reply, in its order, to a request sent at `asked_at`."""
        home = self._homes.get(queue, queue)
        with self._lock:
            now = time.monotonic()
            by_group: DefaultDict[str, List[Sent]] = defaultdict(list)
            for body, message_id in messages:
                self.received_count += 1
                message = self._messages.get(body)
                if message is None or message.queue != home:
                    self._violated(
                        f"{body[:NAME]!r} received from {queue}, where it was never sent"
                    )
                    continue
                self._check_id(message, message_id, asked_at)
                if message.deleted_at is not None and message.deleted_at < asked_at:
                    self._violated(f"{body[:NAME]} received although its deletion was acknowledged")
                if message.hidden(asked_at, now):
                    left = message.hidden_until - now
                    self._violated(f"{body[:NAME]} received {left:.1f} s before it is visible")
                by_group[message.group].append(message)
            for group, found in by_group.items():
                if group:
                    self._check_group(queue, group, found, asked_at)
                for message in found:
                    self._is_in_flight(message, queue, asked_at, now)

    def _is_in_flight(self, message: Sent, queue: str, asked_at: float, now: float) -> None:
        message.receive_count += 1
        message.received_from = queue
        message.hidden_since = now
        message.hidden_until = asked_at + self._visibility_timeout
        if message.group:
            self._in_flight[queue, message.group].append(message)

    def _check_id(self, message: Sent, message_id: str, asked_at: float) -> None:
        if message.group or message.queue not in self._homes.values():
            if message.message_id and message.message_id != message_id:
                self._violated(
                    f"{message.name} has id {message_id}, acknowledged as {message.message_id}"
                )
        else:
            self._check_redriven_id(message, message_id, asked_at)

    def _check_redriven_id(self, message: Sent, message_id: str, asked_at: float) -> None:
        """A new id may come at any time; an old one never comes back, and none is another
        message's."""
        if self._id_owners.setdefault(message_id, message.body) != message.body:
            self._violated(f"{message.name} has the id of {self._id_owners[message_id][:NAME]}")
        if not message.message_id or message_id == message.message_id:
            return
        replaced_at = message.old_ids.get(message_id)
        if replaced_at is None:
            message.old_ids[message.message_id] = time.monotonic()
            message.message_id = message_id
            self.redriven_count += 1
        elif replaced_at < asked_at:
            self._violated(f"{message.name} has its old id {message_id} again")

    def _check_group(self, queue: str, group: str, found: List[Sent], asked_at: float) -> None:
        self._check_exclusive(queue, group, found, asked_at)
        if queue in self._homes:
            self._check_dead_order(queue, group, found)
            return
        for message in found:
            if message.dead_since is not None and message.dead_since < asked_at:
                self._violated(f"{message.name} received again from {queue}, was in its DLQ")
        self._check_order(queue, group, found)

    def _check_exclusive(self, queue: str, group: str, found: List[Sent], asked_at: float) -> None:
        """While one message of a group is in flight, none behind it is received. (One before it
        may be, that was given back.)"""
        now = time.monotonic()
        in_flight = [
            message
            for message in self._in_flight[queue, group]
            if message.received_from == queue
            and not message.maybe_deleted()
            and now < message.hidden_until
        ]
        self._in_flight[queue, group] = in_flight
        for message in in_flight:
            if message.hidden(asked_at, now) and found[-1].index > message.index:
                self._violated(
                    f"{queue} {group}: {found[-1].index} received while {message.index}"
                    " is in flight"
                )

    def _check_order(self, queue: str, group: str, found: List[Sent]) -> None:
        """In a group nothing may be passed over but what is deleted or in the dead-letter queue."""
        in_group = self._groups[queue, group]
        next_index = self._advance_deleted_prefix(queue, group)
        for message in found:
            if message.index < next_index and not message.maybe_deleted():
                self._violated(f"{queue} {group}: {message.index} received after {next_index - 1}")
            for passed in in_group[next_index : message.index]:
                if not passed.maybe_deleted() and not self._maybe_dead(passed):
                    self._violated(
                        f"{queue} {group}: {message.index} received before {passed.index}"
                    )
            next_index = message.index + 1

    def _check_dead_order(self, queue: str, group: str, found: List[Sent]) -> None:
        """A dead-letter queue gets a group's messages in the group's order."""
        now = time.monotonic()
        there = [m for m in self._dead_groups[queue, group] if m.deleted_at is None]
        for place, message in enumerate(found):
            if message.dead_since is None:
                message.dead_since = now
                self.dead_fifo_count += 1
                there.append(message)
            if place and message.index < found[place - 1].index:
                self._violated(f"{queue} {group}: {message.index} received out of order")
            for other in there:
                passed = other.index < message.index and other not in found[:place]
                if passed and not other.maybe_deleted():
                    self._violated(
                        f"{queue} {group}: {message.index} received before {other.index}"
                    )
        self._dead_groups[queue, group] = there

    def _maybe_dead(self, message: Sent) -> bool:
        if message.queue not in self._homes.values():
            return False
        unknown = self._unknown_receives[message.queue] - message.unknown_receives_before
        return (
            message.dead_since is not None
            or message.receive_count + unknown >= self._receive_count_max
        )

    def _advance_deleted_prefix(self, queue: str, group: str) -> int:
        in_group = self._groups[queue, group]
        index = self._deleted_prefix[queue, group]
        while index < len(in_group) and in_group[index].deleted_at is not None:
            index += 1
        self._deleted_prefix[queue, group] = index
        return index

    # What must be there.

    def live_bounds(self, queue: str) -> Tuple[int, int]:
        """How many messages the queue holds at least and at most, when no call is open."""
        with self._lock:
            there = self._there[queue].values()
            least = sum(
                1 for message in there if message.message_id and not message.maybe_deleted()
            )
            return least, len(there)

    def check_count(self, queue: str, count: int) -> None:
        least, most = self.live_bounds(queue)
        if not least <= count <= most:
            with self._lock:
                self._violated(f"{queue} holds {count} messages, must be {least} to {most}")

    def check_drained(self, queue: str) -> None:
        """The queue was received and deleted until it was empty: nothing may be left."""
        with self._lock:
            for body, message in self._there[queue].items():
                if message.message_id and not message.maybe_deleted():
                    self._violated(f"{body[:NAME]} was acknowledged and is lost")

    def latest_acknowledged(self, queue: str, group: str, count: int) -> List[str]:
        with self._lock:
            latest = self._groups[queue, group][-3 * count :]
            return [message.body for message in latest if message.message_id][-count:]

    def backlog(self, queue: str) -> int:
        """About how many messages there are; for those who should not send too many."""
        return len(self._there[queue])

    def summary(self) -> str:
        return (
            f"{self.acknowledged} messages sent, {self.received_count} received,"
            f" {self.deleted_count} deleted, {self.emptied_count} purged,"
            f" {self.resent_count} sent again, {self.redriven_count} redriven,"
            f" {self.dead_fifo_count} of FIFO dead-lettered; {len(self.violations)} violations"
        )

    def _violated(self, text: str) -> None:
        if len(self.violations) < VIOLATIONS_KEPT:
            self.violations.append(text)
