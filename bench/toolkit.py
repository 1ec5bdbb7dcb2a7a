#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the C++ library costs the program that uses it: client, producer and consumer beside the same
requests without a library. About two minutes. See bench/README.md."""

from __future__ import annotations

import argparse
import json
import pathlib
import tempfile

from child_process import Unavailable
from latency_run import merged
from latency_table import text
from load_run import need_programs
from machine import described, end_on_signals
from progress import Progress
from server_process import BINARY, ROOT, Server
from toolkit_run import ToolkitRun, show_rows


def parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3, help="length of one load (3)")
    parser.add_argument("--rounds", type=int, default=3, help="all figures in turn so often (3)")
    parser.add_argument("--json", type=pathlib.Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    if not (1 <= arguments.seconds <= 60 and 1 <= arguments.rounds <= 20):
        parser.error("--seconds is 1 to 60, --rounds 1 to 20")
    return arguments


def main() -> None:
    arguments = parsed_arguments()
    need_programs(BINARY)
    end_on_signals()
    progress = Progress()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build") as folder:
        with Server(folder) as server:
            run = ToolkitRun(server)
            try:
                rounds = [
                    run.round(arguments.seconds, progress.show) for _ in range(arguments.rounds)
                ]
            except Unavailable as error:
                raise SystemExit(str(error)) from None
    rows = merged(rounds)
    progress.clear()
    print(show_rows(rows, text))
    if arguments.json:
        result = {"machine": described(), "seconds": arguments.seconds, "rows": rows}
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
