# SPDX-License-Identifier: Apache-2.0
"""Kills the real server under load, again and again, and checks that every answer it gave still
holds.

pytest tests/crash --rounds 500 --seed 3 runs longer, or again.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from calls import STANDARD, Client, create_queues, message_count, receive_and_delete
from forebay_server import ForebayServer, wait_until
from history import History
from load import Load
from rounds import Rounds, assert_enough
from sqs_clients import sqs_client

SOME_LOAD = 500  # acknowledged sends: every queue and group has had some


@pytest.mark.timeout(0)
@pytest.mark.parametrize("durability", ["sync", "interval=1000"])
def test_nothing_answered_is_undone_by_a_kill(
    tmp_path: Path, request: pytest.FixtureRequest, durability: str
) -> None:
    """Of the process, which leaves the system's cache alone: that is all an interval needs."""
    with Rounds(tmp_path, request, "--segment-mb", "8", "--durability", durability) as rounds:
        for _ in range(rounds.wanted):
            rounds.run(rounds.kill)
        rounds.finish()
    assert_enough(rounds)


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


def test_a_server_that_lost_its_last_second_is_convicted(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Proof that the checks see a loss: a killed server gets back the disk of an earlier moment."""
    earlier = tmp_path / "earlier"
    with Rounds(tmp_path, request) as rounds:
        server, history = rounds.server, rounds.books.history
        for number in range(2):
            load = Load(server.port, sqs_client(server.endpoint), rounds.books, number)
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
        for group_pending in rounds.books.pending.values():
            group_pending.clear()
        rounds.send_again(Client(server.port))
        assert any("duplicate of" in text for text in history.violations), history.violations[:20]
        history.violations.clear()
        rounds.drain_queues(STANDARD)
        assert any("is lost" in text for text in history.violations), history.violations[:20]
