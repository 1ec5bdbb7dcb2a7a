#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./dev itself, in a folder of its own with stand-ins for apt, compilers and formatters."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PASSES = "#!/bin/sh\nexit 0\n"
FAILS = "#!/bin/sh\nexit 1\n"
UNITTEST_OK = 'print("Ran 3 tests in 0.1s")\nprint("OK")\n'
NOTHING_INSTALLED = "#!/bin/sh\nexit 1\n"
ALL_INSTALLED = "#!/bin/sh\nshift 2\nfor name; do echo $name installed; done\n"
APT = '#!/bin/sh\necho "$@" >>"$APT_LOG"\n'
SUDO = '#!/bin/sh\nexec "$@"\n'
# What the parts that run clients call: a server that is not there, pytest, node.
WITH_SERVER = "import os, sys\nos.execvp(sys.argv[1], sys.argv[1:])\n"
JUNIT = '<testsuite tests="{}" failures="{}" errors="0" skipped="0"/>'
PYTEST = """#!/bin/sh
for word; do case "$word" in --junitxml=*) xml="${word#*=}";; esac; done
echo '<testsuite tests="2" failures="0" errors="0" skipped="0"/>' >"$xml"
"""
NODE = """#!/bin/sh
for word; do case "$word" in --test-reporter-destination=/*) tap="${word#*=}";; esac; done
[ -z "$tap" ] || printf '# pass 4\\n# fail 0\\n# cancelled 0\\n# skipped 0\\n' >"$tap"
"""


