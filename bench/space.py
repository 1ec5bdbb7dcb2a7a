#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does the disk stay near what is live, and do sends notice that space is reclaimed? About two
minutes. See bench/README.md."""

from __future__ import annotations

import argparse
import json
import pathlib
import tempfile
from datetime import date
from typing import Any

from load_run import PROGRAM, Json, need_programs
from machine import described, end_on_signals
from progress import Progress
from server_process import BINARY, ROOT, Server
from space_run import SpaceRun

MIB = 1 << 20


def show(figures: dict[str, Any]) -> str:
    lines = [
        f"{'mix':<38} {'live MiB':>8} {'disk MiB':>8} {'at most':>8} {'excess':>7} "
        f"{'of time':>8} {'settled':>9}"
    ]
    for mix in figures["mixes"]:
        settled = mix["settled_seconds"]
        lines.append(
            f"{mix['mix']:<38} {mix['live_bytes'] / MIB:>8.1f} {mix['disk_bytes'] / MIB:>8.1f} "
            f"{mix['disk_bytes_most'] / MIB:>8.1f} {mix['excess_bytes_most'] / MIB:>7.1f} "
            f"{mix['excess_share']:>7.0%}  "
            + (f"{settled:>7.1f} s" if settled is not None else f"{'never':>9}")
        )
    lines += [
        "",
        "disk: of all files, at the mix's end and at most during it. excess: the most by which",
        "it was above 2 x live + 256 MiB, and for which share of the time. settled: how long after",
        "the last request of the mix it fell to that for good.",
        "",
    ]
    for name, sends in figures["sends"].items():
        lines.append(
            f"sends {name:<28} p50 {sends['p50_us']:>6} p99 {sends['p99_us']:>6} "
            f"max {sends['max_us']:>7} us ({sends['requests']:,})"
        )
    lines.append(f"segments emptied while sends were measured: {figures['segments_emptied']}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="of the amounts of data (1.0)")
    parser.add_argument(
        "--json",
        type=pathlib.Path,
        default=ROOT / "bench" / "results" / f"{date.today()}-space.json",
        help="where the figures go (bench/results/<day>-space.json)",
    )
    arguments = parser.parse_args()
    if not 0 < arguments.scale <= 10:
        parser.error("--scale is above 0, at most 10")
    need_programs(BINARY, PROGRAM)
    end_on_signals()
    progress = Progress()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build") as folder:
        log = pathlib.Path(folder) / "log"
        with Server(str(pathlib.Path(folder) / "data"), log=log) as server:
            figures = SpaceRun(server, log, progress, arguments.scale).measure()
    result: Json = {"machine": described(), "scale": arguments.scale, **figures}
    arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    progress.clear()
    print(show(figures))
    print(f"written to {arguments.json}")


if __name__ == "__main__":
    main()
