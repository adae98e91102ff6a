# SPDX-License-Identifier: GPL-2.0-only
"""How values of the language lie in registers and in memory."""

from scxdsl.ir import types as ir
from scxdsl.typing import types as lang
from scxdsl.typing.owner_types import all_owner


MASK = ir.Struct("bpf_cpumask", (), kernel=True)
CPUSET = ir.Struct("cpuset", (ir.Field("bits", ir.Array(ir.U64, lang.CPUSET_CPUS // 64)),))


def memory_type(t: lang.Type) -> ir.Type:
    """The C type of a value in a map, a global or a struct, without its owners, which lie elsewhere (owner_shape.py). Raises TypeError
    for what has no place in memory."""
    match t:
        case lang.BoolType():
            return ir.BOOL
        case lang.IntType(bits, signed):
            return ir.Int(bits, signed)
        case lang.UnitType() | lang.DsqType() | lang.FlagsType() | lang.SlotType():
            return ir.U64
        case lang.IndexType():
            return ir.I32
        case lang.CpumaskType():
            return ir.Pointer(MASK, tag="kptr")
        case lang.CpusetType():
            return CPUSET
        case lang.TextType(size):
            return ir.Array(ir.CHAR, size)
        case lang.ArrayType(of, length, False):
            return ir.Array(memory_type(of), length)
        case lang.ArrayType(of, length, True):
            name = f"bounded_{length}_{_word(of)}"
            fields = (ir.Field("len", ir.U32), ir.Field("items", ir.Array(memory_type(of), length)))
            return ir.Struct(name, fields)
        case lang.StructType(name, fields):
            return ir.Struct(_c_name(name), tuple(ir.Field(f.name, memory_type(f.type)) for f in fields if not all_owner(f.type)))
        case lang.Optional(of):
            fields = (ir.Field("there", ir.BOOL), ir.Field("value", memory_type(of)))
            return ir.Struct(f"optional_{_word(of)}", fields)
        case lang.TupleType(items):
            fields = tuple(ir.Field(f"item{i}", memory_type(item)) for i, item in enumerate(items))
            return ir.Struct("tuple_" + "_".join(map(_word, items)), fields)
        case lang.EnumType(name, variants):
            parts = [ir.Field(payload_name(v, f), memory_type(f.type)) for v in variants for f in v.fields]
            return ir.Struct(_c_name(name), (ir.Field(TAG, ir.U32), *parts))
        case _:
            raise TypeError(f"{t} has no form in memory")


def _c_name(name: str) -> str:
    """Types of modules: `pelt.Avg` is `struct pelt_Avg` in C."""
    return name.replace(".", "_")


TAG = "variant"
_SIGNS = {"..": "most_", ".": "_", "?": "_maybe", "(": "tuple_", ")": "_end", "[": "array_", "]": "_end", ";": "", ",": "", " ": "_"}


def _word(t: lang.Type) -> str:
    """A type as a part of a C name; different types have different ones."""
    text = str(t)
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    return text


def payload_name(variant: lang.Variant, field: lang.StructField) -> str:
    """The member that holds one part of a variant's payload."""
    return f"{variant.name}_{field.name}"


def register_type(t: lang.Type) -> ir.Type:
    """The type in a register: numbers are 64 bits wide there, signed ones i64; tasks and cgroups are pointers."""
    match t:
        case lang.BoolType():
            return ir.BOOL
        case lang.IntType(_, signed):
            return ir.I64 if signed else ir.U64
        case lang.UnitType() | lang.DsqType() | lang.FlagsType() | lang.SlotType():
            return ir.U64
        case lang.IndexType():
            return ir.I64
        case lang.TaskType():
            return ir.Pointer(ir.TASK)
        case lang.CgroupType():
            return ir.Pointer(ir.Struct("cgroup", (), kernel=True))
        case lang.CpumaskType():
            return ir.Pointer(ir.Struct("cpumask", (), kernel=True))
        case lang.KernelStruct(name):
            return ir.Pointer(ir.Struct(name, (), kernel=True))
        case _:
            raise TypeError(f"{t} does not fit a register")
