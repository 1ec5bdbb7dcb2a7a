# SPDX-License-Identifier: Apache-2.0
"""Runs the `aws` command as a user would, with nothing of the machine's own configuration."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List

from forebay_server import REGION

SECONDS_MAX = 60.0
# The exit status of version 1 when the service refused the request.
REFUSED = 255
# The directory of `aws`, which is installed beside the interpreter.
COMMANDS = Path(sys.executable).parent


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    error: str


class AwsCli:
    """`directory` is the working directory of the commands and their home."""

    def __init__(self, directory: Path, endpoint: str) -> None:
        self.directory = directory
        self.endpoint = endpoint
        self.environment: Dict[str, str] = {
            "PATH": os.pathsep.join([str(COMMANDS), "/usr/bin", "/bin"]),
            "HOME": str(directory),
            "LANG": "C.UTF-8",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
        }

    def file(self, name: str, content: Any) -> str:
        """Writes `content` as JSON; how a command line names the file."""
        path = self.directory / name
        path.write_text(json.dumps(content))
        return f"file://{path}"

    def run(self, command: List[str]) -> Outcome:
        done = subprocess.run(
            command,
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def text(self, *arguments: str) -> str:
        """Standard output of a command that must succeed."""
        outcome = self.run(["aws", "--endpoint-url", self.endpoint, "sqs", *arguments])
        assert (outcome.status, outcome.error) == (0, ""), outcome
        return outcome.out

    def json(self, *arguments: str) -> Any:
        """The same, read as JSON. Nothing printed is None, as for actions without output."""
        out = self.text(*arguments)
        return json.loads(out) if out else None

    def refused(self, *arguments: str) -> str:
        """What the command says on standard error; it must end with the status for a refusal by
        the service."""
        outcome = self.run(["aws", "--endpoint-url", self.endpoint, "sqs", *arguments])
        assert (outcome.status, outcome.out) == (REFUSED, ""), outcome
        return outcome.error.strip()
