# SPDX-License-Identifier: Apache-2.0
"""Rounds of load, a disturbance at a random moment, and the checks after it, on one server that
keeps its data from round to round.

    with Rounds(tmp_path, request) as rounds:
        for _ in range(rounds.wanted):
            rounds.run(rounds.kill)
        rounds.finish()

--seed repeats the choices of the test, not the timing of processes. A summary is printed at the end
of the session.
"""

from __future__ import annotations

import random
import re
import resource
import signal
import time
from pathlib import Path
from typing import Any, Callable, List

import pytest

from calls import (
    FIFO_DEAD,
    GROUPS,
    PAIRS,
    QUEUES,
    STANDARD,
    Client,
    cancel_running_task,
    create_queues,
    create_renewed,
    list_tasks,
    message_count,
    receive_and_delete,
    send_fifo,
)
from forebay_server import ForebayServer, wait_until
from load import Books, Load
from sqs_clients import sqs_client

DRAIN_SECONDS_MAX = 120
LOAD_SECONDS_MAX = 60
RESENT_PER_GROUP = 5
ANSWERS_PER_ROUND = (20, 400)  # before the disturbance
STOPPED_SECONDS = (0.2, 3.0)  # clients lose patience, and visibility timeouts pass, or not
CALLS_TO_SETTLE = 5
SUMMARY = "summary of rounds"
FAILING_AT = 256 << 10  # of a file; more than the server's own log, less than a segment
FAILED_STORAGE = 74  # the exit code
CUT_TAIL = "cut a torn batch"


