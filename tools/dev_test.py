#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""./dev itself, in a folder of its own with stand-ins for apt, compilers and formatters."""

from __future__ import annotations

import os
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

    def dev(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("FOREBAY", "CI", "GIT_"))},
            "PATH": f"{self.root}/bin:{os.environ['PATH']}",
            "APT_LOG": str(self.root / "apt.log"),
            "GIT_CEILING_DIRECTORIES": str(self.root.parent),
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
        for word in "build run test fmt lint bench unit python node asan tsan fuzz tidy".split():
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


if __name__ == "__main__":
    unittest.main()
