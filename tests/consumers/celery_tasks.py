# SPDX-License-Identifier: Apache-2.0
"""The Celery application of the tests: `celery -A celery_tasks worker` in one process, `make_app()`
in another that sends the tasks.

Both take the same settings; a worker finds them in $CELERY_TASKS_SETTINGS. Every run of a task adds
a line to the file $CELERY_TASKS_RUNS, so that a run is seen whatever becomes of its worker.
"""

from __future__ import annotations

import ast
import json
import os
import time
from pathlib import Path
from typing import Any, Dict

from celery import Celery, Task

from forebay_server import wait_until

SETTINGS = "CELERY_TASKS_SETTINGS"
RUNS = "CELERY_TASKS_RUNS"
GATE_SECONDS_MAX = 60.0
# A flaky task succeeds when it has failed so often.
FAILURES = 2


def record(event: str, number: int) -> None:
    """One write, so that lines of several processes never mix."""
    line = json.dumps({"event": event, "number": number, "pid": os.getpid(), "at": time.time()})
    runs = os.open(os.environ[RUNS], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(runs, line.encode() + b"\n")
    finally:
        os.close(runs)


def runs_of(event: str, number: int) -> int:
    lines = map(json.loads, Path(os.environ[RUNS]).read_text().splitlines())
    return sum(line["event"] == event and line["number"] == number for line in lines)


def add(number: int, other: int) -> int:
    record("add", number)
    return number + other


def flaky(self: Task, number: int) -> int:
    """Asks for another run, which is a new message, until it has failed often enough."""
    record("flaky", number)
    if self.request.retries < FAILURES:
        raise self.retry(countdown=0, max_retries=FAILURES)
    return number


def held(number: int, gate: str) -> int:
    """Runs until the file `gate` exists."""
    record("started", number)
    wait_until(Path(gate).exists, GATE_SECONDS_MAX, gate)
    record("finished", number)
    return number


def unsteady(number: int, failures: int) -> int:
    """Fails for the first deliveries of its one message, which is acknowledged only on success."""
    record("unsteady", number)
    deliveries = runs_of("unsteady", number)
    if deliveries <= failures:
        raise ValueError(f"delivery {deliveries} of {number} fails")
    return deliveries


def make_app(settings: Dict[str, Any]) -> Celery:
    app = Celery("celery_tasks", set_as_current=False)
    app.conf.update(settings)
    app.task(name="add")(add)
    app.task(name="flaky", bind=True)(flaky)
    app.task(name="held")(held)
    app.task(name="unsteady", acks_late=True, acks_on_failure_or_timeout=False)(unsteady)
    return app


if SETTINGS in os.environ:
    app = make_app(ast.literal_eval(os.environ[SETTINGS]))
