# SPDX-License-Identifier: Apache-2.0
"""A Celery project on one queue: settings, workers as real processes, what its tasks did."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

from celery import Celery

import celery_tasks
from forebay_server import REGION, ForebayServer, wait_until

READY_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 60.0
HERE = Path(__file__).resolve().parent


class Project:
    """`transport` are further `broker_transport_options`, `settings` further Celery settings."""

    def __init__(
        self,
        directory: Path,
        server: ForebayServer,
        queue: str,
        transport: Dict[str, Any],
        **settings: Any,
    ) -> None:
        self.directory = directory
        self.runs_path = directory / "runs.jsonl"
        results = directory / "results"
        results.mkdir()
        self.settings: Dict[str, Any] = {
            "broker_url": f"sqs://test:test@127.0.0.1:{server.port}",
            "broker_transport_options": {
                "region": REGION,
                "is_secure": False,
                "wait_time_seconds": 1,
                "polling_interval": 0.1,
                **transport,
            },
            "broker_connection_retry_on_startup": True,
            "result_backend": f"file://{results}",
            "task_default_queue": queue,
            **settings,
        }
        self.app: Celery = celery_tasks.make_app(self.settings)
        self.workers: List[Worker] = []

    def worker(self, *arguments: str) -> "Worker":
        """Starts `celery worker`; returns when it is ready for tasks."""
        name = f"worker-{len(self.workers)}"
        worker = Worker(self, name, arguments)
        self.workers.append(worker)
        worker.wait_until_ready()
        return worker

    def runs(self, event: str) -> List[Dict[str, Any]]:
        """What tasks recorded under this name, oldest first."""
        lines = self.runs_path.read_text().splitlines() if self.runs_path.exists() else []
        return [run for run in map(json.loads, lines) if run["event"] == event]

    def numbers(self, event: str) -> List[int]:
        return [run["number"] for run in self.runs(event)]

    def close(self) -> None:
        for worker in self.workers:
            worker.end()
        self.app.close()


class Worker:
    """One `celery worker` process, leader of a process group that holds its children too."""

    def __init__(self, project: Project, name: str, arguments: "tuple[str, ...]") -> None:
        self.log_path = project.directory / f"{name}.log"
        command = [sys.executable, "-m", "celery", "-A", "celery_tasks", "worker"]
        command += ["--loglevel", "INFO", "--hostname", f"{name}@%h", *arguments]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent / "python")]),
            celery_tasks.SETTINGS: repr(project.settings),
            celery_tasks.RUNS: str(project.runs_path),
        }
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=project.directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def complaints(self) -> List[str]:
        """Lines of the log at level error or above."""
        return [line for line in self.log().splitlines() if "ERROR/" in line or "CRITICAL/" in line]

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, f"ended at start\n{self.log()}"
            return " ready.\n" in self.log()

        wait_until(ready, READY_SECONDS_MAX, f"a worker to be ready\n{self.log()}", pause=0.1)

    def ask_to_stop(self) -> None:
        """A warm shutdown: what runs is finished, what only waits is given back."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> Optional[int]:
        """The exit status of a warm shutdown."""
        self.ask_to_stop()
        return self.process.wait(STOP_SECONDS_MAX)

    def kill(self) -> None:
        """kill -9; returns when the process is gone."""
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        """Ends what is left of it, the children of a killed worker included."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
