# SPDX-License-Identifier: GPL-2.0-only
"""What the tree of a text is."""

import dataclasses
from pathlib import Path

import pytest

from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.text import Source
from scxdsl.syntax import tree
from scxdsl.syntax.dump import dump
from scxdsl.syntax.parser import parse

ROOT = Path(__file__).parents[2]


def policy(text: str) -> tree.Policy:
    found = Diagnostics()
    result = parse(Source("t.scx", text), found)
    assert not len(found), [f"{item.span!r} {item.message}" for item in found]
    return result


def declaration(text: str) -> tree.Decl:
    (only,) = policy(text).declarations
    return only


def expression(text: str) -> tree.Expr:
    made = declaration(f"const X = {text}\n")
    assert isinstance(made, tree.ConstDecl)
    return made.value


def block(text: str) -> tree.Block:
    made = declaration(f"on init() {{\n{text}\n}}\n")
    assert isinstance(made, tree.CallbackDecl)
    return made.body


def statement(text: str) -> tree.Stmt:
    (only,) = block(text).statements
    return only


def grouped(text: str) -> str:
    """The expression with all its operators in parentheses."""
    return _grouped(expression(text))


def _grouped(e: tree.Expr) -> str:
    match e:
        case tree.Binary(op, left, right):
            return f"({_grouped(left)} {op} {_grouped(right)})"
        case tree.Unary(op, operand):
            return f"({op}{_grouped(operand)})"
        case tree.Cast(value, tree.NamedType(_, name)):
            return f"({_grouped(value)} as {name})"
        case tree.Range(low, high, inclusive):
            return f"({_grouped(low)} {'..=' if inclusive else '..'} {_grouped(high)})"
        case tree.Member(value, name):
            return f"{_grouped(value)}.{name}"
        case tree.Take(place):
            return f"(take {_grouped(place)})"
        case tree.Racy(value):
            return f"(racy {_grouped(value)})"
    return e.span.text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a || b && c", "(a || (b && c))"),
        ("a && b == c", "(a && (b == c))"),
        ("a & b == c", "((a & b) == c)"),
        ("a | b ^ c & d", "(a | (b ^ (c & d)))"),
        ("flags | .preempt == x", "((flags | .preempt) == x)"),
        ("a & b << c + d * e", "(a & (b << (c + (d * e))))"),
        ("a - b - c", "((a - b) - c)"),
        ("a / b * c % d", "(((a / b) * c) % d)"),
        ("m ?? n ?? 0 == 1", "((m ?? (n ?? 0)) == 1)"),
        ("p.asked ?? base * 2 + 1", "(p.asked ?? ((base * 2) + 1))"),
        ("a as i64 < 0", "((a as i64) < 0)"),
        ("-a as u64 + b", "(((-a) as u64) + b)"),
        ("a as u64 as u32", "((a as u64) as u32)"),
        ("!a && ~b != -c", "((!a) && ((~b) != (-c)))"),
        ("!p.x", "(!p.x)"),
        ("c in m && f has .wakeup | .sync", "((c in m) && (f has (.wakeup | .sync)))"),
        ("x in 1 ..= n + 1", "(x in (1 ..= (n + 1)))"),
        ("0 .. a ?? b", "(0 .. (a ?? b))"),
        ("take a.b ?? c", "((take a.b) ?? c)"),
        ("racy q.len == 0", "((racy q.len) == 0)"),
        ("(a + b) * c", "((a + b) * c)"),
    ],
)
def test_precedence(text: str, wanted: str) -> None:
    assert grouped(text) == wanted


@pytest.mark.parametrize("text", ["a < b < c", "a == b == c", "a .. b .. c", "a in b in c"])
def test_comparisons_and_ranges_do_not_chain(text: str) -> None:
    found = Diagnostics()
    parse(Source("t.scx", f"const X = {text}\n"), found)
    assert found.has_errors


