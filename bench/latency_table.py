# SPDX-License-Identifier: Apache-2.0
"""The figures of latency.py for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from latency_run import batch_name

Json = dict[str, Any]
Row = Mapping[str, Json]
SEND_RATIO_GOAL = 3
WAKE_UP_MORE_US_GOAL = 1000
PARKED_PERCENT_GOAL, PARKED_MB_GOAL = 1, 150


def show(result: Json) -> str:
    sections: dict[str, Callable[[Any], list[str]]] = {
        "send": send_lines,
        "wakeup": wake_up_lines,
        "parked": parked_lines,
        "threads": threads_lines,
    }
    lines: list[str] = []
    for name, section in sections.items():
        if name in result:
            lines += [*section(result[name]), ""]
    return "\n".join([*lines, "Medians of the rounds, and in brackets the least and the most."])


def text(figure: Json, digits: int = 0) -> str:
    """`{"median": 3, "low": 2, "high": 5}` as "3 (2-5)"; "3" when there was only one round."""
    median, low, high = (f"{figure[key]:,.{digits}f}" for key in ("median", "low", "high"))
    return median if low == high else f"{median} ({low}-{high})"


def verdict(median: float, goal: float) -> str:
    return "met" if median <= goal else "MISSED"


def latency_line(name: str, row: Row, prefix: str = "") -> str:
    percentiles = [("p50", "p50"), ("p99", "p99"), ("p99.9", "p999")]
    cells = [
        f"{title} {text(row[f'{prefix}{key}_us'])}"
        for title, key in percentiles
        if f"{prefix}{key}_us" in row
    ]
    return f"  {name:<26}" + "".join(f"{cell:<26}" for cell in cells).rstrip()


def send_lines(rows: Mapping[str, Row]) -> list[str]:
    send, ratio = rows["send"], rows["p99 ratio"]
    lines = [
        "SendMessage at half the peak rate, microseconds",
        f"  peak, 64 connections      {text(rows['peak']['requests_per_second'])} /s",
        f"  open loop                 {text(send['requests_per_second'])} /s,"
        f" {text(send['messages_per_sync'])} messages a sync",
        latency_line("send", send),
        latency_line(batch_name(rows), rows["disk, batch"]),
        latency_line("disk, 1 x 4 KiB", rows["disk, 4 KiB"]),
        latency_line("fixed reply", rows["fixed reply"]),
        latency_line("fixed reply beside syncs", rows["fixed reply, syncs"]),
    ]
    for key, name in (("batch", batch_name(rows)), ("4 KiB", "disk, 1 x 4 KiB")):
        met = verdict(ratio[key]["median"], SEND_RATIO_GOAL)
        lines.append(
            f"  p99 to that of {name}: {text(ratio[key], 2)}; goal {SEND_RATIO_GOAL}: {met}"
        )
    lines.append(
        "  p99 to that of a fixed reply beside syncs, which waits for no disk:"
        f" {text(ratio['fixed reply, syncs'], 2)}"
    )
    return lines


def wake_up_lines(rows: Mapping[str, Row]) -> list[str]:
    lines = ["A message to a parked long poll, microseconds"]
    for polls, row in rows.items():
        met = verdict(row["more_p99_us"]["median"], WAKE_UP_MORE_US_GOAL)
        lines += [
            latency_line(f"{polls}: send", row, "send_"),
            latency_line("  poll, from the send", row, "receive_"),
            latency_line("  poll, after its answer", row, "after_"),
            f"    p99 later by {text(row['more_p99_us'])}; goal {WAKE_UP_MORE_US_GOAL:,}: {met}",
        ]
    return lines


def parked_lines(row: Row) -> list[str]:
    cpu, rss = row["cpu_percent_of_a_core"], row["rss_mb"]
    waiting = row["cpu_percent_while_all_wait"]
    return [
        f"{text(row['polls'])} parked long polls over {text(row['seconds'])} s,"
        f" {text(row['renewed'])} renewed",
        f"  processor                 {text(cpu, 2)} % of a core; goal {PARKED_PERCENT_GOAL} %:"
        f" {verdict(cpu['median'], PARKED_PERCENT_GOAL)}",
        f"    while all wait          {text(waiting, 2)} %; {text(row['cpu_us_per_renewal'])} us a"
        " renewal",
        f"  resident memory           {text(rss, 1)} MB, {text(row['rss_bytes_per_poll'])} bytes a"
        f" poll; goal {PARKED_MB_GOAL} MB: {verdict(rss['median'], PARKED_MB_GOAL)}",
    ]


def threads_lines(figures: Mapping[str, Mapping[str, Row]]) -> list[str]:
    lines = [
        f"{'Peaks, 64 connections':<42}{'messages/s':<28}{'p99 us':<24}"
        "server CPU s/million  switches/request"
    ]
    for name, row in figures["peaks"].items():
        lines.append(
            f"  {name:<40}{text(row['messages_per_second']):<28}{text(row['p99_us']):<24}"
            f"{row['server_cpu_seconds_per_million']['median']:>20.1f}"
            f"{row['switches_per_request']['median']:>18.2f}"
        )
    lines += ["", f"{'Processor us a request':<42}{'io':>7}{'shard':>7}{'journal':>9}"]
    lines[-1] += "   one shard at most   with io threads"
    for name, row in figures["splits"].items():
        lines.append(
            f"  {name:<40}{row['io_us']['median']:>7.1f}{row['shard_us']['median']:>7.1f}"
            f"{row['journal_us']['median']:>9.1f}"
            f"{row['messages_per_second_most']['median']:>15,.0f}/s"
            f"{row['io_threads_for_most']['median']:>20.1f}"
        )
    lines += ["", f"{'A request':<42}{'locks':>8}{'contended':>11}{'syncs':>8}{'switches':>10}"]
    for name, row in figures["calls"].items():
        lines.append(
            f"  {name:<40}{row['locks_per_request']['median']:>8.1f}"
            f"{row['contended_locks_per_request']['median']:>11.3f}"
            f"{row['syncs_per_request']['median']:>8.3f}"
            f"{row['switches_per_request']['median']:>10.2f}"
        )
    return lines
