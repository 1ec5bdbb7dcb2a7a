# SPDX-License-Identifier: Apache-2.0
"""Rates with one and more io threads, and what a request costs in the threads that cannot be more
than one: the shard's and the journal's worker."""

from __future__ import annotations

import contextlib
import pathlib
import time
from collections.abc import Sequence
from concurrent import futures
from dataclasses import dataclass

from bench_command import CpuMeter, Load, LoadFigures, Measured, command, read_figures
from call_counts import CountedServer
from child_process import Unavailable, run_to_end
from latency_run import EXTRA_SECONDS_MAX, Row, Rows
from process_threads import Roles, ThreadMeter, connection_counts, pin, roles
from progress import Progress
from server_process import Server

LOADS = {"send": Load("send"), "send in tens": Load("send", batch=10)}
# With more io threads the first one has fewer connections besides the shard, so that its own cost
# shows better; but each hop between threads then wakes one.
SPLIT_THREADS = (2, 8)


@dataclass(frozen=True)
class Variant:
    threads: int
    server_cpus: tuple[int, ...] = ()  # empty: server and load share all
    load_cpus: tuple[int, ...] = ()

    def name(self) -> str:
        text = f"{self.threads} io thread{'s' if self.threads > 1 else ''}"
        if not self.server_cpus:
            return text
        return f"{text}, cores {len(self.server_cpus)} + {len(self.load_cpus)}"


def variants(cpus: Sequence[int], threads_max: int = 32) -> list[Variant]:
    """One io thread, two, four... as far as there are cores; each with the load beside it, and,
    where a core is left for it, with the load on the others."""
    found = []
    threads = 1
    while threads <= min(len(cpus), threads_max):
        found.append(Variant(threads))
        if threads < len(cpus):
            found.append(Variant(threads, tuple(cpus[:threads]), tuple(cpus[threads:])))
        threads *= 2
    return found


def run_load(
    endpoint: str, load: Load, seconds: int, cpus: Sequence[int] = (), *flags: str
) -> LoadFigures:
    words = command(endpoint, load, seconds, *flags)
    if cpus:
        words = ["taskset", "--cpu-list", ",".join(map(str, cpus)), *words]
    return read_figures(run_to_end(words, seconds + EXTRA_SECONDS_MAX))


def variant_row(server: Server, variant: Variant, load: Load, seconds: int) -> Row:
    endpoint, pid = f"http://127.0.0.1:{server.port}", server.process.pid
    run_load(endpoint, load, 1, variant.load_cpus)
    cpu, threads = CpuMeter(pid), ThreadMeter(pid)
    figures = run_load(endpoint, load, seconds, variant.load_cpus)
    row = Measured(figures, cpu.used()).row()
    used = roles(pid, threads.used(), variant.threads).all()
    return row | {"switches_per_request": used.switches / figures.first.requests}


def split_row(cpu: Roles, requests: int, messages: int, first_share: float) -> Row:
    """Processor microseconds of a request by who spends them. `first_share`: of the requests, came
    by the first thread, which does an io thread's work for them beside the shard's for all."""
    io_us = sum(use.cpu_seconds for use in cpu.io) * 1e6 / (requests * (1 - first_share))
    shard_us = cpu.shard.cpu_seconds * 1e6 / requests - first_share * io_us
    journal_us = cpu.journal.cpu_seconds * 1e6 / requests
    slowest_us = max(shard_us, journal_us)
    return {
        "io_us": io_us,
        "shard_us": shard_us,
        "journal_us": journal_us,
        "serial_share": slowest_us / (io_us + shard_us + journal_us),
        "requests_per_second_most": 1e6 / slowest_us,
        "messages_per_second_most": 1e6 / slowest_us * messages / requests,
        "io_threads_for_most": io_us / slowest_us,
    }


def split_of(server: Server, threads: int, load: Load, seconds: int) -> Row:
    """While connections ask without a pause: with so many, each asks about equally often."""
    endpoint, pid = f"http://127.0.0.1:{server.port}", server.process.pid
    with futures.ThreadPoolExecutor(1) as beside:
        meter = ThreadMeter(pid)
        # Freeing what a queue held when it goes would count as the shard's work for requests.
        running = beside.submit(run_load, endpoint, load, seconds, (), "--keep-queues")
        counts = counts_when_connected(pid, load.connections, running)
        figures = running.result()
        cpu = roles(pid, meter.used(), threads)
    first = figures.first
    share = counts[0] / sum(counts)
    row = split_row(cpu, first.requests, first.messages, share)
    return row | {"first_share": share, "requests_per_second": first.requests_per_second}


def counts_when_connected(
    pid: int, connections: int, running: futures.Future[LoadFigures]
) -> list[int]:
    """Connections of each io thread as soon as there are as many as the load opens."""
    while not running.done():
        counts = connection_counts(pid)
        if sum(counts) >= connections:
            return counts
        time.sleep(0.01)  # nothing tells when another process has connected
    running.result()  # says why, when it failed
    raise Unavailable("the load ended before its connections were seen")


class ThreadsRun:
    """One server for each variant, all in turn, and one for each split."""

    def __init__(
        self, stack: contextlib.ExitStack, folder: pathlib.Path, cpus: Sequence[int]
    ) -> None:
        self._folder = folder
        self._servers: dict[Variant, Server] = {}
        for variant in variants(cpus):
            server = Server(str(folder / f"data-{len(self._servers)}"), *flags(variant.threads))
            self._servers[variant] = stack.enter_context(server)
            if variant.server_cpus:
                pin(server.process.pid, variant.server_cpus)

    def round(self, number: int, seconds: int, progress: Progress) -> Rows:
        """Every other round in the opposite order."""
        rows: Rows = {}
        order = list(self._servers.items())
        for variant, server in order if number % 2 == 0 else reversed(order):
            for name, load in LOADS.items():
                progress.show(f"{name}, {variant.name()}")
                rows[f"{name}, {variant.name()}"] = variant_row(server, variant, load, seconds)
        return {
            name: rows[name]
            for name in (f"{load}, {variant.name()}" for load in LOADS for variant in self._servers)
        }

    def splits(self, seconds: int, progress: Progress) -> Rows:
        rows: Rows = {}
        for threads in SPLIT_THREADS:
            with Server(str(self._folder / f"split-{threads}"), *flags(threads)) as server:
                run_load(f"http://127.0.0.1:{server.port}", LOADS["send"], 1)
                for name, load in LOADS.items():
                    progress.show(f"{name}: processor time by thread, {threads} io threads")
                    row = split_of(server, threads, load, seconds)
                    rows[f"{name}, {threads} io threads"] = row
        return rows

    def calls(self, seconds: int, progress: Progress) -> Rows:
        """Locks, syncs and context switches of a request, with one io thread and with two."""
        rows: Rows = {}
        for threads in (1, 2):
            folder = self._folder / f"calls-{threads}"
            with CountedServer(folder, *flags(threads)) as server:
                run_load(server.endpoint, LOADS["send"], 1)
                for name, load in LOADS.items():
                    title = f"{name}, {threads} io thread{'s' if threads > 1 else ''}"
                    progress.show(f"{title}: locks")
                    before = server.counts()
                    first = run_load(server.endpoint, load, seconds).first
                    counts = server.counts().since(before)
                    rows[title] = counts.row(first.requests, first.messages)
        return rows


def flags(threads: int) -> tuple[str, str]:
    return ("--threads", str(threads))
