# SPDX-License-Identifier: GPL-2.0-only
"""`match`: the first arm whose test fits."""

from collections.abc import Callable
from functools import singledispatch
from typing import Any

from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .context import Context
from .doors import Eval, Frame, expression
from .expressions import is_nested
from .numbers import relation

Fits = Callable[[Frame, Any], bool]


@singledispatch
def fits(test: typed.Test, t: lang.Type, c: Context) -> Fits:
    """Whether a value of type `t` fits; variables are bound on the way."""
    raise TypeError(f"the interpreter does not know {type(test).__name__}")


@fits.register
def _(test: typed.Always, t: lang.Type, c: Context) -> Fits:
    if test.variable is None:
        return lambda f, v: True
    room = c.room(test.variable)

    def bind(f: Frame, v: Any) -> bool:
        f[room] = v
        return True

    return bind


@fits.register
def _(test: typed.Within, t: lang.Type, c: Context) -> Fits:
    below = relation(typed.Relation.LT, t)
    low, high = test.low, test.high
    return lambda f, v: not (low is not None and below(v, low)) and not (high is not None and below(high, v))


@fits.register
def _(test: typed.IsVariant, t: lang.Type, c: Context) -> Fits:
    assert isinstance(t, lang.EnumType)
    name, variant = test.variant, t.variant(test.variant)
    assert variant is not None
    inner = [fits(p, f.type, c) for p, f in zip(test.payload, variant.fields, strict=False)]
    return lambda f, v: v[0] == name and all(fit(f, part) for fit, part in zip(inner, v[1], strict=False))


@fits.register
def _(test: typed.FitsNone, t: lang.Type, c: Context) -> Fits:
    return lambda f, v: v is None


@fits.register
def _(test: typed.IsSome, t: lang.Type, c: Context) -> Fits:
    assert isinstance(t, lang.Optional)
    inner, wrapped = fits(test.inner, t.of, c), is_nested(t)
    return lambda f, v: v is not None and inner(f, v[0] if wrapped else v)


@fits.register
def _(test: typed.AllOf, t: lang.Type, c: Context) -> Fits:
    assert isinstance(t, lang.TupleType)
    inner = [fits(i, of, c) for i, of in zip(test.items, t.items, strict=True)]
    return lambda f, v: all(fit(f, part) for fit, part in zip(inner, v, strict=True))


@fits.register
def _(test: typed.AnyOf, t: lang.Type, c: Context) -> Fits:
    options = [fits(o, t, c) for o in test.options]
    return lambda f, v: any(fit(f, v) for fit in options)


@expression.register
def _(node: typed.Match, c: Context) -> Eval:
    subject = expression(node.subject, c)
    arms = [(fits(a.test, node.subject.type, c), expression(a.body, c)) for a in node.arms]

    def match(f: Frame) -> Any:
        value = subject(f)
        for fit, run in arms:
            if fit(f, value):
                return run(f)
        return None

    return match
