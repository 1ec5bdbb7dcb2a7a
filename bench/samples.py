# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of the measurements: histograms that add up, ratios of pairs, moments in a log."""

from __future__ import annotations

import collections
import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone


class Latencies:
    """Microseconds and how many requests took that long, from the load program's buckets."""

    def __init__(self, pairs: Iterable[Sequence[int]] = ()) -> None:
        self.counts: collections.Counter[int] = collections.Counter()
        self.add(pairs)

    def add(self, pairs: Iterable[Sequence[int]]) -> None:
        for us, count in pairs:
            self.counts[us] += count

    def __len__(self) -> int:
        return sum(self.counts.values())

    def percentile(self, permille: int) -> int:
        """The smallest value that `permille` of 1000 requests do not exceed; 0 without requests."""
        wanted = max(1, -(-len(self) * permille // 1000))
        seen = 0
        for us in sorted(self.counts):
            seen += self.counts[us]
            if seen >= wanted:
                return us
        return 0

    def figures(self) -> dict[str, int]:
        return {
            "requests": len(self),
            "p50_us": self.percentile(500),
            "p99_us": self.percentile(990),
            "max_us": self.percentile(1000),
        }


@dataclass(frozen=True)
class Ratio:
    """How one thing compares with another that was measured beside it, round by round."""

    median: float
    low: float
    high: float

    @classmethod
    def of_pairs(cls, measured: Sequence[float], baseline: Sequence[float]) -> Ratio:
        """Each round is divided by its own neighbour, so that what slows a whole round down (the
        machine's other work, the disk) is in both and falls out."""
        if len(measured) != len(baseline) or not measured:
            raise ValueError(f"{len(measured)} rounds beside {len(baseline)}")
        ratios = [a / b for a, b in zip(measured, baseline)]
        return cls(statistics.median(ratios), min(ratios), max(ratios))

    def text(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"

    def figures(self) -> dict[str, float]:
        return {"median": self.median, "low": self.low, "high": self.high}


def spread_percent(values: Sequence[float]) -> float:
    """Half the distance between the smallest and the largest value, in percent of the median."""
    return (max(values) - min(values)) / 2 / statistics.median(values) * 100


@dataclass(frozen=True)
class Event:
    """A line of the server's log: when, what, and its fields."""

    at_ms: int
    text: str


EMPTYING = re.compile(r"emptying a journal segment segment=(\d+)")
LINE = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z \w+ (.*)$", re.MULTILINE)


def read_events(log: str) -> list[Event]:
    events = []
    for stamp, text in LINE.findall(log):
        moment = datetime.fromisoformat(stamp).replace(tzinfo=timezone.utc)
        events.append(Event(round(moment.timestamp() * 1000), text))
    return events


@dataclass(frozen=True)
class Span:
    """From `begin_ms` to `end_ms`, both included."""

    begin_ms: int
    end_ms: int

    def meets(self, begin_ms: int, end_ms: int) -> bool:
        return begin_ms <= self.end_ms and self.begin_ms <= end_ms


def spans(events: Iterable[Event], begin: str, end: str, until_ms: int) -> list[Span]:
    """From each event that begins with `begin` to the next one that begins with `end`; what has
    not ended lasts until `until_ms`."""
    found: list[Span] = []
    since: int | None = None
    for event in events:
        if event.text.startswith(begin) and since is None:
            since = event.at_ms
        elif event.text.startswith(end) and since is not None:
            found.append(Span(since, event.at_ms))
            since = None
    if since is not None:
        found.append(Span(since, max(since, until_ms)))
    return found


def emptying_spans(events: Iterable[Event], gone_ms: dict[int, int], until_ms: int) -> list[Span]:
    """From each line that says that a segment is being emptied until its file was gone (`gone_ms`:
    when, by segment), or until `until_ms`."""
    found = []
    for event in events:
        if line := EMPTYING.match(event.text):
            end_ms = gone_ms.get(int(line[1]), until_ms)
            found.append(Span(event.at_ms, max(event.at_ms, end_ms)))
    return found


def split_windows(
    windows: Iterable[dict[str, object]], window_ms: int, during: Sequence[Span]
) -> tuple[Latencies, Latencies]:
    """The requests answered in windows that meet a span, and those of the other windows."""
    inside, outside = Latencies(), Latencies()
    for window in windows:
        begin, pairs = window["start_ms"], window["latencies_us"]
        assert isinstance(begin, int) and isinstance(pairs, list)
        met = any(span.meets(begin, begin + window_ms - 1) for span in during)
        (inside if met else outside).add(pairs)
    return inside, outside
