# SPDX-License-Identifier: Apache-2.0
"""The checker of the kill test must see what it is there for: made-up losses, duplicates,
reorderings."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Tuple

import pytest

from history import History
from task_history import TaskHistory


def replied(*names: str) -> List[Tuple[str, str]]:
    return [(name, f"id-{name}") for name in names]


@pytest.fixture
def history() -> History:
    """Three messages in a standard queue, four in one FIFO group; all acknowledged."""
    made = History()
    for name in ("a", "b", "c"):
        made.sending("q", name)
        made.sent(name, f"id-{name}")
    for number, name in enumerate(("f0", "f1", "f2", "f3")):
        made.sending("q.fifo", name, "g")
        made.sent(name, f"id-{name}", 100 + number)
    return made


def delete(history: History, *names: str) -> None:
    history.deleting(names)
    for name in names:
        history.deleted(name)


def receive(history: History, queue: str, *names: str) -> None:
    history.received(queue, time.monotonic(), replied(*names))


def assert_violated(history: History, text: str) -> None:
    assert len(history.violations) == 1, history.violations
    assert text in history.violations[0]


def test_a_faultless_run_is_accepted(history: History) -> None:
    receive(history, "q", "b", "a")
    receive(history, "q", "c", "a")
    delete(history, "a", "b", "c")
    receive(history, "q.fifo", "f0", "f1")
    delete(history, "f0")
    receive(history, "q.fifo", "f1", "f2", "f3")
    delete(history, "f1", "f2", "f3")
    for queue in ("q", "q.fifo"):
        history.check_count(queue, 0)
        history.check_drained(queue)
    assert history.violations == []
    assert (history.acknowledged, history.deleted_count) == (7, 7)


def test_a_lost_message_is_seen(history: History) -> None:
    delete(history, "a", "b")
    history.check_drained("q")
    assert_violated(history, "c was acknowledged and is lost")


def test_a_message_that_came_back_is_seen(history: History) -> None:
    delete(history, "a")
    receive(history, "q", "a")
    assert_violated(history, "deletion was acknowledged")


def test_a_receive_asked_before_the_deletion_is_no_fault(history: History) -> None:
    asked_at = time.monotonic()
    delete(history, "a")
    history.received("q", asked_at, replied("a"))
    assert history.violations == []


def test_a_message_never_sent_is_seen(history: History) -> None:
    receive(history, "q", "x")
    assert_violated(history, "never sent")


def test_a_message_of_another_queue_is_seen(history: History) -> None:
    receive(history, "q", "f0")
    assert_violated(history, "never sent")


def test_another_message_id_is_seen(history: History) -> None:
    history.received("q", time.monotonic(), [("a", "other")])
    assert_violated(history, "acknowledged as id-a")


def test_an_overtaking_message_is_seen(history: History) -> None:
    receive(history, "q.fifo", "f1")
    assert_violated(history, "1 received before 0")


def test_a_swapped_reply_is_seen(history: History) -> None:
    receive(history, "q.fifo", "f0", "f2", "f1")
    assert "2 received before 1" in history.violations[0]
    assert "1 received after 2" in history.violations[1]


def test_a_gap_in_a_reply_is_seen(history: History) -> None:
    delete(history, "f0")
    receive(history, "q.fifo", "f1", "f3")
    assert_violated(history, "3 received before 2")


def test_a_stored_duplicate_is_seen(history: History) -> None:
    history.sent("f1", "id-other", 104)
    assert_violated(history, "duplicate of f1")


def test_the_same_answer_to_a_duplicate_is_right(history: History) -> None:
    history.sent("f1", "id-f1", 101)
    assert history.violations == [] and history.resent_count == 1


def test_a_falling_sequence_number_is_seen(history: History) -> None:
    history.sending("q.fifo", "f4", "g")
    history.sent("f4", "id-f4", 103)
    assert_violated(history, "sequence 103")


def test_an_unanswered_send_may_be_there_or_not(history: History) -> None:
    history.sending("q", "unknown")
    assert history.live_bounds("q") == (3, 4)
    for count in (3, 4):
        history.check_count("q", count)
    assert history.violations == []
    receive(history, "q", "unknown")
    delete(history, "a", "b", "c")
    history.check_drained("q")
    assert history.violations == []


def test_an_unanswered_deletion_may_have_happened_or_not(history: History) -> None:
    history.deleting(["a", "f0"])
    assert history.live_bounds("q") == (2, 3)
    receive(history, "q", "a")
    receive(history, "q.fifo", "f1")
    delete(history, "b", "c")
    history.check_drained("q")
    assert history.violations == []


def test_a_refused_deletion_did_not_happen(history: History) -> None:
    history.deleting(["f0"])
    history.delete_refused("f0")
    receive(history, "q.fifo", "f1")
    assert_violated(history, "1 received before 0")


@pytest.mark.parametrize("count", [2, 4])
def test_a_wrong_count_is_seen(history: History, count: int) -> None:
    history.check_count("q", count)
    assert_violated(history, f"q holds {count} messages, must be 3 to 3")


@pytest.fixture
def pair() -> History:
    """One message in a queue that has a dead-letter queue."""
    made = History({"dead": "q"})
    made.sending("q", "a")
    made.sent("a", "first")
    return made


def receive_as(history: History, queue: str, name: str, message_id: str) -> None:
    history.received(queue, time.monotonic(), [(name, message_id)])


def test_a_message_may_go_to_the_dead_letter_queue_and_come_back_as_another(pair: History) -> None:
    receive_as(pair, "q", "a", "first")
    receive_as(pair, "dead", "a", "first")
    receive_as(pair, "q", "a", "second")
    assert pair.violations == [] and pair.redriven_count == 1
    pair.check_count("q", 1)
    delete(pair, "a")
    pair.check_drained("q")
    assert pair.violations == []


def test_an_old_id_is_seen(pair: History) -> None:
    receive_as(pair, "q", "a", "second")
    receive_as(pair, "dead", "a", "first")
    assert_violated(pair, "its old id first")


def test_an_old_id_asked_for_before_the_new_one_is_no_fault(pair: History) -> None:
    asked_at = time.monotonic()
    receive_as(pair, "q", "a", "second")
    pair.received("dead", asked_at, [("a", "first")])
    assert pair.violations == []


def test_the_id_of_another_message_is_seen(pair: History) -> None:
    pair.sending("q", "b")
    pair.sent("b", "b-first")
    receive_as(pair, "q", "a", "second")
    receive_as(pair, "q", "b", "second")
    assert_violated(pair, "b has the id of a")


@pytest.fixture
def fifo_pair() -> History:
    """Three messages of one group in a FIFO queue that has a dead-letter queue, where they come
    after two receives."""
    made = History({"dead.fifo": "q.fifo"}, visibility_timeout=600, receive_count_max=2)
    for number, name in enumerate(("f0", "f1", "f2")):
        made.sending("q.fifo", name, "g")
        made.sent(name, f"id-{name}", 100 + number)
    return made


def give_back(history: History, *names: str) -> None:
    history.changing(names, 0)
    for name in names:
        history.changed(name, time.monotonic(), 0)


def fail_twice(history: History, *names: str) -> None:
    for _ in range(2):
        receive(history, "q.fifo", *names)
        give_back(history, *names)


def test_a_fifo_message_goes_to_the_dead_letter_queue_for_good(fifo_pair: History) -> None:
    fail_twice(fifo_pair, "f0", "f1")
    receive(fifo_pair, "q.fifo", "f2")
    receive(fifo_pair, "dead.fifo", "f0", "f1")
    assert fifo_pair.violations == [] and fifo_pair.dead_fifo_count == 2
    give_back(fifo_pair, "f0")
    receive(fifo_pair, "q.fifo", "f0")
    assert "was in its DLQ" in fifo_pair.violations[0]


def test_a_message_that_failed_too_little_is_not_passed_over(fifo_pair: History) -> None:
    receive(fifo_pair, "q.fifo", "f0")
    give_back(fifo_pair, "f0")
    receive(fifo_pair, "q.fifo", "f1")
    assert_violated(fifo_pair, "1 received before 0")


def test_a_receive_without_answer_may_have_been_the_last(fifo_pair: History) -> None:
    receive(fifo_pair, "q.fifo", "f0")
    give_back(fifo_pair, "f0")
    fifo_pair.receive_unknown("q.fifo")
    receive(fifo_pair, "q.fifo", "f1")
    assert fifo_pair.violations == []


@pytest.mark.parametrize("replies", [(("f1",), ("f0",)), (("f1", "f0"),), (("f1",), ("f2",))])
def test_the_order_of_a_dead_letter_queue_is_the_groups(
    fifo_pair: History, replies: Tuple[Tuple[str, ...], ...]
) -> None:
    fail_twice(fifo_pair, "f0", "f1", "f2")
    for names in replies:
        receive(fifo_pair, "dead.fifo", *names)
        give_back(fifo_pair, *names)
    # f0 after f1 is no fault in itself: it may have been in flight; f2 passes over f1.
    expected = 0 if replies == (("f1",), ("f0",)) else 1
    assert len(fifo_pair.violations) == expected, fifo_pair.violations


def test_an_old_handle_proves_no_deletion_in_a_pair() -> None:
    made = History({"dead": "q"}, visibility_timeout=1)
    made.sending("q", "a")
    made.sent("a", "first")
    made.deleting(["a"])
    made.deleted("a", time.monotonic() - 5)
    receive_as(made, "dead", "a", "first")
    assert made.violations == [] and made.live_bounds("q") == (0, 1)


@pytest.fixture
def hiding() -> History:
    """One message in a queue that hides what is received for ten minutes, one delayed as long."""
    made = History(visibility_timeout=600)
    for name, delay in (("a", 0), ("delayed", 600)):
        made.sending("q", name, delay=delay)
        made.sent(name, f"id-{name}")
    return made


def test_a_message_in_flight_that_is_received_is_seen(hiding: History) -> None:
    receive(hiding, "q", "a")
    receive(hiding, "q", "a")
    assert_violated(hiding, "before it is visible")


def test_a_delayed_message_that_comes_at_once_is_seen(hiding: History) -> None:
    receive(hiding, "q", "delayed")
    assert_violated(hiding, "before it is visible")


def test_a_message_in_flight_may_be_in_a_reply_asked_for_before(hiding: History) -> None:
    asked_at = time.monotonic()
    receive(hiding, "q", "a")
    hiding.received("q", asked_at, replied("a"))
    assert hiding.violations == []


def test_a_changed_visibility_timeout_counts(hiding: History) -> None:
    receive(hiding, "q", "a")
    give_back(hiding, "a")
    receive(hiding, "q", "a")
    assert hiding.violations == []
    hiding.changing(["a"], 900)
    hiding.changed("a", time.monotonic(), 900)
    receive(hiding, "q", "a")
    assert_violated(hiding, "before it is visible")


def test_a_change_without_answer_may_have_happened_or_not(hiding: History) -> None:
    receive(hiding, "q", "a")
    hiding.changing(["a"], 0)
    receive(hiding, "q", "a")
    hiding.settled()
    receive(hiding, "q", "a")
    assert hiding.violations == []
    receive(hiding, "q", "a")
    assert_violated(hiding, "before it is visible")


def test_what_is_behind_a_message_in_flight_must_wait() -> None:
    made = History({"dead.fifo": "q.fifo"}, visibility_timeout=600, receive_count_max=1)
    for number, name in enumerate(("f0", "f1")):
        made.sending("q.fifo", name, "g")
        made.sent(name, f"id-{name}", 100 + number)
    receive(made, "q.fifo", "f0")
    receive(made, "q.fifo", "f1")
    assert_violated(made, "1 received while 0 is in flight")


def test_what_was_acknowledged_before_a_purge_is_gone(history: History) -> None:
    asked_at = history.emptying("q")
    history.emptied("q", asked_at)
    history.check_count("q", 0)
    assert history.violations == [] and history.emptied_count == 3
    receive(history, "q", "a")
    assert_violated(history, "deletion was acknowledged")


def test_what_was_sent_during_a_purge_may_stay_or_go(history: History) -> None:
    history.sending("q", "before")
    asked_at = history.emptying("q")
    history.sending("q", "during")
    history.emptied("q", asked_at)
    for name in ("before", "during"):
        history.sent(name, f"id-{name}")
    assert history.live_bounds("q") == (0, 2)
    receive(history, "q", "before", "during")
    history.check_drained("q")
    assert history.violations == []


def test_what_was_sent_after_a_purge_must_stay(history: History) -> None:
    history.emptied("q", history.emptying("q"))
    history.sending("q", "after")
    history.sent("after", "id-after")
    history.check_count("q", 0)
    assert_violated(history, "q holds 0 messages, must be 1 to 1")


def test_a_purge_without_answer_may_come_until_all_is_settled(history: History) -> None:
    history.emptying("q")
    history.sending("q", "d")
    history.sent("d", "id-d")
    assert history.live_bounds("q") == (0, 4)
    history.settled()
    history.sending("q", "e")
    history.sent("e", "id-e")
    assert history.live_bounds("q") == (1, 5)


def task(started: int, status: str, moved: int = 0) -> Dict[str, Any]:
    told: Dict[str, Any] = {
        "StartedTimestamp": started,
        "Status": status,
        "ApproximateNumberOfMessagesMoved": moved,
        "ApproximateNumberOfMessagesToMove": 5,
    }
    return {**told, "TaskHandle": f"handle-{started}"} if status == "RUNNING" else told


def test_tasks_that_go_on_and_end_are_accepted() -> None:
    tasks = TaskHistory()
    tasks.listed([task(1, "RUNNING", 2)])
    tasks.listed([task(1, "COMPLETED", 5)])
    tasks.listed([task(2, "RUNNING"), task(1, "COMPLETED", 5)])
    tasks.cancelled("handle-2")
    tasks.listed([task(2, "CANCELLED", 3), task(1, "COMPLETED", 5)])
    assert tasks.violations == []
    assert (tasks.count("COMPLETED"), tasks.count("CANCELLED"), tasks.moved()) == (1, 1, 8)


@pytest.mark.parametrize(
    "later",
    [
        [],
        [task(2, "RUNNING")],
        [task(2, "COMPLETED"), task(1, "RUNNING", 3)],
        [task(1, "RUNNING", 2)],
        [task(1, "COMPLETED", 6)],
        [task(1, "CANCELLING", 3)],
    ],
)
def test_a_task_that_is_forgotten_or_goes_back_is_seen(later: List[Dict[str, Any]]) -> None:
    tasks = TaskHistory()
    tasks.listed([task(1, "RUNNING", 3)])
    tasks.listed(later)
    assert len(tasks.violations) >= 1


def test_a_task_that_runs_after_its_end_is_seen() -> None:
    tasks = TaskHistory()
    tasks.listed([task(1, "RUNNING", 3)])
    tasks.cancelled("handle-1")
    tasks.listed([task(1, "RUNNING", 3)])
    assert tasks.violations != []
    ended = TaskHistory()
    ended.listed([task(1, "COMPLETED", 5)])
    ended.listed([task(1, "CANCELLED", 5)])
    assert ended.violations != []
