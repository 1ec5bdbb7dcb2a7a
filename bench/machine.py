# SPDX-License-Identifier: Apache-2.0
"""What a result was measured on, and the disk it may use."""

from __future__ import annotations

import os
import pathlib
import platform
import shlex
import shutil
import signal
import subprocess
import sys
from datetime import datetime, timezone

from server_process import ROOT

DISK_BYTES_MAX = 25 << 30
DISK_FREE_MIN = 3 << 30


def described() -> dict[str, object]:
    cpu = pathlib.Path("/proc/cpuinfo").read_text().split("model name\t: ")[1:]
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True
    )
    return {
        "when": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "command": "./dev bench " + shlex.join([pathlib.Path(sys.argv[0]).stem, *sys.argv[1:]]),
        "commit": commit.stdout.strip(),
        "cpu": cpu[0].splitlines()[0] if cpu else platform.machine(),
        "cpus": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": platform.release(),
    }


def disk_refusal(used: int, coming: int) -> str:
    """Why a step of `coming` bytes must not be taken: it would use more than a measurement may, or
    than there is. Empty when it may."""
    if used + coming > DISK_BYTES_MAX:
        return f"{used + coming >> 20} MiB would be used, {DISK_BYTES_MAX >> 20} MiB are the limit"
    free = shutil.disk_usage(ROOT).free
    if free - coming < DISK_FREE_MIN:
        return f"only {free >> 20} MiB are free on this disk; {coming >> 20} are needed"
    return ""


def check_disk(used: int, coming: int) -> None:
    """Ends the program before a step that must not be taken."""
    if refusal := disk_refusal(used, coming):
        raise SystemExit(refusal)


def end_on_signals() -> None:
    """Ctrl-C and SIGTERM end the program as an error does: processes are stopped, directories
    removed."""

    def ended(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGINT, ended)
    signal.signal(signal.SIGTERM, ended)
