# SPDX-License-Identifier: Apache-2.0
"""One kind of backlog in one server: filled step by step, measured at each step."""

from __future__ import annotations

import collections
import pathlib
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from load_run import Json, Load, RunningLoad, StageFigures, Target, run_load
from machine import check_disk, disk_refusal
from progress import Progress
from samples import Latencies, Ratio, Span, read_events, spans, split_windows, spread_percent
from server_process import Server, evict_from_cache

FILL_CHUNK = 200_000
FILL_CONNECTIONS = 16
WINDOW_MS = 50
SNAPSHOT_SECONDS_MAX = 90
SNAPSHOT_SENDS_MIN = 500  # during one, and apart from one
GROWTH_BYTES = 2 << 30  # more than one piece of the load can write
SNAPSHOT_WINDOWS_MAX = 200
SNAPSHOT_BEGUN, SNAPSHOT_ENDED = "snapshot begun", ("snapshot committed", "no room on the disk")


@dataclass(frozen=True)
class Kind:
    """What the backlog is made of. With one group only one consumer gets messages at a time."""

    name: str  # of the queue; {} is its number
    queues: int = 1
    groups: int = 0

    @property
    def idle_name(self) -> str:
        return "idle.fifo" if self.name.endswith(".fifo") else "idle"

    def loads(self) -> list[Load]:
        """The slices of a round. Each leaves the queue as long as it found it."""
        if self.groups == 1:
            return [
                Load(16, 1, ("send=2000",)),
                Load(1, 10, ("consume=2000",)),
                Load(16, 10, ("send=10000",)),
                Load(1, 10, ("consume=10000",)),
                Load(1, 10, ("level=1s",)),
            ]
        return [
            Load(16, 1, ("send=4000", "receive=4000", "delete")),
            Load(16, 10, ("send=20000", "receive=20000", "delete")),
            Load(16, 10, ("level=1s",)),
        ]


KINDS = {
    "standard": Kind("full"),
    "fifo-one-group": Kind("full.fifo", groups=1),
    "fifo-groups": Kind("full.fifo", groups=100_000),
    "queues": Kind("full-{}", queues=10_000),
}


@dataclass(frozen=True)
class Settings:
    sizes: Sequence[int]
    rounds: int
    body_bytes: int
    settle_seconds: int = 0


@dataclass
class Queues:
    """A target of load, and how many messages it was ever sent: the next ones go on from there."""

    target: Target
    sent: int = 0
    deleted: int = 0

    def note(self, stages: Sequence[StageFigures]) -> None:
        for stage in stages:
            for name, figures in stage.actions.items():
                self.sent += figures.messages if name == "send" else 0
                self.deleted += figures.messages if name == "delete" else 0


@dataclass
class Measure:
    """One action in one kind of slice: a rate from each round, and all rounds' latencies."""

    rates: list[float] = field(default_factory=list)
    latencies: Latencies = field(default_factory=Latencies)

    def figures(self) -> Json:
        return {
            "messages_per_second": statistics.median(self.rates),
            "spread_percent": spread_percent(self.rates),
            "rates": self.rates,
            **self.latencies.figures(),
        }


Measures = collections.defaultdict[str, Measure]


def note_measures(measures: Measures, batch: int, stages: Sequence[StageFigures]) -> None:
    """Names: "send x10" is SendMessageBatch of ten; "level: receive x10" the receives of a slice
    that also sends and deletes; its rate is that of messages through the queue."""
    for stage in stages:
        for action, figures in stage.actions.items():
            name = action if action == stage.stage else f"{stage.stage}: {action}"
            measure = measures[f"{name} x{batch}"]
            measure.rates.append(figures.messages_per_second)
            measure.latencies.add(figures.latencies.counts.items())


