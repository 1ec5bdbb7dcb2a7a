# SPDX-License-Identifier: Apache-2.0
"""What a long measurement is doing: one line that is rewritten on a terminal, else a few lines."""

from __future__ import annotations

import shutil
import sys
import time

LINE_SECONDS = 10.0


class Progress:
    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._started = time.monotonic()
        self._printed = -LINE_SECONDS

    def show(self, text: str) -> None:
        seconds = time.monotonic() - self._started
        line = f"{int(seconds) // 60:3d}:{int(seconds) % 60:02d}  {text}"
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{line[:width]:<{width}}", end="", file=sys.stderr, flush=True)
        elif seconds - self._printed >= LINE_SECONDS:
            self._printed = seconds
            print(line, file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Before anything else is printed."""
        if self._live:
            width = shutil.get_terminal_size().columns - 1
            print("\r" + " " * width, end="\r", file=sys.stderr, flush=True)
