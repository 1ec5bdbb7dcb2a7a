# SPDX-License-Identifier: Apache-2.0
"""Finds functions in C++ text without a compiler: where, how long, how deep, how many parameters.

It knows comments, literals, raw strings, preprocessor lines, constructors with initialiser lists,
lambdas and braces that are not blocks. It does not know types; what it cannot place it takes for an
initialiser.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LITERALS = re.compile(
    r'(?:u8|[uUL])?R"(?P<tag>[^()\\\s]{0,16})\((?P<raw>.*?)\)(?P=tag)"'
    r"|//(?P<line>(?:\\\n|[^\n])*)"
    r"|/\*(?P<block>.*?)\*/"
    r'|"(?P<string>(?:\\.|[^"\\\n])*)"'
    r"|(?<!\w)\d(?:'?[\w.])*"  # a number, for the sake of its digit separators
    r"|'(?P<char>(?:\\.|[^'\\\n])+)'",
    re.DOTALL,
)
NOT_NEWLINE = re.compile(r"[^\n]")
CONTROL = re.compile(r"\b(if|for|while|switch|catch|do|try)\b")
CONTROL_OR_ELSE = re.compile(r"\b(if|for|while|switch|catch|do|try|else)\b")
OPERATOR = re.compile(r"\boperator\s*(?:\(\s*\)|\[\s*\]|[^\s\w(]+)")
LAMBDA = re.compile(
    r"\[[^\[\]]*\]\s*(?:<[^{}]*>\s*)?(?:\([^{}]*\))?\s*(?:mutable\s*|noexcept\s*|constexpr\s*)*"
    r"(?:->[^{}();]+)?$"
)
TAIL = re.compile(
    r"^(?:\s|const\b|volatile\b|override\b|final\b|&&?|"
    r"noexcept\b(?:\s*\([^()]*(?:\([^()]*\))?[^()]*\))?|"
    r"try\b|->.*|requires\b.*|\[\[.*?\]\])*$",
    re.DOTALL,
)
NOT_A_NAME = {
    "noexcept",
    "decltype",
    "alignas",
    "requires",
    "explicit",
    "__attribute__",
    "sizeof",
    "if",
}


def mask(text: str) -> str:
    """Blanks comments and the contents of literals; length and lines stay as they are."""

    def blank(match: re.Match[str]) -> str:
        whole = match[0]
        for name in ("raw", "string", "char"):
            if match[name] is not None:
                start = match.start(name) - match.start()
                end = match.end(name) - match.start()
                return whole[:start] + NOT_NEWLINE.sub(" ", whole[start:end]) + whole[end:]
        if match["line"] is not None or match["block"] is not None:
            return NOT_NEWLINE.sub(" ", whole)
        return whole

    return LITERALS.sub(blank, text)


def structure(code: str) -> str:
    """Blanks preprocessor lines and every branch of an #if but the first."""
    kept, continued = [], False
    branches: list[bool] = []  # for each open #if: are we in its first branch?
    for line in code.split("\n"):
        directive = continued or line.lstrip().startswith("#")
        if directive and not continued:
            follow_directive(line, branches)
        continued = directive and line.rstrip().endswith("\\")
        kept.append(" " * len(line) if directive or not all(branches) else line)
    return "\n".join(kept)


def follow_directive(line: str, branches: list[bool]) -> None:
    word = re.match(r"\s*#\s*(\w*)", line)[1]
    if word in ("if", "ifdef", "ifndef"):
        branches.append(True)
    elif word in ("else", "elif", "elifdef", "elifndef") and branches:
        branches[-1] = False
    elif word == "endif" and branches:
        branches.pop()


@dataclass
class Function:
    name: str
    line: int
    lines: int  # from the first of the signature to the closing brace; 0 for a declaration
    parameters: int
    nesting: int


@dataclass
class Block:
    """An open brace: scope (namespace, class), function, control, plain, or init (all else)."""

    kind: str
    # The statement so far, its start and its open parentheses: it goes on after an init block.
    head: str = ""
    head_at: int | None = None
    parens: int = 0
    depth: int = 0  # control levels at this point
    function: Function | None = None


