# SPDX-License-Identifier: GPL-2.0-only
"""`match`: patterns against a type, and whether they cover it."""

from collections.abc import Iterator

from scxdsl.syntax import tree

from . import typed
from .blocks import block
from .checker import Checker, expression
from .convert import closed, common, fit, settle
from .errors_data import BadPattern, NeverFits, NotAllCases
from .errors_types import DifferentBranches
from .scope import Constant, once
from .types import (
    BROKEN,
    NEVER,
    NOTHING,
    BoolType,
    Broken,
    EnumType,
    IndexType,
    IntType,
    Never,
    Nothing,
    Optional,
    TupleType,
    Type,
    UnitType,
)

_SCALARS = (BoolType, IntType, UnitType, IndexType)


@expression.register
def _(node: tree.Match, c: Checker, expected: Type | None = None) -> typed.Expr:
    subject = settle(expression(node.subject, c))
    arms: list[typed.MatchArm] = []
    everything: tree.Arm | None = None
    for arm in node.arms:
        if everything is not None:
            c.report(NeverFits(arm.span, everything.span))
        c.locals.open()
        test = typed.Always() if arm.pattern is None else pattern(arm.pattern, subject.type, c)
        body = _body(arm.body, c, expected)
        c.locals.close()
        arms.append(typed.MatchArm(test, body, arm.span))
        if isinstance(test, typed.Always):
            everything = arm
    t = closed(_joined(arms, c), expected)
    missing = None if everything is not None else _uncovered(arms, subject.type)
    if missing is not None and not isinstance(t, Nothing | Never | Broken):
        c.report(NotAllCases(node.span, str(t), missing))
    if missing is not None and isinstance(t, Never):
        t = NOTHING
    for arm in arms:
        if arm.body.value is not None and not isinstance(t, Nothing | Never | Broken):
            arm.body.value = fit(arm.body.value, t, c)
            arm.body.type = arm.body.type if arm.body.type == NEVER else t
    return typed.Match(span=node.span, type=t, subject=subject, arms=arms)


def _body(node: tree.Expr, c: Checker, expected: Type | None) -> typed.BlockValue:
    if isinstance(node, tree.Block):
        return block(node, c, expected)
    if isinstance(node, tree.EmptySet) and expected is None:
        return typed.BlockValue(span=node.span, type=NOTHING, statements=[], value=None)
    value = expression(node, c, expected)
    if isinstance(value.type, Nothing | Never):
        stmt = typed.Evaluate(span=node.span, value=value)
        return typed.BlockValue(span=node.span, type=value.type, statements=[stmt], value=None)
    return typed.BlockValue(span=node.span, type=value.type, statements=[], value=value)


def _joined(arms: list[typed.MatchArm], c: Checker) -> Type:
    """The one type of all arms; arms that give nothing make the whole give nothing."""
    out: Type = NEVER
    first = None
    for arm in arms:
        found = arm.body.type
        if isinstance(found, Nothing) or isinstance(out, Nothing):
            out = NOTHING
            continue
        joint = common(out, found)
        if joint is None:
            span = (arm.body.value or arm.body).span
            c.report(DifferentBranches(span, str(out), str(found), first))
            return out
        out = joint
        first = first or (arm.body.value or arm.body).span
    if isinstance(out, Nothing):
        for arm in arms:
            if arm.body.value is not None:
                arm.body.statements.append(typed.Evaluate(span=arm.body.value.span, value=settle(arm.body.value)))
                arm.body.value, arm.body.type = None, NOTHING
    return out


def _uncovered(arms: list[typed.MatchArm], t: Type) -> str | None:
    """A case that no arm takes, in words; None where all are taken."""
    tests = [option for arm in arms for option in _options(arm.test)]
    if isinstance(t, EnumType):
        for variant in t.variants:
            if not any(isinstance(x, typed.IsVariant) and x.variant == variant.name and _open(x.payload) for x in tests):
                return f"`.{variant.name}`"
        return None
    if isinstance(t, Optional):
        if not any(isinstance(x, typed.FitsNone) for x in tests):
            return "`none`"
        return None if any(isinstance(x, typed.IsSome) and _open([x.inner]) for x in tests) else f"a {t.of}"
    if isinstance(t, BoolType):
        for value, word in ((1, "true"), (0, "false")):
            if not any(isinstance(x, typed.Within) and x.low == value for x in tests):
                return f"`{word}`"
        return None
    return _gap(tests, t)


def _gap(tests: list[typed.Test], t: Type) -> str | None:
    """The first number that no range takes."""
    if not isinstance(t, IntType | UnitType):
        return "everything else"
    low, high = t.range if isinstance(t, IntType) else (0, (1 << 64) - 1)
    at = low
    for test in sorted((x for x in tests if isinstance(x, typed.Within)), key=lambda x: low if x.low is None else x.low):
        if (low if test.low is None else test.low) > at:
            break
        at = max(at, (high if test.high is None else test.high) + 1)
    return None if at > high else f"{at}"


def _options(test: typed.Test) -> list[typed.Test]:
    return [o for option in test.options for o in _options(option)] if isinstance(test, typed.AnyOf) else [test]


