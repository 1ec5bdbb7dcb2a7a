# SPDX-License-Identifier: Apache-2.0
"""Clients that keep a server busy, and write down what they did and were told."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Tuple

from botocore.exceptions import BotoCoreError, ClientError

from calls import (
    CALL_SECONDS_MAX,
    DEAD,
    DELAYED,
    FIFO,
    FIFO_DEAD,
    FIFO_WORK,
    GROUPS,
    PURGED,
    RENEWED,
    STANDARD,
    VISIBILITY_TIMEOUT,
    WORK,
    Client,
    NoAnswer,
    arn,
    cancel_task,
    change_visibility,
    create_renewed,
    delete,
    delete_one,
    list_tasks,
    new_history,
    purge,
    receive,
    receive_and_delete,
    send_batch,
    send_fifo,
)
from history import History
from task_history import TaskHistory

BACKLOG_MAX = 600  # per queue: a drain empties them in seconds
PAUSE = 0.01


@dataclass
class Books:
    """What is known of one server, over all its lives.

    `pending` has, for each FIFO queue and group, bodies whose send got no answer. They are sent
    again first, as a client does that wants them stored exactly once and in order.
    """

    history: History = field(default_factory=new_history)
    tasks: TaskHistory = field(default_factory=TaskHistory)
    pending: Dict[Tuple[str, str], List[str]] = field(
        default_factory=lambda: {(q, g): [] for q, groups in GROUPS.items() for g in groups}
    )
    answers: int = 0

    def violations(self) -> List[str]:
        return self.history.violations + self.tasks.violations


class Worker:
    """One thread that does one job again and again, over a connection of its own."""

    def __init__(self, load: "Load", job: Callable[["Worker"], None], number: int) -> None:
        self.load = load
        self.history = load.books.history
        self.client = Client(load.port, load.call_seconds_max)
        self.chance = random.Random(load.seed * 100 + number)
        self._job = job
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            while not self.load.stopped.is_set():
                try:
                    self._job(self)
                except NoAnswer:
                    if not self.load.goes_on:
                        break
        except Exception as error:  # reported by the test
            self.load.errors.append(f"{self._job.__name__}: {error!r}")
        finally:
            self.client.close()

    def new_bodies(self, letter: str, count_max: int) -> List[str]:
        """Some are long, so that they lie in many sectors of the disk."""
        return [
            f"{letter}{self.chance.getrandbits(64):016x}"
            + "." * self.chance.choice((0, 9, 3_000, 30_000))
            for _ in range(self.chance.randint(1, count_max))
        ]

    def too_much(self, queue: str) -> bool:
        if self.history.backlog(queue) < BACKLOG_MAX:
            return False
        self.pause(PAUSE)
        return True

    def pause(self, seconds: float) -> None:
        self.load.stopped.wait(seconds)


class Load:
    """One round of load, partly by `sqs`, a boto3 client. Threads end when the server is gone or
    `stop` was called; with `goes_on` they take a call without answer for lost and make the next.
    """

    def __init__(self, port: int, sqs: Any, books: Books, seed: int, goes_on: bool = False) -> None:
        self.port = port
        self.sqs = sqs
        self.books = books
        self.seed = seed
        self.goes_on = goes_on
        self.call_seconds_max = 1.5 if goes_on else CALL_SECONDS_MAX  # a long poll takes 1
        self.stopped = threading.Event()
        self.errors: List[str] = []
        self._workers = [Worker(self, job, number) for number, job in enumerate(all_jobs())]

    def start(self) -> None:
        for worker in self._workers:
            worker.thread.start()

    def stop(self) -> None:
        """Returns when no thread has a call open."""
        self.stopped.set()
        for worker in self._workers:
            worker.thread.join()
        self.books.answers += self.answers()

    def answers(self) -> int:
        """Of this round."""
        return sum(worker.client.answers for worker in self._workers)


Job = Callable[[Worker], None]


def all_jobs() -> List[Job]:
    jobs: List[Job] = [produce_standard, produce_by_boto3, produce_delayed, purge_now_and_then]
    jobs += [renew_queue, produce_work, run_tasks]
    jobs += [consume(queue) for queue in (STANDARD, STANDARD, FIFO, FIFO, DELAYED, PURGED)]
    jobs += [fail(queue) for queue in (WORK, DEAD, FIFO_WORK, FIFO_WORK, FIFO_DEAD)]
    return jobs + [produce_fifo(queue, group) for queue in GROUPS for group in GROUPS[queue]]


# Producers.


def produce_standard(worker: Worker) -> None:
    if worker.too_much(STANDARD):
        return
    bodies = worker.new_bodies("s", 10)
    delays = [worker.chance.choice((0, 0, 1, 2)) for _ in bodies]
    send_batch(worker.client, worker.history, STANDARD, bodies, delays)


def produce_by_boto3(worker: Worker) -> None:
    if worker.too_much(STANDARD):
        return
    (body,) = worker.new_bodies("b", 1)
    worker.history.sending(STANDARD, body)
    url = f"http://127.0.0.1:{worker.load.port}/000000000000/{STANDARD}"
    try:
        reply = worker.load.sqs.send_message(QueueUrl=url, MessageBody=body)
    except ClientError:
        raise
    except BotoCoreError as error:
        raise NoAnswer(str(error)) from None
    worker.history.sent(body, reply["MessageId"])


def produce_delayed(worker: Worker) -> None:
    if not worker.too_much(DELAYED):
        send_batch(worker.client, worker.history, DELAYED, worker.new_bodies("d", 4))
        worker.pause(PAUSE)


def produce_work(worker: Worker) -> None:
    if not worker.too_much(WORK):
        send_batch(worker.client, worker.history, WORK, worker.new_bodies("w", 4))


def produce_fifo(queue: str, group: str) -> Job:
    def produce(worker: Worker) -> None:
        pending = worker.load.books.pending
        if not pending[queue, group]:
            if worker.too_much(queue):
                return
            pending[queue, group] = worker.new_bodies("f", 5)
            for body in pending[queue, group]:
                worker.history.sending(queue, body, group)
        send_fifo(worker.client, worker.history, queue, group, pending[queue, group])
        pending[queue, group] = []

    return produce


# Consumers.


def consume(queue: str) -> Job:
    """Deletes in batches or one by one; keeps some, for as long as it likes."""

    def work(worker: Worker) -> None:
        chance = worker.chance
        if chance.random() < 0.7:
            receive_and_delete(worker.client, worker.history, queue, lambda: chance.random() < 0.1)
            return
        found = receive(worker.client, worker.history, queue)
        kept = found.only(lambda: chance.random() < 0.3)
        change_visibility(worker.client, worker.history, kept, chance.choice((0, 1, 4)))
        for message in found.without(kept).messages:
            one = found.only(lambda: False)
            one.messages.append(message)
            delete_one(worker.client, worker.history, one)

    return work


def fail(queue: str) -> Job:
    """Deletes little and gives the rest back: with a longer timeout first, then at once."""

    def work(worker: Worker) -> None:
        if queue == DEAD:
            worker.pause(0.2)  # leaves most to the move tasks
        found = receive(worker.client, worker.history, queue)
        deleted = found.only(lambda: worker.chance.random() < 0.3)
        delete(worker.client, worker.history, deleted)
        for timeout in (2 * VISIBILITY_TIMEOUT, 0):
            change_visibility(worker.client, worker.history, found.without(deleted), timeout)

    return work


# Whole queues.


def purge_now_and_then(worker: Worker) -> None:
    """The one that sends, so that some was acknowledged before and some after."""
    send_batch(worker.client, worker.history, PURGED, worker.new_bodies("p", 4))
    if worker.chance.random() < 0.1:
        purge(worker.client, worker.history, PURGED)
    worker.pause(PAUSE)


def renew_queue(worker: Worker) -> None:
    try:
        renew(worker)
    except AssertionError as error:
        # A deletion that got no answer may come late.
        if not worker.load.goes_on or "does not exist" not in str(error):
            raise


def renew(worker: Worker) -> None:
    """Fills a queue, deletes it, and creates another one of its name, which must be new."""
    client, history = worker.client, worker.history
    create_renewed(client)
    for _ in range(worker.chance.randint(1, 4)):
        send_batch(client, history, RENEWED, worker.new_bodies("r", 10))
        receive_and_delete(client, history, RENEWED, lambda: worker.chance.random() < 0.5)
    client.call("TagQueue", QueueUrl=RENEWED, Tags={"of": "the old one"})
    asked_at = history.emptying(RENEWED)
    client.call("DeleteQueue", QueueUrl=RENEWED)
    history.emptied(RENEWED, asked_at)
    create_renewed(client)
    tags = client.call("ListQueueTags", QueueUrl=RENEWED).get("Tags", {})
    assert not tags, f"the new queue has the old one's tags: {tags}"
    worker.pause(PAUSE)


def run_tasks(worker: Worker) -> None:
    """Starts one task after the other, at any rate, and cancels some."""
    client, chance, tasks = worker.client, worker.chance, worker.load.books.tasks
    rate = chance.choice(({}, {"MaxNumberOfMessagesPerSecond": chance.randint(5, 50)}))
    started, refusal = client.try_call("StartMessageMoveTask", SourceArn=arn(DEAD), **rate)
    assert not refusal or "already a task running" in refusal, refusal
    list_tasks(client, tasks)
    worker.pause(chance.uniform(0, 0.1))
    list_tasks(client, tasks)
    if started and chance.random() < 0.5:
        cancel_task(client, tasks, started["TaskHandle"])