class Rounds:
    """`flags` are added to the server's; whoever runs rounds may change them between two."""

    def __init__(self, directory: Path, request: pytest.FixtureRequest, *flags: str) -> None:
        self.wanted = int(request.config.getoption("--rounds"))
        given = request.config.getoption("--seed")
        self._seed = random.SystemRandom().randrange(1 << 30) if given is None else int(given)
        self._properties = request.node.user_properties
        self.chance = random.Random(self._seed)
        self.books = Books()
        self.server = ForebayServer(directory / "server", "--cooldowns=off")
        self.own_flags = list(self.server.flags)
        self.use(*flags)
        self.count = 0
        self._sqs: Any = None
        self._tag = ""

    def use(self, *flags: str) -> None:
        """Given to the server when it is started next."""
        self.server.flags = self.own_flags + list(flags)

    def __enter__(self) -> "Rounds":
        self.server.start()
        self._sqs = sqs_client(self.server.endpoint)
        create_queues(Client(self.server.port))
        return self

    def __exit__(self, *unused: object) -> None:
        self._properties.append((SUMMARY, self.summary()))
        if self.server.running():
            self.server.kill()

    # Disturbances. Each leaves a server that runs, and no load.

    def kill(self, load: Load) -> None:
        self.server.kill()
        load.stop()
        self.server.start()

    def fail_writes(self, load: Load) -> None:
        """The system refuses the process's writes (EFBIG), as a dying disk does."""
        process = self.server.process
        assert process is not None
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (FAILING_AT, FAILING_AT))
        code = self.server.wait(LOAD_SECONDS_MAX)
        load.stop()
        assert code == FAILED_STORAGE, f"exit code {code}\n{self.server.run_log()}"
        assert "fatal: the journal could not be written" in self.server.run_log()
        self.server.start()

    def stop_and_go_on(self, load: Load) -> None:
        self._stop_for_a_while()
        self.server.signal(signal.SIGCONT)
        before = load.answers()
        self._wait_for_answers(load, before + ANSWERS_PER_ROUND[0])
        load.stop()
        for _ in range(CALLS_TO_SETTLE):  # what came before them is over when they are answered
            message_count(self._client(), STANDARD)

    def kill_while_stopped(self, load: Load) -> None:
        self._stop_for_a_while()
        self.kill(load)

    def _stop_for_a_while(self) -> None:
        self.server.signal(signal.SIGSTOP)
        # A stopped process shows nothing to wait for; its clients' time is to pass.
        time.sleep(self.chance.uniform(*STOPPED_SECONDS))

    # A round.

    def run(self, disturb: Callable[[Load], None], goes_on: bool = False) -> None:
        """With `goes_on`, clients that get no answer try again while the load lasts."""
        load = Load(
            self.server.port, self._sqs, self.books, self.chance.randrange(1 << 30), goes_on
        )
        load.start()
        self._wait_for_answers(load, self.chance.randint(*ANSWERS_PER_ROUND))
        self._tag = str(self.count)
        self._client().call("TagQueue", QueueUrl=STANDARD, Tags={"round": self._tag})
        self._wait_for_answers(load, load.answers() + self.chance.randint(0, 50))
        disturb(load)
        assert load.errors == [], load.errors
        self.count += 1
        self.check()

    def _wait_for_answers(self, load: Load, count: int) -> None:
        wait_until(
            lambda: load.errors or load.answers() >= count, LOAD_SECONDS_MAX, "load", pause=0.002
        )

    def check(self) -> None:
        """What was answered before is still so."""
        client, history = self._client(), self.books.history
        history.settled()
        create_renewed(client)
        cancel_running_task(client, self.books.tasks)  # or messages move between two counts
        for queue in QUEUES:
            history.check_count(queue, message_count(client, queue))
        for dead, work in PAIRS.items():
            history.check_count(work, message_count(client, work) + message_count(client, dead))
        if self._tag:
            tags = client.call("ListQueueTags", QueueUrl=STANDARD)["Tags"]
            assert tags == {"round": self._tag}, tags
        self.send_again(client)
        assert self.books.violations() == [], self.books.violations()[:20]

    def send_again(self, client: Client) -> None:
        """What was sent once is not stored twice."""
        history, pending = self.books.history, self.books.pending
        for queue, groups in GROUPS.items():
            for group in groups:
                if pending[queue, group]:  # first, or what follows would overtake them
                    send_fifo(client, history, queue, group, pending[queue, group])
                    pending[queue, group] = []
                again = history.latest_acknowledged(queue, group, RESENT_PER_GROUP)
                if again:
                    send_fifo(client, history, queue, group, again)

    def finish(self) -> None:
        """Receives all that is left: every message is there, and in its place."""
        self.drain()
        assert self.server.stop() == 0
        assert self.books.violations() == [], self.books.violations()[:20]

    def drain(self) -> None:
        client = self._client()
        list_tasks(client, self.books.tasks)
        cancel_running_task(client, self.books.tasks)
        for dead, work in PAIRS.items():
            self.drain_queues(work, dead)
        for queue in QUEUES:
            self.drain_queues(queue)

    def drain_queues(self, *queues: str) -> None:
        """One queue, or one and its dead-letter queue: receiving from the one may fill the
        other."""
        client = self._client()
        deadline = time.monotonic() + DRAIN_SECONDS_MAX
        while sum(message_count(client, queue) for queue in queues):
            for queue in queues:
                while receive_and_delete(client, self.books.history, queue):
                    assert time.monotonic() < deadline, f"{queue} does not get empty"
            assert time.monotonic() < deadline, f"{queues} do not get empty"
        self.books.history.check_drained(queues[0])

    def cut_tails(self) -> int:
        """How often a start found a torn batch."""
        return len(re.findall(CUT_TAIL, self.server.log()))

    def summary(self) -> str:
        tasks = self.books.tasks
        return (
            f"--seed {self._seed}: {self.count} rounds, {self.books.answers} calls answered,"
            f" {self.cut_tails()} torn tails cut; {tasks.moved()} messages moved by"
            f" {tasks.count('COMPLETED')} tasks and {tasks.count('CANCELLED')} cancelled ones;"
            f" {self.books.history.summary()}"
        )

    def _client(self) -> Client:
        return Client(self.server.port)


def assert_enough(rounds: Rounds) -> None:
    """A run that did too little proves nothing."""
    history, tasks = rounds.books.history, rounds.books.tasks
    assert history.acknowledged > 20 * rounds.count, "too little load"
    assert history.deleted_count > 10 * rounds.count, "too few deletions"
    assert history.emptied_count > 0, "no purges"
    assert history.redriven_count > 0 and tasks.count("COMPLETED") > 0, "too few moves"
    assert history.dead_fifo_count > 0, f"nothing came to {FIFO_DEAD}"
    assert history.resent_count > 0, "nothing was sent again"
