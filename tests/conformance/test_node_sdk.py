# SPDX-License-Identifier: Apache-2.0
"""Runs the tour of the AWS SDK for JavaScript (node/) against the server under test."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from forebay_server import ForebayServer

TOUR = Path(__file__).parent / "node"


def test_the_javascript_tour(server: ForebayServer) -> None:
    node = shutil.which("node")
    if node is None or not (TOUR / "node_modules").is_dir():
        pytest.skip("needs Node.js and `npm ci` in tests/conformance/node")
    done = subprocess.run(
        [node, "--test", "tour.test.js"],
        cwd=TOUR,
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "FOREBAY_ENDPOINT": server.endpoint},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout and "# pass 0" not in done.stdout, done.stdout
