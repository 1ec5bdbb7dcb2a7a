# SPDX-License-Identifier: Apache-2.0
"""Runs the load program (bench/load) and reads what it printed."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from samples import Latencies
from server_process import ROOT

PROGRAM = pathlib.Path(os.environ.get("FOREBAY_LOAD", ROOT / "build" / "release" / "forebay_load"))
Json = dict[str, object]


@dataclass(frozen=True)
class Target:
    """Where the load goes: one queue or, with {} in the URL, many; and how messages are grouped."""

    queue_url: str
    queues: int = 1
    groups: int = 0

    def flags(self) -> list[str]:
        return [
            *("--queue-url", self.queue_url),
            *("--queues", str(self.queues)),
            *("--groups", str(self.groups)),
        ]


@dataclass(frozen=True)
class Load:
    """How: connections, messages a request, stages, and further flags of the program."""

    connections: int
    batch: int
    stages: tuple[str, ...]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class ActionFigures:
    requests: int
    messages: int
    messages_per_second: float
    latencies: Latencies
    windows: Sequence[Json]


@dataclass(frozen=True)
class StageFigures:
    stage: str
    seconds: float
    actions: dict[str, ActionFigures]


def command(target: Target, load: Load) -> list[str]:
    flags = ["--connections", str(load.connections), "--batch", str(load.batch)]
    return [str(PROGRAM), *target.flags(), *flags, *load.flags, *load.stages]


def read_report(line: str, allow_dry: bool = False) -> list[StageFigures]:
    """The stages of a run. Ends the program when a request failed: a rate with failures in it says
    nothing."""
    stages = []
    for stage in json.loads(line)["stages"]:
        if stage["errors"]:
            raise SystemExit(f"{stage['errors']} requests failed, first: {stage['first_error']}")
        if stage["ran_dry"] and not allow_dry:
            raise SystemExit(f"stage {stage['stage']}: receives found nothing any more")
        actions = {
            name: ActionFigures(
                figures["requests"],
                figures["messages"],
                figures["messages_per_second"],
                Latencies(figures["latencies_us"]),
                figures.get("windows", []),
            )
            for name, figures in stage.items()
            if isinstance(figures, dict)
        }
        stages.append(StageFigures(stage["stage"], stage["seconds"], actions))
    return stages


class RunningLoad:
    """A load run that goes on beside the caller; `finish()` waits for it. Killed at the end of its
    `with` block if it still runs."""

    def __init__(self, target: Target, load: Load) -> None:
        self._process = subprocess.Popen(
            command(target, load), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def __enter__(self) -> RunningLoad:
        return self

    def __exit__(self, *unused: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def finish(
        self, allow_dry: bool = False, meanwhile: Callable[[], None] = lambda: None
    ) -> list[StageFigures]:
        """The figures; calls `meanwhile` every tenth of a second until they are there."""
        while True:
            try:
                out, errors = self._process.communicate(timeout=0.1)
            except subprocess.TimeoutExpired:
                meanwhile()
                continue
            if self._process.returncode != 0:
                raise SystemExit(errors.strip() or f"load ended with {self._process.returncode}")
            return read_report(out, allow_dry)


def run_load(target: Target, load: Load) -> list[StageFigures]:
    with RunningLoad(target, load) as running:
        return running.finish()


def need_programs(*paths: pathlib.Path) -> None:
    for path in paths:
        if not path.exists():
            raise SystemExit(f"{path} is missing; ./dev bench builds it")
