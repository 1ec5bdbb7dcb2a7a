#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every rule of tidy.py, shown a tree that breaks it and one that does not.

A sample is a few files on top of SOUND_TREE, which breaks no rule. Paths and banned words are put
together at run time where this file would otherwise break the rules itself.
"""

from __future__ import annotations

import io
import sys
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import tidy  # noqa: E402
from tidy_rules import layers  # noqa: E402
from tidy_rules.cpp_scanner import Function, mask, scan_functions, structure  # noqa: E402
from tidy_rules.tree import Tree, walk_paths  # noqa: E402

LICENCE = "SPDX-License-Identifier: Apache-2.0\n"
CC = f"// {LICENCE}"
PY = f"# {LICENCE}"
H = f"{CC}// What it is.\n#pragma once\n"
LAYERS = """
[layers]
base:
env: base
engine: base
server: base env engine
[heavy]
openssl/: src/base/digest.cc
nlohmann/:
[coroutines]
src/server/http_*.cc
"""
COMPATIBILITY = """
## Actions
| action | status | differences | tests |
|---|---|---|---|
| SendMessage | served | | Q1, `tests/conformance/test_send.py::test_sends` |

## Queue attributes
| attribute | status | differences | tests |
|---|---|---|---|
| DelaySeconds | served | | Q2 |

## System attributes of received messages
| attribute | status | differences | tests |
|---|---|---|---|
| SenderId | served | | Q2 |
| AWSTraceHeader | served | | Q2 |

