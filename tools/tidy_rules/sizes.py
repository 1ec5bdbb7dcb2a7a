# SPDX-License-Identifier: Apache-2.0
"""How large things may grow before somebody has to think."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tidy_rules.cpp_scanner import scan_functions
from tidy_rules.tree import CPP_SUFFIXES, SCRIPT_SUFFIXES, SourceFile, Tree, Violation

FUNCTION_LINES_MAX = 70
PARAMETERS_MAX = 5
NESTING_MAX = 4
HEADER_LINES_MAX = 300
SOURCE_LINES_MAX = 600
TEST_LINES_MAX = 800
MODULE_LINES_MAX = 8000
COLUMNS_MAX = 100
README_LINES_MAX = 60


def too_large(
    file: SourceFile, line: int, rule: str, subject: str, value: int, limit: int, advice: str
) -> Violation:
    thing = file.path if subject == "-" else subject
    suffix = "" if subject == "-" else f" [{subject}]"
    unit = rule.split("-")[-1]
    return Violation(
        file.path,
        line,
        rule,
        f"{thing} has {value} {unit}, {limit} at most ({advice}){suffix}",
        subject,
        value,
    )


def check_functions(tree: Tree, _: object) -> Iterator[Violation]:
    """function-lines, function-parameters, function-nesting."""
    for file in tree.cpp:
        for function in scan_functions(file.structure):
            name, line = function.name, function.line
            if function.lines > FUNCTION_LINES_MAX:
                yield too_large(
                    file,
                    line,
                    "function-lines",
                    name,
                    function.lines,
                    FUNCTION_LINES_MAX,
                    "keep the control flow, move branch-free work to leaves",
                )
            if function.parameters > PARAMETERS_MAX:
                yield too_large(
                    file,
                    line,
                    "function-parameters",
                    name,
                    function.parameters,
                    PARAMETERS_MAX,
                    "pass an options struct",
                )
            if function.nesting > NESTING_MAX:
                yield too_large(
                    file,
                    line,
                    "function-nesting",
                    name,
                    function.nesting,
                    NESTING_MAX,
                    "return early, or name the inner part",
                )


def file_limit(file: SourceFile) -> int | None:
    name = file.path.rsplit("/", 1)[-1]
    if file.is_test or name.endswith("_test.py") or name.startswith("test_"):
        return TEST_LINES_MAX if file.path.endswith(CPP_SUFFIXES + SCRIPT_SUFFIXES) else None
    if file.is_header:
        return HEADER_LINES_MAX
    if file.path.endswith(CPP_SUFFIXES + SCRIPT_SUFFIXES) or file.path == "dev":
        return SOURCE_LINES_MAX
    return README_LINES_MAX if file.module and name == "README.md" else None


def check_files(tree: Tree, _: object) -> Iterator[Violation]:
    """file-lines and line-columns."""
    for file in tree.files.values():
        limit = file_limit(file)
        if limit is None:
            continue
        if len(file.lines) > limit:
            yield too_large(
                file, 1, "file-lines", "-", len(file.lines), limit, "split it by subject"
            )
        if file.path.endswith(".md"):
            continue
        for number, line in enumerate(file.lines, 1):
            if len(line) > COLUMNS_MAX and not is_long_include(line):
                yield Violation(
                    file.path,
                    number,
                    "line-columns",
                    f"{len(line)} columns, {COLUMNS_MAX} at most (./dev fmt)",
                    "-",
                    len(line),
                )


def is_long_include(line: str) -> bool:
    return line.startswith("#include") or line.lstrip().startswith(("// http", "# http"))


def check_modules(tree: Tree, _: object) -> Iterator[Violation]:
    """module-lines, tests not counted."""
    for module, files in tree.modules.items():
        total = sum(len(file.lines) for file in files if not file.is_test)
        if total > MODULE_LINES_MAX:
            yield Violation(
                f"src/{module}",
                1,
                "module-lines",
                f"{module} has {total} lines, {MODULE_LINES_MAX} at most (split the module)",
                "-",
                total,
            )


def check_python(tree: Tree, _: object) -> Iterator[Violation]:
    """python-syntax, and function-lines for Python."""
    for file in tree.files.values():
        if not file.path.endswith(".py"):
            continue
        try:
            parsed = ast.parse(file.text, file.path)
        except SyntaxError as error:
            yield Violation(
                file.path,
                error.lineno or 1,
                "python-syntax",
                f"does not compile: {error.msg} (fix it)",
            )
            continue
        for node in ast.walk(parsed):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES_MAX:
                    yield too_large(
                        file,
                        node.lineno,
                        "function-lines",
                        node.name,
                        length,
                        FUNCTION_LINES_MAX,
                        "split it by step",
                    )
