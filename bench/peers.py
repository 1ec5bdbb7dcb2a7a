#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Other servers that one could take instead, each in turn with this one: those that speak SQS, most
of them in memory, and queues of other protocols that sync before they answer. About a quarter of an
hour, and the first time some more to fetch them. See bench/README.md."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import tempfile
from datetime import date

from load_run import need_programs
from machine import described, end_on_signals
from peer_loads import BUILT
from peer_servers import PEERS
from peers_run import PeersRun, forebay_rows
from peers_table import show
from progress import Progress
from server_process import BINARY, ROOT


def chosen(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in PEERS:
            raise argparse.ArgumentTypeError(f"no peer {name}; there are: {', '.join(PEERS)}")
    return names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="length of one figure (4)")
    parser.add_argument("--rounds", type=int, default=2, help="each figure so often (2)")
    parser.add_argument("--only", type=chosen, default=list(PEERS), metavar="NAME,...")
    parser.add_argument(
        "--json",
        type=pathlib.Path,
        default=ROOT / "bench" / "results" / f"{date.today()}-peers.json",
        help="where the figures go (bench/results/<day>-peers.json)",
    )
    parser.add_argument(
        "--note", default="", help="a sentence on the circumstances, kept with them"
    )
    arguments = parser.parse_args()
    if not (1 <= arguments.seconds <= 60 and 1 <= arguments.rounds <= 20):
        parser.error("--seconds is 1 to 60, --rounds 1 to 20")
    need_programs(BINARY, BUILT / "beanstalk_load")
    end_on_signals()
    progress = Progress()
    load_before = list(os.getloadavg())
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build") as folder:
        run = PeersRun(pathlib.Path(folder), arguments.rounds, arguments.seconds, progress)
        peers = {name: run.peer(PEERS[name]) for name in arguments.only}
    result = {
        "machine": described(),
        "note": arguments.note,
        "load_average": {"before": load_before, "after": list(os.getloadavg())},
        "seconds": arguments.seconds,
        "rounds": arguments.rounds,
        "forebay": forebay_rows(peers),
        "peers": peers,
    }
    arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    progress.clear()
    print(show(result))
    print(f"written to {arguments.json}")


if __name__ == "__main__":
    main()
