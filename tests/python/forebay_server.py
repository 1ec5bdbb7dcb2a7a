# SPDX-License-Identifier: Apache-2.0
"""Runs the real forebay binary for a test: start, wait until it answers, stop, kill, start again.

The binary is $FOREBAY_BINARY, else the newest one below build/. Every server listens on a port the
system chose and keeps that port (and its data directory) when it is started again.
"""

from __future__ import annotations

import atexit
import http.client
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Callable, List, Optional, TypeVar

ROOT = Path(__file__).resolve().parents[2]
BUILDS = (
    "build/release/forebay",
    "build/dev/forebay",
)
ACCOUNT = "000000000000"
REGION = "us-east-1"
START_SECONDS_MAX = 20.0
STOP_SECONDS_MAX = 30.0

T = TypeVar("T")


class ServerFailed(Exception):
    """The server did not start, or did not end as it should; carries its log."""


def binary() -> Path:
    """The program under test."""
    chosen = os.environ.get("FOREBAY_BINARY")
    if chosen:
        return Path(chosen).resolve()
    built = [ROOT / path for path in BUILDS if (ROOT / path).is_file()]
    if not built:
        raise ServerFailed(
            f"no forebay binary: build one or set FOREBAY_BINARY (looked for {', '.join(BUILDS)})"
        )
    return max(built, key=lambda path: path.stat().st_mtime)


def wait_until(
    probe: Callable[[], Optional[T]], seconds: float, what: str, pause: float = 0.02
) -> T:
    """Calls `probe` until it returns something true, which is returned; AssertionError after
    `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(pause)


class ForebayServer:
    """One server process at a time, always on the same port and data directory.

    `directory` holds the data (`data/`) and the log of all runs (`forebay.log`). `flags` are given
    to `serve`. Usable as a context manager, which starts and stops it.
    """

    def __init__(self, directory: Path, *flags: str, memory: bool = False) -> None:
        self.directory = directory
        self.data = directory / "data"
        self.log_path = directory / "forebay.log"
        self.flags: List[str] = list(flags)
        self.memory = memory
        self.port = 0
        self.process: Optional[subprocess.Popen[bytes]] = None
        self._run_starts_at = 0

    def __enter__(self) -> "ForebayServer":
        return self.start()

    def __exit__(self, *unused: object) -> None:
        if self.running():
            self.stop()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def queue_url(self, name: str) -> str:
        return f"{self.endpoint}/{ACCOUNT}/{name}"

    def log(self) -> str:
        """Output of all runs so far, standard output and error together."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def run_log(self) -> str:
        """Output of the latest run only."""
        return self.log_path.read_bytes()[self._run_starts_at :].decode(errors="replace")

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def command(self) -> List[str]:
        command = [str(binary()), "serve", "--listen", f"127.0.0.1:{self.port}"]
        command += ["--memory"] if self.memory else ["--data", str(self.data)]
        return command + self.flags

    def start(self) -> "ForebayServer":
        """Returns when the server answers /health."""
        assert not self.running(), "already running"
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._run_starts_at = log.tell()
            self.process = subprocess.Popen(
                self.command(), cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        _started.add(self.process)
        try:
            self.port = wait_until(self._printed_port, START_SECONDS_MAX, "a line with the address")
            wait_until(self._healthy, START_SECONDS_MAX, "/health to answer")
        except AssertionError as error:
            self.kill()
            raise ServerFailed(f"{error}\n{self.run_log()}") from None
        return self

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Asks the server to end; its exit code. A server that does not end is killed and
        reported."""
        self.signal(number)
        return self.wait(STOP_SECONDS_MAX)

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self, seconds: float) -> int:
        assert self.process is not None
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ServerFailed(f"did not end within {seconds} s\n{self.run_log()}") from None

    def kill(self) -> None:
        """kill -9; returns when the process is gone."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Stops it in an orderly way and starts it again."""
        code = self.stop()
        if code != 0:
            raise ServerFailed(f"ended with {code}\n{self.run_log()}")
        self.start()

    def health(self) -> dict:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            reply = connection.getresponse()
            return json.loads(reply.read()) if reply.status == 200 else {}
        finally:
            connection.close()

    def _printed_port(self) -> int:
        assert self.process is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.run_log())
        if found is None and self.process.poll() is not None:
            raise ServerFailed(f"ended with {self.process.returncode} at start\n{self.run_log()}")
        return int(found.group(1)) if found else 0

    def _healthy(self) -> bool:
        try:
            return self.health().get("status") == "ok"
        except OSError:
            return False


_started: "set[subprocess.Popen[bytes]]" = set()


@atexit.register
def _end_leftovers() -> None:
    for process in _started:
        if process.poll() is None:
            process.kill()
