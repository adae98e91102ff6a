# SPDX-License-Identifier: GPL-2.0-only
"""Habits from C and other languages, answered by name."""

import re
from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Edit, Help, Label
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span


@dataclass(frozen=True)
class Arrow(Diagnostic):
    """A member is reached with a dot, whatever the thing is: there are no pointers to tell apart."""

    code = "E0112"
    title = "members are reached with `.`, not with `->`"
    label = "write `.`"
    bad = "scheduler s\nvar clock: vtime\non running(p) {\n    clock = p->vtime\n}\n"
    good = "scheduler s\nvar clock: vtime\non running(p) {\n    clock = p.vtime\n}\n"

    def helps(self) -> Iterable[Help]:
        yield Help("write `.`", (Edit(self.span, "."),))


@dataclass(frozen=True)
class CDeclaration(Diagnostic):
    """The name comes first, the type after a colon, and a word before says what is declared: `let` a value of a block, `let
    mut` one that changes, `var` a global. Where the type can be told from the value it may be left out."""

    code = "E0113"
    title = "`{type} {name}` declares nothing here: the name comes before its type"
    label = "write `{ours}`"
    bad = "scheduler s\non init() {\n    u64 n = 5\n    log \"{n}\"\n}\n"
    good = "scheduler s\non init() {\n    let mut n: u64 = 5\n    log \"{n}\"\n}\n"
    type: str
    name: str
    ours: str

    def helps(self) -> Iterable[Help]:
        """Certain where a value follows or it is a parameter, and the type has a name here."""
        whole = self.ours.endswith(" =") or self.ours.startswith(f"{self.name}:")
        if whole and self.span.text.split() == [self.type, self.name] and not self.ours.removesuffix(" =").endswith(": T"):
            yield Help(f"write `{self.ours}`", (Edit(self.span, self.ours.removesuffix(" =")),))


@dataclass(frozen=True)
class WordOperator(Diagnostic):
    """The logical operators are `&&`, `||` and `!`."""

    code = "E0115"
    title = "`{word}` is written `{ours}` here"
    label = "not an operator of this language"
    bad = "scheduler s\nparam a: bool = true\nparam b: bool = true\non init() {\n    if a and b { log \"both\" }\n}\n"
    good = "scheduler s\nparam a: bool = true\nparam b: bool = true\non init() {\n    if a && b { log \"both\" }\n}\n"
    word: str
    ours: str

    def helps(self) -> Iterable[Help]:
        yield Help(f"write `{self.ours}`", (Edit(self.span, self.ours),))


@dataclass(frozen=True)
class Increment(Diagnostic):
    """There is no `++` and no `--`: an assignment is a statement and has no value, so that the order of changes within an
    expression never matters."""

    code = "E0116"
    title = "there is no `{op}`"
    label = "write `{ours}`"
    bad = "scheduler s\nvar count: u64\non init() {\n    count++\n}\n"
    good = "scheduler s\nvar count: u64\non init() {\n    count += 1\n}\n"
    op: str
    ours: str
    statement: bool = False  # nothing else stands there

    def helps(self) -> Iterable[Help]:
        if self.statement:
            yield Help(f"write `{self.ours}`", (Edit(self.span, f" {self.op[0]}= 1"),))


@dataclass(frozen=True)
class StructLiteral(Diagnostic):
    """A structure is built as a function is called, with its fields by name: `Node(key: 1, pid: 2)`. Braces always hold
    statements."""

    code = "E0117"
    title = "`{name} {{ … }}` does not build a structure"
    label = "write `{name}( … )`"
    bad = "scheduler s\nstruct Node { key: u64 }\nvar n: Node\non init() {\n    n = Node { key: 1 }\n}\n"
    good = "scheduler s\nstruct Node { key: u64 }\nvar n: Node\non init() {\n    n = Node(key: 1)\n}\n"
    name: str
    close: Span

    def helps(self) -> Iterable[Help]:
        yield Help("use parentheses", (Edit(self.span, "("), Edit(self.close, ")")))


@dataclass(frozen=True)
class SemicolonAfterBrace(Diagnostic):
    """A declaration ends with its closing brace; a semicolon after it says nothing and is left out."""

    code = "E0118"
    title = "no `;` after the `}}` of a declaration"
    label = "remove it"
    bad = "scheduler s\nstruct S {\n    a: u32\n};\n"
    good = "scheduler s\nstruct S {\n    a: u32\n}\n"

    def helps(self) -> Iterable[Help]:
        yield Help("remove the `;`", (Edit(self.span, ""),))


