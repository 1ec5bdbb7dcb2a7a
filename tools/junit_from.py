#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the JUnit file of a test runner that has none: junit_from.py KIND LOG XML

    gojson    LOG is what `go test -json` printed
    cargo     LOG is what `cargo test` printed

One <testcase> a test, under its own name. A run that broke off, ran nothing or contradicts itself
is an <error>, whatever its single tests say. Ends with 0 when all is well, 1 when something failed.
"""

from __future__ import annotations

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# What XML 1.0 cannot hold; a failing test may well have printed it.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
OUTPUT_CHARACTERS_MAX = 100_000


@dataclass
class Case:
    """One test; `outcome` is passed, failed, skipped or error."""

    name: str
    outcome: str
    seconds: float = 0.0
    output: str = ""
    package: str = ""


def error(output: str, name: str = "the whole run") -> Case:
    return Case(name, "error", output=output)


# go test -json


@dataclass
class GoPackage:
    """What was said of one package: its tests, and the result of the package as a whole."""

    tests: dict[str, Case] = field(default_factory=dict)
    output: str = ""
    result: str = ""


GO_OUTCOMES = {"pass": "passed", "fail": "failed", "skip": "skipped"}


def go_events(log: str) -> Iterator[dict[str, Any]]:
    """The log's events; a line that is none, of a compiler say, becomes output of no package."""
    for line in log.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        yield event if isinstance(event, dict) else {"Action": "output", "Output": line + "\n"}


def add_go_event(package: GoPackage, name: str, event: dict[str, Any]) -> None:
    action, test = event.get("Action"), event.get("Test")
    if not test:
        package.output += event.get("Output", "")
        package.result = GO_OUTCOMES.get(str(action), package.result)
        return
    # A test is broken until it says how it ended: a panic ends the program in the middle of it.
    case = package.tests.setdefault(test, Case(test, "error", package=name))
    case.output += event.get("Output", "")
    case.seconds = event.get("Elapsed", case.seconds)
    case.outcome = GO_OUTCOMES.get(str(action), case.outcome)


def from_gojson(log: str) -> list[Case]:
    packages: dict[str, GoPackage] = {}
    loose = ""
    for event in go_events(log):
        name = event.get("Package", "")
        if name:
            add_go_event(packages.setdefault(name, GoPackage()), name, event)
        else:
            loose += event.get("Output", "")
    cases: list[Case] = []
    for name, package in packages.items():
        tests = list(package.tests.values())
        cases += tests
        explained = any(case.outcome in ("failed", "error") for case in tests)
        if package.result not in GO_OUTCOMES.values():
            cases.append(error(loose + package.output, f"{name} did not end"))
        elif package.result == "failed" and not explained:
            cases.append(error(loose + package.output, f"{name} failed outside of its tests"))
    return cases or [error(loose)]


# cargo test

CARGO_TEST = re.compile(r"^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED|ignored)\b.*$", re.M)
CARGO_SUM = re.compile(r"^test result: \S+ (\d+) passed; (\d+) failed; (\d+) ignored;", re.M)
CARGO_OUTPUT = re.compile(r"^---- (\S+) stdout ----\n(.*?)(?=^---- |^failures:$|\Z)", re.M | re.S)
CARGO_OUTCOMES = {"ok": "passed", "FAILED": "failed", "ignored": "skipped"}


def from_cargo(log: str) -> list[Case]:
    outputs = dict(CARGO_OUTPUT.findall(log))
    cases = [
        Case(name, CARGO_OUTCOMES[word], output=outputs.get(name, ""))
        for name, word in CARGO_TEST.findall(log)
    ]
    sums = CARGO_SUM.findall(log)
    counted = sum(int(number) for one in sums for number in one)
    programs = len(re.findall(r"^running \d+ tests?$", log, re.M))
    if not cases or len(sums) != programs or counted != len(cases):
        what = f"{len(cases)} tests seen, {counted} counted, {programs - len(sums)} without a sum"
        cases.append(error(f"{what}\n\n{log}"))
    return cases


# JUnit


def element(case: Case, suite: str) -> ElementTree.Element:
    made = ElementTree.Element(
        "testcase",
        {"name": case.name, "classname": case.package or suite, "time": f"{case.seconds:.3f}"},
    )
    output = NOT_XML.sub("\ufffd", case.output)[-OUTPUT_CHARACTERS_MAX:]
    if case.outcome == "skipped":
        ElementTree.SubElement(made, "skipped").text = output
    elif case.outcome != "passed":
        tag = "failure" if case.outcome == "failed" else "error"
        first = output.strip().partition("\n")[0]
        ElementTree.SubElement(made, tag, {"message": first}).text = output
    return made


def junit(cases: list[Case], suite: str) -> ElementTree.Element:
    def count(outcome: str) -> str:
        return str(sum(case.outcome == outcome for case in cases))

    root = ElementTree.Element("testsuites")
    numbers = {"failures": count("failed"), "errors": count("error"), "skipped": count("skipped")}
    made = ElementTree.SubElement(
        root, "testsuite", {"name": suite, "tests": str(len(cases)), **numbers}
    )
    made.extend(element(case, suite) for case in cases)
    return root


KINDS: dict[str, Callable[[str], list[Case]]] = {"gojson": from_gojson, "cargo": from_cargo}


def main(arguments: list[str]) -> int:
    if len(arguments) != 3 or arguments[0] not in KINDS:
        print(__doc__, file=sys.stderr)
        return 2
    log, xml = Path(arguments[1]), Path(arguments[2])
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    cases = KINDS[arguments[0]](text)
    xml.parent.mkdir(parents=True, exist_ok=True)
    tree = ElementTree.ElementTree(junit(cases, xml.stem))
    tree.write(xml, encoding="utf-8", xml_declaration=True)
    return int(any(case.outcome in ("failed", "error") for case in cases))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
