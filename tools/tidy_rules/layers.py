# SPDX-License-Identifier: Apache-2.0
"""Who may include what: modules point downwards, heavy headers stay in their adapters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch

from tidy_rules.tree import SourceFile, Tree, Violation

LAYERS_PATH = "tools/layers.txt"


@dataclass
class Layers:
    """tools/layers.txt, read."""

    modules: dict[str, set[str]] = field(default_factory=dict)
    heavy: dict[str, list[str]] = field(default_factory=dict)
    coroutines: list[str] = field(default_factory=list)


def read_layers(text: str) -> Layers:
    """Raises ValueError, naming the line, for anything it does not understand."""
    layers, section = Layers(), ""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        name, colon, rest = line.partition(":")
        if line in ("[layers]", "[heavy]", "[coroutines]"):
            section = line
        elif section == "[coroutines]":
            layers.coroutines.append(line)
        elif colon and section == "[layers]":
            layers.modules[name] = set(rest.split())
        elif colon and section == "[heavy]":
            layers.heavy[name] = rest.split()
        else:
            raise ValueError(f"{LAYERS_PATH}:{number}: not understood: {line}")
    return layers


def check_module_names(tree: Tree, layers: Layers) -> Iterator[Violation]:
    """module-unknown: every folder below src/ has its line in layers.txt."""
    for module in tree.modules:
        if module not in layers.modules:
            yield Violation(
                f"src/{module}",
                1,
                "module-unknown",
                f"not in {LAYERS_PATH} (add a line, and the reason in docs/decisions)",
            )
    for module, below in layers.modules.items():
        for name in sorted(below - set(layers.modules)):
            yield Violation(
                LAYERS_PATH, 1, "module-unknown", f"{module} may include {name}, which is unknown"
            )


def check_layers(tree: Tree, layers: Layers) -> Iterator[Violation]:
    """layer: a file under src/ includes only its own module and those layers.txt names for it."""
    for file in tree.cpp:
        if file.module is None or file.module not in layers.modules:
            continue
        allowed = layers.modules[file.module] | {file.module}
        for line, header, quoted in file.includes:
            if quoted:
                message = layer_message(tree, file, header, allowed)
                if message:
                    yield Violation(file.path, line, "layer", message, header)


def layer_message(tree: Tree, file: SourceFile, header: str, allowed: set[str]) -> str | None:
    target = header.split("/")[0]
    if "/" not in header or ".." in header:
        better = f"{file.module}/{header.split('/')[-1]}"
        return f'"{header}" is not named from src/ (write "{better}") [{header}]'
    if "/testing/" in header and not file.is_test:
        return f"{header} is made for tests (product code uses the real thing) [{header}]"
    if target in allowed or (file.is_test and f"tests/{header}" in tree):
        return None
    names = " ".join(sorted(allowed))
    return (
        f"{file.module} may include only {names}, not {target} (move it, or pass it in) [{header}]"
    )


def check_heavy_headers(tree: Tree, layers: Layers) -> Iterator[Violation]:
    """heavy-header: each expensive third-party header only in the files of its one adapter."""
    for file in tree.cpp:
        for line, header, _ in file.includes:
            for prefix, patterns in layers.heavy.items():
                if header.startswith(prefix) and not may_include(file, patterns):
                    where = " ".join(patterns) or "nowhere"
                    yield Violation(
                        file.path,
                        line,
                        "heavy-header",
                        f"<{header}> belongs in: {where} (call that adapter) [{header}]",
                        header,
                    )


def may_include(file: SourceFile, patterns: list[str]) -> bool:
    if any(fnmatch(file.path, pattern) for pattern in patterns):
        return True
    if not file.is_test:
        return False
    # A test speaks to what its module adapts; one that crosses modules stands in for the world.
    return file.module is None or any(p.startswith(f"src/{file.module}/") for p in patterns)


def check_coroutines(tree: Tree, layers: Layers) -> Iterator[Violation]:
    """coroutine: co_await and its kin only in connection code."""
    for file in tree.cpp:
        if any(fnmatch(file.path, pattern) for pattern in layers.coroutines):
            continue
        for match in re.finditer(r"\bco_(?:await|return|yield)\b", file.code):
            yield Violation(
                file.path,
                file.line_at(match.start()),
                "coroutine",
                f"{match[0]} outside connection code (use a callback, or a struct with named steps)"
                f" [{match[0]}]",
                match[0],
            )
