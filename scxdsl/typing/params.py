# SPDX-License-Identifier: GPL-2.0-only
"""`param`: a value that is fixed when the policy is loaded, its default, and its range."""

from scxdsl.syntax import tree

from . import typed
from .checker import Checker, declare, expression
from .convert import fit
from .errors_declarations import BadParam, NoParam
from .errors_types import NotConstant
from .plain import plain
from .storable import not_settable
from .type_names import resolve
from .types import ArrayType, BoolType, Broken, IndexType, IntType, Type, UnitType, ranged

_SCALARS = (BoolType, IntType, UnitType, IndexType)


@declare.register
def _(node: tree.ParamDecl, c: Checker) -> None:
    t = resolve(node.type, c)
    param = typed.Param(node.name.text, t, node.name.span, default=None)
    wrong = not_settable(t)
    if wrong is not None:
        c.report(NoParam(node.type.span, str(t), str(wrong)))
    elif not isinstance(t, Broken):
        _range(node, param, c)
        _default(node, param, c)
    if c.names.declare(node.name, param):
        c.policy.params.append(param)


def _range(node: tree.ParamDecl, param: typed.Param, c: Checker) -> None:
    """Limits of a number, or of every number of an array."""
    if node.range is None:
        return
    t = ranged(param.type)
    if not isinstance(t, _SCALARS):
        c.report(BadParam(node.range.span, param.name, "only numbers, and arrays of them, have a range"))
        return
    param.low = _limit(node.range.low, t, c)
    param.high = _limit(node.range.high, t, c)
    if param.high is not None and not node.range.inclusive:
        param.high -= 1
    if param.low is not None and param.high is not None and param.low > param.high:
        c.report(BadParam(node.range.span, param.name, "its range is empty"))


def _default(node: tree.ParamDecl, param: typed.Param, c: Checker) -> None:
    t = param.type
    if node.default is None:
        if isinstance(t, _SCALARS):
            c.report(BadParam(node.name.span, param.name, "it needs a default"))
        elif param.low is not None and param.low > 0 and isinstance(t, ArrayType) and not t.bounded:
            c.report(BadParam(node.name.span, param.name, "it needs a default: zeros lie outside the range"))
        return
    inner = c.inside(indices=True)
    value = fit(expression(node.default, inner, t), t, inner, node.type.span, "because of this type")
    if isinstance(value.type, Broken):
        return
    found = plain(value)
    param.default = int(found) if isinstance(found, bool) else found
    if param.default is None:
        c.report(NotConstant(node.default.span, "the default or limit of a parameter"))
    elif any(_outside(n, param) for n in _numbers(param.default)) and (param.low is None or param.high is None or param.low <= param.high):
        c.report(BadParam(node.default.span, param.name, "the default lies outside the range"))


def _limit(node: tree.Expr, t: Type, c: Checker) -> int | None:
    """A plain value in the parameter's unit."""
    inner = c.inside(indices=True)
    value = fit(expression(node, inner, t), t, inner)
    if isinstance(value, typed.Literal) and not isinstance(value.value, str) and not isinstance(value.type, Broken):
        return value.value
    if not isinstance(value.type, Broken):
        c.report(NotConstant(node.span, "the default or limit of a parameter"))
    return None


def _numbers(value: object):
    """The numbers of a plain value of a ranged type."""
    if isinstance(value, list):
        for item in value:
            yield from _numbers(item)
    else:
        yield value


def _outside(value: object, param: typed.Param) -> bool:
    if not isinstance(value, int):
        return False
    return param.low is not None and value < param.low or param.high is not None and value > param.high
