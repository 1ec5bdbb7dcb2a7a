#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does a backlog slow the server down? Rates, latencies, memory, disk and restarts at 10^3, 10^4,
... queued messages, beside an empty queue of the same process. See bench/README.md."""

from __future__ import annotations

import argparse
import json
import pathlib
import tempfile
from datetime import date

from backlog_run import KINDS, BacklogRun, Kind, Settings
from backlog_table import show_kind
from load_run import PROGRAM, Json, need_programs
from machine import described, end_on_signals
from progress import Progress
from server_process import BINARY, ROOT, Server


def measure_kind(kind: Kind, settings: Settings, progress: Progress, figures: Json) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build") as folder:
        data, log = pathlib.Path(folder) / "data", pathlib.Path(folder) / "log"
        with Server(str(data), log=log) as server:
            run = BacklogRun(server, log, kind, settings, progress)
            run.measure(figures)
        figures["restart"] = run.measure_restarts(data, log)


def sizes_up_to(most: int) -> list[int]:
    sizes = [10**power for power in range(3, 10) if 10**power <= most]
    return sizes if sizes and sizes[-1] == most else [*sizes, most]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--max", type=int, default=10_000_000, help="largest backlog (10000000)")
    parser.add_argument("--kinds", default=",".join(KINDS), help="some of: %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="of empty and full queue in turn (5)")
    parser.add_argument("--body-bytes", type=int, default=1024, help="of a message (1024)")
    parser.add_argument(
        "--settle", type=int, default=0, help="idle seconds before memory is looked at again (0)"
    )
    parser.add_argument(
        "--json",
        type=pathlib.Path,
        default=ROOT / "bench" / "results" / f"{date.today()}-backlog.json",
        help="where the figures go (bench/results/<day>-backlog.json)",
    )
    arguments = parser.parse_args()
    unknown = set(arguments.kinds.split(",")) - set(KINDS)
    if unknown or arguments.max < 1 or arguments.rounds < 1:
        parser.error(f"kinds are {', '.join(KINDS)}; --max and --rounds at least 1")
    return arguments


def main() -> None:
    arguments = parse_arguments()
    need_programs(BINARY, PROGRAM)
    end_on_signals()
    sizes = sizes_up_to(arguments.max)
    settings = Settings(sizes, arguments.rounds, arguments.body_bytes, arguments.settle)
    progress = Progress()
    kinds: dict[str, Json] = {}
    result: Json = {"machine": described(), "body_bytes": arguments.body_bytes, "kinds": kinds}
    try:
        for name in arguments.kinds.split(","):
            kinds[name] = {}
            measure_kind(KINDS[name], settings, progress, kinds[name])
            progress.clear()
            print(show_kind(name, kinds[name]), flush=True)
    finally:  # a run takes long; what it has measured should not be lost
        progress.clear()
        if any("steps" in figures for figures in kinds.values()):
            arguments.json.write_text(json.dumps(result, indent=1) + "\n")
            print(f"written to {arguments.json}")


if __name__ == "__main__":
    main()
