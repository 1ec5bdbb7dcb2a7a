# SPDX-License-Identifier: Apache-2.0
"""Kills the real server under load, again and again, and checks that every answer it gave still
holds.

pytest tests/crash --rounds 500 --seed 3 runs longer, or again. The seed repeats the choices of the
test, not the timing of processes.
"""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path
from typing import Any, Dict, List

import pytest

from forebay_server import ForebayServer, wait_until
from history import History
from load import (
    DEAD,
    FIFO,
    GROUPS,
    QUEUES,
    STANDARD,
    WORK,
    Client,
    Load,
    cancel_running_task,
    create_queues,
    list_tasks,
    message_count,
    receive_and_delete,
    send_fifo,
)
from sqs_clients import sqs_client
from task_history import TaskHistory

DRAIN_SECONDS_MAX = 120
RESENT_PER_GROUP = 5
SOME_LOAD = 500  # acknowledged sends: every queue and group has had some


def check_after_restart(
    client: Client,
    history: History,
    pending: Dict[str, List[str]],
    tag: str,
    tasks: TaskHistory,
) -> None:
    """What was answered before the kill is still so."""
    list_tasks(client, tasks)
    check_pair(client, history, tasks)
    for queue in QUEUES:
        history.check_count(queue, message_count(client, queue))
    assert client.call("ListQueueTags", QueueUrl=STANDARD)["Tags"] == {"round": tag}
    for group in GROUPS:
        if pending[group]:  # first, or what follows would overtake them
            send_fifo(client, history, group, pending[group])
            pending[group] = []
        again = history.latest_acknowledged(FIFO, group, RESENT_PER_GROUP)
        if again:
            send_fifo(client, history, group, again)
    assert history.violations == []


def check_pair(client: Client, history: History, tasks: TaskHistory) -> None:
    """Between a queue and its dead-letter queue nothing gets lost or is in both."""
    cancel_running_task(client, tasks)  # or messages move between the two counts
    history.check_count(WORK, message_count(client, WORK) + message_count(client, DEAD))
    assert tasks.violations == []


def drain_pair(client: Client, history: History) -> None:
    """Receiving from one fills the other."""
    deadline = time.monotonic() + DRAIN_SECONDS_MAX
    while message_count(client, WORK) + message_count(client, DEAD):
        for queue in (WORK, DEAD):
            while receive_and_delete(client, history, queue):
                assert time.monotonic() < deadline, f"{queue} does not get empty"
        assert time.monotonic() < deadline, "the pair does not get empty"
    history.check_drained(WORK)


def drain(client: Client, history: History, queue: str) -> None:
    deadline = time.monotonic() + DRAIN_SECONDS_MAX
    while receive_and_delete(client, history, queue) or message_count(client, queue):
        assert time.monotonic() < deadline, f"{queue} does not get empty"
    history.check_drained(queue)


def one_round(
    server: ForebayServer,
    sqs: Any,
    history: History,
    pending: Dict[str, List[str]],
    chance: random.Random,
    tag: str,
    tasks: TaskHistory,
) -> None:
    """Load, a kill at a random moment, a restart, checks."""
    load = Load(server.port, sqs, history, pending, chance.randrange(1 << 30), tasks)
    load.start()
    time.sleep(chance.uniform(0.1, 0.8))
    Client(server.port).call("TagQueue", QueueUrl=STANDARD, Tags={"round": tag})
    time.sleep(chance.uniform(0, 0.2))
    server.kill()
    load.stop()
    assert load.errors == []
    server.start()
    check_after_restart(Client(server.port), history, pending, tag, tasks)


@pytest.mark.timeout(0)
def test_nothing_answered_is_undone_by_a_kill(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    rounds = request.config.getoption("--rounds")
    given = request.config.getoption("--seed")
    seed = random.SystemRandom().randrange(1 << 30) if given is None else given
    print(f"--seed {seed} --rounds {rounds}")
    chance = random.Random(seed)
    history = History({DEAD: WORK})
    tasks = TaskHistory()
    pending: Dict[str, List[str]] = {group: [] for group in GROUPS}
    with ForebayServer(tmp_path / "server", "--cooldowns=off") as server:
        create_queues(Client(server.port))
        sqs = sqs_client(server.endpoint)
        for number in range(rounds):
            one_round(server, sqs, history, pending, chance, str(number), tasks)
        drain_pair(Client(server.port), history)
        for queue in QUEUES:
            drain(Client(server.port), history, queue)
        assert server.stop() == 0
    print(
        f"{history.acknowledged} messages sent, {history.received_count} received,"
        f" {history.deleted_count} deleted, {history.resent_count} sent again,"
        f" {tasks.moved()} moved by {tasks.count('COMPLETED')} tasks"
        f" and {tasks.count('CANCELLED')} cancelled ones"
    )
    assert history.violations == [] and tasks.violations == []
    assert history.redriven_count > rounds and tasks.count("COMPLETED") > 0, "too few moves"
    assert (
        history.acknowledged > 20 * rounds and history.deleted_count > 20 * rounds
    ), "too little load"


def test_a_kill_while_idle_loses_nothing(tmp_path: Path) -> None:
    with ForebayServer(tmp_path / "server") as server:
        client = Client(server.port)
        create_queues(client)
        client.call("SendMessage", QueueUrl=STANDARD, MessageBody="m")
        server.kill()
        server.start()
        history = History()
        history.sending(STANDARD, "m")
        assert receive_and_delete(Client(server.port), history, STANDARD) == 1
        server.kill()
        server.start()
        assert message_count(Client(server.port), STANDARD) == 0
        assert history.violations == []


def test_a_server_that_lost_its_last_second_is_convicted(tmp_path: Path) -> None:
    """Proof that the checks see a loss: a killed server gets back the disk of an earlier moment."""
    history = History({DEAD: WORK})
    tasks = TaskHistory()
    pending: Dict[str, List[str]] = {group: [] for group in GROUPS}
    earlier = tmp_path / "earlier"
    with ForebayServer(tmp_path / "server") as server:
        create_queues(Client(server.port))
        for number in range(2):
            load = Load(server.port, sqs_client(server.endpoint), history, pending, number, tasks)
            before = history.acknowledged
            load.start()
            wait_until(lambda: history.acknowledged > before + SOME_LOAD, 60, "some load")
            server.kill()
            load.stop()
            if number == 0:
                shutil.copytree(server.data, earlier)
            else:
                shutil.rmtree(server.data)
                earlier.rename(server.data)
            server.start()
        client = Client(server.port)
        for group in GROUPS:
            again = history.latest_acknowledged(FIFO, group, RESENT_PER_GROUP)
            send_fifo(client, history, group, again)
        assert any("duplicate of" in text for text in history.violations)
        history.violations.clear()
        for queue in QUEUES:
            drain(client, history, queue)
        assert history.violations != []
