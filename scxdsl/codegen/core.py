# SPDX-License-Identifier: GPL-2.0-only
"""CO-RE: accesses and constants that libbpf fills in for the running kernel.

LLVM's intrinsics carry the type as metadata; its BPF backend writes the relocations. The numbers of kinds are libbpf's
(enum bpf_core_relo_kind, include/uapi/linux/bpf.h) by way of clang's __builtin_preserve_*_info.
"""

from scxdsl.ir.ops import EnumExists, EnumValue, FieldExists, KernelMember, TypeExists
from scxdsl.ir.types import Struct

from .context import CALL
from .types_llvm import memory
from .writer import Place, Writer

_FIELD_EXISTS = 2  # BPF_FIELD_EXISTS
_TYPE_EXISTS = 0  # of __builtin_preserve_type_info
_ENUM_EXISTS, _ENUM_VALUE = 0, 1  # of __builtin_preserve_enum_value

_MEMBER = "@llvm.preserve.struct.access.index.p0.p0"
_FIELD_INFO = "@llvm.bpf.preserve.field.info.p0"
_TYPE_INFO = "@llvm.bpf.preserve.type.info"
_ENUM = "@llvm.bpf.preserve.enum.value"


def _member(w: Writer, base: str, struct: Struct, path: tuple[str, ...]) -> str:
    """Address of a member of embedded structs, a relocation for the whole path."""
    w.context.declare(_MEMBER, f"declare ptr {_MEMBER}(ptr, i32 immarg, i32 immarg)")
    here = w.whole(struct)
    for name in path:
        assert isinstance(here, Struct)
        index = next(at for at, f in enumerate(here.fields) if f.name == name)
        kind = w.context.struct_type(here) if here.name else memory(here)
        base = w.compute(
            f"call ptr {_MEMBER}(ptr elementtype({kind}) {base}, i32 {index}, i32 {index}) {CALL}, "
            f"!llvm.preserve.access.index {w.context.types.ref(here)}"
        )
        here = w.whole(here.fields[index].type)
    return base


def kernel_member(w: Writer, op: KernelMember) -> None:
    address = _member(w, w.anchored(op.base), op.struct, op.path)
    w.bind(op.result, address, Place(max(op.struct.at(op.path).align, 1), False))


def _exists(w: Writer, op, text: str, kind: str) -> None:
    name = w.compute(text)
    w.define(op.result, f"icmp ne {kind} {name}, 0")


def field_exists(w: Writer, op: FieldExists) -> None:
    w.context.declare(_FIELD_INFO, f"declare i32 {_FIELD_INFO}(ptr, i64 immarg)")
    member = _member(w, "null", op.struct, op.path)
    _exists(w, op, f"call i32 {_FIELD_INFO}(ptr {member}, i64 {_FIELD_EXISTS}) {CALL}", "i32")


def type_exists(w: Writer, op: TypeExists) -> None:
    w.context.declare(_TYPE_INFO, f"declare i32 {_TYPE_INFO}(i32 immarg, i64 immarg)")
    _exists(
        w,
        op,
        f"call i32 {_TYPE_INFO}(i32 {w.context.sequence()}, i64 {_TYPE_EXISTS}) {CALL}, "
        f"!llvm.preserve.access.index {w.context.types.ref(op.struct)}",
        "i32",
    )


def _enum(w: Writer, op: EnumValue | EnumExists, what: int) -> str:
    """LLVM reads the value in the text by strtoll: it must be written signed."""
    w.context.declare(_ENUM, f"declare i64 {_ENUM}(i32 immarg, ptr, i64 immarg)")
    known = w.context.definitions.enums[op.enum.name].values[op.name] % (1 << 64)
    text = w.context.text_constant(f"{op.name}:{known - (1 << 64) if known >> 63 else known}")
    return (
        f"call i64 {_ENUM}(i32 {w.context.sequence()}, ptr {text}, i64 {what}) {CALL}, "
        f"!llvm.preserve.access.index {w.context.types.ref(op.enum)}"
    )


def enum_value(w: Writer, op: EnumValue) -> None:
    w.bind(op.result, w.compute(_enum(w, op, _ENUM_VALUE)))


def enum_exists(w: Writer, op: EnumExists) -> None:
    _exists(w, op, _enum(w, op, _ENUM_EXISTS), "i64")


# LLVM's pass over these fails on a call whose result nobody reads.
WANTED_ONLY = (KernelMember, EnumValue)

EMITTERS = {
    KernelMember: kernel_member,
    FieldExists: field_exists,
    TypeExists: type_exists,
    EnumValue: enum_value,
    EnumExists: enum_exists,
}
