# SPDX-License-Identifier: Apache-2.0
"""What every file, module and action owes its reader."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tidy_rules.tree import SCRIPT_SUFFIXES, SourceFile, Tree, Violation

SPDX = "SPDX-License-Identifier: Apache-2.0"
HANDLERS = "src/server/handlers"
ACTION_TABLE = "src/server/actions.cc"
COMPATIBILITY = "docs/compatibility.md"
# Assembled, so that this file holds none of them.
MACHINE_PATHS = re.compile(
    "|".join(rf"(?<![\w.])/{folder}" for folder in ("work/", "farm/", r"tmp/bash_jobs", r"root/\."))
)


def needs_licence_line(file: SourceFile) -> bool:
    name = posixpath.basename(file.path)
    return (
        file.is_cpp
        or file.path.endswith((*SCRIPT_SUFFIXES, ".cmake"))
        or name in ("CMakeLists.txt", "Dockerfile")
        or file.path in ("dev", ".ci/run")
    )


def check_licence(tree: Tree, _: object) -> Iterator[Violation]:
    """spdx: the licence stands in the first line, or right after the interpreter's."""
    for file in tree.files.values():
        if not needs_licence_line(file):
            continue
        first = (
            file.lines[1:2] if file.lines[:1] and file.lines[0].startswith("#!") else file.lines[:1]
        )
        if not first or not re.fullmatch(rf"(?://|#) {re.escape(SPDX)}", first[0]):
            mark = (
                "//"
                if file.is_cpp or file.path.endswith((".js", ".mjs", ".cjs", ".ts", ".tsx"))
                else "#"
            )
            yield Violation(file.path, 1, "spdx", f"no licence line (start with `{mark} {SPDX}`)")


def check_header_contract(tree: Tree, _: object) -> Iterator[Violation]:
    """header-contract: a header says what it is, then guards itself."""
    for file in tree.cpp:
        if not file.is_header:
            continue
        if len(file.lines) < 2 or not re.match(r"//\s*\S", file.lines[1]):
            yield Violation(
                file.path, 2, "header-contract", "does not say what it is (one sentence in line 2)"
            )
        if not re.search(r"^#pragma once$", file.text, re.MULTILINE):
            yield Violation(
                file.path, 1, "header-contract", "no include guard (write #pragma once)"
            )


def check_readmes(tree: Tree, _: object) -> Iterator[Violation]:
    """module-readme: each module explains itself on a page."""
    for module in tree.modules:
        path = f"src/{module}/README.md"
        if path not in tree:
            yield Violation(
                path,
                1,
                "module-readme",
                "missing (what it is for, what to read first, what it never does, how tested)",
            )


def check_machine_paths(tree: Tree, _: object) -> Iterator[Violation]:
    """machine-path: nothing depends on where it was written."""
    for file in tree.files.values():
        for number, line in enumerate(file.lines, 1):
            match = MACHINE_PATHS.search(line)
            if match:
                yield Violation(
                    file.path,
                    number,
                    "machine-path",
                    f"`{match[0]}` exists on one machine only (name it from the project's root)",
                )


def action_name(path: str) -> str:
    """src/server/handlers/send_message.cc: SendMessage."""
    stem = posixpath.basename(path).removesuffix(".cc")
    return "".join(word.capitalize() for word in stem.split("_"))


def handlers(tree: Tree) -> dict[str, str]:
    """Path of each action's handler: the sources of the folder that have no header of their own."""
    sources = [file.path for file in tree.under(HANDLERS, ".cc") if not file.is_test]
    return {action_name(path): path for path in sources if f"{path[:-3]}.h" not in tree}


@dataclass(frozen=True)
class Row:
    """A row `{"SendMessage", handle_send_message, ...}` of the one visible table."""

    path: str
    line: int
    served: bool


def action_table(tree: Tree) -> dict[str, Row]:
    file = tree.files.get(ACTION_TABLE)
    if file is None:
        return {}
    rows = re.finditer(r'\{\s*"([A-Z]\w+)"\s*,\s*&?(\w+)', file.text)
    return {
        row[1]: Row(file.path, file.line_at(row.start()), row[2] != "handle_unsupported")
        for row in rows
    }


def check_actions(tree: Tree, _: object) -> Iterator[Violation]:
    """action-*: every action has a handler, a row in the table and a conformance test."""
    table, by_action = action_table(tree), handlers(tree)
    for action, path in by_action.items():
        if action not in table:
            advice = "add its row; what is no action has a header of its own"
            yield Violation(
                path, 1, "action-table", f"{action} is not in {ACTION_TABLE} ({advice})"
            )
    tests = "\n".join(file.text for file in tree.under("tests/conformance", *SCRIPT_SUFFIXES))
    for action, row in table.items():
        for rule, message in missing_for(action, row, by_action, tests):
            yield Violation(row.path, row.line, rule, f"{action} {message} [{action}]", action)


def missing_for(
    action: str, row: Row, by_action: dict[str, str], tests: str
) -> Iterator[tuple[str, str]]:
    if row.served and action not in by_action:
        yield "action-handler", f"has no file in {HANDLERS} (add it)"
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()
    if row.served and not re.search(rf"\b(?:{action}(?:Command)?|{snake})\b", tests):
        yield "action-tested", "is called by no test in tests/conformance (add a case)"
