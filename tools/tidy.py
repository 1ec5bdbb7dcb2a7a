#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what a compiler does not: layers, bans, sizes, dead files, half-done actions.

    tools/tidy.py                 check the whole tree
    tools/tidy.py src/engine ...  show only what concerns these paths
    tools/tidy.py --rules         list the rules

Every violation is one line, `file:line: rule: message (what to do)`. Exceptions stand in
tools/tidy_exceptions.txt. Ends with 0 when there is no violation, 1 when there are some, 2 when it
cannot run. Needs Python 3.11, nothing else.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from tidy_rules import bans, compatibility, contracts, layers, reachability, sizes  # noqa: E402
from tidy_rules.tree import Tree, Violation  # noqa: E402

EXCEPTIONS_PATH = "tools/tidy_exceptions.txt"
CHECKS = [
    layers.check_module_names,
    layers.check_layers,
    layers.check_heavy_headers,
    layers.check_coroutines,
    bans.check_bans,
    bans.check_unordered_iteration,
    sizes.check_functions,
    sizes.check_files,
    sizes.check_modules,
    sizes.check_python,
    reachability.check_sources,
    reachability.check_globs,
    reachability.check_headers,
    reachability.check_python_tests,
    reachability.check_node_tests,
    contracts.check_licence,
    contracts.check_header_contract,
    contracts.check_readmes,
    contracts.check_machine_paths,
    contracts.check_actions,
    compatibility.check_compatibility_rows,
    compatibility.check_compatibility_references,
]


@dataclass
class Allowance:
    """One line of the exceptions file."""

    line: int
    rule: str
    path: str
    subject: str
    size: int | None
    used: bool = False
    largest: int = 0

    def covers(self, violation: Violation) -> bool:
        if (self.rule, self.path, self.subject) != (
            violation.rule,
            violation.path,
            violation.subject,
        ):
            return False
        self.used = True
        self.largest = max(self.largest, violation.value or 0)
        return self.size is None or (violation.value or 0) <= self.size


def read_allowances(text: str) -> tuple[list[Allowance], list[Violation]]:
    allowances, broken = [], []
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip() or raw.startswith("#"):
            continue
        words = raw.split(maxsplit=3)
        subject, equals, size = words[2].rpartition("=") if len(words) == 4 else ("", "", "")
        if len(words) < 4 or (equals and not size.isdigit()):
            broken.append(
                Violation(
                    EXCEPTIONS_PATH,
                    number,
                    "exception",
                    "not `rule path subject[=size] reason` (give a reason)",
                )
            )
        elif equals:
            allowances.append(Allowance(number, words[0], words[1], subject, int(size)))
        else:
            allowances.append(Allowance(number, words[0], words[1], words[2], None))
    return allowances, broken


def stale(allowances: list[Allowance]) -> list[Violation]:
    """What the exceptions file says but the code does not need any more."""
    found = []
    for each in allowances:
        name = f"{each.rule} {each.path} {each.subject}"
        if not each.used:
            found.append(
                Violation(
                    EXCEPTIONS_PATH,
                    each.line,
                    "exception",
                    f"nothing needs {name} (delete the line)",
                )
            )
        elif each.size is not None and each.largest < each.size:
            found.append(
                Violation(
                    EXCEPTIONS_PATH,
                    each.line,
                    "exception",
                    f"{name} is down to {each.largest} (lower the number)",
                )
            )
    return found


def check(tree: Tree) -> list[Violation]:
    """All violations that no exception covers, in order of file and line."""
    known = layers.read_layers(tree.text(layers.LAYERS_PATH))
    allowances, found = read_allowances(tree.text(EXCEPTIONS_PATH))
    for rule in CHECKS:
        for violation in rule(tree, known):
            if not any([each.covers(violation) for each in allowances]):
                found.append(violation)
    return sorted(found + stale(allowances))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="*", help="show only violations in these files and folders")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--rules", action="store_true", help="list the rules and end")
    options = parser.parse_args(arguments)
    if options.rules:
        print("\n".join((rule.__doc__ or "").strip().splitlines()[0] for rule in CHECKS))
        return 0
    try:
        found = check(Tree.load(options.root))
    except ValueError as error:
        print(f"tidy: {error}", file=sys.stderr)
        return 2
    wanted = tuple(path.rstrip("/") for path in options.paths)
    shown = [
        v
        for v in found
        if not wanted or any(v.path == w or v.path.startswith(w + "/") for w in wanted)
    ]
    print("\n".join([*map(str, shown), f"tidy: {len(CHECKS)} checks, {len(shown)} violations"]))
    return 1 if shown else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
