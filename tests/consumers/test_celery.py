# SPDX-License-Identifier: Apache-2.0
"""Celery workers with Forebay as their broker: real processes, tasks of every kind, kills."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

import celery_tasks
from celery_project import Project
from forebay_server import ForebayServer, wait_until
from sqs_clients import (
    arn_of,
    attributes_of,
    counts,
    receive,
    receive_within,
    redrive_policy,
    unique_name,
    wait_for_empty,
)

TASK_SECONDS_MAX = 90.0
ADDITIONS, FLAKY, DELAYED = 140, 40, 20


@pytest.fixture
def project(tmp_path: Path, server: ForebayServer) -> Iterator[Callable[..., Project]]:
    """Makes projects; ends their workers."""
    made: List[Project] = []

    def make(queue: str, transport: Dict[str, Any], **settings: Any) -> Project:
        directory = tmp_path / f"project-{len(made)}"
        directory.mkdir()
        made.append(Project(directory, server, queue, transport, **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


def predefined(name: str, url: str, **more: Any) -> Dict[str, Any]:
    return {
        "predefined_queues": {
            name: {"url": url, "access_key_id": "test", "secret_access_key": "test", **more}
        }
    }


def send_and_check_tasks(one: Project) -> None:
    """Two hundred tasks: plain ones, some that fail twice, some that wait for their time."""
    tasks = one.app.tasks
    expected = {tasks["flaky"].delay(n): n for n in range(FLAKY)}
    sent_at = time.time()
    later = [tasks["add"].apply_async((n, 1), countdown=2) for n in range(1000, 1000 + DELAYED)]
    expected.update({result: 1001 + n for n, result in enumerate(later)})
    expected.update({tasks["add"].delay(n, 1): n + 1 for n in range(ADDITIONS)})
    for result, value in expected.items():
        assert result.get(timeout=TASK_SECONDS_MAX, interval=0.02) == value
    assert len(expected) == 200
    assert sorted(one.numbers("flaky")) == sorted(
        list(range(FLAKY)) * (celery_tasks.FAILURES + 1)
    ), "every flaky task runs three times"
    assert sorted(one.numbers("add")) == sorted(
        [*range(ADDITIONS), *range(1000, 1000 + DELAYED)]
    ), "every other task runs once"
    early = [run for run in one.runs("add") if run["number"] >= 1000 and run["at"] < sent_at + 2]
    assert early == []


def test_two_hundred_tasks_on_a_predefined_queue(
    project: Callable[..., Project], sqs: Any, queue: Callable[..., str]
) -> None:
    url = queue(VisibilityTimeout="120")
    one = project("tasks", predefined("tasks", url))
    worker = one.worker("--pool", "prefork", "--concurrency", "2")
    send_and_check_tasks(one)
    wait_for_empty(sqs, url)
    assert worker.stop() == 0
    assert worker.complaints() == []


def test_two_hundred_tasks_on_a_queue_that_celery_creates(
    project: Callable[..., Project], sqs: Any, server: ForebayServer
) -> None:
    prefix = unique_name("celery") + "-"
    one = project(
        "tasks.default",
        {
            "queue_name_prefix": prefix,
            "visibility_timeout": 120,
            "sqs-creation-attributes": {"KmsMasterKeyId": "alias/aws/sqs"},
            "queue_tags": {"team": "tasks"},
        },
        worker_enable_remote_control=False,
    )
    worker = one.worker("--pool", "solo")
    url = server.queue_url(f"{prefix}tasks-default")
    created = attributes_of(sqs, url)
    assert created["VisibilityTimeout"] == "120"
    assert created["KmsMasterKeyId"] == "alias/aws/sqs"
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "tasks"}
    send_and_check_tasks(one)
    wait_for_empty(sqs, url)
    assert worker.stop() == 0
    assert worker.complaints() == []


def test_a_task_of_a_killed_worker_is_done_by_another(
    project: Callable[..., Project], sqs: Any, queue: Callable[..., str], tmp_path: Path
) -> None:
    url = queue(VisibilityTimeout="5")
    one = project("tasks", predefined("tasks", url), task_acks_late=True)
    first = one.worker("--pool", "solo")
    gate = tmp_path / "gate"
    result = one.app.tasks["held"].delay(7, str(gate))
    wait_until(lambda: one.runs("started"), TASK_SECONDS_MAX, "the task to run")
    first.kill()
    assert one.runs("finished") == []
    gate.touch()
    second = one.worker("--pool", "solo")
    assert result.get(timeout=TASK_SECONDS_MAX, interval=0.05) == 7
    assert [run["pid"] for run in one.runs("started")] == [first.pid, second.pid]
    assert [run["pid"] for run in one.runs("finished")] == [second.pid]
    wait_for_empty(sqs, url)


def test_a_stopped_worker_leaves_nothing_in_flight(
    project: Callable[..., Project], sqs: Any, queue: Callable[..., str], tmp_path: Path
) -> None:
    """The visibility timeout is longer than the test: what the worker does not give back is not
    seen again."""
    url = queue(VisibilityTimeout="600")
    one = project("tasks", predefined("tasks", url))
    first = one.worker("--pool", "prefork", "--concurrency", "2")
    gate = tmp_path / "gate"
    results = [one.app.tasks["held"].delay(n, str(gate)) for n in range(20)]
    wait_until(lambda: len(one.runs("started")) == 2, TASK_SECONDS_MAX, "two tasks to run")
    wait_until(lambda: counts(sqs, url)[1] > 0, TASK_SECONDS_MAX, "tasks to be prefetched")
    first.ask_to_stop()
    wait_until(lambda: "Warm shutdown" in first.log(), TASK_SECONDS_MAX, "the shutdown to begin")
    gate.touch()
    assert first.process.wait(TASK_SECONDS_MAX) == 0
    left = 20 - len(one.runs("finished"))
    assert left > 0
    wait_until(lambda: counts(sqs, url) == (left, 0, 0), 20, f"{left} tasks to be given back")
    one.worker("--pool", "prefork", "--concurrency", "2")
    assert [r.get(timeout=TASK_SECONDS_MAX, interval=0.02) for r in results] == list(range(20))
    assert sorted(one.numbers("finished")) == list(range(20)), "each task ran once"


def test_fifo_tasks_keep_their_order_and_are_sent_once(
    project: Callable[..., Project], sqs: Any, fifo: Callable[..., str]
) -> None:
    url = fifo(VisibilityTimeout="60")
    one = project("tasks.fifo", predefined("tasks.fifo", url))
    one.worker("--pool", "solo")
    results = {}
    for n in range(30):
        # Numbers of a group are those with the same last digit of three.
        ids = {"MessageGroupId": f"group-{n % 3}", "MessageDeduplicationId": f"task-{n}"}
        results[n] = one.app.tasks["add"].apply_async((n, 0), **ids)
        one.app.tasks["add"].apply_async((n, 0), **ids)
    for n, result in results.items():
        assert result.get(timeout=TASK_SECONDS_MAX, interval=0.02) == n
    wait_for_empty(sqs, url)
    ran = one.numbers("add")
    assert sorted(ran) == list(range(30)), "a task sent twice under one id runs once"
    for group in range(3):
        assert [n for n in ran if n % 3 == group] == list(range(group, 30, 3))


def test_a_fifo_group_waits_for_its_running_task(
    project: Callable[..., Project], sqs: Any, fifo: Callable[..., str], tmp_path: Path
) -> None:
    """A task is acknowledged when it is done, so until then its group belongs to its worker, and
    another worker gets tasks of other groups only."""
    url = fifo(VisibilityTimeout="600")
    one = project(
        "tasks.fifo",
        predefined("tasks.fifo", url),
        task_acks_late=True,
        worker_prefetch_multiplier=1,
    )
    gate = tmp_path / "gate"
    tasks = one.app.tasks
    one.worker("--pool", "solo")
    tasks["held"].apply_async((0, str(gate)), MessageGroupId="slow")
    wait_until(lambda: one.runs("started"), TASK_SECONDS_MAX, "the first task to run")
    waiting = [tasks["add"].apply_async((n, 0), MessageGroupId="slow") for n in (1, 2)]
    other = tasks["add"].apply_async((10, 0), MessageGroupId="quick")
    one.worker("--pool", "solo")
    assert other.get(timeout=TASK_SECONDS_MAX, interval=0.02) == 10
    assert receive(sqs, url, wait=2) == []
    wait_until(lambda: counts(sqs, url) == (2, 1, 0), 20, "only the slow group to be left")
    assert one.numbers("add") == [10]
    gate.touch()
    assert [r.get(timeout=TASK_SECONDS_MAX, interval=0.02) for r in waiting] == [1, 2]
    assert one.numbers("add") == [10, 1, 2]
    wait_for_empty(sqs, url)


def test_a_backoff_policy_spaces_the_deliveries_of_a_failing_task(
    project: Callable[..., Project], sqs: Any, queue: Callable[..., str]
) -> None:
    """kombu changes the visibility of the failed message, so it comes back long before the 600
    seconds of the queue; what fails too often ends in the dead-letter queue."""
    dead = queue()
    url = queue(VisibilityTimeout="600", RedrivePolicy=redrive_policy(arn_of(sqs, dead), 3))
    backoff = {"backoff_policy": {1: 1, 2: 2, 3: 1}, "backoff_tasks": ["unsteady"]}
    one = project("tasks", predefined("tasks", url, **backoff))
    one.worker("--pool", "solo")
    recovers = one.app.tasks["unsteady"].delay(1, 2)
    hopeless = one.app.tasks["unsteady"].delay(2, 99)
    [message] = receive_within(sqs, dead, TASK_SECONDS_MAX, AttributeNames=["All"])
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == arn_of(sqs, url)
    assert "delivery 3 of 2 fails" in str(hopeless.result)
    wait_until(lambda: recovers.state == "SUCCESS", TASK_SECONDS_MAX, "the task to recover")
    assert recovers.result == 3
    times = {n: [r["at"] for r in one.runs("unsteady") if r["number"] == n] for n in (1, 2)}
    assert [len(times[1]), len(times[2])] == [3, 3]
    for first, second, third in times.values():
        assert second - first >= 1 and third - second >= 2
    wait_for_empty(sqs, url)