@pytest.mark.parametrize(
    ("text", "value"),
    [("64", 64), ("1_000", 1000), ("0xff", 255), ("0b101", 5), ("0o17", 15), ("256K", 1 << 18), ("4M", 1 << 22), ("18446744073709551615", 2**64 - 1)],
)  # fmt: skip
def test_integers(text: str, value: int) -> None:
    made = expression(text)
    assert isinstance(made, tree.IntLiteral) and made.value == value


@pytest.mark.parametrize(("text", "value"), [("20ms", 20_000_000), ("5us", 5000), ("1s", 10**9), ("7ns", 7), ("1_000us", 10**6)])
def test_durations(text: str, value: int) -> None:
    made = expression(text)
    assert isinstance(made, tree.DurationLiteral) and made.value == value


def test_strings_hold_expressions() -> None:
    made = expression('"cpu {c.id}: {if a { "x{b}" } else { "y" }} {{}}\\n"')
    assert isinstance(made, tree.StringLiteral) and made.plain is None
    kinds = [type(part).__name__ for part in made.parts]
    assert kinds == ["StringText", "Interpolation", "StringText", "Interpolation", "StringText"]
    last = made.parts[-1]
    assert isinstance(last, tree.StringText) and last.text == " {}\n"
    plain = expression('"a // b /* c"')
    assert isinstance(plain, tree.StringLiteral) and plain.plain == "a // b /* c"


def test_the_last_expression_is_the_value_of_a_block() -> None:
    assert isinstance(block("a()\nb()").value, tree.Call)
    assert len(block("a()\nb()").statements) == 1
    assert block("a()\nb();").value is None
    assert len(block("a()\nb();").statements) == 2
    assert block("x = 1").value is None
    assert block("return 1").value is None
    assert isinstance(block("if a { 1 } else { 2 }").value, tree.If)
    assert isinstance(block("match a { else => 1 }").value, tree.Match)
    assert isinstance(block("under l { 1 }").value, tree.Under)
    assert block("if a { 1 }").value is None
    assert block("if a { 1 } else if b { 2 }").value is None
    assert block("for i in m { f() }").value is None


def test_newlines_end_statements() -> None:
    assert len(block("a = 1\nb = 2; c = 3\n\n\nd = 4").statements) == 4
    assert len(block("x = f(a,\n  b\n)\ny = [1,\n2]").statements) == 2
    assert len(block("x = a\n  .b\n  .c()\ny = m[1]\n  ?? 0").statements) == 2
    assert len(block("if a {\n}\nelse if b {\n}\nelse {\n}\nx = 1").statements) == 2
    assert len(block("x = a &&\n b\ny = a\n && b\n || c").statements) == 2
    assert len(block("x =\n 5\ny = 1 +\n 2").statements) == 2
    assert len(block("x = a\n-b").statements) == 1
    assert isinstance(block("x = a\n-b").value, tree.Unary)
    assert block("return\nx = 1").statements[0].value is None  # type: ignore[attr-defined]


def test_arms_of_a_match_begin_with_dots_and_else() -> None:
    made = block("match f {\n .a => x\n .b(c) => y.z\n .c(k: 1, _) => { w },\n 1 | 2..=3 | ..5 | 6.. => return\n else => {}\n}").value
    assert isinstance(made, tree.Match) and len(made.arms) == 5
    patterns = [type(arm.pattern).__name__ for arm in made.arms]
    assert patterns == ["VariantPattern", "VariantPattern", "VariantPattern", "AlternativePattern", "NoneType"]
    first = made.arms[0].pattern
    assert isinstance(first, tree.VariantPattern) and first.payload is None
    assert isinstance(made.arms[3].body, tree.Block)
    assert isinstance(made.arms[4].body, tree.EmptySet)