def _open(payload: list[typed.Test]) -> bool:
    return all(isinstance(p, typed.Always) for p in payload)


def pattern(node: tree.Pattern, t: Type, c: Checker, mutable: bool = False) -> typed.Test:
    """What a pattern asks of a value of that type; names are declared in the block at hand, `mutable` where `let mut` says so."""
    once((name for name in names_in(node) if not isinstance(c.names.known.get(name.text), Constant)), c.diagnostics)
    return _pattern(node, t, c, mutable)


def names_in(node: tree.Pattern) -> Iterator[tree.Name]:
    """The names that stand alone in a pattern, in its order."""
    match node:
        case tree.NamePattern(name=name):
            yield name
        case tree.TuplePattern(items=items):
            for item in items:
                yield from names_in(item)
        case tree.VariantPattern(payload=parts) if parts:
            for part in parts:
                yield from names_in(part.pattern)


def _pattern(node: tree.Pattern, t: Type, c: Checker, mutable: bool) -> typed.Test:
    def bad(problem: str) -> typed.Test:
        if not isinstance(t, Broken):
            c.report(BadPattern(node.span, str(t), problem))
        return typed.Always()

    match node:
        case tree.WildcardPattern():
            return typed.Always()
        case tree.NamePattern(name=name):
            known = c.names.known.get(name.text)
            if isinstance(known, Constant):
                number = typed.Literal(span=node.span, type=known.type, value=known.value)
                return _number(number, t, c, bad)
            inner = t.of if isinstance(t, Optional) else t
            variable = typed.Variable(name.text, inner, name.span, mutable=mutable)
            c.locals.declare(name, variable)
            return typed.IsSome(typed.Always(variable)) if isinstance(t, Optional) else typed.Always(variable)
        case tree.ValuePattern(value=tree.NoneLiteral()):
            return typed.FitsNone() if isinstance(t, Optional) else bad("only an optional is none")
        case tree.ValuePattern() | tree.RangePattern() if isinstance(t, Optional):
            return typed.IsSome(_pattern(node, t.of, c, False))
        case tree.ValuePattern(value=value):
            return _number(expression(value, c, t), t, c, bad)
        case tree.RangePattern():
            return _range(node, t, c, bad)
        case tree.VariantPattern():
            return _variant(node, t, c, bad, mutable)
        case tree.TuplePattern(items=items):
            if isinstance(t, Optional):
                return typed.IsSome(_pattern(node, t.of, c, mutable))
            if not isinstance(t, TupleType) or len(t.items) != len(items):
                for item in items:  # their names, so that what follows is not reported
                    _pattern(item, BROKEN, c, mutable)
                return bad(f"{len(items)} items")
            return typed.AllOf([_pattern(item, of, c, mutable) for item, of in zip(items, t.items, strict=True)])
        case tree.AlternativePattern(options=options):
            return typed.AnyOf([_pattern(option, t, c, False) for option in options])
    return bad("no pattern for it")


def _number(value: typed.Expr, t: Type, c: Checker, bad) -> typed.Test:
    if not isinstance(t, _SCALARS):
        return bad("a number")
    fitted = fit(value, t, c)
    if isinstance(fitted, typed.Literal) and not isinstance(fitted.value, str):
        return typed.Within(int(fitted.value), int(fitted.value))
    return bad("not a constant")


def _range(node: tree.RangePattern, t: Type, c: Checker, bad) -> typed.Test:
    if not isinstance(t, IntType | UnitType):
        return bad("a range of numbers")
    ends: list[int | None] = []
    for end in (node.low, node.high):
        if end is None:
            ends.append(None)
            continue
        value = fit(expression(end, c, t), t, c)
        if not isinstance(value, typed.Literal) or isinstance(value.value, str):
            return bad("not a constant")
        ends.append(int(value.value))
    low, high = ends
    if high is not None and not node.inclusive:
        high -= 1
    least = t.range[0] if isinstance(t, IntType) else 0
    if high is not None and high < (least if low is None else low):
        return bad("an empty range")
    return typed.Within(low, high)


def _variant(node: tree.VariantPattern, t: Type, c: Checker, bad, mutable: bool) -> typed.Test:
    optional = isinstance(t, Optional)
    of = t.of if isinstance(t, Optional) else t
    if not isinstance(of, EnumType):
        return bad("a variant of an enum")
    variant = of.variant(node.name.text)
    if variant is None:
        return bad(f"{of.name} has no `.{node.name.text}`")
    payload: list[typed.Test] = [typed.Always() for _ in variant.fields]
    if node.payload is not None:
        if len(node.payload) != len(variant.fields):
            return bad(f"`.{variant.name}` holds {len(variant.fields)} values")
        for i, part in enumerate(node.payload):
            at = i
            if part.name is not None:
                at = next((k for k, f in enumerate(variant.fields) if f.name == part.name.text), i)
            payload[at] = _pattern(part.pattern, variant.fields[at].type, c, mutable)
    test = typed.IsVariant(variant.name, payload)
    return typed.IsSome(test) if optional else test
