# SPDX-License-Identifier: Apache-2.0
"""The files that are checked, and what a rule says about them."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tidy_rules.cpp_scanner import mask, structure

CPP_SUFFIXES = (".cc", ".h")
SCRIPT_SUFFIXES = (".py", ".sh", ".js", ".mjs", ".cjs", ".ts", ".tsx")
SKIPPED_FOLDERS = {".git", "build", ".venv", ".cache", "node_modules", "__pycache__"}
TEST_SUFFIXES = ("_test.cc", "_fuzz.cc", "_bench.cc")


@dataclass(frozen=True, order=True)
class Violation:
    """One broken rule. `subject` names the thing inside the file, for the exceptions."""

    path: str
    line: int
    rule: str
    message: str
    subject: str = "-"
    value: int | None = None  # measured size, for the size rules

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


class SourceFile:
    def __init__(self, path: str, text: str):
        self.path = path
        self.text = text

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def code(self) -> str:
        """The text with comments and the contents of literals blanked; same length, same lines."""
        return mask(self.text)

    @cached_property
    def structure(self) -> str:
        """The code without preprocessor lines and without #else branches."""
        return structure(self.code)

    @cached_property
    def includes(self) -> list[tuple[int, str, bool]]:
        """(line, header, quoted) of every #include."""
        found = []
        for number, line in enumerate(self.code.splitlines(), 1):
            if re.match(r"\s*#\s*include\b", line):
                match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', self.lines[number - 1])
                if match:
                    found.append((number, match[2], match[1] == '"'))
        return found

    @property
    def is_cpp(self) -> bool:
        return self.path.endswith(CPP_SUFFIXES)

    @property
    def is_header(self) -> bool:
        return self.path.endswith(".h")

    @property
    def is_test(self) -> bool:
        """A test, a fuzzer, a benchmark, or something made for them."""
        return (
            self.path.startswith(("tests/", "bench/"))
            or self.path.endswith((*TEST_SUFFIXES, "_fixture.h"))
            or "/testing/" in self.path
        )

    @property
    def module(self) -> str | None:
        """The folder under src/ the file lives in."""
        parts = self.path.split("/")
        return parts[1] if parts[0] == "src" and len(parts) > 2 else None

    def line_at(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1


class Tree:
    """Every text file of the project by its path from the root, with '/' between folders."""

    def __init__(self, texts: dict[str, str]):
        self.files = {path: SourceFile(path, text) for path, text in sorted(texts.items())}

    @classmethod
    def load(cls, root: Path) -> Tree:
        texts = {}
        for path in list_paths(root):
            try:
                texts[path] = (root / path).read_text(encoding="utf-8")
            except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
                continue  # binary, or gone since it was listed
        return cls(texts)

    def __contains__(self, path: str) -> bool:
        return path in self.files

    def text(self, path: str) -> str:
        file = self.files.get(path)
        return file.text if file else ""

    @cached_property
    def cpp(self) -> list[SourceFile]:
        return [file for file in self.files.values() if file.is_cpp]

    @cached_property
    def modules(self) -> dict[str, list[SourceFile]]:
        """The C++ files of each folder under src/."""
        found: dict[str, list[SourceFile]] = {}
        for file in self.cpp:
            if file.module:
                found.setdefault(file.module, []).append(file)
        return found

    def under(self, folder: str, *suffixes: str) -> list[SourceFile]:
        return [
            file
            for path, file in self.files.items()
            if path.startswith(folder + "/") and (not suffixes or path.endswith(suffixes))
        ]


def list_paths(root: Path) -> list[str]:
    """What git tracks or would track; without git, everything outside the folders we ignore."""
    command = ["git", "-C", str(root), "ls-files", "-z", "-co", "--exclude-standard"]
    try:
        out = subprocess.run(command, capture_output=True, check=True).stdout
        return sorted(path for path in out.decode().split("\0") if path)
    except (OSError, subprocess.CalledProcessError):
        return sorted(walk_paths(root))


def walk_paths(root: Path) -> list[str]:
    found = []
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name not in SKIPPED_FOLDERS]
        found += [str((Path(folder) / name).relative_to(root)) for name in files]
    return found
