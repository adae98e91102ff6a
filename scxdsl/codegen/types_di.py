# SPDX-License-Identifier: GPL-2.0-only
"""IR types as debug metadata: what LLVM writes BTF from.

A struct of which only the name is known becomes an empty struct, not a forward declaration: libbpf
(bpf_core_types_are_compat) and the kernel (btf_parse_kptr) compare kinds, and FWD is not STRUCT.
"""

from scxdsl.ir.definitions import Definitions, EnumUse, key
from scxdsl.ir.types import Array, Bool, Char, Enum, Forward, Int, Pointer, Proto, Struct, Type, Void

from .metadata import Metadata, quoted

_UNSIGNED = {8: "unsigned char", 16: "unsigned short", 32: "unsigned int", 64: "unsigned long long"}
_SIGNED = {8: "signed char", 16: "short", 32: "int", 64: "long long"}


class DebugTypes:
    """The types of one module as metadata references, each written once."""

    def __init__(self, metadata: Metadata, definitions: Definitions) -> None:
        self._md = metadata
        self._definitions = definitions
        self._refs: dict[str, str] = {}
        self._by_identity: dict[int, tuple[Type, str]] = {}

    def ref(self, t: Type) -> str:
        """The reference of a type; `null` for void."""
        known = self._by_identity.get(id(t))
        if known is not None:
            return known[1]
        name = key(t)
        ref = self._refs.get(name)
        if ref is None:
            ref = self._make(t, name)
        self._by_identity[id(t)] = (t, ref)  # holds the type, so that its id stays its own
        return ref

    def pointer(self, to: str, annotations: str | None = None) -> str:
        """A pointer to a type given by its reference."""
        return self._derived("DW_TAG_pointer_type", to, size=64, annotations=annotations)

    def const(self, t: Type) -> str:
        return self._derived("DW_TAG_const_type", self.ref(t))

    def signature(self, result: Type, params: tuple[Type, ...]) -> str:
        types = [self.ref(result), *(self.ref(p) for p in params)]
        return self._md.node("DISubroutineType", types=self._md.group(*types))

    def _derived(self, tag: str, base: str, **fields: object) -> str:
        return self._md.node("DIDerivedType", tag=tag, baseType=base, **fields)

    def _make(self, t: Type, name: str) -> str:
        if isinstance(t, (Struct, Forward)):
            return self._struct(t, name)
        ref = self._refs[name] = self._simple(t)
        return ref

    def _simple(self, t: Type) -> str:
        match t:
            case Void():
                return "null"
            case Int():
                names, encoding = (_SIGNED, "DW_ATE_signed") if t.signed else (_UNSIGNED, "DW_ATE_unsigned")
                return self._basic(names[t.bits], t.bits, encoding + ("_char" if t.bits == 8 else ""))
            case Bool():
                return self._basic("_Bool", 8, "DW_ATE_boolean")
            case Char():
                return self._basic("char", 8, "DW_ATE_signed_char")
            case Enum():
                return self._enum(self._definitions.enums[t.name])
            case Pointer():
                to = self.ref(t.to)
                if t.const:
                    to = self._derived("DW_TAG_const_type", to)
                return self.pointer(to, self._md.pairs("btf_type_tag", (t.tag,) if t.tag else ()))
            case Array():
                return self.array(self.ref(t.of), self._definitions.whole(t.of).size, t.length)
            case Proto():
                return self.signature(t.result, t.params)
        raise TypeError(f"no debug type for {t}")

    def array(self, of: str, size: int, length: int) -> str:
        """An array of elements of `size` bytes."""
        bounds = self._md.group(self._md.node("DISubrange", count=length))
        return self._composite("DW_TAG_array_type", baseType=of, size=size * length * 8, elements=bounds)

    def _basic(self, name: str, bits: int, encoding: str) -> str:
        return self._md.node("DIBasicType", name=quoted(name), size=bits, encoding=encoding)

    def _composite(self, tag: str, **fields: object) -> str:
        return self._md.node("DICompositeType", tag=tag, **fields)

    def _enum(self, use: EnumUse) -> str:
        limit = 1 << use.bits
        wide = any(not -(limit >> 1) <= v < limit for v in use.values.values())
        bits = 64 if wide else use.bits
        values = [
            self._md.node(
                "DIEnumerator",
                name=quoted(name),
                value=value if use.signed else value % (1 << 64),
                isUnsigned=None if use.signed else True,
            )
            for name, value in use.values.items()
        ]
        base = self.ref(Int(max(bits, 32), use.signed))
        return self._composite(
            "DW_TAG_enumeration_type",
            name=quoted(use.name),
            baseType=base,
            size=bits,
            elements=self._md.group(*values),
        )

    def _struct(self, t: Struct | Forward, name: str) -> str:
        ref = self._refs[name] = self._md.reserve()  # before its fields: they may point back
        whole = self._definitions.whole(Struct(t.name, ()) if isinstance(t, Forward) else t)
        members = [(f.name, self.ref(f.type), f.type.size, whole.offsets[f.name], f.tags) for f in whole.fields]
        self.fill_struct(ref, t.name, members, whole.size)
        return ref

    def fill_struct(
        self,
        ref: str,
        name: str | None,
        members: list[tuple[str, str, int, int, tuple[str, ...]]],
        size: int,
    ) -> None:
        """Writes a struct: of each member its name, type, size, offset (bytes) and decl tags."""
        elements = [
            self._derived(
                "DW_TAG_member",
                ref_,
                name=quoted(member),
                size=bytes_ * 8,
                offset=offset * 8,
                annotations=self._md.pairs("btf_decl_tag", tags),
            )
            for member, ref_, bytes_, offset, tags in members
        ]
        self._md.fill(
            ref,
            "DICompositeType",
            tag="DW_TAG_structure_type",
            name=quoted(name) if name else None,
            size=size * 8,
            elements=self._md.group(*elements),
        )
