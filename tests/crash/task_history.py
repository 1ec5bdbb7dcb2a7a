# SPDX-License-Identifier: Apache-2.0
"""What was told about the move tasks of one source, and whether what is told later agrees with it.

A task is known by its StartedTimestamp: one at a time runs, and each takes longer than a
millisecond, for a reply waits for the disk.
"""

from __future__ import annotations

import threading
from typing import Any, Dict, List, Set, Tuple

RUNNING = "RUNNING"
ENDS = ("COMPLETED", "CANCELLED", "FAILED")


class TaskHistory:
    """Thread-safe. One thread at a time asks, so that replies come in the order of questions."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: Dict[int, Tuple[str, int, int]] = {}  # status, moved, to move
        self._cancelled: Set[str] = set()
        self.violations: List[str] = []

    def cancelled(self, handle: str) -> None:
        """A cancellation was acknowledged."""
        with self._lock:
            self._cancelled.add(handle)

    def listed(self, results: List[Dict[str, Any]]) -> None:
        """A reply of ListMessageMoveTasks that asked for ten."""
        with self._lock:
            for place, task in enumerate(results):
                self._learn(place, task)
            started = [int(task["StartedTimestamp"]) for task in results]
            if started != sorted(started, reverse=True):
                self.violations.append(f"tasks out of order: {started}")
            for known in self._told:
                if known not in started and (len(started) < 10 or known > min(started)):
                    self.violations.append(f"the task started at {known} is forgotten")

    def _learn(self, place: int, task: Dict[str, Any]) -> None:
        started = int(task["StartedTimestamp"])
        now = (
            str(task["Status"]),
            int(task["ApproximateNumberOfMessagesMoved"]),
            int(task["ApproximateNumberOfMessagesToMove"]),
        )
        before = self._told.setdefault(started, now)
        over = before[0] in ENDS
        if (over and now != before) or now[1] < before[1] or now[2] != before[2]:
            self.violations.append(f"the task started at {started} was {before}, is {now}")
        if now[0] not in (RUNNING, *ENDS) or now[1] > now[2]:
            self.violations.append(f"the task started at {started} is {now}")
        if now[0] == RUNNING and (place > 0 or task["TaskHandle"] in self._cancelled):
            self.violations.append(f"the task started at {started} should have ended")
        self._told[started] = now

    def count(self, status: str) -> int:
        with self._lock:
            return sum(1 for told in self._told.values() if told[0] == status)

    def moved(self) -> int:
        with self._lock:
            return sum(told[1] for told in self._told.values())