@dataclass(frozen=True)
class AssignmentInCondition(Diagnostic):
    """`=` assigns and has no value; `==` compares."""

    code = "E0119"
    title = "`=` assigns; a condition compares with `==`"
    label = "write `==`"
    bad = "scheduler s\nparam a: u32 = 1\nparam b: u32 = 2\non init() {\n    if a = b { log \"same\" }\n}\n"
    good = "scheduler s\nparam a: u32 = 1\nparam b: u32 = 2\non init() {\n    if a == b { log \"same\" }\n}\n"

    def helps(self) -> Iterable[Help]:
        yield Help("write `==`", (Edit(self.span, "=="),))


@dataclass(frozen=True)
class Ternary(Diagnostic):
    """An `if` has a value, so there is no `?:`: `if a { b } else { c }`."""

    code = "E0120"
    title = "there is no `?:`"
    label = "write `if a {{ b }} else {{ c }}`"
    bad = "scheduler s\nparam few: bool = true\non init() {\n    let n = few ? 1 : 8\n    log \"{n}\"\n}\n"
    good = "scheduler s\nparam few: bool = true\non init() {\n    let n = if few { 1 } else { 8 }\n    log \"{n}\"\n}\n"

    def helps(self) -> Iterable[Help]:
        """Where all three parts are single names or numbers."""
        text = self.span.source.text
        condition = re.search(r"(?:=|return) *(!?[\w.]+) *$", text[: self.span.start])
        values = re.match(r" *([\w.]+) *: *([\w.]+) *(?=[;}\n])", text[self.span.end :])
        if condition and values:
            whole = self.span.source.span(condition.start(1), self.span.end + values.end(2))
            ours = f"if {condition[1]} {{ {values[1]} }} else {{ {values[2]} }}"
            yield Help(f"write `{ours}`", (Edit(whole, ours),))


@dataclass(frozen=True)
class Pointer(Diagnostic):
    """There are no pointers: tasks, CPUs and queues are values, structures are copied, and a function that changes what it is
    given says `mut` at its parameter."""

    code = "E0121"
    title = "`{op}` takes no operand on its right alone: there are no pointers"
    label = "remove it"
    bad = "scheduler s\nvar avg: u64\nfn step(mut x: u64) { x += 1 }\non init() {\n    step(&avg)\n}\n"
    good = "scheduler s\nvar avg: u64\nfn step(mut x: u64) { x += 1 }\non init() {\n    step(avg)\n}\n"
    op: str

    def helps(self) -> Iterable[Help]:
        text = "remove it; a function that changes its argument declares it `mut`" if self.op == "&" else "remove it"
        yield Help(text, (Edit(self.span, ""),))


# for (int i = 0; i < n; i++): the loop that counts up by one.
_COUNTING = re.compile(
    r"for\s*\(\s*(?:\w+\s+)?(?P<name>\w+)\s*=\s*(?P<low>\w+)\s*;\s*(?P=name)\s*<(?P<equal>=?)\s*(?P<high>\w+)\s*;"
    r"\s*(?:\+\+(?P=name)|(?P=name)\+\+|(?P=name)\s*\+=\s*1)\s*\)"
)


@dataclass(frozen=True)
class CFor(Diagnostic):
    """A `for` walks over something whose end is known: a range, the CPUs, a mask, a queue, the rows of a table. Other loops
    are `while … max n` and `repeat n`."""

    code = "E0122"
    title = "`for` has no `(…; …; …)`"
    label = "write `for i in 0 .. n`"
    bad = "scheduler s\nvar n: u64\non init() {\n    for (i = 0; i < 8; i++) { n += i }\n}\n"
    good = "scheduler s\nvar n: u64\non init() {\n    for i in 0 .. 8 { n += i }\n}\n"

    def helps(self) -> Iterable[Help]:
        found = _COUNTING.fullmatch(self.span.text)
        if found:
            ours = f"for {found['name']} in {found['low']} {'..=' if found['equal'] else '..'} {found['high']}"
            yield Help(f"write `{ours}`", (Edit(self.span, ours),))


@dataclass(frozen=True)
class CFunction(Diagnostic):
    """A function begins with `fn` and its result stands after `->`: `fn f(x: u64) -> u64 { … }`. What the kernel calls begins
    with `on`. All are private to the policy: there is no `static`."""

    code = "E0123"
    title = "`{head}` does not begin a declaration"
    label = "write `{ours}`"
    bad = "scheduler s\nstatic u64 twice(u64 x) {\n    return x * 2;\n}\n"
    good = "scheduler s\nfn twice(x: u64) -> u64 {\n    return x * 2;\n}\n"
    head: str
    ours: str


