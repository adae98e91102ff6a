# SPDX-License-Identifier: GPL-2.0-only
"""CO-RE: what libbpf writes into an instruction for a given kernel.

Source: tools/lib/bpf/relo_core.c (bpf_core_calc_relo, bpf_core_patch_insn, bpf_core_fields_are_compat,
bpf_core_types_are_compat).
"""

from dataclasses import dataclass, replace

from ..kernel.btf import Btf
from ..kernel.btf_types import Array, Enum, Float, Func, FuncProto, Fwd, Int, Ptr, Struct, Void
from ..kernel.ctype import CType, Kind, Proto
from ..objects.instruction import WIDTHS, Form, Instruction
from ..objects.object import Core, essential_name
from .kernel import Kernel, KernelField

_CODE_OF_WIDTH = {bits: code for code, bits in WIDTHS.items()}


@dataclass(frozen=True)
class Resolved:
    """`value` goes into the instruction; None: the instruction is poisoned. `width` in bits is that of the access that suits the
    kernel's field, None where the instruction's own stays."""

    value: int | None
    width: int | None = None


def relocate(i: Instruction, core: Core, btf: Btf, kernel: Kernel) -> Instruction | None:
    """The instruction as libbpf patches it; None when it is poisoned."""
    found = resolve(core, btf, kernel)
    if found.value is None:
        return None
    if i.form in (Form.LOAD, Form.STORE, Form.ATOMIC):
        if found.value > 0x7FFF:
            return None
        i = replace(i, offset=found.value)
        if found.width is not None and found.width != i.width:
            opcode = i.opcode & ~0x18 | _CODE_OF_WIDTH[found.width]
            i = replace(i, width=found.width, opcode=opcode)
        return i
    if i.form is Form.IMMEDIATE:
        return replace(i, imm=found.value & (1 << 64) - 1)
    return replace(i, imm=found.value - (1 << 32) if found.value >> 31 & 1 and found.value >> 32 == 0 else found.value)


def resolve(core: Core, btf: Btf, kernel: Kernel) -> Resolved:
    """The value of one relocation."""
    kind = core.kind
    if kind == "type_id_local":
        return Resolved(core.type)
    local = btf.strip(core.type)
    name = essential_name(getattr(btf[core.type], "name", "") or getattr(local, "name", ""))
    if kind.startswith("enumval"):
        return _enumerator(kind, local, name, core, kernel)
    if kind.startswith("type"):
        return _type(kind, local, name, kernel)
    return _field(kind, btf, core, name, kernel)


def _enumerator(kind: str, local: object, name: str, core: Core, kernel: Kernel) -> Resolved:
    assert isinstance(local, Enum)
    value = kernel.enumerator(name, essential_name(local.values[int(core.access)].name))
    if kind == "enumval_exists":
        return Resolved(int(value is not None))
    return Resolved(value)


def _type(kind: str, local: object, name: str, kernel: Kernel) -> Resolved:
    found: int | None = None
    if isinstance(local, Struct | Fwd):
        struct = kernel.struct(name)
        union = local.union if isinstance(local, Fwd) else local.kind == "union"
        if struct is not None and (struct.kind == "union") == union:
            found = struct.size
    elif isinstance(local, Enum) and kernel.has_enum(name):
        found = local.size
    if kind in ("type_exists", "type_matches"):
        return Resolved(int(found is not None))
    if kind == "type_size":
        return Resolved(found)
    return Resolved(None if found is None else core_id(name))


def core_id(name: str) -> int:
    """A number that stands for a kernel type."""
    return 1 + sum(ord(c) << (i * 5 % 24) for i, c in enumerate(name)) % 0xFFFFFF


def _field(kind: str, btf: Btf, core: Core, name: str, kernel: Kernel) -> Resolved:
    found = _target(btf, core, name, kernel)
    if kind == "field_exists":
        return Resolved(int(found is not None))
    if found is None:
        return Resolved(None)
    target, local = found
    if target.bits:
        size = 1 << (max(8, target.bits) - 1).bit_length()
        shift = 64 - target.bits
        value = {"field_byte_offset": target.offset, "field_byte_size": size // 8, "field_lshift_u64": shift,
                 "field_rshift_u64": shift, "field_signed": int(target.type.signed)}[kind]  # fmt: skip
        return Resolved(value)
    bits = target.size * 8
    if kind == "field_byte_offset":
        return _sized(target, btf, local)
    if kind == "field_byte_size":
        return Resolved(target.size)
    if kind == "field_signed":
        return Resolved(int(target.type.signed))
    return Resolved(64 - bits if bits <= 64 else 0)


