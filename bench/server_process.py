# SPDX-License-Identifier: Apache-2.0
"""The release binary as a process that is measured: start, call, look at, stop, kill."""

from __future__ import annotations

import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = pathlib.Path(os.environ.get("FOREBAY_BINARY", ROOT / "build" / "release" / "forebay"))


class Server:
    """A real server process, by default on a free port, in a directory of its own.

    `log` collects what it logs; without one only warnings are made, and dropped. As a context
    manager it is stopped at the end, or killed if it does not stop.
    """

    def __init__(
        self, directory: str, *flags: str, port: int = 0, log: pathlib.Path | None = None
    ) -> None:
        self.directory = pathlib.Path(directory)
        command = [str(BINARY), "serve", "--listen", f"127.0.0.1:{port}", "--data", directory]
        command += ["--log-level", "info" if log else "warn", *flags]
        errors = log.open("ab") if log else subprocess.DEVNULL
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
        if not isinstance(errors, int):
            errors.close()
        self._connection: http.client.HTTPConnection | None = None
        try:
            self.port = self._printed_port()
        except BaseException:
            self.kill()
            raise

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *unused: object) -> None:
        self.kill()

    def _printed_port(self) -> int:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                return int(found.group(1))
        raise SystemExit("the server did not start; run it by hand to see why")

    def queue_url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/000000000000/{name}"

    def call(self, action: str, request: dict[str, object]) -> dict[str, object]:
        """One request, on a connection that stays open. Ends the program unless it is a 200."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        self._connection.request(
            "POST",
            "/",
            json.dumps(request),
            {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{action}"},
        )
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise SystemExit(f"{action}: {response.status} {body!r}")
        return json.loads(body or b"{}")

    def create_queue(self, name: str, **attributes: str) -> str:
        """The queue's URL. What is received stays invisible for as long as SQS allows."""
        wanted = {"VisibilityTimeout": "43200", **attributes}
        if name.endswith(".fifo"):
            wanted["FifoQueue"] = "true"
        made = self.call("CreateQueue", {"QueueName": name, "Attributes": wanted})
        return str(made["QueueUrl"])

    def message_count(self, queue_url: str) -> int:
        """Messages of a queue, in flight and delayed ones too."""
        reply = self.call(
            "GetQueueAttributes",
            {
                "QueueUrl": queue_url,
                "AttributeNames": [
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                ],
            },
        )
        attributes = reply["Attributes"]
        assert isinstance(attributes, dict)
        return sum(map(int, attributes.values()))

    def health_ms(self) -> float:
        """Milliseconds from the start of the process to a first good answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("GET", "/health")
        assert connection.getresponse().status == 200
        connection.close()
        return (time.perf_counter() - self.started) * 1000

    def rss_kib(self) -> int:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))  # type: ignore[union-attr]

    def disk_bytes(self) -> int:
        """What its files take on the disk, as `du` counts."""
        total = 0
        for path in self.directory.rglob("*"):
            try:
                total += path.stat().st_blocks * 512
            except FileNotFoundError:
                pass  # the server removes files while we look
        return total

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)

    def kill(self) -> None:
        """Ends it as a crash would. Does nothing when it has ended."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def evict_from_cache(directory: pathlib.Path) -> None:
    """Drops the files from the system's page cache, so that the next start reads the disk."""
    os.sync()
    for path in directory.rglob("*"):
        if path.is_file():
            file = os.open(path, os.O_RDONLY)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)