class Dev(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = Path(holder.name)
        shutil.copy(ROOT / "dev", self.root / "dev")
        self.write("a.cc", "")
        self.write("tools/tidy.py", "")
        self.write("tools/some_test.py", UNITTEST_OK)
        self.write("tools/result_counts.py", (ROOT / "tools/result_counts.py").read_text())
        for name, text in {
            "clang-format-19": PASSES,
            "black": PASSES,
            "dpkg-query": ALL_INSTALLED,
            "apt-get": APT,
            "sudo": SUDO,
        }.items():
            self.write(f"bin/{name}", text)

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(0o755)

    def dev(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("FOREBAY", "CI", "GIT_"))},
            "PATH": f"{self.root}/bin:{os.environ['PATH']}",
            "APT_LOG": str(self.root / "apt.log"),
            "GIT_CEILING_DIRECTORIES": str(self.root.parent),
            **variables,
        }
        return subprocess.run(
            [self.root / "dev", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def apt_calls(self) -> list[str]:
        log = self.root / "apt.log"
        return log.read_text().splitlines() if log.exists() else []

    def test_unknown_words_are_refused_with_what_there_is(self) -> None:
        for arguments in (["frobnicate"], ["test", "frobnicate"], ["build", "frobnicate"]):
            done = self.dev(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, r"no \w+ 'frobnicate'.* there are: \w+")

    def test_help_names_every_subcommand_and_part(self) -> None:
        text = self.dev("help").stdout
        words = (
            "build run test conformance fmt lint bench unit python node consumers asan tsan fuzz"
        )
        for word in [*words.split(), "tidy", "format", "interop"]:
            self.assertIn(word, text)

    def test_the_last_line_sums_up(self) -> None:
        done = self.dev("test", "tidy", "format")
        self.assertEqual(done.stdout.splitlines()[-1], "5 passed, 0 failed")
        self.assertEqual(done.returncode, 0)

    def test_a_failing_part_neither_hides_the_next_nor_passes(self) -> None:
        self.write("tools/tidy.py", "import sys; sys.exit(1)")
        done = self.dev("test", "tidy", "format")
        self.assertIn("[2/2] format", done.stdout)
        self.assertEqual(done.stdout.splitlines()[-1], "4 passed, 1 failed")
        self.assertEqual(done.returncode, 1)

    def test_a_part_that_breaks_off_is_a_failure(self) -> None:
        self.write("bin/dpkg-query", NOTHING_INSTALLED)
        self.write("bin/apt-get", FAILS)
        done = self.dev("test", "format", "tidy")
        self.assertEqual(done.stdout.splitlines()[-1], "4 passed, 1 failed")
        self.assertEqual(done.returncode, 1)

    def test_skipped_tests_are_told(self) -> None:
        self.write("tools/some_test.py", 'print("Ran 3 tests in 1s\\n\\nOK (skipped=1)")')
        self.assertEqual(
            self.dev("test", "tidy").stdout.splitlines()[-1], "3 passed, 0 failed, 1 skipped"
        )

    def test_a_suite_without_tests_is_a_failure(self) -> None:
        self.write("tools/some_test.py", "")
        self.assertEqual(self.dev("test", "tidy").stdout.splitlines()[-1], "1 passed, 1 failed")

    def test_nothing_is_installed_when_nothing_is_missing(self) -> None:
        self.assertEqual(self.dev("fmt").returncode, 0)
        self.assertEqual(self.apt_calls(), [])

    def test_what_is_missing_is_named_and_installed(self) -> None:
        self.write("bin/dpkg-query", NOTHING_INSTALLED)
        done = self.dev("fmt")
        self.assertIn("installing for 'fmt': clang-format-19 black", done.stdout)
        self.assertIn("install -y --no-install-recommends clang-format-19 black", self.apt_calls())
        self.assertNotIn("update", self.apt_calls())

    def test_package_lists_are_refreshed_when_they_do_not_know_a_package(self) -> None:
        self.write("bin/dpkg-query", NOTHING_INSTALLED)
        self.write(
            "bin/apt-get",
            APT + f'[ "$1" = update ] && touch {self.root}/new; test -e {self.root}/new\n',
        )
        self.assertEqual(self.dev("fmt").returncode, 0)
        self.assertEqual(self.apt_calls().count("update"), 1)

    def test_fmt_check_fails_when_either_formatter_would_change_something(self) -> None:
        self.assertEqual(self.dev("fmt", "--check").returncode, 0)
        for formatter in ("clang-format-19", "black"):
            self.write(f"bin/{formatter}", FAILS)
            self.assertEqual(self.dev("fmt", "--check").returncode, 1)
            self.write(f"bin/{formatter}", PASSES)

    # Parts that run clients.

    def with_clients(self) -> None:
        self.write("bin/cmake", PASSES)
        self.write("bin/npm", "#!/bin/sh\nmkdir node_modules\n")
        self.write("bin/node", NODE)
        self.write("tools/with_server.py", WITH_SERVER)
        self.write("tools/python_env.sh", PASSES)
        for environment in ("json", "query", "consumers"):
            self.write(f".venv/{environment}/bin/pytest", PYTEST)
        for suite in ("conformance", "consumers"):
            self.write(f"tests/{suite}/node/package-lock.json", "{}")
            self.write(f"tests/{suite}/node/some.test.mjs", "")
        for language in ("go", "java", "rust"):
            self.interop(language, f"echo '{JUNIT.format(5, 0)}' >$1")

    def interop(self, language: str, script: str) -> None:
        self.write(f"tests/interop/{language}/run.sh", f"#!/bin/sh\n{script}\n")

    def test_clients_of_other_languages_are_counted(self) -> None:
        self.with_clients()
        self.interop("java", f"echo '{JUNIT.format(5, 2)}' >$1; exit 1")
        done = self.dev("test", "interop")
        self.assertEqual(done.stdout.splitlines()[-1], "13 passed, 2 failed", done.stderr)
        self.assertEqual(done.returncode, 1)

    def test_a_missing_toolchain_is_skipped_by_name(self) -> None:
        self.with_clients()
        self.interop("go", "echo noise >&2; echo 'interop/go: no go here; skipped' >&2; exit 77")
        done = self.dev("test", "interop")
        self.assertEqual(done.returncode, 0)
        summary = done.stdout[done.stdout.rindex("<==") :].splitlines()
        self.assertEqual(summary[-1], "10 passed, 0 failed, 1 skipped")
        self.assertIn("            interop/go: no go here; skipped", summary)

    def test_without_any_toolchain_nothing_failed(self) -> None:
        self.with_clients()
        for language in ("go", "java", "rust"):
            self.interop(language, "exit 77")
        done = self.dev("test", "interop")
        self.assertEqual(done.stdout.splitlines()[-1], "0 passed, 0 failed, 3 skipped")
        self.assertIn("interop/rust: gave no reason; skipped", done.stdout)
        self.assertEqual(done.returncode, 0)

    def test_a_client_that_breaks_off_is_a_failure(self) -> None:
        self.with_clients()
        self.interop("go", f"echo '{JUNIT.format(5, 0)}' >$1; exit 3")
        self.interop("rust", "exit 1")
        done = self.dev("test", "interop")
        self.assertEqual(done.stdout.splitlines()[-1], "10 passed, 2 failed")

    def test_results_of_an_earlier_run_do_not_count(self) -> None:
        self.with_clients()
        self.write("build/test-results/interop-go.xml", JUNIT.format(9, 0))
        self.interop("go", "exit 0")
        self.assertEqual(self.dev("test", "interop").stdout.splitlines()[-1], "10 passed, 1 failed")

    def test_only_ci_runs_the_parts_that_have_to_be_asked_for(self) -> None:
        self.with_clients()
        headings = {
            ci: re.findall(r"^==> \[\d+/\d+\] (\w+)$", self.dev("test", **ci_set).stdout, re.M)
            for ci, ci_set in ((False, {}), (True, {"CI": "1"}))
        }
        self.assertIn("consumers", headings[False])
        self.assertNotIn("interop", headings[False])
        self.assertEqual(headings[True], [*headings[False], "interop", "lint"])

    def test_consumers_are_python_and_node(self) -> None:
        self.with_clients()
        done = self.dev("test", "consumers")
        self.assertEqual(done.stdout.splitlines()[-1], "6 passed, 0 failed", done.stderr)
        for file in ("python-consumers-tests-consumers.xml", "consumers-node.tap"):
            self.assertTrue((self.root / "build/test-results" / file).exists())

    def test_conformance_runs_the_sdks_and_ends_as_its_report_does(self) -> None:
        self.with_clients()
        self.write("build/conformance-json.json", "{}")
        for status in (0, 1):
            self.write(
                "tools/conformance_report.py",
                f"from pathlib import Path\nprint('stale', Path('build/conformance-json.json')"
                f".exists())\nraise SystemExit({status})\n",
            )
            done = self.dev("conformance")
            self.assertIn("\n23 passed, 0 failed\n", done.stdout, done.stderr)
            self.assertEqual(done.stdout.splitlines()[-1], "stale False")
            self.assertEqual(done.returncode, status)


if __name__ == "__main__":
    unittest.main()
