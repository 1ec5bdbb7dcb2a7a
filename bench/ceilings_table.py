# SPDX-License-Identifier: Apache-2.0
"""The figures of ceilings.py for people."""

from __future__ import annotations

from typing import Any

from ceilings_run import ceiling_of


def show(result: dict[str, Any]) -> str:
    lines = [
        f"{'':<20} {'requests/s':>11} {'messages/s':>11} {'+-':>5} {'p50 us':>7} {'p99 us':>7}"
        f"   {'server':>6} {'load':>6}   ratio"
    ]
    lines += [row_text(name, row) for name, row in result["figures"].items()]
    lines += [f"{name:<20} {why}" for name, why in result["unavailable"].items()]
    lines += [
        "",
        "Medians of the rounds. A number behind a name: connections; 64 where there is none.",
        "server, load: processor seconds per million messages. ratio: requests/s to those of the",
        "server's own front end (a fixed reply) with as many connections, in the same round. disk:",
        "groups of records written and synced one after the other; requests are syncs.",
    ]
    return "\n".join(lines)


def row_text(name: str, row: dict[str, Any]) -> str:
    text = (
        f"{name:<20} {row['requests_per_second']:>11,.0f} {row['messages_per_second']:>11,.0f}"
        f" {row['spread_percent']:>4.0f}% {row['p50_us']:>7,.0f} {row['p99_us']:>7,.0f}"
    )
    if "server_cpu_seconds_per_million" in row:
        text += (
            f"   {row['server_cpu_seconds_per_million']:>6.1f}"
            f" {row['load_cpu_seconds_per_million']:>6.1f}"
        )
    if "ratio" in row:
        text += f"   {row['ratio']:.2f} of {ceiling_of(name)}"
    return text
