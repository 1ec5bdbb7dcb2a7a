# SPDX-License-Identifier: Apache-2.0
"""The figures of peers.py for people."""

from __future__ import annotations

from typing import Any

from peer_loads import FIGURES
from samples import Ratio

MIB = 1 << 20
NAME_COLUMNS = 11
Json = dict[str, Any]


def show(result: Json) -> str:
    lines = header()
    if result["forebay"]:
        lines.append(row_text("forebay", {"durable": True, **result["forebay"]}))
    for name, peer in result["peers"].items():
        lines.append(row_text(name, peer))
    lines += ["", "forebay's messages/s to the peer's, in the same rounds: median (range)"]
    for name, peer in result["peers"].items():
        if peer.get("ratios"):
            lines.append(ratio_text(name, peer["ratios"]))
    lines += ["", *notes(result["peers"])]
    return "\n".join(lines)


def header() -> list[str]:
    first = f"{'':<{NAME_COLUMNS}} {'':>7} {'ready':>7} {'RSS':>6}"
    second = f"{'':<{NAME_COLUMNS}} {'durable':>7} {'ms':>7} {'MiB':>6}"
    for name in FIGURES:
        first += f" | {name:<29}"
        second += f" | {'messages/s':>10} {'p50':>5} {'p99':>6} {'cpu':>5}"
    return [first.rstrip(), second]


def row_text(name: str, peer: Json) -> str:
    durable = "yes" if peer["durable"] else "no"
    if "unavailable" in peer:
        return f"{name:<{NAME_COLUMNS}} {durable:>7} not measured: {peer['unavailable']}"
    text = (
        f"{name:<{NAME_COLUMNS}} {durable:>7} {peer['ready_ms']:>7,.0f}"
        f" {peer['rss_bytes'] / MIB:>6,.0f}"
    )
    for figure in FIGURES:
        text += " | " + cell(peer["figures"].get(figure))
    return text.rstrip()


def cell(row: Json | None) -> str:
    if row is None:
        return f"{'-':>10} {'':>5} {'':>6} {'':>5}"
    return (
        f"{row['messages_per_second']:>10,.0f} {duration(row['p50_us']):>5}"
        f" {duration(row['p99_us']):>6} {row['server_cpu_seconds_per_million']:>5,.0f}"
    )


def duration(us: float) -> str:
    """Milliseconds with as many digits as tell something; "-" when it was not measured."""
    if us <= 0:
        return "-"
    return f"{us / 1000:.1f}" if us < 99_950 else f"{us / 1000:.0f}"


def ratio_text(name: str, ratios: Json) -> str:
    parts = [f"{figure} {Ratio(**ratios[figure]).text()}" for figure in FIGURES if figure in ratios]
    return f"{name:<{NAME_COLUMNS}} " + "   ".join(parts)


def notes(peers: Json) -> list[str]:
    lines = [
        "64 connections, closed loop, bodies of 1 KiB. p50, p99: milliseconds of the send, in tens",
        "of all ten. cpu: the server's processor seconds per million messages. RSS: after the run.",
        "In tens: batches with SQS, elsewhere ten on their way at once on each connection.",
        "",
    ]
    for name, peer in peers.items():
        version = f" {peer['version']}" if "version" in peer else ""
        durable = "durable before it answers" if peer["durable"] else "not durable"
        lines.append(f"{name}{version}: {durable}; {peer['known_from']}")
        for figure, why in peer.get("missing", {}).items():
            lines.append(f"  no figure for {figure}: {why}")
    return lines
