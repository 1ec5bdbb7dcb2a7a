#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A failure may not get lost between a runner and the last line of ./dev test."""

from __future__ import annotations

import io
import sys
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import result_counts  # noqa: E402
from result_counts import Counts  # noqa: E402

GTEST = '<testsuites tests="{}" failures="{}" disabled="0" errors="0">{}</testsuites>'


def ctest(*cases: tuple[str, str]) -> str:
    listed = "".join(f'<testcase name="{name}" status="{status}"/>' for name, status in cases)
    return f'<testsuite tests="{len(cases)}">{listed}</testsuite>'


class TestResults(unittest.TestCase):
    def printed(self, *arguments: str) -> str:
        out = io.StringIO()
        with redirect_stdout(out):
            self.assertEqual(result_counts.main(list(arguments)), 0)
        return out.getvalue()

    def test_unittest_sums_failures_errors_and_skips(self) -> None:
        log = "..F\nRan 9 tests in 0.1s\n\nFAILED (failures=1, errors=2, skipped=3)\n"
        self.assertEqual(result_counts.from_unittest(log), Counts(3, 3, 3))
        self.assertEqual(
            result_counts.from_unittest("Ran 2 tests in 0.1s\n\nOK\n"), Counts(2, 0, 0)
        )

    def test_unittest_that_never_got_to_its_sum_is_a_failure(self) -> None:
        self.assertEqual(result_counts.from_unittest("Traceback ...\n"), Counts(0, 1, 0))

    def test_junit_counts_errors_as_failures(self) -> None:
        text = '<testsuites><testsuite tests="9" failures="1" errors="2" skipped="3"/></testsuites>'
        self.assertEqual(result_counts.from_junit(text), Counts(3, 3, 3))

    def test_tap_counts_cancelled_as_failed(self) -> None:
        text = "1..4\n# tests 7\n# pass 4\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 0\n"
        self.assertEqual(result_counts.from_tap(text), Counts(4, 2, 1))

    def test_ctest_counts_cases_of_googletest_and_other_programs_as_one(self) -> None:
        cases = ctest(("base_tests", "run"), ("simulator_seeds", "run"))
        files = {"base_tests": GTEST.format(5, 0, "")}
        self.assertEqual(result_counts.from_ctest(cases, files, 0), Counts(6, 0, 0))

    def test_ctest_counts_failed_and_skipped_cases(self) -> None:
        files = {"a_tests": GTEST.format(5, 2, '<testcase result="skipped"/>')}
        self.assertEqual(
            result_counts.from_ctest(ctest(("a_tests", "fail")), files, 8), Counts(2, 2, 1)
        )

    def test_a_program_that_died_before_or_after_its_report_is_a_failure(self) -> None:
        died = ctest(("a_tests", "fail"))
        self.assertEqual(result_counts.from_ctest(died, {}, 8).failed, 1)
        after = {"a_tests": GTEST.format(5, 0, "")}
        self.assertEqual(result_counts.from_ctest(died, after, 8).failed, 1)

    def test_a_program_without_a_single_case_is_a_failure(self) -> None:
        files = {"a_tests": GTEST.format(0, 0, "")}
        self.assertEqual(result_counts.from_ctest(ctest(("a_tests", "run")), files, 0).failed, 1)

    def test_nothing_left_nothing_run_or_half_a_file_is_a_failure(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "r.xml"
            self.assertEqual(self.printed("junit", str(path)), "0 1 0\n")
            path.write_text('<testsuites><testsuite tests="0"/></testsuites>')
            self.assertEqual(self.printed("junit", str(path)), "0 1 0\n")
            path.write_text("<testsuites><tests")
            self.assertEqual(self.printed("junit", str(path)), "0 1 0\n")


if __name__ == "__main__":
    unittest.main()