@dataclass(frozen=True)
class MissingBraces(Diagnostic):
    """What `{word}` governs stands in braces, always: a second statement can't be taken for a part of it."""

    code = "E0124"
    title = "the body of `{word}` stands in braces"
    label = "write `{{` before this and `}}` after it"
    bad = "scheduler s\nparam quiet: bool = true\non init() {\n    if quiet return\n    log \"ready\"\n}\n"
    good = "scheduler s\nparam quiet: bool = true\non init() {\n    if quiet { return }\n    log \"ready\"\n}\n"
    word: str
    head: Span
    body: Span  # the statement without braces

    def labels(self) -> Iterable[Label]:
        yield Label(self.head, "whose body this is")

    def helps(self) -> Iterable[Help]:
        if "\n" not in self.head.source.text[self.head.start : self.body.end]:
            text = self.body.text.rstrip("; ")
            yield Help(f"write `{{ {text} }}`", (Edit(self.body, f"{{ {text} }}"),))


@dataclass(frozen=True)
class ForeignWord(Diagnostic):
    """A word of another language for something that has a form of its own here."""

    code = "E0125"
    title = "`{word}` is not a word of this language"
    label = "here it is {ours}"
    bad = "scheduler s\nparam a: u32 = 1\non init() {\n    if a > 9 { log \"many\" } elif a > 5 { log \"some\" }\n}\n"
    good = "scheduler s\nparam a: u32 = 1\non init() {\n    if a > 9 { log \"many\" } else if a > 5 { log \"some\" }\n}\n"
    word: str
    ours: str

    def helps(self) -> Iterable[Help]:
        if self.ours in ("`else if`", "`fn`", "`var`", "`use`"):
            yield Help(f"write {self.ours}", (Edit(self.span, self.ours.strip("`")),))


@dataclass(frozen=True)
class ReservedWord(Diagnostic):
    """These words begin a statement or an expression and can't be names: as assert break const continue else enum error fail
    false fn for has if in INF keep let match mut none param racy ref repeat return scheduler struct take true under use
    var while. Behind a dot any word may stand."""

    code = "E0128"
    title = "`{word}` is a word of the language and can't be a name"
    label = "choose another name"
    bad = "scheduler s\nstat keep\n"
    good = "scheduler s\nstat kept\n"
    word: str


@dataclass(frozen=True)
class IfNeedsElse(Diagnostic):
    """An `if` whose value is used has a value in every case, so it has an `else`."""

    code = "E0129"
    title = "this `if` has no `else`, but its value is used"
    label = "expected `else` after this"
    help = "add `else {{ … }}` with the value for the other case"
    bad = "scheduler s\nparam few: bool = true\nvar n: u64\non init() {\n    n = if few { 1 }\n}\n"
    good = "scheduler s\nparam few: bool = true\nvar n: u64\non init() {\n    n = if few { 1 } else { 8 }\n}\n"


@dataclass(frozen=True)
class ChainedComparison(Diagnostic):
    """`a < b < c` would compare a truth with c. Say both comparisons, or `b in low ..= high`."""

    code = "E0132"
    title = "comparisons do not chain"
    label = "a second comparison"
    bad = "scheduler s\nparam n: u32 = 3\non init() {\n    if 0 < n < 8 { log \"few\" }\n}\n"
    good = "scheduler s\nparam n: u32 = 3\non init() {\n    if 0 < n && n < 8 { log \"few\" }\n}\n"
    middle: str = ""  # what stands between the two, where it is one word

    def helps(self) -> Iterable[Help]:
        at = self.span.source.span(self.span.start, self.span.start)
        edits = (Edit(at, f"&& {self.middle} "),) if self.middle else ()
        yield Help("write `a < b && b < c`, or `b in low .. high`", edits)


@dataclass(frozen=True)
class NamedWithEquals(Diagnostic):
    """An argument is named with a colon: `insert(p, slice, vtime: v)`."""

    code = "E0134"
    title = "an argument is named with `:`, not with `=`"
    label = "write `:`"
    bad = "scheduler s\ndsq shared\non enqueue(p) {\n    shared.insert(p, 5ms, vtime = p.vtime)\n}\n"
    good = "scheduler s\ndsq shared\non enqueue(p) {\n    shared.insert(p, 5ms, vtime: p.vtime)\n}\n"

    def helps(self) -> Iterable[Help]:
        yield Help("write `:`", (Edit(self.span, ":"),))
