# SPDX-License-Identifier: GPL-2.0-only
"""Modules as text, for people: `scxdsl build --emit ir`, golden tests, dumps between passes. Nothing reads it back.

    program simple_running(%p: struct task_struct*) -> void in "struct_ops/simple_running" {  // 30
        %1 = address vtime_now
        %2 = load volatile u64 from %1
"""

from collections.abc import Iterator

from . import ops
from .module import Function, Global, Map, Module, Ops
from .ops import Block, Local, Op, Operand, Value
from .types import Bool, Pointer, Struct
from .walk import kfuncs_of, locals_of, types_of

_INDENT = "    "


def print_module(module: Module) -> str:
    """The whole module."""
    parts = ["\n".join(section) for section in (_types(module), _data(module), _kernel(module)) if section]
    parts += [print_function(f) for f in module.functions]
    if module.ops is not None:
        parts.append("\n".join(_ops(module.ops)))
    return "\n\n".join(parts) + "\n"


def print_function(function: Function) -> str:
    """One function, without a final newline."""
    return "\n".join(_Printer(function).lines())


def _types(module: Module) -> list[str]:
    """Structs of ours; those of the kernel stand where they are used."""
    found: dict[str, Struct] = {}
    for t in types_of(module):
        while isinstance(t, Pointer):
            t = t.to
        if isinstance(t, Struct) and t.name and t.fields and not t.kernel:
            found.setdefault(t.name, t)
    return [
        f"struct {name} {{ {', '.join(f'{f.name}: {f.type}' for f in s.fields)} }}" for name, s in sorted(found.items())
    ]


def _data(module: Module) -> list[str]:
    return [_global(g) for g in module.globals] + [_map(m) for m in module.maps]


def _global(g: Global) -> str:
    words = [w for w, on in (("hidden", g.hidden), ("weak", g.weak), ("const", g.read_only)) if on]
    text = " ".join([*words, "global", f"{g.name}: {g.type}", f"in {g.section}"])
    if g.initial is not None and any(g.initial):
        text += f" = {_bytes(g.initial)}"
    return text + "".join(f" tag {tag!r}" for tag in g.tags)


def _bytes(data: bytes) -> str:
    if len(data) in (1, 2, 4, 8):
        return str(int.from_bytes(data, "little"))
    return repr(data)


def _map(m: Map) -> str:
    types = ", ".join(str(t) for t in (m.key, m.value) if t is not None)
    words = [f"map {m.name}: {m.kind}<{types}>[{m.max_entries}]"]
    words += [f"flags {m.flags:#x}"] if m.flags else []
    words += ["pinned"] if m.pinned else []
    return " ".join(words)


def _kernel(module: Module) -> list[str]:
    return [f"{'weak ' if k.weak else ''}kfunc {k.symbol}{k.proto}" for k in kfuncs_of(module)]


def _ops(o: Ops) -> list[str]:
    rows = [f"{_INDENT}{member} = {program}" for member, program in o.programs.items()]
    rows += [f"{_INDENT}{member}: {t} = {value}" for member, (t, value) in o.numbers.items()]
    return [f"ops {o.name}: struct {o.struct} {o.scheduler!r} {{", *rows, "}"]


