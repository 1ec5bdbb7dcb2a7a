# SPDX-License-Identifier: Apache-2.0
"""A server whose locks and syncs are counted (call_counts.cc). Its speed is no figure."""

from __future__ import annotations

import contextlib
import os
import pathlib
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from child_process import Unavailable
from load_run import need_programs
from process_threads import Use, summed, uses
from server_process import ROOT, Server

LIBRARY = ROOT / "build" / "release" / "bench" / "libcall_counts.so"
FORMAT = "3Q"


@dataclass(frozen=True)
class Counts:
    locks: int
    contended: int  # of the locks: were not free at once
    syncs: int
    use: Use

    def since(self, before: Counts) -> Counts:
        return Counts(
            self.locks - before.locks,
            self.contended - before.contended,
            self.syncs - before.syncs,
            self.use.since(before.use),
        )

    def messages_per_sync(self, messages: int) -> float:
        if not self.syncs:
            raise Unavailable("the server made no fdatasync that could be counted")
        return messages / self.syncs

    def row(self, requests: int, messages: int) -> dict[str, float]:
        return {
            "locks_per_request": self.locks / requests,
            "contended_locks_per_request": self.contended / requests,
            "syncs_per_request": self.syncs / requests,
            "messages_per_sync": self.messages_per_sync(messages),
            "switches_per_request": self.use.switches / requests,
        }


@contextlib.contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """For the processes that are started within."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


class CountedServer:
    """As a context manager it ends with its block."""

    def __init__(self, folder: pathlib.Path, *flags: str) -> None:
        need_programs(LIBRARY)
        folder.mkdir(parents=True)
        self._file = folder / "counts"
        preload = {"LD_PRELOAD": str(LIBRARY), "FOREBAY_CALL_COUNTS": str(self._file)}
        with environment(preload):
            self._server = Server(str(folder / "data"), *flags)
        self.endpoint = f"http://127.0.0.1:{self._server.port}"

    def __enter__(self) -> CountedServer:
        return self

    def __exit__(self, *unused: object) -> None:
        self._server.kill()

    def counts(self) -> Counts:
        """Since the server started."""
        use = summed(list(uses(self._server.process.pid).values()))
        return Counts(*struct.unpack(FORMAT, self._file.read_bytes()), use)
