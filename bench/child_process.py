# SPDX-License-Identifier: Apache-2.0
"""A program that is measured: started, looked at with all its children, stopped."""

from __future__ import annotations

import os
import pathlib
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

LOG_TAIL_BYTES = 2000
REASON_MAX = 120
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Unavailable(Exception):
    """Something cannot be measured here; the text says why, in one line for a table."""


@dataclass(frozen=True)
class ProcessStat:
    """What /proc/<pid>/stat tells of a process."""

    parent: int
    session: int
    cpu_seconds: float
    rss_bytes: int


def read_stat(text: str) -> ProcessStat | None:
    """Nothing for one that has ended and only waits for its parent to notice. The program's name
    stands in brackets and may hold anything, so fields count from its end."""
    fields = text.rpartition(")")[2].split()
    if fields[0] in "ZX":
        return None
    ticks = int(fields[11]) + int(fields[12])
    return ProcessStat(
        int(fields[1]), int(fields[3]), ticks / TICKS_PER_SECOND, int(fields[21]) * PAGE_BYTES
    )


def processes() -> dict[int, ProcessStat]:
    """All that run on this machine."""
    found = {}
    for path in pathlib.Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                if stat := read_stat((path / "stat").read_text()):
                    found[int(path.name)] = stat
            except (FileNotFoundError, ProcessLookupError):
                pass  # it ended while we looked
    return found


def tree(pid: int, known: Mapping[int, ProcessStat]) -> list[int]:
    """`pid`, what is in the session it leads, and what these have started, at any depth."""
    found = {each for each, stat in known.items() if stat.session == pid or each == pid}
    while True:
        more = {each for each, stat in known.items() if stat.parent in found} - found
        if not more:
            return sorted(found)
        found |= more


def cpu_seconds(pid: int) -> float:
    known = processes()
    return sum(known[each].cpu_seconds for each in tree(pid, known))


def rss_bytes(pid: int) -> int:
    known = processes()
    return sum(known[each].rss_bytes for each in tree(pid, known))


def free_port() -> int:
    """Free now, for programs that cannot choose one themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Child:
    """A process in a session of its own, whose output goes to `<directory>/log`.

    As a context manager it is stopped at the end, with everything it started.
    """

    def __init__(
        self, command: Sequence[str], directory: pathlib.Path, env: Mapping[str, str] | None = None
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.log = directory / "log"
        self.started = time.perf_counter()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=directory,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *unused: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_ready(self, probe: Callable[[], bool], seconds: float) -> float:
        """Milliseconds from its start until `probe` is true; what cannot connect is false."""
        while True:
            try:
                if probe():
                    return (time.perf_counter() - self.started) * 1000
            except OSError:
                pass
            if self.process.poll() is not None:
                raise Unavailable(f"ended with {self.process.returncode}: {self.last_words()}")
            if time.perf_counter() - self.started > seconds:
                raise Unavailable(f"not ready within {seconds:.0f} s: {self.last_words()}")
            time.sleep(0.005)

    def last_words(self) -> str:
        """The last line of its output that is not empty."""
        lines = self.log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "no output")

    def stop(self, seconds: float = 10.0) -> None:
        """Asks it to end, then ends what is left of its tree. Does nothing when all have ended."""
        everyone = tree(self.pid, processes())
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        # A pid is not given to another process this soon: they count up.
        everyone = sorted({*everyone, *tree(self.pid, processes())})
        while left := [pid for pid in everyone if pid in processes()]:
            for pid in left:
                kill(pid)
            self.process.poll()
            time.sleep(0.01)
        self.process.wait()


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run_to_end(command: Sequence[str], seconds: float, cwd: pathlib.Path | None = None) -> str:
    """What a program prints. It is killed, with its children, when it takes longer than `seconds`
    or this program ends meanwhile.

    Unavailable: it failed; with the last line of its errors.
    """
    process = subprocess.Popen(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    name = pathlib.Path(command[0]).name
    try:
        out, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{name}: not done within {seconds:.0f} s") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode != 0:
        lines = [line.strip() for line in (errors or out).splitlines() if line.strip()]
        why = reason(lines) if lines else f"ended with {process.returncode}"
        raise Unavailable(f"{name}: {why}")
    return out


def reason(lines: Sequence[str]) -> str:
    """The line of a failed program's output that says most: the first that names an error, or the
    last one. Addresses are left out: they say where a registry is, not what is wrong."""
    words = ("error", "403", "404", "cannot", "denied")
    telling = (line for line in lines if any(word in line.lower() for word in words))
    line = re.sub(r"\S*https?://\S+", "(an address)", next(telling, lines[-1]))
    return (
        line
        if len(line) <= REASON_MAX
        else f"{line[:REASON_MAX // 2]} ... {line[-REASON_MAX // 2:]}"
    )
