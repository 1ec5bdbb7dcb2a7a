#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The report may not call a case proven that is not."""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import conformance_report as tool  # noqa: E402
from conformance_report import cases  # noqa: E402


def junit(*tests: tuple[str, str]) -> str:
    listed = "".join(f'<testcase name="{name}">{inside}</testcase>' for name, inside in tests)
    return f"<testsuites><testsuite>{listed}</testsuite></testsuites>"


class Results(unittest.TestCase):
    """A folder of results in which every case has passed, until a test spoils something."""

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.build = Path(holder.name)
        for protocol in ("json", "query"):
            self.python(protocol, {})

    def write(self, path: str, text: str) -> None:
        (self.build / path).parent.mkdir(parents=True, exist_ok=True)
        (self.build / path).write_text(text)

    def python(self, protocol: str, changes: dict[str, str]) -> None:
        """All cases passed in `protocol` but for `changes`; an empty outcome: was not run."""
        served = set(cases.TITLES) - set(cases.COVERED_ELSEWHERE)
        outcomes = {**dict.fromkeys(served, "passed"), **changes}
        left = {case: outcome for case, outcome in outcomes.items() if outcome}
        self.write(f"conformance-{protocol}.json", json.dumps(left))

    def run_tool(self) -> tuple[int, str]:
        out = io.StringIO()
        (self.build / "test-results").mkdir(exist_ok=True)
        with redirect_stdout(out):
            status = tool.main(
                ["--results", f"{self.build}/test-results", "--output", f"{self.build}/c.md"]
            )
        return status, out.getvalue()

    def row(self, case: str) -> str:
        """The printed row of `case`, blanks squeezed."""
        lines = [line.split() for line in self.run_tool()[1].splitlines()]
        return " ".join(next(words for words in lines if words[:1] == [case]))

    def test_everything_passed(self) -> None:
        status, text = self.run_tool()
        self.assertEqual(status, 0, text)
        self.assertIn("225 cases: 222 pass through SDKs, 3 are covered elsewhere, 0", text)
        self.assertTrue(self.row("Q7").endswith("pass pass - - - -"))
        markdown = (self.build / "c.md").read_text()
        self.assertEqual(markdown.count("\n| "), 226)
        self.assertIn("| Q5 | P | ", markdown)

    def test_the_age_of_results_is_told(self) -> None:
        old = 1_700_000_000
        os.utime(self.build / "conformance-json.json", (old, old))
        text = self.run_tool()[1]
        self.assertRegex(text, r"boto3 JSON: 222 cases passed, 2023-11-1\d \d\d:\d\d\n")
        self.assertIn("Go: no results (./dev test interop)\n", text)

    def test_a_case_without_a_test(self) -> None:
        for protocol in ("json", "query"):
            self.python(protocol, {"Q7": ""})
        self.assertEqual(self.run_tool()[0], 1)
        self.assertIn("no passing test", self.row("Q7"))

    def test_a_skipped_test_is_no_passing_test(self) -> None:
        for protocol in ("json", "query"):
            self.python(protocol, {"Q7": "skipped"})
        self.assertIn("skip skip - - - - <- no passing test", self.row("Q7"))

    def test_one_protocol_is_enough_unless_the_contract_says_both(self) -> None:
        self.python("query", {"Q7": ""})
        self.assertEqual(self.run_tool()[0], 0)
        self.python("query", {"Q5": ""})
        self.assertEqual(self.run_tool()[0], 1)
        self.assertIn("<- must pass in both protocols: boto3 Query", self.row("Q5"))

    def test_another_client_does_not_make_up_for_a_protocol(self) -> None:
        self.python("query", {"Q5": ""})
        self.write("test-results/interop-go.xml", junit(("TestCase_Q5_x", "")))
        self.assertIn("pass - - pass - - <- must pass in both", self.row("Q5"))

    def test_a_failure_of_any_client_counts(self) -> None:
        self.write("test-results/interop-java.xml", junit(("case_Q7_x()", "<failure/>")))
        self.assertEqual(self.run_tool()[0], 1)
        self.assertIn("pass pass - - FAIL - <- failed: Java", self.row("Q7"))

    def test_the_worst_of_several_tests_counts(self) -> None:
        tests = [("case_q7_a", ""), ("case_q7_b", "<error/>"), ("case_q7_c", "")]
        self.write("test-results/interop-rust.xml", junit(*tests))
        self.assertIn("FAIL <- failed: Rust", self.row("Q7"))

    def test_node_results(self) -> None:
        tap = (
            "TAP version 13\n# Subtest: queues\n    ok 1 - case Q2 Q3: again\n"
            "    not ok 2 - case Q4: defaults\n    ok 3 - case Q8: x # SKIP no\n"
            "not ok 1 - queues\n"
        )
        self.write("test-results/node.tap", tap)
        for case, cell in (("Q2", "pass"), ("Q3", "pass"), ("Q4", "FAIL"), ("Q8", "skip")):
            self.assertIn(f"pass pass {cell} -", self.row(case))

    def test_a_made_up_case_is_reported(self) -> None:
        self.write("test-results/interop-go.xml", junit(("TestCase_Q99_x", "")))
        status, text = self.run_tool()
        self.assertEqual(status, 1)
        self.assertIn("Go: TestCase_Q99_x names Q99, which is no case", text)

    def test_a_broken_file_is_reported(self) -> None:
        self.write("test-results/interop-go.xml", "<testsuites><testc")
        status, text = self.run_tool()
        self.assertEqual(status, 1)
        self.assertIn("interop-go.xml cannot be read", text)

    def test_cases_covered_elsewhere_show_how_their_unit_test_ended(self) -> None:
        self.assertIn("(not run here)", self.row("V18"))
        suite, name = cases.COVERED_ELSEWHERE["V18"].test.split(".")
        line = '<testsuites><testcase classname="{}" name="{}">{}</testcase></testsuites>'
        self.write("dev/gtest/engine_tests.xml", line.format(suite, name, ""))
        self.assertIn("(passed)", self.row("V18"))
        self.write("dev/gtest/engine_tests.xml", line.format(suite, name, "<failure/>"))
        self.assertEqual(self.run_tool()[0], 1)

    def test_a_unit_test_that_is_gone_covers_nothing(self) -> None:
        before = cases.COVERED_ELSEWHERE["F21"]
        self.addCleanup(cases.COVERED_ELSEWHERE.__setitem__, "F21", before)
        cases.COVERED_ELSEWHERE["F21"] = cases.Elsewhere("r", before.file, "FifoQueue.Gone")
        status, text = self.run_tool()
        self.assertEqual(status, 1)
        self.assertIn("F21: src/engine/fifo_queue_test.cc has no test FifoQueue.Gone", text)


class Names(unittest.TestCase):
    def test_the_cases_a_name_names(self) -> None:
        for name, expected in {
            "case_Q5_Q7_different_attributes": ["Q5", "Q7"],
            "case_q5_q7_different_attributes": ["Q5", "Q7"],
            "TestCase_Q5_Q7_DifferentAttributes": ["Q5", "Q7"],
            "queues::case_m1": ["M1"],
            "TestCase_S3_S4_1MiB/exactly": ["S3", "S4"],
            "case_S17_binary()": ["S17"],
            "case Q2 Q3: creating again": ["Q2", "Q3"],
            "case_T27[1]": ["T27"],
            "Q5_without_the_word": [],
            "lowercase_b2_x": [],
            "case_of_Q5": [],
            "case_S3a": [],
        }.items():
            self.assertEqual(tool.cases_in(name), expected, name)


if __name__ == "__main__":
    unittest.main()