class _Printer:
    """Names the values and variables of one function as they come: their own names where those are free."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self._names: dict[Value | Local, str] = {}
        self._taken: set[str] = set()
        self._count = 0
        self._line = 0

    def lines(self) -> list[str]:
        f = self._function
        params = ", ".join(f"{self._name(p)}: {p.type}" for p in f.params)
        where = f" in {f.section!r}" if f.section else ""
        self._line = f.span.line
        head = f"{f.linkage} {f.name}({params}) -> {f.result}{where} {{  // {self._line}"
        slots = [f"{_INDENT}local {self._local(x)}: {x.type}" for x in locals_of(f)]
        return [head, *slots, *self._block(f.body, 1), "}"]

    def _free(self, name: str) -> str:
        if name not in self._taken:
            self._taken.add(name)
            return name
        number = 2
        while f"{name}.{number}" in self._taken:
            number += 1
        return self._free(f"{name}.{number}")

    def _name(self, value: Value) -> str:
        known = self._names.get(value)
        if known is None:
            if not value.name:
                self._count += 1
            known = self._names[value] = self._free(f"%{value.name or self._count}")
        return known

    def _local(self, local: Local) -> str:
        known = self._names.get(local)
        if known is None:
            known = self._names[local] = self._free(local.name or "local")
        return known

    def _operand(self, x: Operand) -> str:
        if isinstance(x, Value):
            return self._name(x)
        if isinstance(x.type, Pointer):
            return "null"
        if isinstance(x.type, Bool):
            return "true" if x.value else "false"
        return f"{x.value}{x.type}" if x.type.size < 8 else str(x.value)

    def _block(self, block: Block, depth: int) -> Iterator[str]:
        for op in block:
            yield from self._op(op, depth)

    def _op(self, op: Op, depth: int) -> Iterator[str]:
        pad = _INDENT * depth
        mark = ""
        if op.span.line != self._line:
            self._line = op.span.line
            mark = f"  // {self._line}"
        match op:
            case ops.If():
                yield f"{pad}if {self._operand(op.condition)} {{{mark}"
                yield from self._block(op.then, depth + 1)
                if op.otherwise:
                    yield f"{pad}}} else {{"
                    yield from self._block(op.otherwise, depth + 1)
                yield f"{pad}}}"
            case ops.Loop():
                how = f"of at most {op.followed} turns " if op.followed else "that the kernel bounds " if op.kernel_bounded else ""
                yield f"{pad}loop {how}{{{mark}"
                yield from self._block(op.body, depth + 1)
                yield f"{pad}}}"
            case _:
                yield f"{pad}{self._text(op)}{mark}"

    def _text(self, op: Op) -> str:
        out = getattr(op, "result", None)
        text = self._right(op)
        return text if out is None else f"{self._name(out)} = {text}"

    def _call(self, name: str, arguments: tuple[Operand, ...]) -> str:
        return f"{name}({', '.join(map(self._operand, arguments))})"

    def _right(self, op: Op) -> str:
        x = self._operand
        match op:
            case ops.Binary():
                return f"{op.op} {op.result.type} {x(op.left)}, {x(op.right)}"
            case ops.Compare():
                return f"{op.op} {op.left.type} {x(op.left)}, {x(op.right)}"
            case ops.Convert():
                return f"{op.op} {x(op.value)} from {op.value.type} to {op.result.type}"
            case ops.Select():
                return f"select {x(op.condition)}, {x(op.then)}, {x(op.otherwise)}"
            case ops.Opaque():
                return f"opaque {'ordered ' if op.ordered else ''}{x(op.value)}"
            case ops.Forget():
                return f"forget {x(op.value)}"
            case ops.GetLocal():
                return f"get {self._local(op.local)}"
            case ops.SetLocal():
                return f"set {self._local(op.local)}, {x(op.value)}"
            case ops.LocalAddress():
                return f"address of {self._local(op.local)}"
            case ops.Context():
                return "address of the context"
            case ops.GlobalAddress() | ops.FunctionAddress():
                return f"address {op.name}"
            case ops.MemberAddress():
                return f"member {x(op.base)} -> {'.'.join(op.path)} of {op.struct}"
            case ops.KernelMember():
                return f"kernel member {x(op.base)} -> {'.'.join(op.path)} of {op.struct}"
            case ops.IndexAddress():
                return f"element {x(op.index)} of {x(op.base)}: {op.array}"
            case _:
                return self._effect(op)

    def _effect(self, op: Op) -> str:
        x = self._operand
        match op:
            case ops.Load():
                return f"load {'volatile ' if op.volatile else ''}{op.result.type} from {x(op.address)}"
            case ops.Store():
                return f"store {'volatile ' if op.volatile else ''}{op.value.type} {x(op.value)} to {x(op.address)}"
            case ops.Atomic():
                return f"atomic {op.op} {op.value.type} {x(op.value)} at {x(op.address)}"
            case ops.CompareSwap():
                return f"compare and swap {x(op.expected)} by {op.value.type} {x(op.value)} at {x(op.address)}"
            case ops.Copy():
                return f"copy {op.type} from {x(op.source)} to {x(op.target)}"
            case ops.Clear():
                return f"clear {op.type} at {x(op.target)}"
            case ops.CallHelper():
                return self._call(f"helper {op.helper}", op.arguments)
            case ops.CallKfunc():
                return self._call(f"call {op.kfunc.symbol}", op.arguments)
            case ops.Call():
                return self._call(f"call {op.function}", op.arguments)
            case ops.Return():
                return "return" if op.value is None else f"return {x(op.value)}"
            case ops.Break() | ops.Continue():
                word = "break" if isinstance(op, ops.Break) else "continue"
                return f"{word} {op.depth}" if op.depth else word
            case _:
                return self._kernel(op)

    def _kernel(self, op: Op) -> str:
        match op:
            case ops.KfuncExists():
                return f"exists kfunc {op.kfunc.symbol}"
            case ops.EnumValue():
                return f"value {op.enum.name}.{op.name} (known as {op.known})"
            case ops.EnumExists():
                return f"exists {op.enum.name}.{op.name}"
            case ops.TypeExists():
                return f"exists {op.struct}"
            case ops.FieldExists():
                return f"exists {op.struct}.{'.'.join(op.path)}"
        raise TypeError(f"no text for {type(op).__name__}")
