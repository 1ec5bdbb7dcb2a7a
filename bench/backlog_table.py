# SPDX-License-Identifier: Apache-2.0
"""The figures of backlog.py for people."""

from __future__ import annotations

from typing import Any

from samples import Ratio

MIB = 1 << 20


def show_kind(name: str, figures: dict[str, Any]) -> str:
    lines = [f"\n{name}: full queue / empty queue of the same server, measured in turn", ""]
    lines.append(
        f"{'messages':>10}  {'action':<18} {'messages/s':>10} {'empty':>10}   "
        f"{'ratio (range)':<18} {'p50 us':>7} {'empty':>7} {'p99 us':>7} {'empty':>7}"
    )
    for action, measure in figures["empty_at_start"].items():
        lines.append(
            f"{0:>10}  {action:<18} {'':>10} {measure['messages_per_second']:>10,.0f}   "
            f"{'':<18} {'':>7} {measure['p50_us']:>7} {'':>7} {measure['p99_us']:>7}"
        )
    for step in figures["steps"]:
        lines.append("")
        lines += [step_row(step["messages"], *row) for row in step["measures"].items()]
    lines += ["", *memory_lines(figures), "", *restart_lines(figures["restart"])]
    return "\n".join(lines + [snapshot_line(figures["snapshot"])])


def step_row(messages: int, action: str, measure: dict[str, Any]) -> str:
    full, empty = measure["full"], measure["empty"]
    compared = Ratio(**measure["ratio"]).text()
    return (
        f"{messages:>10,}  {action:<18} {full['messages_per_second']:>10,.0f} "
        f"{empty['messages_per_second']:>10,.0f}   {compared:<18} "
        f"{full['p50_us']:>7} {empty['p50_us']:>7} {full['p99_us']:>7} {empty['p99_us']:>7}"
    )


def memory_lines(figures: dict[str, Any]) -> list[str]:
    lines = [
        f"{'messages':>10}  {'RSS MiB':>8} {'bytes/message':>14} {'disk MiB':>9} {'disk/live':>10}"
        f" {'filled/s':>9}",
        f"{0:>10}  {figures['rss_empty_bytes'] / MIB:>8.1f}",
    ]
    rows = [(f"{step['messages']:,}", step) for step in figures["steps"]]
    if "settled" in figures:
        rows.append(("settled", figures["settled"]))
    for name, step in rows:
        filled = f"{step['fill_per_second']:>9,.0f}" if "fill_per_second" in step else ""
        lines.append(
            f"{name:>10}  {step['rss_bytes'] / MIB:>8.1f} "
            f"{step['rss_bytes_per_message']:>14.1f} {step['disk_bytes'] / MIB:>9.1f} "
            f"{step['disk_to_live']:>10.2f} {filled}".rstrip()
        )
    return lines


def restart_lines(restarts: dict[str, Any]) -> list[str]:
    lines = []
    for name, restart in restarts.items():
        lost = restart["messages_expected"] - restart["messages"]
        lines.append(
            f"restart after kill -9, {name}: {restart['ms']:,.0f} ms to /health, "
            f"{restart['rss_bytes'] / MIB:.1f} MiB, {restart['messages']:,} messages"
            + (f" - {lost:,} FEWER THAN THERE WERE" if lost else "")
        )
    return lines


def snapshot_line(snapshot: dict[str, Any]) -> str:
    if not snapshot["seen"]:
        return "snapshots: none was begun while sends were measured"
    parts = []
    for name in ("during", "apart"):
        sends = snapshot[f"sends_{name}"]
        parts.append(
            f"{name} p50 {sends['p50_us']} p99 {sends['p99_us']} max {sends['max_us']} us"
            f" ({sends['requests']:,} sends)"
        )
    longest = max(snapshot["milliseconds"])
    return f"snapshots ({snapshot['seen']}, {longest} ms at most): sends {'; '.join(parts)}"