def test_conditions() -> None:
    made = statement("if let t = task(pid) && t.weight > 1 && let c = t.c { }")
    assert isinstance(made, tree.ExprStmt) and isinstance(made.value, tree.If)
    assert [type(c).__name__ for c in made.value.conditions] == ["LetCondition", "Binary", "LetCondition"]
    made = statement("if a && b && let c = d ?? e { }")
    assert isinstance(made, tree.ExprStmt) and isinstance(made.value, tree.If)
    assert [type(c).__name__ for c in made.value.conditions] == ["NameExpr", "NameExpr", "LetCondition"]
    made = statement("if a && b || c { }")
    assert isinstance(made, tree.ExprStmt) and isinstance(made.value, tree.If)
    assert len(made.value.conditions) == 1
    loop = statement("while let x = q.pop() && x.ok max 8 { } else { f() }")
    assert isinstance(loop, tree.While) and len(loop.conditions) == 2 and loop.otherwise is not None


def test_kernel_has() -> None:
    made = expression("if kernel has X && a { 1 } else { 2 }")
    assert isinstance(made, tree.If) and isinstance(made.conditions[0], tree.Binary)
    assert isinstance(made.conditions[0].left, tree.KernelHas)
    assert made.conditions[0].left.name.text == "X"


def test_let() -> None:
    first, second = block("let mut a, b: u32\nx = 1").statements[:2]
    assert isinstance(first, tree.Let) and isinstance(second, tree.Let)
    assert first.type is second.type and first.mutable and first.value is None
    with_else = statement("let p = task(1) else { return }")
    assert isinstance(with_else, tree.Let) and with_else.otherwise is not None
    both = statement("let p = if a { b } else { c } else { return }")
    assert isinstance(both, tree.Let) and isinstance(both.value, tree.If) and both.otherwise is not None
    place = statement("let mut b = ref d.load[i]")
    assert isinstance(place, tree.Let) and isinstance(place.value, tree.Ref)


def test_assignments() -> None:
    made = statement("a.b[1] <<= 2")
    assert isinstance(made, tree.Assign) and made.op is tree.BinaryOp.SHL
    made = statement("(a, b) = f()")
    assert isinstance(made, tree.Assign) and isinstance(made.target, tree.TupleExpr) and made.op is None


def test_calls() -> None:
    made = expression("q.insert(p, slice, vtime: a.b,)")
    assert isinstance(made, tree.Call) and isinstance(made.function, tree.Member)
    assert [a.name.text if a.name else None for a in made.arguments] == [None, None, "vtime"]
    assert isinstance(expression(".pid(3)"), tree.Call)
    made = expression("f().0.1[2]")
    assert isinstance(made, tree.Index) and isinstance(made.object, tree.TupleIndex) and made.object.index == 1


def test_names_in_one_list_are_declarations_of_their_own() -> None:
    made = policy("/// Doc.\nvar a, b: u32 = 1\nstat c, d\ndsq e, f[5]\n").declarations
    assert [d.name.text for d in made] == ["a", "b", "c", "d", "e", "f"]  # type: ignore[attr-defined]
    assert made[0].doc is not None and made[0].doc.text == "Doc." and made[1].doc is not None
    assert made[2].doc is None


def test_scheduler_block() -> None:
    made = policy("scheduler s { flags: .a, .b if c; timeout: 5s; kernels: 6.12.., 7.0..=7.2, 7.3.1\nbatch: 8 }\n").scheduler
    assert made is not None
    names = {p.name.text: p.items for p in made.properties}
    assert list(names) == ["flags", "timeout", "kernels", "batch"]
    assert names["flags"][0].condition is None and isinstance(names["flags"][1].condition, tree.NameExpr)
    ranges = [item.value for item in names["kernels"]]
    assert all(isinstance(r, tree.KernelRange) for r in ranges)
    assert [(r.low, r.high, r.inclusive) for r in ranges] == [  # type: ignore[union-attr]
        ((6, 12), None, False),
        ((7, 0), (7, 2), True),
        ((7, 3, 1), (7, 3, 1), True),
    ]
    assert policy("const A = 1\n").scheduler is None


