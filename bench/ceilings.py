#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How near the server comes to what this machine allows: its own front end without queue and
journal, nginx, a bare epoll program, the disk. About five minutes. See bench/README.md."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import tempfile
from datetime import date

from ceilings_run import CeilingsRun, Programs, merged
from ceilings_table import show
from load_run import need_programs
from machine import described, end_on_signals
from progress import Progress
from server_process import BINARY, ROOT

BUILT = ROOT / "build" / "release" / "bench"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="length of one figure (4)")
    parser.add_argument("--rounds", type=int, default=3, help="all figures in turn so often (3)")
    parser.add_argument(
        "--json",
        type=pathlib.Path,
        default=ROOT / "bench" / "results" / f"{date.today()}-ceilings.json",
        help="where the figures go (bench/results/<day>-ceilings.json)",
    )
    parser.add_argument(
        "--note", default="", help="a sentence on the circumstances, kept with them"
    )
    arguments = parser.parse_args()
    if not (1 <= arguments.seconds <= 60 and 1 <= arguments.rounds <= 20):
        parser.error("--seconds is 1 to 60, --rounds 1 to 20")
    programs = Programs(BUILT / "bare_responder", BUILT / "disk_sync")
    need_programs(BINARY, programs.bare_responder, programs.disk_sync)
    end_on_signals()
    progress = Progress()
    load_before = list(os.getloadavg())
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build")
        )
        run = CeilingsRun(stack, pathlib.Path(folder), programs, progress)
        rounds = [run.round(number, arguments.seconds) for number in range(arguments.rounds)]
    result = {
        "machine": described(),
        "note": arguments.note,
        "load_average": {"before": load_before, "after": list(os.getloadavg())},
        "seconds": arguments.seconds,
        "figures": merged(rounds),
        "unavailable": run.unavailable,
        "rounds": rounds,
    }
    arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    progress.clear()
    print(show(result))
    print(f"written to {arguments.json}")


if __name__ == "__main__":
    main()
