# SPDX-License-Identifier: Apache-2.0
"""docs/compatibility.md says what is there: a row for each thing, tests and places that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tidy_rules.contracts import COMPATIBILITY, action_table
from tidy_rules.tree import Tree, Violation

ATTRIBUTE_TABLE = "src/server/queue_attribute_text.cc"
RECEIVED = "src/server/received_attributes.cc"
CASE_TABLE = "tests/conformance/cases.py"
CASE_ID = r"[A-Z]\d+"
PLACE = r"`([\w./-]+)::([\w.]+)`"
# Lines around a function's name in which its grade may stand.
GRADE_BEFORE, GRADE_AFTER = 10, 40


@dataclass(frozen=True)
class Row:
    line: int
    cells: list[str]


def sections(text: str) -> dict[str, list[Row]]:
    """The rows of the table below each heading, without the table's own head."""
    found: dict[str, list[Row]] = {}
    heading = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## "):
            heading = line[3:].strip()
        elif line.startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            found.setdefault(heading, []).append(Row(number, cells))
    return {heading: rows[2:] for heading, rows in found.items()}


def queue_attributes(tree: Tree) -> set[str]:
    """The names in the table of contract section 3.1; aliases are no rows of it."""
    return set(re.findall(r'^    \{"([A-Z]\w+)",', tree.text(ATTRIBUTE_TABLE), re.MULTILINE))


def received_attributes(tree: Tree) -> set[str]:
    text = tree.text(RECEIVED)
    names = set(re.findall(r'^ +\{"([A-Z]\w+)",', text, re.MULTILINE))
    for constant in re.findall(r"^ +\{(k[A-Z]\w+),", text, re.MULTILINE):
        values = (
            re.search(rf'\b{constant} = "(\w+)"', file.text) for file in tree.under("src/server")
        )
        names |= {value[1] for value in values if value}
    return names


def check_compatibility_rows(tree: Tree, _: object) -> Iterator[Violation]:
    """compatibility-row: one row for every action and attribute, and none for anything else."""
    tables = sections(tree.text(COMPATIBILITY))
    for heading, names in (
        ("Actions", set(action_table(tree))),
        ("Queue attributes", queue_attributes(tree)),
        ("System attributes of received messages", received_attributes(tree)),
    ):
        rows = tables.get(heading, [])
        described = [row.cells[0] for row in rows]
        for name in sorted(names - set(described)):
            message = f"{name} has no row below '{heading}' (add it)"
            yield Violation(COMPATIBILITY, 1, "compatibility-row", message, name)
        for index, row in enumerate(rows):
            name = row.cells[0]
            if name not in names:
                advice = "the server does not know it (remove the row)"
            elif name in described[:index]:
                advice = "a second row (keep one)"
            else:
                continue
            yield Violation(COMPATIBILITY, row.line, "compatibility-row", f"{name}: {advice}", name)


def exists(tree: Tree, path: str, name: str) -> bool:
    """True when `path` holds a function called `name`: in C++ also a test `Suite.Name`."""
    text = tree.text(path)
    if path.endswith(".py"):
        return bool(re.search(rf"^ *def {re.escape(name)}\(", text, re.MULTILINE))
    suite, _, test = name.partition(".")
    if test:
        return bool(re.search(rf"\bTEST(?:_F|_P)?\(\s*{suite},\s*{test}\s*\)", text))
    return bool(re.search(rf"\b{re.escape(name)}\(", text))


def is_graded(tree: Tree, path: str, name: str) -> bool:
    """True when a comment at or in the function says on what evidence it decides: [?], [E] ..."""
    lines = tree.text(path).splitlines()
    for number, line in enumerate(lines):
        if re.search(rf"\b{re.escape(name)}\(", line):
            around = lines[max(0, number - GRADE_BEFORE) : number + GRADE_AFTER]
            if any(re.search(r"//.*\[[?ESDRL]\]", near) for near in around):
                return True
    return False


def missing_references(tree: Tree, cell: str) -> Iterator[str]:
    """What a cell names that does not exist: cases, and `file::function`."""
    known = set(re.findall(rf"^({CASE_ID}) +(?:P )? *\S", tree.text(CASE_TABLE), re.MULTILINE))
    references = [part.strip() for part in cell.split(",") if part.strip()]
    if not references:
        yield "names nothing"
    for reference in references:
        place = re.fullmatch(PLACE, reference)
        if place is None and not re.fullmatch(CASE_ID, reference):
            yield f"{reference} is neither a case nor `file::name`"
        elif place is None and reference not in known:
            yield f"{reference} is no case of {CASE_TABLE}"
        elif place and not exists(tree, place[1], place[2]):
            yield f"{place[1]} has no {place[2]}"


def check_compatibility_references(tree: Tree, _: object) -> Iterator[Violation]:
    """compatibility-test, compatibility-place: the tests and functions that rows name exist, and
    who decides what is uncertain says on what evidence."""
    for heading, rows in sections(tree.text(COMPATIBILITY)).items():
        uncertain = heading == "Where AWS's behaviour is not recorded"
        rule = "compatibility-place" if uncertain else "compatibility-test"
        width = 3 if uncertain else 4
        for row in rows:
            name = row.cells[0]
            if len(row.cells) != width:
                message = f"{name}: {len(row.cells)} cells (write {width})"
                yield Violation(COMPATIBILITY, row.line, rule, message, name)
                continue
            for missing in missing_references(tree, row.cells[-1]):
                message = f"{name}: {missing} (correct it)"
                yield Violation(COMPATIBILITY, row.line, rule, message, name)
            for path, function in re.findall(PLACE, row.cells[-1]) if uncertain else []:
                if exists(tree, path, function) and not is_graded(tree, path, function):
                    message = f"{name}: no comment at {function} tells the evidence (write [?])"
                    yield Violation(COMPATIBILITY, row.line, rule, message, name)
