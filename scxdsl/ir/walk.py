# SPDX-License-Identifier: GPL-2.0-only
"""Walks over operations: every operation of a block in order, what an operation reads, writes and mentions."""

from collections.abc import Iterator
from functools import cache

from .module import Function, Module
from .ops import Block, Const, Kfunc, Local, Op, Operand, Value
from .types import Array, Pointer, Proto, Struct, Type


def operations(block: Block) -> Iterator[Op]:
    """The operations of a block and of all blocks within it, in the order of the text."""
    open_ = [iter(block)]
    while open_:
        for op in open_[-1]:
            yield op
            if _places_of_blocks(op.__class__):
                open_ += [iter(inner) for inner in reversed([*blocks(op)])]
                break
        else:
            open_.pop()


def blocks(op: Op) -> Iterator[Block]:
    """The blocks that an operation holds."""
    for name in _places_of_blocks(op.__class__):
        inner = getattr(op, name)
        if isinstance(inner, list):
            yield inner


_OPERANDS = (
    *("left", "right", "condition", "then", "otherwise", "value"),
    *("expected", "base", "index", "address", "target", "source"),
)


def operands(op: Op) -> list[Operand]:
    """What an operation reads."""
    kind = op.__class__
    found = [x for name in _places_of_operands(kind) if isinstance(x := getattr(op, name), (Value, Const))]
    if _has_arguments(kind):
        found += op.arguments  # type: ignore[attr-defined]
    return found


def named_operands(op: Op) -> Iterator[tuple[str, Operand]]:
    """What an operation reads, with the name of the place: `left`, `arguments[1]`."""
    for name in _places_of_operands(op.__class__):
        x = getattr(op, name)
        if isinstance(x, (Value, Const)):
            yield name, x
    for at, x in enumerate(getattr(op, "arguments", ())):
        yield f"arguments[{at}]", x


# Asked for each operation many times, so kept by kind of operation.


@cache
def _places_of_blocks(kind: type) -> tuple[str, ...]:
    return _fields(kind, ("then", "otherwise", "body"))


@cache
def _places_of_operands(kind: type) -> tuple[str, ...]:
    return _fields(kind, _OPERANDS)


@cache
def _has_arguments(kind: type) -> bool:
    return bool(_fields(kind, ("arguments",)))


@cache
def _places_of_types(kind: type) -> tuple[str, ...]:
    return _fields(kind, ("struct", "array", "type", "enum"))


@cache
def _places_of_things(kind: type) -> tuple[str, ...]:
    return _fields(kind, ("kfunc", "local"))


def _fields(kind: type, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(n for n in names if n in kind.__dataclass_fields__)  # type: ignore[attr-defined]


def result(op: Op) -> Value | None:
    """The value that an operation defines."""
    return getattr(op, "result", None)


def locals_of(function: Function) -> list[Local]:
    """The variables of a function in the order of their first mention."""
    found: dict[Local, None] = {}
    for op in operations(function.body):
        local = getattr(op, "local", None)
        if local is not None:
            found.setdefault(local)
    return list(found)


def kfuncs_of(module: Module) -> list[Kfunc]:
    """The kernel functions that a module mentions, in the order of their first mention."""
    found: dict[Kfunc, None] = {}
    for f in module.functions:
        for op in operations(f.body):
            kfunc = getattr(op, "kfunc", None)
            if kfunc is not None:
                found.setdefault(kfunc)
    return list(found)


def types_of(module: Module) -> Iterator[Type]:
    """Every type that a module mentions directly, repeats included; types within types are not entered."""
    yield from types_of_data(module)
    for f in module.functions:
        yield from types_of_signature(f)
        for op in operations(f.body):
            yield from types_of_op(op)


def types_of_data(module: Module) -> Iterator[Type]:
    """Of those the types of its variables, maps and settings."""
    for g in module.globals:
        yield g.type
    for m in module.maps:
        yield from (t for t in (m.key, m.value) if t is not None)
    if module.ops:
        yield from (t for t, _ in module.ops.numbers.values())


def types_of_signature(f: Function) -> Iterator[Type]:
    """Of those what a function gives and takes."""
    yield f.result
    if f.context is not None:
        yield f.context
    yield from (p.type for p in f.params)


def types_of_op(op: Op) -> list[Type]:
    """Of those what an operation mentions."""
    kind = op.__class__
    out = result(op)
    found = [] if out is None else [out.type]
    found += [x.type for x in operands(op)]
    for name in _places_of_types(kind):
        found.append(getattr(op, name))
    for name in _places_of_things(kind):
        thing = getattr(op, name)
        if thing is not None:
            found.append(thing.proto if isinstance(thing, Kfunc) else thing.type)
    return found


def parts(t: Type) -> Iterator[Type]:
    """The types within a type, one level down."""
    match t:
        case Pointer():
            yield t.to
        case Array():
            yield t.of
        case Struct():
            yield from (f.type for f in t.fields)
        case Proto():
            yield t.result
            yield from t.params