class BacklogRun:
    def __init__(
        self,
        server: Server,
        log: pathlib.Path,
        kind: Kind,
        settings: Settings,
        progress: Progress,
    ) -> None:
        self._server, self._log, self._kind = server, log, kind
        self._settings, self._progress = settings, progress
        server.health_ms()
        self._idle = Queues(Target(self._create(kind.idle_name), groups=kind.groups))
        for number in range(kind.queues if kind.queues > 1 else 0):
            self._say(f"making queue {number + 1} of {kind.queues}")
            self._create(kind.name.format(number))
        url = server.queue_url(kind.name) if kind.queues > 1 else self._create(kind.name)
        self._full = Queues(Target(url, kind.queues, kind.groups))
        self._driver = Queues(Target(self._create("driver")))

    def _create(self, name: str) -> str:
        return self._server.create_queue(name)

    def _say(self, text: str) -> None:
        self._progress.show(f"{self._kind.name}: {text}")

    def _queued(self) -> int:
        return self._full.sent - self._full.deleted

    def measure(self, figures: Json) -> None:
        """Adds to `figures` as it goes, so that what was measured survives an end before time."""
        self._slices([self._idle], "warming up")
        rss_empty = self._server.rss_kib() << 10
        at_start = self._rounds("the empty queue alone", alone=True)["idle"]
        steps: list[Json] = []
        figures |= {
            "rss_empty_bytes": rss_empty,
            "empty_at_start": {name: measure.figures() for name, measure in at_start.items()},
            "steps": steps,
        }
        for size in self._settings.sizes:
            steps.append(self._fill(size) | self._memory_and_disk(rss_empty))
            measured = self._rounds(f"{size:,} messages")
            steps[-1]["measures"] = self._compared(measured, at_start)
        if self._settings.settle_seconds > 0:
            self._settle()
            figures["settled"] = self._memory_and_disk(rss_empty)
        figures["snapshot"] = self._snapshot_effect()

    def _settle(self) -> None:
        """Idle until what the server keeps for a while only is over (deduplication: 5 minutes)."""
        for second in range(self._settings.settle_seconds):
            self._say(f"idle, {second} of {self._settings.settle_seconds} s")
            time.sleep(1)

    def _run(self, queues: Queues, load: Load) -> list[StageFigures]:
        flags = ("--start", str(queues.sent), "--body-bytes", str(self._settings.body_bytes))
        stages = run_load(
            queues.target, Load(load.connections, load.batch, load.stages, load.flags + flags)
        )
        queues.note(stages)
        return stages

    def _fill(self, size: int) -> Json:
        begin, missing = time.monotonic(), size - self._queued()
        while (left := size - self._queued()) > 0:
            check_disk(self._server.disk_bytes(), FILL_CHUNK * 2 * self._settings.body_bytes)
            self._run(self._full, Load(FILL_CONNECTIONS, 10, (f"send={min(left, FILL_CHUNK)}",)))
            rate = (missing - left) / (time.monotonic() - begin)
            self._say(f"filling: {self._queued():,} of {size:,} messages, {rate:,.0f}/s")
        seconds = time.monotonic() - begin
        return {"messages": size, "fill_per_second": missing / seconds if missing > 0 else 0}

    def _memory_and_disk(self, rss_empty: int) -> Json:
        rss, disk = self._server.rss_kib() << 10, self._server.disk_bytes()
        live = self._queued() * self._settings.body_bytes
        return {
            "rss_bytes": rss,
            "rss_bytes_per_message": (rss - rss_empty) / self._queued(),
            "disk_bytes": disk,
            "live_bytes": live,
            "disk_to_live": disk / live,
        }

    def _slices(self, order: Sequence[Queues], text: str) -> list[tuple[Queues, Measures]]:
        """Every slice of a round, for each of `order` in turn."""
        found = [(queues, Measures(Measure)) for queues in order]
        for load in self._kind.loads():
            for queues, measures in found:
                which = "full" if queues is self._full else "empty"
                self._say(f"{text}: {load.stages[0].split('=')[0]} x{load.batch}, {which} queue")
                note_measures(measures, load.batch, self._run(queues, load))
        return found

    def _rounds(self, text: str, alone: bool = False) -> dict[str, Measures]:
        """Empty and full queue in turn, the order changing from round to round."""
        totals = {"idle": Measures(Measure), "full": Measures(Measure)}
        for number in range(self._settings.rounds):
            order = [self._idle] if alone else [self._idle, self._full]
            if number % 2:
                order.reverse()
            for queues, measures in self._slices(order, f"{text}, round {number + 1}"):
                total = totals["full" if queues is self._full else "idle"]
                for name, measure in measures.items():
                    total[name].rates += measure.rates
                    total[name].latencies.add(measure.latencies.counts.items())
        return totals

    def _compared(self, measured: dict[str, Measures], at_start: Measures) -> Json:
        compared: Json = {}
        for name, full in measured["full"].items():
            idle = measured["idle"][name]
            compared[name] = {
                "full": full.figures(),
                "empty": idle.figures(),
                "ratio": Ratio.of_pairs(full.rates, idle.rates).figures(),
                # Of the empty queue now to the empty server: what slows the whole process.
                "empty_to_start": Ratio.of_pairs(idle.rates, at_start[name].rates).figures(),
            }
        return compared

    def _snapshot_spans(self) -> list[Span]:
        events = read_events(self._log.read_text())
        now_ms = int(time.time() * 1000)
        return spans(events, SNAPSHOT_BEGUN, SNAPSHOT_ENDED, now_ms)

    def _snapshot_effect(self) -> Json:
        """Sends, and beside them a load that makes the journal grow until a snapshot is due. The
        same load goes on with and without a snapshot; its windows tell which."""
        before, deadline = len(self._snapshot_spans()), time.monotonic() + SNAPSHOT_SECONDS_MAX
        windows: list[Json] = []
        during, apart = Latencies(), Latencies()
        while min(len(during), len(apart)) < SNAPSHOT_SENDS_MIN and time.monotonic() < deadline:
            if len(windows) > SNAPSHOT_WINDOWS_MAX and not self._snapshot_spans():
                break  # this server has never taken one: it does not, or does not say so
            if disk_refusal(self._server.disk_bytes(), GROWTH_BYTES):
                break
            self._say(f"{self._queued():,} messages, sends with and without a snapshot")
            windows += self._send_beside_growth()
            during, apart = split_windows(windows, WINDOW_MS, self._snapshot_spans())
        taken = self._snapshot_spans()[before:]
        return {
            "seen": len(taken),
            "milliseconds": [span.end_ms - span.begin_ms for span in taken],
            "sends_during": during.figures(),
            "sends_apart": apart.figures(),
        }

    def _send_beside_growth(self) -> Sequence[Json]:
        flags = ("--start", str(self._driver.sent), "--body-bytes", "4096")
        growth = Load(4, 10, ("level=6s",), flags)
        with RunningLoad(self._driver.target, growth) as growing:
            sending = Load(4, 1, ("level=5s",), ("--window-ms", str(WINDOW_MS)))
            sent = self._run(self._driver, sending)
            self._driver.note(growing.finish())
        return sent[0].actions["send"].windows

    def measure_restarts(self, data: pathlib.Path, log: pathlib.Path) -> Json:
        """The server was killed. Starts it with what it read and wrote still in the system's cache,
        then kills it again and starts it from the disk."""
        figures: Json = {}
        for name in ("warm", "cold"):
            self._say(f"restart with {self._queued():,} messages, {name}")
            if name == "cold":
                evict_from_cache(data)
            with Server(str(data), log=log, port=self._server.port) as server:
                figures[name] = {
                    "ms": server.health_ms(),
                    "rss_bytes": server.rss_kib() << 10,
                    "messages_expected": self._queued(),
                    "messages": sum(map(server.message_count, self._queue_urls(server))),
                }
        return figures

    def _queue_urls(self, server: Server) -> list[str]:
        return [server.queue_url(self._kind.name.format(n)) for n in range(self._kind.queues)]
