#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints `passed failed skipped` from what a test runner left behind; ./dev test sums them up.

    result_counts.py unittest LOG            the output of Python's unittest
    result_counts.py junit XML               a JUnit file, as pytest writes it
    result_counts.py tap FILE                the output of node --test in TAP
    result_counts.py ctest XML DIR STATUS   CTest's JUnit file, the folder of GoogleTest's files,
                                            and CTest's exit status

A runner that left nothing, or ran no test, counts as one failure.
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Counts:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        return f"{self.passed} {self.failed} {self.skipped}"

    def add(self, other: Counts) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


def from_unittest(log: str) -> Counts:
    ran = re.findall(r"^Ran (\d+) tests? in ", log, re.MULTILINE)
    if not ran or not re.search(r"^(?:OK|FAILED)\b", log, re.MULTILINE):
        return Counts(failed=1)
    sums = {"failures": 0, "errors": 0, "skipped": 0}
    for name, number in re.findall(r"\b(failures|errors|skipped)=(\d+)", log.splitlines()[-1]):
        sums[name] = int(number)
    failed = sums["failures"] + sums["errors"]
    return Counts(int(ran[-1]) - failed - sums["skipped"], failed, sums["skipped"])


def from_junit(text: str) -> Counts:
    root = ElementTree.fromstring(text)
    counts = Counts()
    for suite in root.iter("testsuite"):
        number = {key: int(suite.get(key, 0)) for key in ("tests", "failures", "errors", "skipped")}
        failed = number["failures"] + number["errors"]
        passed = number["tests"] - failed - number["skipped"]
        counts.add(Counts(passed, failed, number["skipped"]))
    return counts


def from_tap(text: str) -> Counts:
    found = dict(re.findall(r"^# (pass|fail|cancelled|skipped) (\d+)$", text, re.MULTILINE))
    number = {name: int(found.get(name, 0)) for name in ("pass", "fail", "cancelled", "skipped")}
    return Counts(number["pass"], number["fail"] + number["cancelled"], number["skipped"])


def programs(ctest_xml: str) -> Iterator[tuple[str, bool]]:
    """Each test CTest knows, and whether it passed."""
    for case in ElementTree.fromstring(ctest_xml).iter("testcase"):
        yield case.get("name", ""), case.get("status") == "run"


def from_ctest(ctest_xml: str, gtest_files: dict[str, str], status: int) -> Counts:
    """Counts GoogleTest's cases; a program without a report counts as one."""
    counts = Counts()
    for text in gtest_files.values():
        root = ElementTree.fromstring(text)
        failed = int(root.get("failures", 0)) + int(root.get("errors", 0))
        disabled = int(root.get("disabled", 0))
        skipped = sum(1 for case in root.iter("testcase") if case.get("result") == "skipped")
        tests = int(root.get("tests", 0))
        if tests == 0:
            failed, tests = 1, 1
        counts.add(Counts(tests - failed - skipped - disabled, failed, skipped + disabled))
    broken = 0
    for name, passed in programs(ctest_xml):
        broken += not passed
        if name not in gtest_files:
            counts.add(Counts(int(passed), int(not passed)))
    # A sanitizer may end a program after its cases were written down as passed.
    counts.failed = max(counts.failed, broken, int(status != 0))
    return counts


def read(arguments: list[str]) -> Counts:
    kind, path = arguments[0], Path(arguments[1])
    if not path.exists():
        return Counts(failed=1)
    text = path.read_text(encoding="utf-8", errors="replace")
    if kind == "ctest":
        files = {file.stem: file.read_text() for file in Path(arguments[2]).glob("*.xml")}
        return from_ctest(text, files, int(arguments[3]))
    return {"unittest": from_unittest, "junit": from_junit, "tap": from_tap}[kind](text)


def main(arguments: list[str]) -> int:
    try:
        counts = read(arguments)
    except (IndexError, KeyError):
        print(__doc__, file=sys.stderr)
        return 2
    except ElementTree.ParseError:
        counts = Counts(failed=1)
    if counts.passed + counts.failed == 0:
        counts.failed = 1
    print(counts)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
