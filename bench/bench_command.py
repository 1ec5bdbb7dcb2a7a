# SPDX-License-Identifier: Apache-2.0
"""Runs `forebay bench`, the load of everything that speaks SQS, and reads what load programs print:
those for other protocols print the same JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from child_process import Unavailable, cpu_seconds, run_to_end
from server_process import BINARY

BODY_BYTES = 1024
# Queues that were filled have to be removed too, which takes some servers a while.
EXTRA_SECONDS_MAX = 60.0
ACTIONS = ("send", "receive", "delete")  # in the order of a message's way


@dataclass(frozen=True)
class Load:
    """Who asks for what: closed loop, each connection has one request on its way."""

    mix: str  # send, receive-delete or roundtrip
    batch: int = 1
    connections: int = 64
    groups: int = 0


@dataclass(frozen=True)
class ActionFigures:
    requests: int
    messages: int
    requests_per_second: float
    messages_per_second: float
    p50_us: int
    p99_us: int


@dataclass(frozen=True)
class LoadFigures:
    """What a load program measured, and what it cost itself."""

    actions: Mapping[str, ActionFigures]
    seconds: float
    load_cpu_seconds: float

    @property
    def first(self) -> ActionFigures:
        """The action that a message's way through the mix begins with."""
        return next(self.actions[name] for name in ACTIONS if name in self.actions)

    @property
    def last(self) -> ActionFigures:
        """The one that completes it."""
        return next(self.actions[name] for name in reversed(ACTIONS) if name in self.actions)


def read_figures(text: str) -> LoadFigures:
    """Unavailable when requests failed: a rate with failures in it says nothing."""
    report: dict[str, Any] = json.loads(text)
    failed = {code: count for code, count in report["errors"].items() if count}
    if failed:
        raise Unavailable("requests failed: " + ", ".join(f"{c} x{n}" for c, n in failed.items()))
    actions = {}
    for name, action in report["actions"].items():
        if action["errors"]:
            raise Unavailable(f"{action['errors']} requests failed: {name}")
        if action["requests"]:
            actions[name] = ActionFigures(
                action["requests"],
                action["messages"],
                action["requests_per_second"],
                action["messages_per_second"],
                action["latency_us"]["p50"],
                action["latency_us"]["p99"],
            )
    if not actions:
        raise Unavailable("no request was answered")
    return LoadFigures(actions, report["seconds"], report["load_cpu_seconds"])


def command(endpoint: str, load: Load, seconds: int, *flags: str) -> list[str]:
    """No warm-up inside: processor time is read before and after, so all requests have to count."""
    return _words(endpoint, load, "--duration", f"{seconds}s", *flags)


def counted_command(endpoint: str, load: Load, requests: int, *flags: str) -> list[str]:
    """As many requests in place of a time."""
    return _words(endpoint, load, "--requests", str(requests), *flags)


def _words(endpoint: str, load: Load, amount: str, value: str, *flags: str) -> list[str]:
    return [
        *(str(BINARY), "bench", "--endpoint", endpoint, "--mix", load.mix),
        *("--batch", str(load.batch), "--body-bytes", str(BODY_BYTES)),
        *("--connections", str(load.connections), "--groups", str(load.groups)),
        *(amount, value, "--warm-up", "0s", "--format", "json", *flags),
    ]


def run_bench(endpoint: str, load: Load, seconds: int, *flags: str) -> LoadFigures:
    words = command(endpoint, load, seconds, *flags)
    return read_figures(run_to_end(words, seconds + EXTRA_SECONDS_MAX))


@dataclass(frozen=True)
class Measured:
    """A load's figures and what it cost the server."""

    figures: LoadFigures
    server_cpu_seconds: float

    def row(self) -> dict[str, float]:
        """The figures for JSON and tables. Latencies are those of the mix's first action."""
        first, last = self.figures.first, self.figures.last
        millions = last.messages / 1e6
        return {
            "requests_per_second": last.requests_per_second,
            "messages_per_second": last.messages_per_second,
            "p50_us": first.p50_us,
            "p99_us": first.p99_us,
            "server_cpu_seconds_per_million": self.server_cpu_seconds / millions,
            "load_cpu_seconds_per_million": self.figures.load_cpu_seconds / millions,
        }


class CpuMeter:
    """Processor seconds that a process and what it started use from here on."""

    def __init__(self, pid: int) -> None:
        self._pid, self._before = pid, cpu_seconds(pid)

    def used(self) -> float:
        return cpu_seconds(self._pid) - self._before
