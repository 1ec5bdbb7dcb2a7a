# SPDX-License-Identifier: Apache-2.0
"""Nothing lies about unused: every source is built, every header included, every test collected."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from tidy_rules.tree import TEST_SUFFIXES, SourceFile, Tree, Violation

SUITE_LINE = re.compile(r'^\s*"(?P<environment>\w+) (?P<folder>tests/[\w/.-]+)"\s*$', re.MULTILINE)
# The folders whose Node.js tests ./dev runs.
NODE_FOLDERS = ("tests/conformance/node/", "tests/consumers/node/")


def is_cmake(path: str) -> bool:
    return path.endswith((".cmake", "/CMakeLists.txt")) or path == "CMakeLists.txt"


def built_sources(tree: Tree) -> set[str]:
    """Paths of all .cc files named in a CMake file."""
    built = set()
    for path, file in tree.files.items():
        if not is_cmake(path):
            continue
        text = re.sub(r"#[^\n]*", "", file.text)
        text = re.sub(r"\$\{(?:PROJECT|CMAKE)_SOURCE_DIR\}/", "/", text)
        text = text.replace("${CMAKE_CURRENT_SOURCE_DIR}/", "").replace(
            "${CMAKE_CURRENT_LIST_DIR}/", ""
        )
        for name in re.findall(r"[\w./-]+\.cc\b", text):
            folder = "" if name.startswith("/") else posixpath.dirname(path)
            built.add(posixpath.normpath(posixpath.join(folder, name.lstrip("/"))))
    return built


def check_sources(tree: Tree, _: object) -> Iterator[Violation]:
    """dead-source, orphaned-test: a CMake file names every .cc below src/, tests/ and bench/."""
    built = built_sources(tree)
    for file in tree.cpp:
        if (
            file.is_header
            or not file.path.startswith(("src/", "tests/", "bench/"))
            or file.path in built
        ):
            continue
        rule = "orphaned-test" if file.path.endswith(TEST_SUFFIXES) else "dead-source"
        where = posixpath.join(posixpath.dirname(file.path), "CMakeLists.txt")
        yield Violation(
            file.path, 1, rule, f"no CMake file names it (add it to {where}, or delete it)"
        )


def check_globs(tree: Tree, _: object) -> Iterator[Violation]:
    """cmake-glob: sources are listed by name, or the checks above see nothing."""
    for path, file in tree.files.items():
        if is_cmake(path):
            for match in re.finditer(r"\bfile\s*\(\s*GLOB", file.text):
                yield Violation(
                    path,
                    file.line_at(match.start()),
                    "cmake-glob",
                    "file(GLOB) (list files by name)",
                )


def check_headers(tree: Tree, _: object) -> Iterator[Violation]:
    """dead-header: somebody besides its own .cc and tests includes it."""
    users: dict[str, set[str]] = {}
    for file in tree.files.values():
        if file.path.endswith((".cc", ".h", ".cpp", ".hpp")):
            for _, header, _ in file.includes:
                users.setdefault(header, set()).add(file.path)
    for file in tree.cpp:
        if not file.is_header or not file.path.startswith(("src/", "tests/")):
            continue
        # A module's public headers are named as its users name them.
        name = re.sub(r"^(?:src/\w+/include|src|tests)/", "", file.path)
        stem = file.path[: -len(".h")]
        own = {f"{stem}{suffix}" for suffix in (".cc", *TEST_SUFFIXES)}
        if not users.get(name, set()) - own:
            yield Violation(
                file.path,
                1,
                "dead-header",
                "nobody but its own source and tests includes it (use it, or delete it)",
            )


def python_suites(tree: Tree) -> list[str]:
    """The folders `./dev test python` runs."""
    return [match["folder"] for match in SUITE_LINE.finditer(tree.text("dev"))]


def check_python_tests(tree: Tree, _: object) -> Iterator[Violation]:
    """orphaned-test: every Python test stands where `./dev test python` looks, and is not empty."""
    suites = python_suites(tree)
    for suite in suites:
        if not any(is_python_test(file) for file in tree.under(suite, ".py")):
            yield Violation(
                "dev",
                1,
                "orphaned-test",
                f"suite {suite} has no test_*.py (drop or fill it) [{suite}]",
                suite,
            )
    for file in tree.under("tests", ".py"):
        if file.path.endswith("_test.py"):
            yield Violation(
                file.path, 1, "orphaned-test", "pytest collects test_*.py only (rename it)"
            )
        elif is_python_test(file) and not any(
            file.path.startswith(f"{suite}/") for suite in suites
        ):
            yield Violation(
                file.path,
                1,
                "orphaned-test",
                f"in no suite that ./dev runs: {' '.join(suites)} (move it, or add a suite)",
            )
        elif is_python_test(file) and not re.search(
            r"^\s*(?:async )?def test_", file.text, re.MULTILINE
        ):
            yield Violation(
                file.path, 1, "orphaned-test", "has no function test_... (add one, or rename it)"
            )


def is_python_test(file: SourceFile) -> bool:
    return posixpath.basename(file.path).startswith("test_") and file.path.endswith(".py")


def check_node_tests(tree: Tree, _: object) -> Iterator[Violation]:
    """orphaned-test: JavaScript tests are named x.test.mjs and stand where ./dev looks for them."""
    for file in tree.under("tests", ".js", ".mjs", ".cjs", ".ts"):
        uses_runner = re.search(
            r"""from\s+["']node:test["']|require\(["']node:test["']\)""", file.text
        )
        named = re.search(r"\.test\.[cm]?js$", file.path)
        if bool(uses_runner) and not (named and file.path.startswith(NODE_FOLDERS)):
            yield Violation(
                file.path,
                1,
                "orphaned-test",
                f"node runs *.test.mjs below {' '.join(NODE_FOLDERS)} only (rename or move it)",
            )
