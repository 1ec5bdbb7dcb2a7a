# SPDX-License-Identifier: Apache-2.0
"""How long a send takes at half the peak rate beside the disk's own time, how soon a parked long
poll is woken, and what ten thousand parked ones cost."""

from __future__ import annotations

import json
import pathlib
import statistics
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench_command import BODY_BYTES, Load, command, read_figures, run_bench
from call_counts import CountedServer
from ceilings_run import BENCH_PATH, disk_name, disk_row
from child_process import Child, Unavailable, run_to_end
from load_run import need_programs
from process_threads import ThreadMeter, summed
from progress import Progress
from server_process import ROOT, Server

BUILT = ROOT / "build" / "release" / "bench"
LONG_POLLS = BUILT / "long_polls"
DISK_SYNC = BUILT / "disk_sync"
EXTRA_SECONDS_MAX = 60
PEAK = Load("send", connections=64)
# Enough that a request that is due finds a free connection while the disk takes its time.
OPEN_CONNECTIONS = 256
NOT_SENT_SHARE_MAX = 0.01
WAITING_SECONDS_MAX = 15
PAGE_BYTES = 4096
Row = dict[str, float]
Rows = dict[str, Row]
Json = dict[str, Any]


def latencies(figures: Mapping[str, float]) -> Row:
    """`{"p50": 1}` as the rows here have it: `{"p50_us": 1}`."""
    return {f"{name}_us": value for name, value in figures.items()}


def open_row(text: str) -> Row:
    """An open loop's sends, from what `forebay bench` printed: latencies from when they were due.
    Unavailable when the server did not keep up: it then has queues that only grow."""
    read_figures(text)
    report = json.loads(text)
    send = report["actions"]["send"]
    # A stall at the very end leaves a few.
    if report["not_started"] > NOT_SENT_SHARE_MAX * send["requests"]:
        raise Unavailable(f"{report['not_started']} of the requests that were due were not sent")
    return {
        "requests_per_second": send["requests_per_second"],
        **latencies(send["latency_us"]),
        "load_cpu_share": report["load_cpu_share"],
    }


def wake_up_row(text: str) -> Row:
    """What `long_polls wakeup` printed. `more_p99_us`: how much later the polls' 99th percentile
    is than the sends', both from when the send was written."""
    report = json.loads(text)
    row: Row = {"samples": report["samples"], "before_send": report["before_send"]}
    for kind in ("send", "receive", "after"):
        row |= {f"{kind}_{key}": value for key, value in latencies(report[f"{kind}_us"]).items()}
    return row | {"more_p99_us": row["receive_p99_us"] - row["send_p99_us"]}


def merged(rounds: Sequence[Mapping[str, Row]]) -> dict[str, dict[str, Json]]:
    """Every number of every row: its median over the rounds, the least and the most."""
    names = dict.fromkeys(name for rows in rounds for name in rows)
    return {name: merged_row([rows[name] for rows in rounds if name in rows]) for name in names}


def merged_row(rows: Sequence[Row]) -> dict[str, Json]:
    keys = dict.fromkeys(key for row in rows for key in row)
    return {key: ranged(row[key] for row in rows if key in row) for key in keys}


def ranged(values: Iterable[float]) -> Json:
    known = list(values)
    return {"median": statistics.median(known), "low": min(known), "high": max(known)}