## Where AWS's behaviour is not recorded
| point | here | decided in |
|---|---|---|
| a point | so | `src/server/config.cc::decide` |
"""
SOUND_TREE = {
    "tools/layers.txt": LAYERS,
    "dev": f'#!/bin/bash\n# {LICENCE}SUITES=(\n  "json tests/conformance"\n)\n',
    "docs/compatibility.md": COMPATIBILITY,
    "tests/conformance/cases.py": f'{PY}TABLE = """\nQ1    one\nQ2  P two\n"""\n',
    "tests/conformance/test_send.py": f"{PY}def test_sends(sqs):\n    sqs.send_message()\n",
    "src/base/README.md": "# base\n",
    "src/env/README.md": "# env\n",
    "src/engine/README.md": "# engine\n",
    "src/server/README.md": "# server\n",
    "src/base/CMakeLists.txt": f"# {LICENCE}forebay_module(base SOURCES a.cc digest.cc)\n",
    "src/base/a.h": H,
    "src/base/a.cc": f'{CC}#include "base/a.h"\n',
    "src/base/digest.cc": f"{CC}#include <openssl/evp.h>\n",
    "src/env/CMakeLists.txt": f"# {LICENCE}forebay_module(env SOURCES e.cc)\n",
    "src/env/e.cc": f'{CC}#include "base/a.h"\n',
    "src/engine/CMakeLists.txt": f"# {LICENCE}forebay_module(engine SOURCES e.cc)\n",
    "src/engine/e.cc": f'{CC}#include "base/a.h"\n',
    "src/server/CMakeLists.txt": f"# {LICENCE}add_library(server actions.cc config.cc\n"
    "  queue_attribute_text.cc received_attributes.cc\n"
    "  http_connection.cc ${CMAKE_CURRENT_SOURCE_DIR}/handlers/send_message.cc)\n",
    "src/server/actions.cc": CC
    + 'Row rows[] = {\n    {"SendMessage", handle_send_message, true},\n};\n',
    "src/server/http_connection.cc": CC,
    "src/server/config.cc": f"{CC}// Nobody knows [?].\nvoid decide();\n",
    "src/server/queue_attribute_text.cc": CC
    + 'Row rows[] = {\n    {"DelaySeconds", a},\n};\n'
    + 'Alias aliases[] = {\n    {{"Delay", a},\n     b},\n};\n',
    "src/server/received_attributes.cc": CC
    + 'P all[] = {\n      {"SenderId", a},\n      {kTraceHeaderName, b},\n  };\n'
    + 'constexpr T kTraceHeaderName = "AWSTraceHeader";\n',
    "src/server/handlers/send_message.cc": CC,
}


def violations(**changes: str | None) -> list[tuple[str, str]]:
    """(path, rule) of what tidy finds in the sound tree with some files replaced or (None) gone."""
    texts = {**SOUND_TREE, **changes}
    return [
        (v.path, v.rule)
        for v in tidy.check(Tree({k: t for k, t in texts.items() if t is not None}))
    ]


def engine(code: str) -> dict[str, str]:
    return {"src/engine/e.cc": f'{CC}#include "base/a.h"\n{code}\n'}


def in_base(code: str) -> dict[str, str]:
    return {"src/base/a.cc": f'{CC}#include "base/a.h"\n{code}\n'}


def in_test(code: str) -> dict[str, str]:
    cmake = f"# {LICENCE}forebay_module(base SOURCES a.cc digest.cc a_test.cc)\n"
    return {"src/base/a_test.cc": f"{CC}{code}\n", "src/base/CMakeLists.txt": cmake}


def function(lines: int, parameters: int = 0, depth: int = 0) -> str:
    listed = ", ".join(f"int p{n}" for n in range(parameters))
    body = "if (x) {\n" * depth + "  x();\n" * (lines - 2 - 2 * depth) + "}\n" * depth
    return f"void f({listed}) {{\n{body}}}"


def with_row(name: str, handler: str = "handle_unsupported") -> dict[str, str]:
    """A further row in the table of actions, documented."""
    table = SOUND_TREE["src/server/actions.cc"].replace(
        "\n}", f'\n    {{"{name}", {handler}}},\n}}'
    )
    documented = compatibility("| SendMessage", f"| {name} | no | | Q1 |\n| SendMessage")
    return {"src/server/actions.cc": table, **documented}


def compatibility(old: str, new: str) -> dict[str, str]:
    """The page with one place changed."""
    assert old in COMPATIBILITY, old
    return {"docs/compatibility.md": COMPATIBILITY.replace(old, new, 1)}


def suite(code: str) -> dict[str, str]:
    return {"tests/conformance/test_send.py": SOUND_TREE["tests/conformance/test_send.py"] + code}


TO_DO = "TO" + "DO"
NO_LINT = "NO" + "LINT"
# (rule, name, files that break it, files that come close but do not)
SAMPLES = [
    ("layer", "upwards", engine('#include "env/clock.h"'), engine('// #include "env/clock.h"')),
    ("layer", "relative", engine('#include "e.h"'), {}),
    (
        "layer",
        "test_support",
        engine('#include "base/testing/fake.h"'),
        in_test('#include "base/testing/f.h"'),
    ),
    ("module-unknown", "new_folder", {"src/util/README.md": "", "src/util/u.h": H}, {}),
    (
        "module-unknown",
        "in_layers",
        {"tools/layers.txt": LAYERS.replace("env: base", "env: bsae")},
        {},
    ),
    (
        "heavy-header",
        "elsewhere",
        in_base("#include <openssl/evp.h>"),
        in_test("#include <openssl/evp.h>"),
    ),
    (
        "heavy-header",
        "nowhere",
        in_base("#include <nlohmann/json.hpp>"),
        in_base("#include <string>"),
    ),
    (
        "coroutine",
        "elsewhere",
        in_base("co_await x;"),
        {"src/server/http_connection.cc": f"{CC}co_await x;"},
    ),
    (
        "clock",
        "now",
        in_base("auto t = std::chrono::steady_clock::now();"),
        in_base("std::chrono::seconds s(1);"),
    ),
    ("clock", "time", in_base("x = time(nullptr);"), in_base("x = sent_time(message);")),
    ("clock", "test", in_test("std::chrono::system_clock::now();"), in_test("clock.now();")),
    ("random", "device", in_base("std::random_device d;"), in_base("int random_device_count = 0;")),
    ("random", "engine", in_base("std::mt19937 g(1);"), in_test("std::mt19937 g(1);")),
    ("file-call", "stream", in_base("std::ifstream in(path);"), in_test("std::ifstream in(path);")),
    (
        "file-call",
        "posix",
        in_base("if (::open(path, 0) < 0) {}"),
        in_base("log->read(1); files.open(path);"),
    ),
    ("file-call", "sync", in_base("fsync(fd);"), in_base("file.fsync(fd);")),
    (
        "sleep",
        "for",
        in_base("std::this_thread::sleep_for(x);"),
        {"src/env/e.cc": f'{CC}#include "base/a.h"\nsleep(1);'},
    ),
    (
        "sleep",
        "test",
        in_test("usleep(5);"),
        in_test('// usleep(5);\nconst char* s = "usleep(5)";'),
    ),
    (
        "getenv",
        "elsewhere",
        in_base('getenv("HOME");'),
        {
            "src/server/config.cc": f'{CC}getenv("HOME");',
            "src/cli/bench_environment.cc": f'{CC}getenv("HOME");',
        },
    ),
    ("throw", "product", in_base("throw Error();"), in_test("throw std::runtime_error(x);")),
    ("endl", "any", in_test("out << std::endl;"), in_test(r"out << '\n';")),
    ("iostream", "any", in_base("#include <iostream>"), in_base("#include <ostream>")),
    (
        "using-namespace",
        "any",
        in_test("using namespace std;"),
        in_test("using std::string; using namespace std::string_literals;"),
    ),
    (
        "raw-new",
        "any",
        in_base("auto* p = new Thing(1);"),
        in_base("std::unique_ptr<T> p(new T); int new_count;"),
    ),
    ("raw-delete", "any", in_base("delete p;"), in_base("A(const A&) = delete; int deleted = 0;")),
    ("malloc", "any", in_base("void* p = malloc(5);"), in_base("list.free(5);")),
    ("assert", "any", in_base("assert(x);"), in_base("static_assert(x); CHECK(x);")),
    ("gmock", "any", in_test("#include <gmock/gmock.h>"), in_test("#include <gtest/gtest.h>")),
    ("skipped-test", "gtest", in_test("GTEST_SKIP();"), in_test("EXPECT_TRUE(skip());")),
    (
        "skipped-test",
        "disabled",
        in_test("TEST(A, DISABLED_B) {}"),
        in_test("TEST(A, Disabled) {}"),
    ),
    ("skipped-test", "pytest", suite("@pytest.mark." + "skip"), suite("skipped = 0")),
    ("engine-lock", "mutex", engine("std::mutex mu;"), in_base("std::mutex mu;")),
    ("engine-float", "double", engine("double x;"), engine("int doubled;  // double")),
    (
        "engine-pointer-key",
        "map",
        engine("std::map<Queue*, int> m;"),
        engine("std::map<int, Queue*> m;"),
    ),
    ("todo", "bare", in_base(f"// {TO_DO}: later"), in_base(f"// {TO_DO}(#12): later")),
    (
        "nolint",
        "bare",
        in_base(f"int x;  // {NO_LINT}"),
        in_base(f"int x;  // {NO_LINT}(bugprone-x): why"),
    ),
    (
        "unordered-iteration",
        "range",
        engine("std::unordered_map<int, int> ids_;\nvoid f() { for (auto& [k, v] : ids_) {} }"),
        engine(
            "std::unordered_map<int, int> ids_;\nvoid f() { for (auto x : list) ids_.find(x); }"
        ),
    ),
    (
        "unordered-iteration",
        "begin",
        engine("std::unordered_set<int> ids_;\nauto i = ids_.begin();"),
        engine("std::unordered_set<int> ids_;\nauto i = ids_.end();"),
    ),
    ("function-lines", "cpp", in_base(function(71)), in_base(function(70))),
    (
        "function-parameters",
        "definition",
        in_base(function(5, parameters=6)),
        in_base(function(5, parameters=5)),
    ),
    (
        "function-parameters",
        "declaration",
        in_base("int f(int a, int b, int c, int d, int e, int f);"),
        in_base("int f(std::map<int, int> a, F b = g(1, 2), int c, int d, int e);"),
    ),
    ("function-nesting", "blocks", in_base(function(20, depth=5)), in_base(function(20, depth=4))),
    ("file-lines", "header", {"src/base/a.h": H + "\n" * 298}, {"src/base/a.h": H + "\n" * 297}),
    ("file-lines", "source", in_base("\n" * 600), in_base("\n" * 590)),
    ("file-lines", "test", in_test("\n" * 800), in_test("\n" * 790)),
    (
        "file-lines",
        "readme",
        {"src/base/README.md": "x\n" * 61},
        {"src/base/README.md": "x\n" * 60},
    ),
    ("line-columns", "cpp", in_base("//" + " x" * 50), in_base("//" + " x" * 49)),
    (
        "module-lines",
        "module",
        {f"src/base/large_{n}.h": H + "\n" * 290 for n in range(28)},
        {f"src/base/large_{n}_test.cc": CC + "\n" * 290 for n in range(28)},
    ),
    (
        "python-syntax",
        "module",
        {"tools/x.py": f"{PY}def f(:\n"},
        {"tools/x.py": f"{PY}def f(): pass\n"},
    ),
    ("function-lines", "python", {"tools/x.py": f"{PY}def f():\n" + "    g()\n" * 70}, {}),
    ("dead-source", "unlisted", {"src/base/b.cc": CC}, {}),
    ("orphaned-test", "unlisted", {"src/base/b_test.cc": CC}, in_test("")),
    ("orphaned-test", "no_suite", {"tests/guides/test_g.py": f"{PY}def test_g(): pass\n"}, {}),
    ("orphaned-test", "empty", {"tests/conformance/test_e.py": f"{PY}x = 1\n"}, {}),
    ("orphaned-test", "name", {"tests/conformance/e_test.py": f"{PY}def test_g(): pass\n"}, {}),
    ("orphaned-test", "no_tests", {"tests/conformance/test_send.py": None}, {}),
    (
        "orphaned-test",
        "node",
        {"tests/conformance/node/a.mjs": f'// {LICENCE}import test from "node:test";\n'},
        {"tests/conformance/node/a.test.mjs": f'// {LICENCE}import test from "node:test";\n'},
    ),
    (
        "orphaned-test",
        "node_folder",
        {"tests/guides/a.test.mjs": f'// {LICENCE}import test from "node:test";\n'},
        {"tests/consumers/node/a.test.mjs": f'// {LICENCE}import test from "node:test";\n'},
    ),
    ("cmake-glob", "glob", {"src/env/x.cmake": f"# {LICENCE}file(GLOB all *.cc)\n"}, {}),
    (
        "dead-header",
        "own_source",
        {"src/env/e.h": H},
        {"src/env/e.h": H, **engine('#include "env/e.h"')},
    ),
    (
        "dead-header",
        "public",
        {"src/env/include/forebay/e.h": H},
        {"src/env/include/forebay/e.h": H, **engine("#include <forebay/e.h>")},
    ),
    ("spdx", "cpp", {"src/base/a.h": H.replace(CC, "")}, {}),
    ("spdx", "script", {"tools/x.sh": "#!/bin/sh\n"}, {"tools/x.sh": f"#!/bin/sh\n# {LICENCE}"}),
    ("header-contract", "sentence", {"src/base/a.h": f"{CC}#pragma once\n"}, {}),
    ("header-contract", "guard", {"src/base/a.h": f"{CC}// What it is.\n"}, {}),
    ("module-readme", "missing", {"src/base/README.md": None}, {}),
    (
        "machine-path",
        "docs",
        {"docs/x.md": "see /" + "work/main"},
        {"docs/x.md": "see net/" + "work/main"},
    ),
    (
        "action-table",
        "no_row",
        {"src/server/handlers/send_all.cc": CC},
        {"src/server/handlers/limits.cc": CC, "src/server/handlers/limits.h": H},
    ),
    ("action-handler", "unsupported", with_row("TagAll", "handle_tag_all"), with_row("TagAll")),
    ("action-handler", "no_file", {"src/server/handlers/send_message.cc": None}, {}),
    ("compatibility-row", "no_page", {"docs/compatibility.md": "SendMessage works\n"}, {}),
    ("compatibility-row", "action", compatibility("| SendMessage |", "| SendAll |"), {}),
    ("compatibility-row", "attribute", compatibility("| DelaySeconds | served | | Q2 |\n", ""), {}),
    ("compatibility-row", "alias", compatibility("| DelaySeconds |", "| Delay |"), {}),
    ("compatibility-row", "received", compatibility("| SenderId | served | | Q2 |\n", ""), {}),
    ("compatibility-row", "constant", compatibility("| AWSTraceHeader |", "| AWSTrace |"), {}),
    (
        "compatibility-row",
        "twice",
        compatibility("| SenderId |", "| SenderId | served | | Q1 |\n| SenderId |"),
        compatibility("Q1, `tests", "Q2, `tests"),
    ),
    ("compatibility-test", "none", compatibility("served | | Q2 |", "served | | |"), {}),
    ("compatibility-test", "case", compatibility("Q1,", "Q3,"), compatibility("Q1,", "Q2,")),
    ("compatibility-test", "words", compatibility("Q1,", "some,"), {}),
    ("compatibility-test", "function", compatibility("::test_sends", "::test_send"), {}),
    ("compatibility-test", "file", compatibility("test_send.py", "test_sent.py"), {}),
    ("compatibility-test", "cells", compatibility("served | | Q2 |", "served | Q2 |"), {}),
    (
        "compatibility-test",
        "googletest",
        compatibility("Q1,", "`src/base/a_test.cc::A.C`,") | in_test("TEST_F(A, B) {}"),
        compatibility("Q1,", "`src/base/a_test.cc::A.B`,") | in_test("TEST_F(A, B) {}"),
    ),
    ("compatibility-place", "file", compatibility("config.cc::", "conf.cc::"), {}),
    ("compatibility-place", "function", compatibility("::decide", "::decides"), {}),
    (
        "compatibility-place",
        "grade",
        {"src/server/config.cc": f"{CC}void decide();\n"},
        {"src/server/config.cc": f"{CC}void decide();  // [E]\n"},
    ),
    (
        "action-tested",
        "no_test",
        {"tests/conformance/test_send.py": f"{PY}def test_sends(): pass\n"},
        {},
    ),
    (
        "exception",
        "stale",
        {"tools/tidy_exceptions.txt": "throw src/base/a.cc throw because\n"},
        {},
    ),
    ("exception", "no_reason", {"tools/tidy_exceptions.txt": "throw src/base/a.cc throw\n"}, {}),
    (
        "exception",
        "may_only_shrink",
        {
            "tools/tidy_exceptions.txt": "function-lines src/base/a.cc f=80 why\n",
            **in_base(function(75)),
        },
        {
            "tools/tidy_exceptions.txt": "function-lines src/base/a.cc f=75 why\n",
            **in_base(function(75)),
        },
    ),
]


class Samples(unittest.TestCase):
    """One test a sample, made below."""

    def check_sample(
        self, rule: str, bad: dict[str, str | None], good: dict[str, str | None]
    ) -> None:
        self.assertIn(rule, [found for _, found in violations(**bad)])
        self.assertNotIn(rule, [found for _, found in violations(**good)])


def add_sample_tests() -> None:
    for rule, name, bad, good in SAMPLES:
        method = f"test_{rule.replace('-', '_')}_{name}"
        assert not hasattr(Samples, method), method

        def run(self: Samples, rule=rule, bad=bad, good=good) -> None:
            self.check_sample(rule, bad, good)

        setattr(Samples, method, run)


add_sample_tests()


class WholeTree(unittest.TestCase):
    def test_the_sound_tree_breaks_nothing(self) -> None:
        self.assertEqual(violations(), [])

    def test_every_rule_has_a_sample(self) -> None:
        rules = Path(tidy.__file__).parent / "tidy_rules"
        written = "\n".join(path.read_text() for path in rules.glob("*.py"))
        for rule, *_ in SAMPLES:
            if rule != "exception":
                self.assertIn(f'"{rule}"', written)
        sampled = {rule for rule, *_ in SAMPLES}
        from tidy_rules import bans

        for each in bans.CPP_BANS + bans.TEXT_BANS + bans.SCRIPT_BANS:
            self.assertIn(each.rule, sampled)

    def test_an_exception_lets_its_violation_pass_and_no_other(self) -> None:
        text = "throw src/base/a.cc throw the library wants it\n"
        found = violations(**in_base("throw 1; std::endl;"), **{"tools/tidy_exceptions.txt": text})
        self.assertEqual(found, [("src/base/a.cc", "endl")])

    def test_a_size_beyond_its_exception_is_reported(self) -> None:
        text = "function-lines src/base/a.cc f=75 why\n"
        found = violations(**in_base(function(76)), **{"tools/tidy_exceptions.txt": text})
        self.assertEqual(found, [("src/base/a.cc", "function-lines")])

    def test_a_malformed_layers_file_is_refused_with_its_line(self) -> None:
        with self.assertRaisesRegex(ValueError, "layers.txt:2"):
            layers.read_layers("[layers]\nwhat is this\n")

    def test_the_command_prints_violations_and_its_exit_code(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {**SOUND_TREE, "src/base/b.cc": CC}.items():
                (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
                (Path(folder) / path).write_text(text)
            out = io.StringIO()
            with redirect_stdout(out):
                self.assertEqual(tidy.main(["--root", folder]), 1)
                self.assertEqual(tidy.main(["--root", folder, "src/engine"]), 0)
            self.assertRegex(out.getvalue(), r"(?m)^src/base/b\.cc:1: dead-source: .+ \(.+\)$")
            self.assertEqual(len(walk_paths(Path(folder))), len(SOUND_TREE) + 1)


def scan(code: str) -> list[Function]:
    return scan_functions(structure(mask(code)))


class Scanner(unittest.TestCase):
    """What the brace scanner must not be fooled by."""

    def names(self, code: str) -> list[str]:
        return [found.name for found in scan(code)]

    def test_braces_in_literals_and_comments_are_not_braces(self) -> None:
        code = (
            'void f() {\n  s = "}"; c = \'{\'; // }\n  /* } */ r = R"x(}")x"; n = 1\'000;\n}\n'
            "void g() {}"
        )
        self.assertEqual([(f.name, f.lines) for f in scan(code)], [("f", 4), ("g", 1)])

    def test_only_the_first_preprocessor_branch_counts(self) -> None:
        code = (
            "#if A\nvoid f() {\n#else\nvoid f(int a) {\n#endif\n}\n#define X { \\\n {\nvoid g() {}"
        )
        self.assertEqual(self.names(code), ["f", "g"])

    def test_constructors_with_initialiser_lists_are_functions(self) -> None:
        code = (
            "A::A(int a) noexcept : B(a), c_{a, 1}, d_(std::move(a)) {\n  if (a) {\n  }\n}\n"
            "A::~A() {}"
        )
        self.assertEqual(
            [(f.name, f.lines, f.nesting) for f in scan(code)], [("A::A", 4, 1), ("A::~A", 1, 0)]
        )

    def test_classes_namespaces_and_initialisers_are_not(self) -> None:
        code = (
            "namespace a::b { class C final : public D<int> { enum class E : int { a };\n"
            "  int x_{0}; std::function<void(int)> f_{g}; void m() const override { } };\n"
            "const auto table = make({1, 2}, [] { return 1; });\nstruct Empty {}; }"
        )
        self.assertEqual(self.names(code), ["m"])

    def test_operators_trailing_returns_and_templates_have_names_and_parameters(self) -> None:
        code = (
            "template <class T, int N = (1 > 0)>\nauto f(std::map<T, int> a, int b) -> int { }\n"
            "bool operator<(A a, A b) { }\nvoid operator()(int a) const { }\n"
        )
        self.assertEqual([f.parameters for f in scan(code)], [2, 2, 1])

    def test_nesting_counts_control_and_lambdas_but_not_initialisers_or_cases(self) -> None:
        code = (
            "void f() { for (;;) if (x) { g({1, {2}}, [&](int q) { while (q) { } }); }\n"
            "  switch (x) { case 1: { y(); } default: break; } }"
        )
        self.assertEqual([f.nesting for f in scan(code)], [4])

    def test_methods_of_local_classes_are_functions_too(self) -> None:
        self.assertEqual(self.names("void f() { struct L { int m() { return 1; } }; }"), ["m", "f"])

    def test_pure_virtual_and_defaulted_functions_are_declarations(self) -> None:
        code = (
            "class A { virtual void f(int a, int b) = 0; A() = default; int x = g(1); MACRO(y); };"
        )
        self.assertEqual([(f.name, f.parameters) for f in scan(code)], [("f", 2)])


if __name__ == "__main__":
    unittest.main()
