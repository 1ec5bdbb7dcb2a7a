#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints every case of the SQS contract with its result per client; ./dev conformance runs it.

    conformance_report.py [--results FOLDER] [--output FILE]

Reads what the last run of each suite left: build/conformance-<json|query>.json of the Python
suites, build/test-results/ of the others, and GoogleTest's files for the cases that only a fake
clock can check. A test names its cases in its name, behind the word case: case_Q5_Q7_x,
TestCase_Q5_x, "case Q5 Q7: x". Also writes the table to FILE (build/conformance.md). Ends with 1
when a case has no passing test, when one of its tests failed, or when a case that is bound to both
protocols did not pass in both.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "conformance"))

import cases  # noqa: E402

WORST = ("passed", "skipped", "failed")
CELLS = {"passed": "pass", "skipped": "skip", "failed": "FAIL", None: "-"}
PYTHON = ("boto3 JSON", "boto3 Query")  # requests by raw HTTP included
# Columns, and the files below the results folder that a client's results come from.
CLIENTS: dict[str, tuple[str, ...]] = {
    "boto3 JSON": ("../conformance-json.json",),
    "boto3 Query": ("../conformance-query.json",),
    "JavaScript": ("node.tap", "consumers-node.tap"),
    "Go": ("interop-go.xml",),
    "Java": ("interop-java.xml",),
    "Rust": ("interop-rust.xml",),
}
GTEST = "../dev/gtest"

Outcomes = dict[str, str]  # case: worst outcome of its tests


def cases_in(test_name: str) -> list[str]:
    """The cases a test names: ["Q5", "Q7"] for TestCase_Q5_Q7_something."""
    found = re.search(
        r"(?<![A-Za-z])(?:test_?)?case((?:[ _][TQGSBRVFDMP]\d+(?![A-Za-z\d]))+)", test_name, re.I
    )
    return [word.upper() for word in re.split("[ _]", found[1])[1:]] if found else []


def tests_in_junit(text: str) -> Iterator[tuple[str, str]]:
    """(name, outcome) of each test."""
    for test in ElementTree.fromstring(text).iter("testcase"):
        kinds = {child.tag for child in test}
        bad = kinds & {"failure", "error"} or test.get("status") == "fail"
        skipped = "skipped" in kinds or test.get("result") == "skipped"
        outcome = "failed" if bad else "skipped" if skipped else "passed"
        yield test.get("name", ""), outcome


def tests_in_tap(text: str) -> Iterator[tuple[str, str]]:
    for broken, name, skipped in re.findall(
        r"^ *(not )?ok \d+ - (.*?)( # [A-Z]+\b.*)?$", text, re.MULTILINE
    ):
        yield name, "failed" if broken else "skipped" if skipped else "passed"


def tests_in(path: Path) -> Iterator[tuple[str, str]]:
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".json":
        for case, outcome in json.loads(text).items():
            yield f"case_{case}", outcome
    else:
        yield from (tests_in_tap if path.suffix == ".tap" else tests_in_junit)(text)


def worse(one: str | None, other: str) -> str:
    return max(one or "passed", other, key=WORST.index)


@dataclass
class Report:
    """What each client says of each case, and what is wrong with the results themselves."""

    clients: dict[str, Outcomes] = field(default_factory=lambda: {name: {} for name in CLIENTS})
    elsewhere: Outcomes = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    dates: dict[str, str] = field(default_factory=dict)  # of each client's latest results

    def add(self, client: str, test: str, outcome: str) -> None:
        for case in cases_in(test):
            if case in cases.TITLES:
                self.clients[client][case] = worse(self.clients[client].get(case), outcome)
            else:
                self.broken.append(f"{client}: {test} names {case}, which is no case")

    def verdict(self, case: str) -> str:
        """Empty when all is well."""
        outcomes = {name: found[case] for name, found in self.clients.items() if case in found}
        failed = [name for name, outcome in outcomes.items() if outcome == "failed"]
        if failed:
            return f"failed: {', '.join(failed)}"
        if case in cases.COVERED_ELSEWHERE:
            return "" if self.elsewhere.get(case) in (None, "passed") else "failed elsewhere"
        if "passed" not in outcomes.values():
            return "no passing test"
        lacking = [name for name in PYTHON if outcomes.get(name) != "passed"]
        if case in cases.BOTH_PROTOCOLS and lacking:
            return f"must pass in both protocols: {', '.join(lacking)}"
        return ""


