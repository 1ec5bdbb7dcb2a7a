# SPDX-License-Identifier: Apache-2.0
"""What the C++ library costs the programs that use it, beside `forebay bench`, which writes the
same requests without a library: rates, processor time and allocations a message."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from bench_command import Load, command, counted_command, read_figures
from child_process import run_to_end
from latency_run import BUILT, Row, Rows
from load_run import need_programs
from server_process import Server

TOOLKIT_LOAD = BUILT / "toolkit_load"
# Producing what the consumer takes, and deleting the queue, come on top of the measured seconds.
EXTRA_SECONDS_MAX = 120
RAW_BACKLOG, RAW_REQUESTS = 200_000, 30_000  # of these half delete what the others receive
BODY_ALLOCATIONS = 1


def library_row(text: str) -> Row:
    """What `toolkit_load` printed. Allocations are those beyond the one of a message's body."""
    report = json.loads(text)
    row = per_message(report["messages"], report["seconds"], report["cpu_seconds"])
    row["allocations"] = report["allocations"] / report["messages"] - BODY_ALLOCATIONS
    return row | {key: report[key] for key in ("p50_us", "p99_us") if key in report}


def raw_row(text: str, latencies: bool) -> Row:
    """What `forebay bench` printed; a latency is that of its first action."""
    figures = read_figures(text)
    row = per_message(figures.last.messages, figures.seconds, figures.load_cpu_seconds)
    first = figures.first
    return row | ({"p50_us": first.p50_us, "p99_us": first.p99_us} if latencies else {})


def per_message(messages: int, seconds: float, cpu_seconds: float) -> Row:
    return {
        "messages_per_second": messages / seconds,
        "messages_per_core_second": messages / cpu_seconds,
        "cpu_us": cpu_seconds / messages * 1e6,
    }


class ToolkitRun:
    """All figures of one server, each with its raw counterpart right after it."""

    def __init__(self, server: Server) -> None:
        need_programs(TOOLKIT_LOAD)
        self._endpoint = f"http://127.0.0.1:{server.port}"

    def round(self, seconds: int, show: Callable[[str], None]) -> Rows:
        rows: Rows = {}
        for name, load in RAW.items():
            show(name)
            words = [str(TOOLKIT_LOAD), self._endpoint, name, str(seconds)]
            library = library_row(run_to_end(words, seconds + EXTRA_SECONDS_MAX))
            show(f"{name}: raw HTTP")
            raw = self._raw(name, load, seconds)
            rows |= {name: library | overhead(library, raw), f"{name}, raw": raw}
        return rows

    def _raw(self, name: str, load: Load, seconds: int) -> Row:
        words = (
            counted_command(self._endpoint, load, RAW_REQUESTS, "--preload", str(RAW_BACKLOG))
            if name == "consumer"
            else command(self._endpoint, load, seconds)
        )
        return raw_row(run_to_end(words, seconds + EXTRA_SECONDS_MAX), latencies=name == "call")


# What each kind of use comes to without a library.
RAW = {
    "call": Load("send", connections=1),
    "calls": Load("send", connections=64),
    "producer": Load("send", batch=10, connections=16),
    "consumer": Load("receive-delete", batch=10, connections=16),
}


def overhead(library: Row, raw: Row) -> Row:
    more = {"more_cpu_us": library["cpu_us"] - raw["cpu_us"]}
    for key in ("p50_us", "p99_us"):
        if key in library:
            more[f"more_{key}"] = library[key] - raw[key]
    return more


TITLES: Mapping[str, str] = {
    "call": "Client, one call at a time",
    "calls": "Client, 64 calls at a time",
    "producer": "Producer",
    "consumer": "Consumer",
}


def show_rows(rows: Mapping[str, Mapping[str, Any]], text: Callable[[Any, int], str]) -> str:
    head = f"{'1 KiB messages':<28}{'messages/s':<26}{'a core second':<26}{'cpu us':<18}"
    lines = [head + f"{'of them more than raw':<24}allocations"]
    for name, title in TITLES.items():
        for key, label in ((name, title), (f"{name}, raw", "  the same without library")):
            row = rows[key]
            line = f"{label:<28}{text(row['messages_per_second'], 0):<26}"
            line += f"{text(row['messages_per_core_second'], 0):<26}{text(row['cpu_us'], 1):<18}"
            if "more_cpu_us" in row:
                line += f"{text(row['more_cpu_us'], 1):<24}{text(row['allocations'], 2)}"
            lines.append(line.rstrip())
    call = rows["call"]
    lines += [
        "",
        f"A call takes {text(call['p50_us'], 0)} us at p50 and {text(call['p99_us'], 0)} at p99,"
        f" {text(call['more_p50_us'], 0)} and {text(call['more_p99_us'], 0)} more than without.",
        "Allocations are those of a message beyond its body; medians of the rounds, and in brackets"
        " the least and the most.",
    ]
    return "\n".join(lines)