def _sized(target: KernelField, btf: Btf, local: int) -> Resolved:
    """An access is made as wide as the kernel's field where both are pointers or both unsigned; else a difference poisons it."""
    shape = btf.strip(local)
    try:
        size = btf.size_of(local)
    except Exception:  # a declared struct, whose address alone is taken
        return Resolved(target.offset)
    if size == target.size or isinstance(shape, Struct | Array):
        return Resolved(target.offset)
    unsigned = isinstance(shape, Int) and not shape.signed and target.type.kind in (Kind.INT, Kind.BOOL) and not target.type.signed
    if unsigned or isinstance(shape, Ptr) and target.type.kind is Kind.POINTER:
        return Resolved(target.offset, target.size * 8)
    return Resolved(None)


def _target(btf: Btf, core: Core, name: str, kernel: Kernel) -> tuple[KernelField, int] | None:
    """The kernel's field at the end of the path, with the local type of that field."""
    steps = [int(s) for s in core.access.split(":")]
    local, local_id = btf.strip(core.type), core.type
    root = kernel.struct(name)
    if root is None or not isinstance(local, Struct) or (root.kind == "union") != (local.kind == "union"):
        return None
    at = steps[0] * root.size
    kind = Kind.UNION if root.kind == "union" else Kind.STRUCT
    type_, size, bits = CType(f"struct {name}", kind, name=name), root.size, 0
    for step in steps[1:]:
        if isinstance(local, Struct):
            member = local.members[step]
            local_id = member.type
            local = btf.strip(local_id)
            if not member.name:  # the kernel's anonymous members are dissolved already
                continue
            owner = kernel.struct(type_.name)
            field = owner.fields.get(essential_name(member.name)) if owner else None
            if field is None or not _field_compatible(btf, local_id, field.type):
                return None
            at, type_, size, bits = at + field.offset, field.type, field.size, field.bits
        else:
            if not isinstance(local, Array) or type_.kind is not Kind.ARRAY or type_.target is None:
                return None
            if step >= type_.length > 0:
                return None
            local_id = local.element
            local, type_ = btf.strip(local_id), type_.target
            size, bits = kernel.size_of(type_), 0
            at += step * size
    return KernelField(at, size, type_, bits), local_id


def _field_compatible(btf: Btf, local_id: int, target: CType) -> bool:
    """libbpf's bpf_core_fields_are_compat."""
    local = btf.strip(local_id)
    match local:
        case Struct():
            return target.kind in (Kind.STRUCT, Kind.UNION)
        case Ptr():
            return target.kind is Kind.POINTER
        case Int():
            return target.kind in (Kind.INT, Kind.BOOL)
        case Float():
            return target.kind is Kind.FLOAT
        case Enum():
            return target.kind is Kind.ENUM and (not local.name or not target.name or essential_name(local.name) == target.name)
        case Array():
            return target.kind is Kind.ARRAY and target.target is not None and _field_compatible(btf, local.element, target.target)
    return False


def prototype_compatible(btf: Btf, proto_id: int, target: Proto) -> bool:
    """Whether libbpf takes a declaration for the kernel's function (bpf_core_types_are_compat)."""
    local = btf.strip(proto_id)
    if isinstance(local, Func):
        local = btf[local.proto]
    if not isinstance(local, FuncProto) or len(local.params) != len(target.args) or local.variadic != target.variadic:
        return False
    pairs = [(local.returns, target.returns), *((p.type, a.type) for p, a in zip(local.params, target.args, strict=True))]
    return all(_type_compatible(btf, mine, theirs) for mine, theirs in pairs)


def _type_compatible(btf: Btf, local_id: int, target: CType) -> bool:
    local = btf.strip(local_id)
    match local:
        case Void():
            return target.kind is Kind.VOID
        case Int():
            return target.kind in (Kind.INT, Kind.BOOL)
        case Enum():
            return target.kind is Kind.ENUM
        case Struct():
            return target.kind.value == local.kind
        case Fwd():
            return target.kind in (Kind.STRUCT, Kind.UNION)
        case Ptr():
            return target.kind is Kind.POINTER and (target.target is None or _type_compatible(btf, local.target, target.target))
        case Array():
            return target.kind is Kind.ARRAY and target.target is not None and _type_compatible(btf, local.element, target.target)
        case FuncProto():
            return target.kind is Kind.FUNCTION
        case Float():
            return target.kind is Kind.FLOAT
    return False