def read_elsewhere(report: Report, results: Path) -> None:
    """The unit tests that stand for cases: they must exist; when they were run, they must have
    passed."""
    found: Outcomes = {}
    for path in sorted((results / GTEST).glob("*.xml")):
        for test in ElementTree.fromstring(path.read_text(encoding="utf-8")).iter("testcase"):
            name = f"{test.get('classname')}.{test.get('name')}"
            found[name] = "failed" if test.find("failure") is not None else "passed"
    for case, where in cases.COVERED_ELSEWHERE.items():
        suite, _, name = where.test.partition(".")
        path = ROOT / where.file
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if not re.search(rf"\bTEST(?:_F|_P)?\({suite}, {name}\)", text):
            report.elsewhere[case] = "failed"
            report.broken.append(f"{case}: {where.file} has no test {where.test}")
        elif where.test in found:
            report.elsewhere[case] = found[where.test]


def read_results(results: Path) -> Report:
    report = Report()
    for client, files in CLIENTS.items():
        for path in (results / file for file in files):
            if not path.exists():
                continue
            when = datetime.fromtimestamp(path.stat().st_mtime).strftime("%Y-%m-%d %H:%M")
            report.dates[client] = max(report.dates.get(client, ""), when)
            try:
                for test, outcome in tests_in(path):
                    report.add(client, test, outcome)
            except (ElementTree.ParseError, ValueError) as error:
                report.broken.append(f"{client}: {path.name} cannot be read: {error}")
    read_elsewhere(report, results)
    return report


def remark(report: Report, case: str) -> str:
    """What stands behind the columns."""
    verdict = report.verdict(case)
    if verdict:
        return f"<- {verdict}"
    if case not in cases.COVERED_ELSEWHERE:
        return ""
    where = cases.COVERED_ELSEWHERE[case]
    ran = "passed" if report.elsewhere.get(case) == "passed" else "not run here"
    return f"{where.reason}: {where.test} in {where.file} ({ran})"


def rows(report: Report) -> Iterator[list[str]]:
    yield ["case", "P", "title", *CLIENTS, ""]
    for case, title in cases.TITLES.items():
        cells = [CELLS[found.get(case)] for found in report.clients.values()]
        both = "P" if case in cases.BOTH_PROTOCOLS else ""
        yield [case, both, title, *cells, remark(report, case)]


def as_text(table: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]) - 1)]
    padded = ([*map(str.ljust, row, widths), row[-1]] for row in table)
    return ["  ".join(row).rstrip() for row in padded]


def as_markdown(table: list[list[str]]) -> list[str]:
    lines = [f"| {' | '.join(row)} |" for row in table]
    return [lines[0], "|---" * len(table[0]) + "|", *lines[1:]]


def summary(report: Report) -> list[str]:
    failed = [case for case in cases.TITLES if report.verdict(case)]
    elsewhere = [case for case in cases.COVERED_ELSEWHERE if case not in failed]
    passed = len(cases.TITLES) - len(failed) - len(elsewhere)
    lines = []
    for client, found in report.clients.items():
        passed_here = sum(outcome == "passed" for outcome in found.values())
        when = report.dates.get(client)
        told = f"{passed_here} cases passed, {when}" if when else "no results (./dev test interop)"
        lines.append(f"{client}: {told}")
    return [
        *report.broken,
        *lines,
        f"{len(cases.TITLES)} cases: {passed} pass through SDKs, {len(elsewhere)} are covered "
        f"elsewhere, {len(failed)} are not proven.",
    ]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, default=ROOT / "build" / "test-results")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "conformance.md")
    options = parser.parse_args(arguments)
    report = read_results(options.results)
    table, last = list(rows(report)), summary(report)
    print("\n".join([*as_text(table), "", *last]))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text("\n".join(["# Conformance", "", *as_markdown(table), "", *last, ""]))
    return int(bool(report.broken) or any(report.verdict(case) for case in cases.TITLES))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
