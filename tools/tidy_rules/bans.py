# SPDX-License-Identifier: Apache-2.0
"""Things that have a better replacement in this project. Each ban names it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tidy_rules.tree import SCRIPT_SUFFIXES, SourceFile, Tree, Violation

Where = Callable[[SourceFile], bool]


def product(file: SourceFile) -> bool:
    return file.path.startswith("src/") and not file.is_test


def product_outside_env(file: SourceFile) -> bool:
    return product(file) and file.module != "env"


def outside_env(file: SourceFile) -> bool:
    return file.path.startswith(("src/", "tests/")) and file.module != "env"


def engine(file: SourceFile) -> bool:
    return file.module == "engine" and product(file)


def outside_config(file: SourceFile) -> bool:
    reads = (
        r"src/(?:server/config\w*|cli/\w+_environment|client/environment"
        r"|env/child_processes)\.cc$"
    )
    return file.path.startswith("src/") and not re.match(reads, file.path)


def but_fuzzers(file: SourceFile) -> bool:
    """A fuzzer's entry point has to stand outside our namespaces."""
    return not file.path.endswith("_fuzz.cc")


def anywhere(_: SourceFile) -> bool:
    return True


@dataclass(frozen=True)
class Ban:
    rule: str
    pattern: re.Pattern[str]
    where: Where
    replacement: str


def ban(rule: str, pattern: str, where: Where, replacement: str) -> Ban:
    return Ban(rule, re.compile(pattern), where, replacement)


CPP_BANS = [
    ban(
        "clock",
        r"\bstd::chrono::(?:system|steady|high_resolution|utc|file)_clock\b"
        r"|\b(?:clock_gettime|gettimeofday|localtime(?:_r)?|timerfd_create)\s*\("
        r"|\b(?:std::|::)time\s*\(|\btime\s*\(\s*(?:nullptr|NULL|0)\s*\)",
        outside_env,
        "take `now` as a value, or an env::Clock&",
    ),
    ban(
        "random",
        r"\bstd::(?:random_device|rand)\b|\brand\s*\(\s*\)"
        r"|\b(?:getrandom|getentropy|arc4random\w*|RAND_bytes|srand)\s*\(",
        outside_env,
        "use an env::Random&",
    ),
    ban(
        "random",
        r"\bstd::(?:mt19937(?:_64)?|default_random_engine|minstd_rand0?)\b",
        product_outside_env,
        "use an env::Random&",
    ),
    ban(
        "file-call",
        r"\bstd::(?:basic_)?[io]?fstream\b|\bf(?:re)?open\s*\("
        r"|\bstd::filesystem::(?!path\b|absolute\b)"
        r"|(?<![\w>.\]:])::(?:open|openat|creat|read|write|rename|unlink|mkdir|stat)\s*\("
        r"|(?<![.>:\w])(?:fsync|fdatasync|preadv?2?|readv|pwritev?2?|writev|ftruncate|fallocate"
        r"|posix_fallocate|mkdtemp|flock|opendir)\s*\(",
        product_outside_env,
        "use an env::FileSystem&",
    ),
    ban(
        "sleep",
        r"\bsleep_(?:for|until)\s*\(|(?<![.>\w])(?:usleep|nanosleep|clock_nanosleep|sleep)\s*\(",
        outside_env,
        "use Executor::after(), in tests the fake clock",
    ),
    ban(
        "getenv",
        r"\b(?:secure_)?getenv\s*\(|(?<!\w)environ\b",
        outside_config,
        "add a setting to server/config.h",
    ),
    ban(
        "throw",
        r"\bthrow\b",
        product,
        "return an Error in a Result; CHECK for a bug; fatal() for lost durability",
    ),
    ban("endl", r"\bstd::endl\b", anywhere, r"write '\n'"),
    ban(
        "iostream", r"#\s*include\s*<iostream>", anywhere, "use base/log.h, or fmt::print in a tool"
    ),
    ban(
        "using-namespace",
        r"\busing\s+namespace\b(?!\s+std::[\w:]*literals\b)",
        but_fuzzers,
        "name what you use",
    ),
    ban(
        "raw-new",
        r"(?<!operator )(?<!\()\bnew\b\s*(?:\([^)]*\)\s*)?[A-Za-z_:]",
        anywhere,
        "use std::make_unique; for a private constructor std::unique_ptr<T>(new T)",
    ),
    ban(
        "raw-delete",
        r"(?<!operator )\bdelete\b\s*(?:\[\s*\]\s*)?[A-Za-z_:*(]",
        anywhere,
        "let a std::unique_ptr or container own it",
    ),
    ban(
        "malloc",
        r"(?<![.>\w])(?:std::)?(?:malloc|calloc|realloc|free)\s*\(",
        product,
        "use a container",
    ),
    ban(
        "assert",
        r"(?<!\w)assert\s*\(|#\s*include\s*<cassert>",
        anywhere,
        "use CHECK, which stays on in release",
    ),
    ban("gmock", r"#\s*include\s*<gmock/", anywhere, "write a fake by hand"),
    ban("skipped-test", r"\bGTEST_SKIP\b|\bDISABLED_\w+", anywhere, "make it run, or delete it"),
    ban(
        "engine-lock",
        r"\bstd::(?:\w*mutex|lock_guard|unique_lock|scoped_lock|shared_lock|atomic\w*|j?thread"
        r"|condition_variable\w*)\b",
        engine,
        "the shard's one thread owns the engine",
    ),
    ban(
        "engine-float",
        r"\b(?:float|double)\b",
        engine,
        "count in integers: same facts, same state, byte for byte",
    ),
    ban(
        "engine-pointer-key",
        r"\bstd::(?:unordered_)?(?:multi)?(?:map|set)<\s*(?:const\s+)?[\w:]+(?:\s+const)?\s*\*",
        engine,
        "key by an id: pointers order differently in every run",
    ),
]

