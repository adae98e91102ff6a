# SPDX-License-Identifier: GPL-2.0-only
"""Types of the kernel, from the facts, in the IR: prototypes, and structs that hold just the fields in use."""

from scxdsl.ir import types as ir
from scxdsl.kernel.ctype import CType, Kind, Proto
from scxdsl.kernel.facts import Facts
from scxdsl.typing.surface import Receiver

ROOTS = {Receiver.TASK: "task_struct", Receiver.CGROUP: "cgroup"}


def ir_type(t: CType) -> ir.Type:
    """A C type of the kernel. Structs come without fields: who reads one says which (`kernel_struct`)."""
    match t.kind:
        case Kind.VOID:
            return ir.VOID
        case Kind.BOOL:
            return ir.BOOL
        case Kind.INT:
            return ir.CHAR if t.spelling.removeprefix("const ") == "char" else ir.Int(t.bits, t.signed)
        case Kind.ENUM:
            return ir.Enum(t.name, t.bits, t.signed) if t.name else ir.Int(t.bits, t.signed)
        case Kind.POINTER:
            assert t.target is not None
            to = ir.VOID if t.target.kind in (Kind.FUNCTION, Kind.FLOAT) else ir_type(t.target)
            return ir.Pointer(to, const=t.target.const)
        case Kind.ARRAY:
            assert t.target is not None
            return ir.Array(ir_type(t.target), t.length)
        case Kind.STRUCT | Kind.UNION:
            return ir.Struct(t.name, (), kernel=True) if t.name else ir.VOID
    raise TypeError(f"{t.spelling} has no form in programs")


def ir_proto(proto: Proto) -> ir.Proto:
    return ir.Proto(ir_type(proto.returns), tuple(ir_type(a.type) for a in proto.args))


def never_null(facts: Facts, name: str) -> bool:
    """Whether a kernel function gives a pointer that the caller must give back, and no kernel ever answers with NULL."""
    found = facts.kfunc(name)
    return found is not None and bool(found.has("acquire")) and not found.has("ret_null")


def kernel_struct(facts: Facts, root: str, path: tuple[str, ...]) -> ir.Struct:
    """A struct of the kernel holding just one member, reached through embedded structs. Raises KeyError for a path that no
    kernel has."""
    field = facts.field(".".join((root, *path)))
    if field is None or field.type.newest is None:
        raise KeyError(f"{root}.{'.'.join(path)}")
    inner: ir.Type = ir_type(field.type.newest.type)
    for i in range(len(path) - 1, 0, -1):
        outer = facts.field(".".join((root, *path[:i])))
        assert outer is not None and outer.type.newest is not None
        inner = ir.Struct(outer.type.newest.type.name, (ir.Field(path[i], inner),), kernel=True)
    return ir.Struct(root, (ir.Field(path[0], inner),), kernel=True)
