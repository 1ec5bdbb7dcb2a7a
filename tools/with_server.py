#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command beside a fresh, empty Forebay server: with_server.py COMMAND [ARGUMENT]...

The command finds the server in FOREBAY_ENDPOINT. Ends with the command's exit status.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "python"))

from forebay_server import ForebayServer  # noqa: E402


def main(command: list[str]) -> int:
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        with ForebayServer(Path(folder), memory=True) as server:
            environment = {**os.environ, "FOREBAY_ENDPOINT": server.endpoint}
            return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