class SendRun:
    """Single sends of one server with a bench path, and beside them the disk's syncs alone and what
    the processors alone make of such a load: replies that need no disk, without and with a third
    busy thread that syncs."""

    def __init__(self, server: Server, counted: CountedServer, folder: pathlib.Path) -> None:
        need_programs(DISK_SYNC)
        self._server, self._counted, self._folder = server, counted, folder

    def round(self, seconds: int, progress: Progress) -> Rows:
        progress.show("send: peak")
        endpoint = f"http://127.0.0.1:{self._server.port}"
        run_bench(endpoint, PEAK, 1)
        peak = run_bench(endpoint, PEAK, seconds).first
        progress.show("send: half the peak rate")
        rate = max(1, round(peak.requests_per_second / 2))
        send = open_row(self._open(endpoint, rate, seconds, "--warm-up", "1s"))
        progress.show("send: messages a sync")
        batch = self._batch(rate, min(seconds, 2))
        peak_row = {"requests_per_second": peak.requests_per_second, "p99_us": peak.p99_us}
        rows: Rows = {"peak": peak_row, "send": send | {"messages_per_sync": batch}}
        progress.show("send: disk")
        rows["disk, batch"] = self._disk(batch, BODY_BYTES, seconds)
        rows["disk, 4 KiB"] = self._disk(1, PAGE_BYTES, seconds)
        progress.show("send: fixed reply")
        rows["fixed reply"] = self._fixed(endpoint, rate, seconds)
        with self._busy_disk(batch, seconds):
            rows["fixed reply, syncs"] = self._fixed(endpoint, rate, seconds)
        rows["p99 ratio"] = {
            "fixed reply, syncs": send["p99_us"] / rows["fixed reply, syncs"]["p99_us"],
            "batch": send["p99_us"] / rows["disk, batch"]["p99_us"],
            "4 KiB": send["p99_us"] / rows["disk, 4 KiB"]["p99_us"],
        }
        return rows

    def _open(self, endpoint: str, rate: int, seconds: int, *flags: str) -> str:
        load = Load("send", connections=OPEN_CONNECTIONS)
        words = command(endpoint, load, seconds, "--rate", str(rate), *flags)
        return run_to_end(words, seconds + EXTRA_SECONDS_MAX)

    def _batch(self, rate: int, seconds: int) -> int:
        """Messages that share a sync at this rate, on average."""
        before = self._counted.counts()
        send = read_figures(self._open(self._counted.endpoint, rate, seconds)).first
        counts = self._counted.counts().since(before)
        return max(1, round(counts.messages_per_sync(send.messages)))

    def _fixed(self, endpoint: str, rate: int, seconds: int) -> Row:
        return open_row(
            self._open(endpoint, rate, seconds, "--warm-up", "1s", "--raw-target", BENCH_PATH)
        )

    def _disk(self, records: int, record_bytes: int, seconds: int) -> Row:
        return disk_row(
            run_to_end(self._syncs(records, record_bytes, seconds), seconds + EXTRA_SECONDS_MAX)
        )

    def _busy_disk(self, records: int, seconds: int) -> Child:
        """Syncs until its block ends, for `EXTRA_SECONDS_MAX` more than `seconds` at most."""
        words = self._syncs(records, BODY_BYTES, seconds + EXTRA_SECONDS_MAX)
        return Child(words, self._folder / "busy")

    def _syncs(self, records: int, record_bytes: int, seconds: int) -> list[str]:
        return [str(DISK_SYNC), str(self._folder), str(record_bytes), str(records), str(seconds)]


def batch_name(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """ "disk, batch" for people: how large that was."""
    return disk_name(round(rows["send"]["messages_per_sync"]["median"]), BODY_BYTES)


def wake_up_round(server: Server, polls: int, samples: int) -> Row:
    """One queue of its own for each number of polls."""
    need_programs(LONG_POLLS)
    queue_url = server.create_queue(f"wakeup-{polls}")
    words = [str(LONG_POLLS), "wakeup", queue_url, str(polls), str(samples)]
    return wake_up_row(run_to_end(words, samples / 10 + EXTRA_SECONDS_MAX))


class ParkedPolls:
    """`long_polls park`, as a context manager that ends it."""

    def __init__(self, queue_url: str, polls: int, seconds: int) -> None:
        words = [str(LONG_POLLS), "park", queue_url, str(polls), str(seconds)]
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def __enter__(self) -> ParkedPolls:
        return self

    def __exit__(self, *unused: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def next_line(self) -> Json:
        assert self._process.stdout is not None and self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line:
            raise Unavailable(self._process.stderr.read().strip() or "long_polls ended")
        return dict(json.loads(line))


def parked_row(server: Server, polls: int, seconds: int) -> Row:
    """Long polls on connections of their own; what the server uses while they wait and are renewed,
    and how much it has grown. The window begins a second after the last was parked; in its first
    half none has waited for 20 seconds yet."""
    need_programs(LONG_POLLS)
    queue_url = server.create_queue("parked")
    rss_before = server.rss_kib()
    waiting_seconds = min(seconds / 2, WAITING_SECONDS_MAX)
    with ParkedPolls(queue_url, polls, seconds) as parked:
        parked.next_line()
        meter = ThreadMeter(server.process.pid)
        time.sleep(waiting_seconds)
        waiting = summed(list(meter.used().values()))
        renewed = parked.next_line()["renewed"]
        used = summed(list(meter.used().values()))
        rss = server.rss_kib()
    return {
        "polls": polls,
        "seconds": seconds,
        "renewed": renewed,
        "cpu_percent_of_a_core": used.cpu_seconds / seconds * 100,
        "cpu_percent_while_all_wait": waiting.cpu_seconds / waiting_seconds * 100,
        "cpu_us_per_renewal": used.cpu_seconds / renewed * 1e6 if renewed else 0.0,
        "switches_per_second": used.switches / seconds,
        "rss_mb": rss * 1024 / 1e6,
        "rss_bytes_per_poll": (rss - rss_before) * 1024 / polls,
    }
