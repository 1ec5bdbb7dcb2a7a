# SPDX-License-Identifier: Apache-2.0
"""Mixes that leave little live in many segments, one after the other in one server, and how much
disk they take meanwhile."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from load_run import Json, Load, RunningLoad, StageFigures, Target
from machine import check_disk
from progress import Progress
from samples import Span, emptying_spans, read_events, split_windows
from server_process import Server

MIB = 1 << 20
BODY_BYTES = 8192
SLACK_BYTES = 256 * MIB
SEGMENT_BYTES = 64 * MIB  # the server's default
WINDOW_MS = 50
SETTLE_SECONDS = 15.0
RETENTION_SECONDS = 60  # the shortest that SQS has


@dataclass(frozen=True)
class Sample:
    """What there was at one moment."""

    at: float  # seconds
    live_bytes: int
    disk_bytes: int

    @property
    def excess(self) -> int:
        return self.disk_bytes - allowed_bytes(self.live_bytes)


def allowed_bytes(live_bytes: int) -> int:
    return 2 * live_bytes + SLACK_BYTES


def mix_figures(name: str, samples: Sequence[Sample], last_request: float) -> Json:
    """Of samples at even distances; those after `last_request` say how long it took to settle."""
    over = [sample for sample in samples if sample.excess > 0]
    settled: float | None = max(0.0, over[-1].at - last_request) if over else 0.0
    if over and over[-1] is samples[-1]:
        settled = None
    return {
        "mix": name,
        "live_bytes": samples[-1].live_bytes,
        "disk_bytes": samples[-1].disk_bytes,
        "disk_bytes_most": max(sample.disk_bytes for sample in samples),
        "excess_bytes_most": max(0, *(sample.excess for sample in samples)),
        "excess_share": len(over) / len(samples),
        "settled_seconds": settled,
        "samples": [[round(s.at, 2), s.live_bytes, s.disk_bytes] for s in samples],
    }


class SpaceRun:
    def __init__(self, server: Server, log: pathlib.Path, progress: Progress, scale: float) -> None:
        self._server, self._log, self._progress, self._scale = server, log, progress, scale
        self._started = time.monotonic()
        self._urls: list[str] = []
        self._samples: list[Sample] = []
        self._mixes: list[Json] = []
        self._mix = ""
        self._segments: set[int] = set()
        self._gone_ms: dict[int, int] = {}  # by segment: when its file was first missed
        server.health_ms()

    def measure(self) -> Json:
        # Its messages expire while the other mixes run.
        brief = self._target("brief", MessageRetentionPeriod=str(RETENTION_SECONDS))
        self._run_mix("fill of a queue that expires", lambda: self._fill(brief, 150))
        expiry = time.monotonic() + RETENTION_SECONDS
        self._run_mix("one old message per segment", self._old_messages)
        self._run_mix("dead-letter queue beside a busy queue", self._dead_letters)
        self._run_mix("purge", self._purge)
        sends = self._sends_during_reclaim()
        self._run_mix("retention", lambda: self._wait_for_expiry(brief, expiry))
        return {"mixes": self._mixes, **sends}

    def _target(self, name: str, **attributes: str) -> Target:
        url = self._server.create_queue(name, **attributes)
        self._urls.append(url)
        return Target(url)

    def _count(self, mib: float) -> int:
        """Messages of so many MiB, scaled."""
        return max(100, int(mib * self._scale * MIB / BODY_BYTES))

    def _sample(self) -> None:
        segments = {int(path.stem) for path in self._server.directory.rglob("*.segment")}
        now_ms = int(time.time() * 1000)
        self._gone_ms |= {segment: now_ms for segment in self._segments - segments}
        self._segments = segments
        live = sum(map(self._server.message_count, self._urls)) * BODY_BYTES
        now = time.monotonic() - self._started
        self._samples.append(Sample(now, live, self._server.disk_bytes()))
        self._progress.show(
            f"{self._mix}: {live / MIB:.0f} MiB live, "
            f"{self._samples[-1].disk_bytes / MIB:.0f} MiB on the disk"
        )

    def _run_mix(self, name: str, run: Callable[[], None]) -> None:
        self._mix, self._samples = name, []
        run()
        last_request = time.monotonic() - self._started
        self._sample()
        self._settle(lambda: self._samples[-1].excess <= 0)
        self._mixes.append(mix_figures(name, self._samples, last_request))

    def _settle(self, enough: Callable[[], bool]) -> None:
        """Nothing is asked of the server but how much it holds: it tidies up by itself."""
        end = time.monotonic() + SETTLE_SECONDS
        while not enough() and time.monotonic() < end:
            time.sleep(0.1)
            self._sample()

    def _load(self, target: Target, load: Load, allow_dry: bool = False) -> list[StageFigures]:
        check_disk(self._server.disk_bytes(), 1 << 30)
        flags = ("--body-bytes", str(BODY_BYTES), *load.flags)
        run = Load(load.connections, load.batch, load.stages, flags)
        with RunningLoad(target, run) as running:
            return running.finish(allow_dry, self._sample)

    def _fill(self, target: Target, mib: float) -> None:
        self._load(target, Load(4, 10, (f"send={self._count(mib)}",)))

    def _old_messages(self) -> None:
        """One message stays behind for every segment that fills and empties."""
        kept, busy = self._target("kept"), self._target("busy")
        for _ in range(max(2, int(16 * self._scale))):
            self._load(kept, Load(1, 1, ("send=1",)))
            self._load(busy, Load(4, 10, (f"level={SEGMENT_BYTES // BODY_BYTES}",)))

    def _dead_letters(self) -> None:
        dead = self._target("dead", MessageRetentionPeriod="1209600")
        arn = f"arn:aws:sqs:us-east-1:000000000000:{dead.queue_url.rsplit('/', 1)[1]}"
        policy = f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":"1"}}'
        # What is received and not deleted is there again at once; its second receive moves it.
        poison = self._target("poison", VisibilityTimeout="0", RedrivePolicy=policy)
        busy = self._target("busy")
        for _ in range(10):
            count = self._count(4)
            self._load(poison, Load(1, 10, (f"send={count}",)))
            self._load(poison, Load(1, 10, (f"receive={2 * count}",)), allow_dry=True)
            self._load(busy, Load(4, 10, (f"level={self._count(64)}",)))

    def _purge(self) -> None:
        purged = self._target("purged")
        self._fill(purged, 300)
        self._server.call("PurgeQueue", {"QueueUrl": purged.queue_url})

    def _wait_for_expiry(self, brief: Target, expiry: float) -> None:
        """Until the messages are gone, at most a while longer than they may live."""
        self._sample()
        while self._server.message_count(brief.queue_url) > 0:
            if time.monotonic() > expiry + SETTLE_SECONDS:
                break
            time.sleep(0.1)
            self._sample()

    def _sends_during_reclaim(self) -> Json:
        """The same sends on a quiet server, and while the segments of a queue are emptied of which
        every tenth message is still there."""
        self._mix = "sends while space is reclaimed"
        sparse, probe = self._target("sparse"), self._target("probe")
        windows = list(self._send(probe, 4))
        self._fill(sparse, 400)
        consume = Load(4, 10, (f"consume={self._count(400) // 10 * 10}",), ("--keep", "1"))
        self._load(sparse, consume)
        windows += self._send(probe, 15)
        busy = self._emptying()
        during, apart = split_windows(windows, WINDOW_MS, busy)
        return {
            "sends": {"while segments are emptied": during.figures(), "otherwise": apart.figures()},
            "segments_emptied": len(busy),
        }

    def _send(self, probe: Target, seconds: int) -> Sequence[Json]:
        load = Load(4, 1, (f"level={seconds}s",), ("--window-ms", str(WINDOW_MS)))
        return self._load(probe, load)[0].actions["send"].windows

    def _emptying(self) -> list[Span]:
        events = read_events(self._log.read_text())
        return emptying_spans(events, self._gone_ms, int(time.time() * 1000))