# In the whole text, comments included.
TEXT_BANS = [
    ban(
        "todo", r"\b(?:TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))", anywhere, "do it, or write TODO(#issue)"
    ),
    ban(
        "nolint",
        r"\bNOLINT\w*(?!\w|\()",
        anywhere,
        "name the check: NOLINT(check-name), and say why",
    ),
]
SCRIPT_BANS = [
    ban(
        "skipped-test",
        r"\bpytest\.(?:mark\.)?(?:skip|skipif|xfail|importorskip)\b|@unittest\.skip"
        r"|\b(?:test|it|describe)\.(?:skip|todo|only)\b|\bskip\s*:\s*(?!false\b)",
        anywhere,
        "make it run, or delete it",
    ),
]


def check_bans(tree: Tree, _: object) -> Iterator[Violation]:
    """bans: every pattern of the tables above."""
    for file in tree.files.values():
        if file.is_cpp:
            yield from apply(file, file.code, CPP_BANS)
        elif file.path.startswith(("tests/", "console/")) and file.path.endswith(SCRIPT_SUFFIXES):
            yield from apply(file, file.text, SCRIPT_BANS)
        if (file.is_cpp or file.path.endswith(SCRIPT_SUFFIXES)) and not file.path.startswith(
            "tools/tidy"
        ):
            yield from apply(file, file.text, TEXT_BANS)


def apply(file: SourceFile, text: str, bans: list[Ban]) -> Iterator[Violation]:
    for each in bans:
        if not each.where(file):
            continue
        for match in each.pattern.finditer(text):
            found = " ".join(match[0].split())
            subject = re.sub(r"[\s(]+$", "", found).replace(" ", "_")
            yield Violation(
                file.path,
                file.line_at(match.start()),
                each.rule,
                f"`{found}` ({each.replacement}) [{subject}]",
                subject,
            )


UNORDERED = re.compile(
    r"\bstd::unordered_(?:multi)?(?:map|set)\s*<[^;{}()]*>\s*&?\s*(\w+)\s*(?:[;{=,)]|$)",
    re.MULTILINE,
)


def check_unordered_iteration(tree: Tree, _: object) -> Iterator[Violation]:
    """unordered-iteration: the engine never walks over a hash container: its order is not state."""
    files = [file for file in tree.modules.get("engine", []) if not file.is_test]
    names = "|".join(
        sorted({match[1] for file in files for match in UNORDERED.finditer(file.code)})
    )
    if not names:
        return
    walk = re.compile(
        rf"\bfor\s*\([^;()]*:\s*(?:[\w.]+(?:\.|->))?({names})\s*\)"
        rf"|\b({names})\s*(?:\.|->)c?begin\s*\("
    )
    for file in files:
        for match in walk.finditer(file.code):
            name = match[1] or match[2]
            yield Violation(
                file.path,
                file.line_at(match.start()),
                "unordered-iteration",
                f"walks over the hash container `{name}` (keep an ordered index) [{name}]",
                name,
            )
