#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws docs/performance.svg from the results of ceilings.py and peers.py: rate and, beside it, the
99th percentile of this server, of what the machine allows, and of the peers.

    bench/picture.py bench/results/DAY-ceilings.json bench/results/DAY-peers.json
"""

from __future__ import annotations

import argparse
import json
import pathlib
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from server_process import ROOT

Json = dict[str, Any]
WIDTH = 920
ROW = 24
BAR = 14
NAME_X, RATE_X, P99_X = 16, 210, 640
RATE_WIDTH, P99_WIDTH = 330, 190  # of the longest bar; its number stands behind it
LABEL_GAP = 6
NOTE_COLUMNS = 130

# The bars' colours stand out on white and on near-black alike. Page and text follow the reader's
# scheme together, so that one who knows none of that still reads dark on light.
STYLE = """\
.page { fill: #ffffff; }
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-size: 16px; font-weight: 600; }
.head, .note { fill: #59636e; font-size: 12px; }
.ours { font-weight: 700; }
.rate { fill: #2f81f7; } .p99 { fill: #d4863b; }
.memory { fill-opacity: 0.35; stroke-width: 1; stroke-dasharray: 3 2; }
.rate.memory { stroke: #2f81f7; } .p99.memory { stroke: #d4863b; }
.line { stroke: #8c959f; stroke-opacity: 0.4; }
@media (prefers-color-scheme: dark) {
  .page { fill: #0d1117; } text { fill: #e6edf3; } .head, .note { fill: #9198a1; }
}"""


@dataclass(frozen=True)
class Bar:
    """A row of a panel."""

    name: str
    rate: float
    p99_us: float
    durable: bool = True  # or there is nothing to keep
    ours: bool = False


@dataclass(frozen=True)
class Panel:
    title: str
    unit: str
    bars: Sequence[Bar]


CEILING_NAMES = {
    "front end, 64": "our front end, fixed reply",
    "bare epoll, 64": "bare epoll program",
    "nginx, 64": "nginx, return 200",
    "send, 64": "Forebay, SendMessage",
}


def ceilings_panel(result: Json) -> Panel:
    figures = result["figures"]
    bars = [
        Bar(
            title,
            figures[name]["requests_per_second"],
            figures[name]["p99_us"],
            ours=name.startswith("send"),
        )
        for name, title in CEILING_NAMES.items()
        if name in figures
    ]
    return Panel("What this machine allows: one message a request", "requests/s", bars)


def peers_panel(result: Json, figure: str, title: str) -> Panel:
    """This server first, then the peers that have this figure, the fastest first."""
    ours = result["forebay"]["figures"].get(figure)
    bars = [bar_of("Forebay", ours, True, ours=True)] if ours else []
    others = [
        bar_of(peer["title"], peer["figures"][figure], peer["durable"])
        for peer in result["peers"].values()
        if figure in peer.get("figures", {})
    ]
    return Panel(title, "messages/s", bars + sorted(others, key=lambda bar: -bar.rate))


def bar_of(name: str, row: Json, durable: bool, ours: bool = False) -> Bar:
    return Bar(name, row["messages_per_second"], row["p99_us"], durable, ours)


def number(value: float) -> str:
    return f"{value:,.0f}"


def milliseconds(us: float) -> str:
    return f"{us / 1000:.1f} ms" if us < 99_950 else f"{us / 1000:,.0f} ms"


def text(x: float, y: float, content: str, kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}"{attribute}>{escape(content)}</text>'


def bar(x: float, y: float, width: float, kind: str) -> str:
    # Never nothing: the number says how little it is.
    return f'<rect x="{x}" y="{y}" width="{max(width, 1):.1f}" height="{BAR}" class="{kind}"/>'


def panel_parts(panel: Panel, top: int) -> list[str]:
    parts = [
        text(NAME_X, top + 16, panel.title, "title"),
        text(RATE_X, top + 38, panel.unit, "head"),
        text(P99_X, top + 38, "99th percentile of the send", "head"),
        f'<line x1="{NAME_X}" x2="{WIDTH - 16}" y1="{top + 44}" y2="{top + 44}" class="line"/>',
    ]
    rate_max = max(each.rate for each in panel.bars)
    p99_max = max(each.p99_us for each in panel.bars)
    for index, each in enumerate(panel.bars):
        y = top + 52 + index * ROW
        memory = "" if each.durable else " memory"
        rate_width = each.rate / rate_max * RATE_WIDTH
        p99_width = each.p99_us / p99_max * P99_WIDTH
        parts += [
            text(NAME_X, y + 12, each.name, "ours" if each.ours else ""),
            bar(RATE_X, y, rate_width, "rate" + memory),
            text(RATE_X + rate_width + LABEL_GAP, y + 12, number(each.rate)),
            bar(P99_X, y, p99_width, "p99" + memory),
            text(P99_X + p99_width + LABEL_GAP, y + 12, milliseconds(each.p99_us)),
        ]
    return parts


def drawn(panels: Sequence[Panel], notes: Sequence[str]) -> str:
    parts: list[str] = []
    top = 12
    for panel in panels:
        if panel.bars:
            parts += panel_parts(panel, top)
            top += 52 + len(panel.bars) * ROW + 22
    for note in notes:
        parts.append(text(NAME_X, top + 6, note, "note"))
        top += 18
    height = top + 8
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" role="img" aria-label="Rates and latencies of Forebay, of the'
        " machine's limits and of other servers\">"
    )
    page = f'<path d="M0 0H{WIDTH}V{height}H0Z" class="page"/>'
    return "\n".join([head, f"<style>{STYLE}</style>", page, *parts, "</svg>"]) + "\n"


def picture(ceilings: Json, peers: Json) -> str:
    machine = peers["machine"]
    days = dict.fromkeys(result["machine"]["when"][:10] for result in (ceilings, peers))
    panels = [
        ceilings_panel(ceilings),
        peers_panel(peers, "send", "What one could use instead: one message a send"),
        peers_panel(peers, "send in tens", "The same in tens"),
    ]
    notes = [
        "Full bars: on the disk before the answer, or nothing to keep. Pale, dashed bars: kept in"
        " memory only.",
        "64 connections, closed loop, bodies of 1 KiB; server and load share"
        f" {machine['cpus']} cores: {machine['cpu']}.",
        f"Measured {' and '.join(days)}; medians. Compare within a panel, not between them.",
    ]
    for note in dict.fromkeys([ceilings["note"], peers["note"]]):
        notes += textwrap.wrap(note, NOTE_COLUMNS)
    return drawn(panels, notes)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ceilings", type=pathlib.Path, help="a result of ./dev bench ceilings")
    parser.add_argument("peers", type=pathlib.Path, help="a result of ./dev bench peers")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "performance.svg")
    arguments = parser.parse_args()
    ceilings, peers = (
        json.loads(path.read_text()) for path in (arguments.ceilings, arguments.peers)
    )
    arguments.output.write_text(picture(ceilings, peers))
    print(f"written to {arguments.output}")


if __name__ == "__main__":
    main()
