# SPDX-License-Identifier: Apache-2.0
"""What ./dev bench latency makes of its programs' output, and its long polls at a real server."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Callable

import pytest

import call_counts
import forebay_server
import latency_run
import server_process
from call_counts import Counts, environment
from child_process import Unavailable
from forebay_server import ForebayServer
from latency_run import ParkedPolls, merged, merged_row, open_row, wake_up_row
from latency_table import show, text
from process_threads import (
    Roles,
    ThreadMeter,
    Use,
    connection_counts,
    read_use,
    roles,
    socket_counts,
    uses,
)
from sqs_clients import sqs_client
from threads_run import Variant, split_row, variants

PERCENTILES = {"p50": 100, "p90": 150, "p99": 300, "p999": 900, "max": 1000}


def open_report(**changes: object) -> str:
    send = {
        "requests": 4000,
        "messages": 4000,
        "requests_per_second": 1000.0,
        "messages_per_second": 1000.0,
        "errors": 0,
        "latency_us": PERCENTILES,
    }
    report = {"actions": {"send": send}, "seconds": 4.0, "errors": {}, "not_started": 0}
    return json.dumps(report | {"load_cpu_seconds": 0.4, "load_cpu_share": 0.1} | changes)


def test_an_open_loops_latencies_are_those_since_requests_were_due() -> None:
    row = open_row(open_report())
    assert (row["p50_us"], row["p99_us"], row["p999_us"]) == (100, 300, 900)
    assert row["requests_per_second"] == 1000


def test_a_rate_that_was_not_reached_has_no_latency() -> None:
    with pytest.raises(Unavailable, match="41 of the requests that were due"):
        open_row(open_report(not_started=41))
    assert open_row(open_report(not_started=40))["p99_us"] == 300
    with pytest.raises(Unavailable, match="OverLimit x3"):
        open_row(open_report(errors={"OverLimit": 3}))


def test_a_wake_up_is_compared_with_its_sends() -> None:
    receive = {"p50": 150, "p99": 450, "p999": 900, "max": 1000}
    after = {"p50": 2, "p99": 20, "p999": 30, "max": 40}
    report = {"samples": 10, "before_send": 1, "send_us": PERCENTILES}
    row = wake_up_row(json.dumps(report | {"receive_us": receive, "after_us": after}))
    assert row["more_p99_us"] == 150
    assert (row["after_p99_us"], row["samples"], row["before_send"]) == (20, 10, 1)


def test_rounds_have_a_median_and_a_range() -> None:
    rows = merged([{"a": {"x": 1.0}}, {"a": {"x": 9.0}}, {"a": {"x": 2.0}, "b": {"y": 5.0}}])
    assert rows["a"]["x"] == {"median": 2.0, "low": 1.0, "high": 9.0}
    assert text(rows["a"]["x"], 1) == "2.0 (1.0-9.0)"
    assert text(rows["b"]["y"]) == "5"


# Threads.


def test_a_threads_files_become_its_use() -> None:
    status = "Name:\tx\nvoluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t5\n"
    assert read_use("1500000000 77 3\n", status) == Use(1.5, 12)


def test_threads_are_told_apart_by_their_order_and_the_journals_by_its_work() -> None:
    used = {
        10: Use(5.0, 1),
        11: Use(0.1, 2),
        12: Use(2.0, 3),
        13: Use(0.2, 4),
        14: Use(3.0, 5),
        15: Use(4.0, 6),
    }
    found = roles(10, used, io_threads=3)
    assert (found.shard, found.journal) == (Use(5.0, 1), Use(2.0, 3))
    assert list(found.io) == [Use(3.0, 5), Use(4.0, 6)]
    assert found.others.switches == 6
    assert found.all().cpu_seconds == pytest.approx(14.3)
    assert list(roles(10, used, io_threads=1).io) == []


def test_what_this_process_uses_grows() -> None:
    meter = ThreadMeter(os.getpid())
    held = threading.Event()
    thread = threading.Thread(target=held.wait)
    thread.start()
    assert len(uses(os.getpid())) >= 2
    held.set()
    thread.join()
    assert 0 < meter.used()[os.getpid()].cpu_seconds < 60


def test_listeners_and_timers_are_no_connections() -> None:
    links = {3: "anon_inode:[eventpoll]", 4: "anon_inode:[eventfd]", 5: "anon_inode:[eventpoll]"}
    links |= {6: "socket:[1]", 7: "socket:[2]", 8: "socket:[3]", 9: "socket:[4]"}
    info = "pos:\t0\ntfd:        4 events: 19 data: 0\n"
    watched = {5: info + "tfd: 6 events: 1\n", 3: info + "tfd:   7 e\ntfd: 8 e\ntfd: 9 e\n"}
    assert socket_counts(links, watched) == [2, 0]
    assert socket_counts(links, {3: info}) == []


def test_a_servers_connections_are_counted_by_thread(
    new_server: Callable[..., ForebayServer],
) -> None:
    server = new_server("--threads", "3", memory=True)
    server.start()
    assert len(connection_counts(server.process.pid)) == 3


def test_the_shards_time_is_what_its_threads_connections_do_not_explain() -> None:
    # Four threads with a quarter of 1,000 requests each: 10 us for a request, and the first one
    # 5 us more for each of all.
    io = [Use(0.0025)] * 3
    cpu = Roles(shard=Use(0.0025 + 0.005), journal=Use(0.004), io=io, others=Use())
    row = split_row(cpu, requests=1000, messages=10_000, first_share=0.25)
    assert (row["io_us"], row["shard_us"], row["journal_us"]) == pytest.approx((10, 5, 4))
    assert row["requests_per_second_most"] == pytest.approx(200_000)
    assert row["messages_per_second_most"] == pytest.approx(2_000_000)
    assert row["io_threads_for_most"] == pytest.approx(2)
    assert row["serial_share"] == pytest.approx(5 / 19)


def test_the_load_gets_what_the_server_leaves() -> None:
    assert variants([4, 7]) == [Variant(1), Variant(1, (4,), (7,)), Variant(2)]
    assert variants([0]) == [Variant(1)]
    assert [each.threads for each in variants(range(64))] == [
        1,
        1,
        2,
        2,
        4,
        4,
        8,
        8,
        16,
        16,
        32,
        32,
    ]
    assert variants([4, 7])[1].name() == "1 io thread, cores 1 + 1"


# Counted calls.


def test_counts_are_per_request_and_syncs_are_shared() -> None:
    before, after = Counts(100, 10, 5, Use(1, 50)), Counts(900, 14, 25, Use(2, 250))
    row = after.since(before).row(requests=200, messages=2000)
    assert row == {
        "locks_per_request": 4,
        "contended_locks_per_request": 0.02,
        "syncs_per_request": 0.1,
        "messages_per_sync": 100,
        "switches_per_request": 1,
    }
    with pytest.raises(Unavailable, match="no fdatasync"):
        before.since(before).messages_per_sync(7)


def test_counters_are_as_wide_as_the_library_writes_them() -> None:
    source = (Path(call_counts.__file__).parent / "call_counts.cc").read_text()
    written = source.count("std::atomic<uint64_t> ") - source.count(
        "std::atomic<uint64_t> Counters"
    )
    assert struct.calcsize(call_counts.FORMAT) == 8 * written


def test_the_environment_is_as_before_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_A", "old")
    with environment({"BENCH_A": "new", "BENCH_B": "new"}):
        assert (os.environ["BENCH_A"], os.environ["BENCH_B"]) == ("new", "new")
    assert os.environ["BENCH_A"] == "old" and "BENCH_B" not in os.environ


# The table, the command, the program.


def result() -> "dict[str, Any]":
    wake_up = {"samples": 9, "before_send": 0, "more_p99_us": 1500}
    for kind in ("send", "receive", "after"):
        wake_up |= {f"{kind}_p50_us": 1, f"{kind}_p99_us": 2, f"{kind}_p999_us": 3}
    sends = {
        "peak": {"requests_per_second": 40_000.0, "p99_us": 9},
        "send": {"requests_per_second": 20_000.0, "messages_per_sync": 7, "p50_us": 1, "p99_us": 2},
        "disk, batch": {"p50_us": 1, "p99_us": 2},
        "disk, 4 KiB": {"p50_us": 1, "p99_us": 2},
        "fixed reply": {"p50_us": 1, "p99_us": 2},
        "fixed reply, syncs": {"p50_us": 1, "p99_us": 4},
        "p99 ratio": {"batch": 2.5, "4 KiB": 3.5, "fixed reply, syncs": 0.5},
    }
    parked = {"polls": 10_000, "seconds": 20, "renewed": 10_000, "cpu_percent_of_a_core": 0.5}
    parked |= {
        "cpu_percent_while_all_wait": 0.1,
        "cpu_us_per_renewal": 9,
        "rss_mb": 151,
        "rss_bytes_per_poll": 6000,
    }
    peak = {"messages_per_second": 1, "p99_us": 2, "server_cpu_seconds_per_million": 3}
    split = {"io_us": 9, "shard_us": 4, "journal_us": 5, "messages_per_second_most": 200_000}
    calls = Counts(8, 4, 2, Use(1, 2)).row(2, 2)
    return {
        "send": merged([sends]),
        "wakeup": merged([{"100 parked": wake_up}]),
        "parked": merged_row([parked]),
        "threads": {
            "peaks": merged([{"send, 1 io thread": peak | {"switches_per_request": 1}}]),
            "splits": merged([{"send, 8 io threads": split | {"io_threads_for_most": 2}}]),
            "calls": merged([{"send, 2 io threads": calls}]),
        },
    }


def test_the_table_says_which_goals_were_met() -> None:
    lines = show(result()).splitlines()
    assert "  p99 to that of disk, 7 x 1 KiB: 2.50; goal 3: met" in lines
    assert "  p99 to that of disk, 1 x 4 KiB: 3.50; goal 3: MISSED" in lines
    assert any("waits for no disk: 0.50" in line for line in lines)
    assert "    p99 later by 1,500; goal 1,000: MISSED" in lines
    assert any("0.50 % of a core" in line and line.endswith("met") for line in lines)
    assert any("151.0 MB" in line and line.endswith("MISSED") for line in lines)
    for name in ("send, 1 io thread ", "send, 8 io threads ", "send, 2 io threads "):
        assert any(line.startswith(f"  {name}") for line in lines), name
    assert all(len(line) <= 140 for line in lines)


def test_only_what_was_measured_is_in_the_table() -> None:
    found = show({"parked": result()["parked"]})
    assert "parked long polls" in found and "SendMessage" not in found


def test_the_command_says_what_it_takes() -> None:
    program = Path(latency_run.__file__).parent / "latency.py"
    for words, code, said in (
        (["--help"], 0, "--parked-seconds"),
        (["--only", "send,peers"], 2, "no part peers"),
        (["--rounds", "0"], 2, "--rounds 1 to 20"),
    ):
        done = subprocess.run(
            [sys.executable, str(program), *words], capture_output=True, text=True
        )
        assert done.returncode == code and said in done.stdout + done.stderr


@pytest.fixture
def queue_url(new_server: Callable[..., ForebayServer]) -> str:
    server = new_server()
    server.start()
    return str(sqs_client(server.endpoint).create_queue(QueueName="q")["QueueUrl"])


def test_every_message_wakes_a_poll(queue_url: str) -> None:
    words = [str(latency_run.LONG_POLLS), "wakeup", queue_url, "5", "30"]
    row = wake_up_row(subprocess.run(words, capture_output=True, check=True, text=True).stdout)
    assert row["samples"] == 30
    assert 0 < row["send_p50_us"] <= row["send_max_us"]
    assert row["receive_max_us"] >= row["after_max_us"]


def test_parked_polls_wait_and_go(queue_url: str) -> None:
    with ParkedPolls(queue_url, 50, 1) as parked:
        assert parked.next_line() == {"parked": 50}
        assert parked.next_line() == {"renewed": 0}


def test_parked_polls_are_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_process, "BINARY", forebay_server.binary())
    with server_process.Server(str(tmp_path)) as server:
        row = latency_run.parked_row(server, 40, 1)
    assert (row["polls"], row["renewed"], row["cpu_us_per_renewal"]) == (40, 0, 0)
    assert 0 <= row["cpu_percent_of_a_core"] < 100
    assert 5 < row["rss_mb"] < 200


def test_polls_that_cannot_be_parked_say_why(queue_url: str) -> None:
    with ParkedPolls(queue_url + "-gone", 3, 1) as parked:
        with pytest.raises(Unavailable, match="QueueDoesNotExist"):
            parked.next_line()
