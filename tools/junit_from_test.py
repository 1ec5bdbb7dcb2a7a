#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No test may get lost, and no broken run may look whole, between a runner's output and JUnit."""

from __future__ import annotations

import io
import json
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from contextlib import redirect_stderr
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import junit_from  # noqa: E402
import result_counts  # noqa: E402
from junit_from import Case  # noqa: E402


def go_log(*events: tuple[str, str] | str) -> str:
    """Lines of go test -json: pairs of action and test ("" for the package), or text as it is."""
    lines = []
    for event in events:
        if isinstance(event, str):
            lines.append(event)
            continue
        action, test = event
        fields = {"Action": action, "Package": "p", "Test": test, "Elapsed": 0.5}
        if action.startswith("output:"):
            fields |= {"Action": "output", "Output": action.partition(":")[2] + "\n"}
        lines.append(json.dumps({name: value for name, value in fields.items() if value}))
    return "\n".join(lines) + "\n"


CARGO = """
running 3 tests
test queues::case_q1_created ... ok
test sdk::slow has been running for over 60 seconds
test queues::case_q2_again ... FAILED
test sdk::later ... ignored, not on this machine

failures:

---- queues::case_q2_again stdout ----

thread 'queues::case_q2_again' panicked at tests/queues.rs:1:
left: 1

failures:
    queues::case_q2_again

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.50s
"""


def outcomes(cases: list[Case]) -> dict[str, str]:
    return {case.name: case.outcome for case in cases}


class GoJson(unittest.TestCase):
    def test_each_test_keeps_its_name_outcome_time_and_output(self) -> None:
        log = go_log(
            ("run", "TestCase_Q1_A"), ("run", "TestB"), ("output:why", "TestB"), ("skip", "TestC")
        ) + go_log(("pass", "TestCase_Q1_A"), ("fail", "TestB"), ("fail", ""))
        cases = junit_from.from_gojson(log)
        self.assertEqual(
            outcomes(cases), {"TestCase_Q1_A": "passed", "TestB": "failed", "TestC": "skipped"}
        )
        self.assertEqual((cases[1].output, cases[1].seconds), ("why\n", 0.5))

    def test_a_test_that_never_ended_is_an_error(self) -> None:
        cases = junit_from.from_gojson(go_log(("run", "TestA"), ("fail", "")))
        self.assertEqual(outcomes(cases), {"TestA": "error"})

    def test_a_package_that_never_ended_is_an_error(self) -> None:
        cases = junit_from.from_gojson(go_log(("run", "TestA"), ("pass", "TestA")))
        self.assertEqual(outcomes(cases), {"TestA": "passed", "p did not end": "error"})

    def test_a_package_that_failed_without_a_failed_test_is_an_error(self) -> None:
        log = go_log("compiler: no", ("run", "TestA"), ("pass", "TestA"), ("fail", ""))
        cases = junit_from.from_gojson(log)
        self.assertEqual(cases[-1].outcome, "error")
        self.assertIn("compiler: no", cases[-1].output)

    def test_no_event_at_all_is_an_error(self) -> None:
        self.assertEqual(outcomes(junit_from.from_gojson("")), {"the whole run": "error"})
        cases = junit_from.from_gojson("go: go.mod is broken\n17\n")
        self.assertEqual(cases[0].output, "go: go.mod is broken\n17\n")


class Cargo(unittest.TestCase):
    def test_each_test_keeps_its_name_outcome_and_output(self) -> None:
        cases = junit_from.from_cargo(CARGO)
        want = {
            "queues::case_q1_created": "passed",
            "queues::case_q2_again": "failed",
            "sdk::later": "skipped",
        }
        self.assertEqual(outcomes(cases), want)
        self.assertIn("left: 1", cases[1].output)
        self.assertNotIn("test result", cases[1].output)

    def test_several_programs_are_added_up(self) -> None:
        cases = junit_from.from_cargo(CARGO + CARGO.replace("queues::", "others::"))
        self.assertEqual(len(cases), 6)

    def test_a_run_that_broke_off_is_an_error(self) -> None:
        broken_off = CARGO.partition("failures:")[0]
        self.assertEqual(junit_from.from_cargo(broken_off)[-1].outcome, "error")
        # The second of two programs died.
        self.assertEqual(junit_from.from_cargo(CARGO + broken_off)[-1].outcome, "error")

    def test_a_test_that_the_sum_knows_and_the_lines_do_not_is_an_error(self) -> None:
        lost = CARGO.replace("test queues::case_q1_created ... ok\n", "")
        self.assertEqual(junit_from.from_cargo(lost)[-1].outcome, "error")

    def test_no_test_at_all_is_an_error(self) -> None:
        self.assertEqual(outcomes(junit_from.from_cargo("")), {"the whole run": "error"})
        nothing = "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured\n"
        self.assertEqual(junit_from.from_cargo(nothing)[0].outcome, "error")
        compiler = junit_from.from_cargo("error[E0425]: cannot find value `x`\n")
        self.assertIn("E0425", compiler[0].output)


class File(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log, self.xml = Path(folder.name) / "log", Path(folder.name) / "new" / "rust.xml"

    def test_the_file_is_counted_as_the_cases_are(self) -> None:
        self.log.write_text(CARGO + "test lost ... ok\n")
        self.assertEqual(junit_from.main(["cargo", str(self.log), str(self.xml)]), 1)
        counts = result_counts.from_junit(self.xml.read_text())
        self.assertEqual(counts, result_counts.Counts(passed=2, failed=2, skipped=1))
        names = [case.get("name") for case in ElementTree.parse(self.xml).iter("testcase")]
        self.assertEqual(names[0], "queues::case_q1_created")

    def test_all_passed_is_0_and_a_missing_log_1(self) -> None:
        self.log.write_text(go_log(("run", "TestA"), ("pass", "TestA"), ("pass", "")))
        self.assertEqual(junit_from.main(["gojson", str(self.log), str(self.xml)]), 0)
        self.log.unlink()
        self.assertEqual(junit_from.main(["gojson", str(self.log), str(self.xml)]), 1)

    def test_output_that_xml_cannot_hold_is_replaced(self) -> None:
        output = "output:a\x00b\ufffe<&"
        self.log.write_text(go_log(("run", "TestA"), (output, "TestA"), ("fail", "TestA")))
        junit_from.main(["gojson", str(self.log), str(self.xml)])
        failure = ElementTree.parse(self.xml).find(".//failure")
        assert failure is not None
        self.assertEqual(failure.text, "a\ufffdb\ufffd<&\n")

    def test_an_unknown_kind_is_refused(self) -> None:
        with redirect_stderr(io.StringIO()) as said:
            self.assertEqual(junit_from.main(["tap", "a", "b"]), 2)
        self.assertIn("gojson", said.getvalue())


if __name__ == "__main__":
    unittest.main()
