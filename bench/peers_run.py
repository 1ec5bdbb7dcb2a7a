# SPDX-License-Identifier: Apache-2.0
"""One peer and this server side by side: each figure on one, then on the other."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from bench_command import CpuMeter, Load, LoadFigures, Measured, run_bench
from ceilings_run import Row, merged_row
from child_process import Unavailable, rss_bytes
from peer_loads import FIGURES
from peer_servers import Peer, RunningPeer
from progress import Progress
from samples import Ratio
from server_process import Server

WARM_UP_SECONDS = 1
FIRST_WARM_UP_SECONDS = 4  # once: what is compiled while it runs, and what grows at first
Json = dict[str, Any]
# Figure, then the rounds' rows.
Rounds = dict[str, list[Row]]


class Forebay:
    """This server, with what a peer has too: a process and a load."""

    def __init__(self, server: Server) -> None:
        self.pid, self._endpoint = server.process.pid, f"http://127.0.0.1:{server.port}"

    def load(self, load: Load, seconds: int) -> LoadFigures:
        return run_bench(self._endpoint, load, seconds)


def measured_row(side: Forebay | RunningPeer, load: Load, seconds: int) -> Row:
    pid = side.pid if isinstance(side, Forebay) else side.server.pid
    side.load(load, WARM_UP_SECONDS)
    meter = CpuMeter(pid)
    return Measured(side.load(load, seconds), meter.used()).row()


def merged_rounds(rounds: Mapping[str, Sequence[Row]]) -> dict[str, Row]:
    return {name: merged_row(rows) for name, rows in rounds.items() if rows}


def ratios(ours: Rounds, theirs: Rounds) -> Json:
    """Messages per second of this server to those of the peer, each round with its neighbour."""
    found: Json = {}
    for name, rows in theirs.items():
        pairs = list(zip(ours[name], rows))
        if pairs:
            ratio = Ratio.of_pairs(
                [mine["messages_per_second"] for mine, _ in pairs],
                [other["messages_per_second"] for _, other in pairs],
            )
            found[name] = ratio.figures()
    return found


def forebay_rows(peers: Mapping[str, Json]) -> Json:
    """This server's figures beside all the peers: medians over all rounds."""
    sides = [peer["forebay"] for peer in peers.values() if "forebay" in peer]
    names = dict.fromkeys(name for side in sides for name in side["rounds"])
    rounds = {
        name: [row for side in sides for row in side["rounds"].get(name, [])] for name in names
    }
    if not sides:
        return {}
    return {
        "figures": merged_rounds(rounds),
        "ready_ms": sorted(side["ready_ms"] for side in sides)[len(sides) // 2],
        "rss_bytes": max(side["rss_bytes"] for side in sides),
    }


class PeersRun:
    def __init__(self, folder: pathlib.Path, rounds: int, seconds: int, progress: Progress) -> None:
        self._folder, self._rounds, self._seconds = folder, rounds, seconds
        self._progress = progress

    def peer(self, peer: Peer) -> Json:
        """What is to be known of a peer, also when it cannot be measured."""
        figures: Json = {
            "title": peer.title,
            "durable": peer.durable,
            "known_from": peer.known_from,
        }
        self._progress.show(f"{peer.name}: installing and starting")
        place = self._folder / peer.name
        try:
            with (
                RunningPeer(peer, place / "peer") as running,
                Server(str(place / "forebay")) as server,
            ):
                figures["version"] = peer.version()
                ready_ms = server.health_ms()
                figures |= self._measure(running, Forebay(server))
                figures["ready_ms"] = running.ready_ms
                figures["rss_bytes"] = rss_bytes(running.server.pid)
                figures["forebay"] |= {
                    "ready_ms": ready_ms,
                    "rss_bytes": rss_bytes(server.process.pid),
                }
                server.stop()
        except Unavailable as error:
            figures["unavailable"] = str(error)
        return figures

    def _measure(self, running: RunningPeer, forebay: Forebay) -> Json:
        ours: Rounds = {name: [] for name in FIGURES}
        theirs: Rounds = {name: [] for name in FIGURES}
        missing: dict[str, str] = {}
        self._progress.show(f"{running.peer.name}: warming up")
        running.load(FIGURES["send"], FIRST_WARM_UP_SECONDS)
        for number in range(self._rounds):
            for name, load in FIGURES.items():
                self._progress.show(f"{running.peer.name}: round {number + 1}, {name}")
                if name not in missing:
                    try:
                        self._pair(number, load, (forebay, ours[name]), (running, theirs[name]))
                    except Unavailable as error:
                        missing[name] = str(error)
        return {
            "figures": merged_rounds(theirs),
            "missing": missing,
            "ratios": ratios(ours, theirs),
            "rounds": theirs,
            "forebay": {"figures": merged_rounds(ours), "rounds": ours},
        }

    def _pair(
        self, number: int, load: Load, *sides: tuple[Forebay | RunningPeer, list[Row]]
    ) -> None:
        """One figure on both, each other round in the other order; kept when both were measured."""
        order = sides if number % 2 == 0 else tuple(reversed(sides))
        rows = [(kept, measured_row(side, load, self._seconds)) for side, kept in order]
        for kept, row in rows:
            kept.append(row)
