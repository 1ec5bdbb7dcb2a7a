#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long single requests take: sends beside the disk's own time, parked long polls when a message
comes, ten thousand of them while none comes; and what more threads bring. About five minutes. See
bench/README.md."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import pathlib
import tempfile
from typing import Any

from call_counts import CountedServer
from ceilings_run import BENCH_PATH
from child_process import Unavailable
from latency_run import SendRun, merged, merged_row, parked_row, wake_up_round
from latency_table import show
from load_run import need_programs
from machine import described, end_on_signals
from progress import Progress
from server_process import BINARY, ROOT, Server
from threads_run import ThreadsRun

PARTS = ("send", "wakeup", "parked", "threads")
WAKE_UP_POLLS = (1, 100)
Json = dict[str, Any]


def parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="length of one load (4)")
    parser.add_argument("--rounds", type=int, default=3, help="all figures in turn so often (3)")
    parser.add_argument(
        "--only",
        type=lambda names: names.split(","),
        default=list(PARTS),
        help=f"parts, with commas ({','.join(PARTS)})",
    )
    parser.add_argument("--samples", type=int, default=1000, help="wake-ups of a round (1000)")
    parser.add_argument("--polls", type=int, default=10_000, help="that are parked (10000)")
    parser.add_argument(
        "--parked-seconds", type=int, default=20, help="of which the time is taken (20)"
    )
    parser.add_argument("--json", type=pathlib.Path, help="also write the figures to this file")
    parser.add_argument(
        "--note", default="", help="a sentence on the circumstances, kept with them"
    )
    arguments = parser.parse_args()
    if not (1 <= arguments.seconds <= 60 and 1 <= arguments.rounds <= 20):
        parser.error("--seconds is 1 to 60, --rounds 1 to 20")
    if arguments.samples < 1 or arguments.polls < 1 or arguments.parked_seconds < 1:
        parser.error("--samples, --polls and --parked-seconds are 1 or more")
    if unknown := [name for name in arguments.only if name not in PARTS]:
        parser.error(f"no part {unknown[0]}; there are: {', '.join(PARTS)}")
    return arguments


class LatencyRun:
    """The parts that were asked for, each with servers of its own below `folder`."""

    def __init__(
        self, arguments: argparse.Namespace, folder: pathlib.Path, progress: Progress
    ) -> None:
        self._rounds, self._seconds = range(arguments.rounds), arguments.seconds
        self._arguments, self._folder, self._progress = arguments, folder, progress

    def part(self, name: str) -> Json:
        parts = {
            "send": self._send,
            "wakeup": self._wake_up,
            "parked": self._parked,
            "threads": self._threads,
        }
        folder = self._folder / name
        folder.mkdir()
        return parts[name](folder)

    def _send(self, folder: pathlib.Path) -> Json:
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(Server(str(folder / "data"), "--bench-path", BENCH_PATH))
            counted = stack.enter_context(CountedServer(folder / "counted"))
            run = SendRun(server, counted, folder)
            return merged([run.round(self._seconds, self._progress) for _ in self._rounds])

    def _wake_up(self, folder: pathlib.Path) -> Json:
        rounds = []
        with Server(str(folder / "data")) as server:
            for _ in self._rounds:
                self._progress.show("wake-ups")
                rounds.append(
                    {
                        f"{polls} parked": wake_up_round(server, polls, self._arguments.samples)
                        for polls in WAKE_UP_POLLS
                    }
                )
        return merged(rounds)

    def _parked(self, folder: pathlib.Path) -> Json:
        with Server(str(folder / "data")) as server:
            self._progress.show("parked polls")
            seconds = self._arguments.parked_seconds
            return merged_row([parked_row(server, self._arguments.polls, seconds)])

    def _threads(self, folder: pathlib.Path) -> Json:
        with contextlib.ExitStack() as stack:
            run = ThreadsRun(stack, folder, sorted(os.sched_getaffinity(0)))
            peaks = [run.round(each, self._seconds, self._progress) for each in self._rounds]
            splits = [run.splits(self._seconds, self._progress)]
            calls = [run.calls(min(self._seconds, 2), self._progress)]
        return {"peaks": merged(peaks), "splits": merged(splits), "calls": merged(calls)}


def main() -> None:
    arguments = parsed_arguments()
    need_programs(BINARY)
    end_on_signals()
    progress = Progress()
    result: Json = {
        "machine": described(),
        "note": arguments.note,
        "seconds": arguments.seconds,
        "rounds": arguments.rounds,
        "load_average": {"before": list(os.getloadavg())},
    }
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build") as folder:
        run = LatencyRun(arguments, pathlib.Path(folder), progress)
        try:
            result |= {name: run.part(name) for name in PARTS if name in arguments.only}
        except Unavailable as error:
            raise SystemExit(str(error)) from None
    result["load_average"]["after"] = list(os.getloadavg())
    progress.clear()
    print(show(result))
    before, after = (result["load_average"][key][0] for key in ("before", "after"))
    print(f"Load average of a minute: {before:.2f} before, {after:.2f} after.")
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