@dataclass
class Scanner:
    """Walks over the braces, parentheses and semicolons of `text` (see structure())."""

    text: str
    found: list[Function] = field(default_factory=list)
    stack: list[Block] = field(default_factory=list)
    head: str = ""
    taken: int = 0  # everything before this offset is in `head` or done with
    at: int = 0  # the character being looked at
    head_at: int | None = None
    parens: int = 0

    def run(self) -> list[Function]:
        for match in re.finditer(r"[{}();]", self.text):
            self.at = match.start()
            self.take(self.at)
            self.step(match[0])
            self.taken = match.end()
        return self.found

    def take(self, until: int) -> None:
        piece = self.text[self.taken : until]
        if self.head_at is None and piece.strip():
            self.head_at = self.taken + len(piece) - len(piece.lstrip())
        self.head += piece

    def step(self, char: str) -> None:
        if char == "{":
            self.open()
        elif char == "}":
            self.close()
        elif char == ";" and self.parens == 0:
            if self.in_scope():
                self.declaration()
            self.reset()
        else:
            self.parens += {"(": 1, ")": -1}.get(char, 0)
            self.head += char

    def reset(self) -> None:
        self.head, self.head_at, self.parens = "", None, 0

    def in_scope(self) -> bool:
        return not self.stack or self.stack[-1].kind == "scope"

    def line_of(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def declaration(self) -> None:
        signature = parse_signature(self.head)
        if signature and signature.declares and self.head_at is not None:
            line = self.line_of(self.head_at)
            self.found.append(Function(signature.name, line, 0, signature.parameters, 0))

    def open(self) -> None:
        block = self.open_in_scope() if self.in_scope() else self.open_in_function()
        block.head, block.head_at, block.parens = self.head, self.head_at, self.parens
        self.stack.append(block)
        self.reset()

    def open_in_scope(self) -> Block:
        kind = scope_kind(self.head) if self.parens == 0 else "init"
        if kind is not None:
            return Block(kind)
        signature = parse_signature(self.head)
        if signature is None or not signature.opens_body:
            return Block("init")
        line = self.line_of(self.head_at or 0)
        function = Function(signature.name, line, 0, signature.parameters, 0)
        return Block("function", function=function)

    def open_in_function(self) -> Block:
        outer = self.stack[-1]
        block = Block("init", depth=outer.depth, function=outer.function)
        if outer.function is None:
            return block
        head = self.head.strip()
        if LAMBDA.search(head):
            block.kind, block.depth = "lambda", outer.depth + 1
        elif self.parens == 0 and opens_control(head):
            block.kind, block.depth = "control", outer.depth + max(1, len(CONTROL.findall(head)))
        elif self.parens == 0 and scope_kind(head) == "scope":
            return Block("scope")
        elif self.parens == 0 and (not head or head.endswith(":")) and outer.kind != "init":
            block.kind = "plain"
        outer.function.nesting = max(outer.function.nesting, block.depth)
        return block

    def close(self) -> None:
        self.reset()
        if not self.stack:
            return
        block = self.stack.pop()
        if block.kind == "function" and block.function:
            block.function.lines = self.line_of(self.at) - block.function.line + 1
            self.found.append(block.function)
        elif block.kind in ("init", "lambda"):  # the statement goes on after it
            self.head, self.head_at, self.parens = block.head + "{}", block.head_at, block.parens


def opens_control(head: str) -> bool:
    return bool(re.search(r"\b(else|do|try)$|\)$", head) and CONTROL_OR_ELSE.search(head))


def scope_kind(head: str) -> str | None:
    """'scope' for namespaces and classes, 'init' for enums, None for anything else."""
    text = strip_prefix(head)
    if re.match(r'(?:inline\s+)?namespace\b|extern\s*"\s*"$', text):
        return "scope"
    if re.match(r"(?:typedef\s+)?(?:class|struct|union)\b", text) and not text.endswith(")"):
        return "init" if re.search(r"[^=]=$", text) else "scope"
    return "init" if re.match(r"(?:typedef\s+)?enum\b", text) else None


def strip_prefix(head: str) -> str:
    """`head` without access labels, template parameters and attributes in front."""
    text = head.strip()
    while True:
        before = text
        text = re.sub(r"^(?:public|private|protected)\s*:(?!:)\s*", "", text)
        text = re.sub(r"^\[\[.*?\]\]\s*", "", text, flags=re.DOTALL)
        if re.match(r"template\s*<", text):
            text = text[closing_angle(text, text.index("<")) + 1 :].lstrip()
        if text == before:
            return text


def closing_angle(text: str, start: int) -> int:
    depth, parens = 0, 0
    for offset in range(start, len(text)):
        char = text[offset]
        parens += {"(": 1, ")": -1}.get(char, 0)
        if parens == 0 and char == "<":
            depth += 1
        elif parens == 0 and char == ">" and text[offset - 1] != "-":
            depth -= 1
            if depth == 0:
                return offset
    return len(text) - 1


@dataclass
class Signature:
    name: str
    parameters: int
    declares: bool  # followed by ';' this declares a function
    opens_body: bool  # followed by '{' this defines one


def parse_signature(head: str) -> Signature | None:
    text = strip_prefix(head)
    if re.match(r"(?:using|typedef|friend\s+class|static_assert|return|extern\s+template)\b", text):
        return None
    text = OPERATOR.sub(lambda match: "operator".ljust(len(match[0]), "_"), text)
    span = parameter_list(text)
    if span is None:
        return None
    before, inner, tail = text[: span[0]], text[span[0] + 1 : span[1]], text[span[1] + 1 :]
    name = re.search(r"([~\w:]+)\s*$", before)[1].rstrip("_")
    starts_init_list = re.match(r"(?:\s|const\b|noexcept\b(?:\s*\([^()]*\))?)*:(?!:)", tail)
    plain_tail = bool(TAIL.match(tail))
    count = 0 if inner.strip() in ("", "void") else 1 + len(top_level(inner, ","))
    declares = plain_tail or bool(re.search(r"=\s*(?:0|default|delete)\s*$", tail))
    return Signature(
        name=name,
        parameters=count,
        declares=declares and looks_typed(before, inner),
        opens_body=plain_tail or bool(starts_init_list and text.rstrip()[-1] in ")}"),
    )


def looks_typed(before: str, inner: str) -> bool:
    """Tells `int f(int a)` from a macro call or a variable with constructor arguments."""
    return len(before.split()) > 1 and not re.search(r"^\s*[\d\"']", inner)


def parameter_list(text: str) -> tuple[int, int] | None:
    """Offsets of the parentheses of the parameter list; None when an '=' or nothing comes first."""
    for offset in top_level(text, "(="):
        if text[offset] == "=":
            return None
        name = re.search(r"([~\w]+)\s*$", text[:offset])
        if name is None or name[1] in NOT_A_NAME:
            continue
        end = matching_paren(text, offset)
        return None if end is None else (offset, end)
    return None


def matching_paren(text: str, start: int) -> int | None:
    depth = 0
    for offset in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[offset], 0)
        if depth == 0:
            return offset
    return None


def top_level(text: str, wanted: str) -> list[int]:
    """Offsets of the characters in `wanted` outside every bracket, angle brackets included."""
    found, depth, angles = [], 0, 0
    for offset, char in enumerate(text):
        if depth == 0 and angles == 0 and char in wanted:
            found.append(offset)
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "<" and re.search(r"[\w:]\s*$", text[max(0, offset - 2) : offset]):
            angles += 1
        elif char == ">" and angles and text[offset - 1] != "-":
            angles -= 1
    return found


def scan_functions(structure_text: str) -> list[Function]:
    """Definitions (lines > 0) and declarations (lines 0), in the order in which they end."""
    return Scanner(structure_text).run()