def test_functions() -> None:
    for text in ("fn f(q: rq, mut n: Node) under q.l -> u64 { 1 }", "fn f(q: rq, mut n: Node) -> u64 under q.l { 1 }"):
        made = declaration(text + "\n")
        assert isinstance(made, tree.FnDecl) and made.under is not None and made.result is not None and not made.pure
        assert [p.mutable for p in made.parameters] == [False, True]
    hook = declaration("hook tracepoint syscalls/sys_enter_futex(a) if b optional {}\n")
    assert isinstance(hook, tree.HookDecl) and hook.optional and hook.name.text == "syscalls/sys_enter_futex"


def test_members() -> None:
    made = declaration("per task {\n a, b: u32 = 1, atomic c: u64\n dsq q[llc]; stat s, t\n lock l guards a, x.y\n}\n")
    assert isinstance(made, tree.PerDecl)
    assert [type(m).__name__ for m in made.members] == ["FieldDecl"] * 3 + ["DsqDecl", "StatDecl", "StatDecl", "LockDecl"]


def test_spans_hold_the_text_of_their_node() -> None:
    text = "fn f(x: u64) -> u64 {\n    let y = (x + 1) * 2   // note\n    y\n}\n"
    made = declaration(text)
    assert isinstance(made, tree.FnDecl)
    assert made.span.text == text.rstrip()
    assert made.name.span.text == "f"
    let = made.body.statements[0]
    assert isinstance(let, tree.Let) and let.span.text == "let y = (x + 1) * 2"
    assert isinstance(let.value, tree.Binary) and let.value.span.text == "(x + 1) * 2" and let.value.op_span.text == "*"


def test_nodes_are_frozen_and_compare_by_identity() -> None:
    one, other = expression("1"), expression("1")
    assert one != other and len({one, other}) == 2 and dataclasses.is_dataclass(one)
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.value = 2  # type: ignore[attr-defined]
    assert dump(one) == dump(other)
    assert [f.name for f in dataclasses.fields(one)] == ["value", "span"]  # type: ignore[arg-type]


def test_every_node_class_has_a_span() -> None:
    classes = [c for c in vars(tree).values() if isinstance(c, type) and dataclasses.is_dataclass(c)]
    assert len(classes) > 90
    assert all("span" in {f.name for f in dataclasses.fields(c)} for c in classes)


def test_the_smallest_real_policy() -> None:
    made = policy((ROOT / "examples" / "simple.scx").read_text(encoding="utf-8"))
    assert made.scheduler is not None and made.scheduler.name.text == "simple"
    assert made.scheduler.doc is not None
    assert [d.name.text for d in made.declarations if isinstance(d, tree.CallbackDecl)] == [
        "select_cpu", "enqueue", "dispatch", "running", "stopping", "enable",
    ]  # fmt: skip


def test_every_class_of_the_tree_can_be_written() -> None:
    text = (Path(__file__).parent / "forms" / "everything.scx").read_text(encoding="utf-8")
    dumped = dump(policy(text))
    missing = {
        name
        for name, c in vars(tree).items()
        if isinstance(c, type) and dataclasses.is_dataclass(c) and name not in dumped and name not in ("Doc", "Name", "ErrorExpr")
    }
    assert missing == set()


def test_several_independent_errors_and_the_rest_of_the_tree() -> None:
    found = Diagnostics()
    text = "param a = 1\nfn ok() { 1 }\nfn f() {\n    let = 2\n    good()\n    x +\n}\nvar b: u64\n"
    made = parse(Source("t.scx", text), found)
    assert [item.span.line for item in found.sorted()] == [1, 4, 7]
    assert [getattr(d, "name").text for d in made.declarations] == ["ok", "f", "b"]
    broken = made.declarations[1]
    assert isinstance(broken, tree.FnDecl) and len(broken.body.statements) == 0 or isinstance(broken.body.value, tree.Call)  # type: ignore[union-attr]


def test_line_ends_and_marks_of_other_systems() -> None:
    text = (ROOT / "examples" / "simple.scx").read_text(encoding="utf-8")
    assert dump(policy("\ufeff" + text.replace("\n", "\r\n"))) == dump(policy(text))
