# SPDX-License-Identifier: Apache-2.0
"""Runs commands of the program as a user types them, against one server."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any, Dict, List, Optional, Union

from forebay_server import binary

SECONDS_MAX = 60
Done = "subprocess.CompletedProcess[str]"


def environment(**variables: str) -> Dict[str, str]:
    """This process's, without what belongs to an AWS account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {"HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"} | variables


class Commands:
    """`forebay ...` with the endpoint in the environment."""

    def __init__(self, endpoint: str, **variables: str) -> None:
        self.environment = environment(AWS_ENDPOINT_URL_SQS=endpoint, **variables)

    def run(
        self, *words: Any, code: int = 0, given: Optional[Union[str, bytes]] = None
    ) -> "subprocess.CompletedProcess[str]":
        """The command must end with `code`. `given` is its standard input."""
        data = given.encode() if isinstance(given, str) else given
        done = subprocess.run(
            [str(binary()), *map(str, words)],
            input=data if data is not None else b"",
            capture_output=True,
            timeout=SECONDS_MAX,
            env=self.environment,
        )
        text = subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )
        assert text.returncode == code, f"{text.args}\n{text.stdout[:2000]}{text.stderr[:2000]}"
        return text

    def output(self, *words: Any, **options: Any) -> str:
        return self.run(*words, **options).stdout

    def json(self, *words: Any, **options: Any) -> Dict[str, Any]:
        """The one JSON object that the command prints; nothing goes to standard error."""
        done = self.run(*words, "--json", **options)
        assert done.stderr == ""
        return dict(json.loads(done.stdout))

    def lines(self, *words: Any, **options: Any) -> List[Dict[str, Any]]:
        """The JSON objects that the command prints, a line each."""
        done = self.run(*words, "--json", **options)
        assert done.stderr == ""
        return [json.loads(line) for line in done.stdout.splitlines()]

    def error(self, *words: Any, code: int) -> Dict[str, Any]:
        """The JSON error of a command that fails."""
        done = self.run(*words, "--json", code=code)
        found = dict(json.loads(done.stderr)["error"])
        assert found["exit_code"] == code
        return found

    def start(self, *words: Any, **options: Any) -> "subprocess.Popen[str]":
        """A command that goes on until the test ends it."""
        return subprocess.Popen(
            [str(binary()), *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            **options,
        )
