# SPDX-License-Identifier: Apache-2.0
"""One server, the ceilings beside it, and every figure in turn, round after round."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench_command import BODY_BYTES, CpuMeter, Load, Measured, run_bench
from child_process import Child, Unavailable, run_to_end
from nginx import Nginx
from progress import Progress
from samples import spread_percent
from server_process import Server

BENCH_PATH = "/bench"
Row = dict[str, float]
Rows = dict[str, Row]

# (a) is measured with as many connections as the rows that it is the ceiling of.
FRONT_END = {1: "front end, 1", 16: "front end, 16", 64: "front end, 64"}
SERVER_LOADS = {
    "send, 1": Load("send", connections=1),
    "send, 16": Load("send", connections=16),
    "send, 64": Load("send", connections=64),
    "send in tens": Load("send", batch=10),
    "round trip in tens": Load("roundtrip", batch=10),
    "FIFO send in tens": Load("send", batch=10, groups=1000),
}
# Records a group, and their size.
DISK_GROUPS = [(1, BODY_BYTES), (16, BODY_BYTES), (64, BODY_BYTES), (1, 4096), (64, 4096)]


@dataclass(frozen=True)
class Programs:
    bare_responder: pathlib.Path
    disk_sync: pathlib.Path


class BareResponder(Child):
    def __init__(self, program: pathlib.Path, directory: pathlib.Path) -> None:
        super().__init__([str(program)], directory)
        try:
            self.wait_ready(lambda: self._printed_port() > 0, 10)
        except BaseException:
            self.stop()
            raise
        self.port = self._printed_port()

    def _printed_port(self) -> int:
        found = re.search(r"http://127\.0\.0\.1:(\d+)\n", self.log.read_text())
        return int(found[1]) if found else 0


def disk_row(text: str) -> Row:
    """What disk_sync printed, under the names that rows of loads have."""
    report = json.loads(text)
    return {
        "requests_per_second": report["syncs_per_second"],
        "messages_per_second": report["records_per_second"],
        "p50_us": report["p50_us"],
        "p99_us": report["p99_us"],
    }


def disk_name(records: int, record_bytes: int) -> str:
    return f"disk, {records} x {record_bytes >> 10} KiB"


def ceiling_of(name: str) -> str:
    """The row of the front end that a row of the server is compared with."""
    return FRONT_END[SERVER_LOADS[name].connections]


def with_ratios(rows: Rows) -> Rows:
    """Adds to the server's rows which share of its front end's requests it answered."""
    for name in SERVER_LOADS:
        if name in rows and ceiling_of(name) in rows:
            ceiling = rows[ceiling_of(name)]["requests_per_second"]
            rows[name]["ratio"] = rows[name]["requests_per_second"] / ceiling
    return rows


def merged(rounds: Sequence[Mapping[str, Row]]) -> Rows:
    """Medians of every number over the rounds that have it, and the spread of the rates."""
    names = dict.fromkeys(name for rows in rounds for name in rows)
    return {name: merged_row([rows[name] for rows in rounds if name in rows]) for name in names}


def merged_row(rows: Sequence[Row]) -> Row:
    keys = dict.fromkeys(key for row in rows for key in row)
    numbers = {key: [row[key] for row in rows if key in row] for key in keys}
    medians: Row = {key: statistics.median(values) for key, values in numbers.items()}
    medians["spread_percent"] = spread_percent(numbers["messages_per_second"])
    medians["rounds"] = len(rows)
    return medians


class CeilingsRun:
    def __init__(
        self,
        stack: contextlib.ExitStack,
        folder: pathlib.Path,
        programs: Programs,
        progress: Progress,
    ) -> None:
        self.unavailable: dict[str, str] = {}
        self._programs, self._folder, self._progress = programs, folder, progress
        flags = ("--bench-path", BENCH_PATH)
        self._server = stack.enter_context(Server(str(folder / "data"), *flags))
        bare = BareResponder(programs.bare_responder, folder / "bare")
        self._responders: dict[str, tuple[int, int]] = {
            "bare epoll, 64": (stack.enter_context(bare).pid, bare.port)
        }
        try:
            nginx = stack.enter_context(Nginx(folder / "nginx"))
            self._responders["nginx, 64"] = (nginx.pid, nginx.port)
        except Unavailable as error:
            self.unavailable["nginx, 64"] = str(error)

    def round(self, number: int, seconds: int) -> Rows:
        """Every figure once, each after a second of the same load that does not count; every
        other round in the opposite order, so that what slows down with time hits all alike."""
        figures = self._figures()
        order = list(figures) if number % 2 == 0 else list(reversed(figures))
        rows: Rows = {}
        for name in order:
            self._progress.show(f"round {number + 1}: {name}")
            rows[name] = figures[name](seconds)
        return with_ratios({name: rows[name] for name in figures})

    def _figures(self) -> dict[str, Callable[[int], Row]]:
        server = (self._server.process.pid, self._server.port)
        fixed = ("--raw-target", BENCH_PATH)
        figures: dict[str, Callable[[int], Row]] = {}
        for connections, name in FRONT_END.items():
            figures[name] = self._load(server, Load("send", connections=connections), *fixed)
        for name, responder in self._responders.items():
            figures[name] = self._load(responder, Load("send"), *fixed)
        for name, load in SERVER_LOADS.items():
            figures[name] = self._load(server, load)
        for records, record_bytes in DISK_GROUPS:
            figures[disk_name(records, record_bytes)] = self._disk(records, record_bytes)
        return figures

    def _load(self, target: tuple[int, int], load: Load, *flags: str) -> Callable[[int], Row]:
        pid, port = target

        def measure(seconds: int) -> Row:
            endpoint = f"http://127.0.0.1:{port}"
            run_bench(endpoint, load, 1, *flags)
            meter = CpuMeter(pid)
            figures = run_bench(endpoint, load, seconds, *flags)
            return Measured(figures, meter.used()).row()

        return measure

    def _disk(self, records: int, record_bytes: int) -> Callable[[int], Row]:
        def measure(seconds: int) -> Row:
            words = [str(self._programs.disk_sync), str(self._folder), str(record_bytes)]
            return disk_row(
                run_to_end([*words, str(records), str(min(seconds, 2))], 60),
            )

        return measure
