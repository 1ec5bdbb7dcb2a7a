# SPDX-License-Identifier: Apache-2.0
"""The server is stopped for a while (SIGSTOP) as a machine that swaps, or is moved, stops it:
clients time out and try again; then it goes on, or is killed."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from calls import FIFO, STANDARD, Client, create_queues, new_history, receive, send_batch, send_fifo
from forebay_server import ForebayServer
from rounds import Rounds, assert_enough

SHORT = 1  # seconds
LONG = 600


@pytest.mark.timeout(0)
def test_nothing_answered_is_undone_by_a_pause(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with Rounds(tmp_path, request) as rounds:
        for number in range(max(2, rounds.wanted // 2)):
            if number % 2 == 0:
                rounds.run(rounds.stop_and_go_on, goes_on=True)
            else:
                rounds.run(rounds.kill_while_stopped)
        rounds.finish()
    assert_enough(rounds)


def test_times_that_passed_in_a_pause_have_passed_after_it(tmp_path: Path) -> None:
    """Visibility timeouts and delays end by the clock, whatever the process did meanwhile."""
    with ForebayServer(tmp_path / "server") as server:
        client, history = Client(server.port), new_history()
        create_queues(client)
        for body in ("f0", "f1"):
            history.sending(FIFO, body, "g0")
        send_fifo(client, history, FIFO, "g0", ["f0", "f1"])
        send_batch(client, history, STANDARD, ["in flight", "longer in flight"])
        for queue, timeouts in ((FIFO, (SHORT, SHORT)), (STANDARD, (SHORT, LONG))):
            found = receive(client, history, queue)
            assert len(found.messages) == 2
            for message, timeout in zip(found.messages, timeouts):
                client.call(
                    "ChangeMessageVisibility",
                    QueueUrl=queue,
                    ReceiptHandle=message["ReceiptHandle"],
                    VisibilityTimeout=timeout,
                )
            if queue == FIFO:
                old_handle = found.messages[0]["ReceiptHandle"]
            else:
                longer = found.messages[1]["Body"]
        send_batch(client, history, STANDARD, ["delayed", "longer delayed"], [SHORT, LONG])

        server.signal(signal.SIGSTOP)
        time.sleep(SHORT + 0.2)  # the clock is what this is about
        server.signal(signal.SIGCONT)

        _, refusal = client.try_call("DeleteMessage", QueueUrl=FIFO, ReceiptHandle=old_handle)
        assert "expired" in refusal
        assert bodies_now(client, FIFO) == ["f0", "f1"]
        back = {"in flight", "longer in flight"} - {longer}
        assert set(bodies_now(client, STANDARD)) == back | {"delayed"}


def bodies_now(client: Client, queue: str) -> "list[str]":
    """What a receive that does not wait gets."""
    reply = client.call("ReceiveMessage", QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=0)
    return [message["Body"] for message in reply.get("Messages", [])]
