# SPDX-License-Identifier: GPL-2.0-only
"""What an object tells loaders and people, beside what the policy says: parameters with their defaults and limits, the plain members of the
ops table, structs as the kernel reads them, and the files that its lines point into. Callbacks see nothing of that."""

from collections.abc import Iterator
from typing import Any

from scxdsl.interp import Interpreter
from scxdsl.interp.values import from_plain
from scxdsl.kernel.btf import Btf, BtfError, Struct
from scxdsl.machine.on_model.program import settings_of
from scxdsl.model import Model
from scxdsl.objects import encode, parameters
from scxdsl.objects.exchange import hooks
from scxdsl.objects.object import Object
from scxdsl.objects.shapes import EnumOf, ListOf, Maybe, Plain, Shape, StructOf, TupleOf
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .states import plain, shaped


def wrong(policy: typed.Policy, obj: Object, series: str) -> str:
    """The first thing that is not as the policy has it; nothing where all is."""
    return next((text for text in _all(policy, obj, series) if text), "")


def _all(policy: typed.Policy, obj: Object, series: str) -> Iterator[str]:
    told = {p.name: p for p in parameters(obj)}
    yield _differ("parameters", [p.name for p in policy.params], list(told))
    for p in policy.params:
        found = told[p.name]
        yield _differ(f"the type of {p.name}", str(p.type), found.type)
        yield _differ(f"the limits of {p.name}", (p.low, p.high), (found.least, found.most))
        yield _differ(f"the default of {p.name}", plain(from_plain(p.default, p.type), p.type), shaped(found.default, p.type))
        if found.shape is not None or not isinstance(p.type, lang.IntType | lang.UnitType | lang.BoolType | lang.IndexType | lang.TextType | lang.CpusetType):
            yield _differ(f"the shape of {p.name}", _shape(p.type), _without_bytes(found.shape))
        if isinstance(p.type, lang.IntType | lang.UnitType):
            yield _differ(f"{p.name} set to its default", found.initial, encode(found, found.default))
    yield from _of_init(policy, obj)
    yield from _of_hooks(policy, obj)
    if obj.ops is not None:
        yield _differ("the ops table", Interpreter(policy, Model(series).ops).settings, settings_of(obj))
    for t in obj.btf or ():
        if isinstance(t, Struct):
            yield _differ(f"members outside of {t.name or 'a struct without a name'}", [], _outside(obj.btf, t))
    texts = {s.path.rsplit("/", 1)[-1]: s.text.splitlines() for s in (policy.source, *policy.sources)}
    for f in obj.functions:
        for line in f.lines:
            written = texts.get(line.path, [])[line.line - 1 : line.line]
            yield _differ(f"line {line.line} of {line.path}", "".join(written).strip(), line.text.strip())


def _of_init(policy: typed.Policy, obj: Object) -> Iterator[str]:
    """Queues that init makes are made at the lines of their declarations."""
    lines = {line.line for f in obj.functions if f.name == f"{policy.name}_init" for line in f.lines if line.path.endswith(policy.source.path.rsplit("/", 1)[-1])}
    for dsq in policy.dsqs:
        if not dsq.owner and dsq.kind is None and dsq.second is None and dsq.count is None and dsq.span.source is policy.source:
            yield _differ(f"a line of init for {dsq.name}", True, dsq.span.line in lines)


def _of_hooks(policy: typed.Policy, obj: Object) -> Iterator[str]:
    """A plain libbpf leaves out what some kernel lacks or a parameter switches on."""
    wanted = [h.optional or h.condition is not None and not h.condition.default for h in policy.hooks]
    yield _differ("hooks left out", sorted(wanted), sorted(h.section.startswith("?") for h in hooks(obj)))


def _outside(btf: Btf, t: Struct) -> list[str]:
    """Members that the kernel would refuse (kernel/bpf/btf.c, btf_struct_check_meta and btf_ptr_check_member): past the end, or not at a byte."""
    return [m.name for m in t.members if not m.bit_size and (m.bit_offset % 8 or m.bit_offset + _bits(btf, m.type) > t.size * 8)]


def _bits(btf: Btf, type: int) -> int:
    try:
        return btf.size_of(type) * 8
    except BtfError:  # only declared
        return 0


def _differ(what: str, policy: Any, told: Any) -> str:
    return "" if policy == told else f"{what}: {policy} in the policy, {told} in the object"


def _shape(t: lang.Type) -> Shape:
    match t:
        case lang.ArrayType(of, length, bounded):
            return ListOf(_shape(of), length, bounded)
        case lang.TupleType(items):
            return TupleOf(tuple(_shape(item) for item in items))
        case lang.Optional(of):
            return Maybe(_shape(of))
        case lang.StructType(_, fields):
            return StructOf(tuple((f.name, _shape(f.type)) for f in fields), None)
        case lang.EnumType(_, variants):
            return EnumOf(tuple((v.name, tuple((f.name, _shape(f.type)) for f in v.fields)) for v in variants))
    return Plain(str(t))


def _without_bytes(s: Shape | None) -> Shape | None:
    """The bytes of a struct's defaults are asked about where a parameter has them."""
    match s:
        case ListOf(of, length, bounded):
            return ListOf(_without_bytes(of) or of, length, bounded)
        case TupleOf(items):
            return TupleOf(tuple(_without_bytes(item) or item for item in items))
        case Maybe(of):
            return Maybe(_without_bytes(of) or of)
        case StructOf(parts):
            return StructOf(tuple((n, _without_bytes(p) or p) for n, p in parts), None)
        case EnumOf(variants):
            return EnumOf(tuple((n, tuple((m, _without_bytes(p) or p) for m, p in parts)) for n, parts in variants))
    return s
