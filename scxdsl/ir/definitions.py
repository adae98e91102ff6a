# SPDX-License-Identifier: GPL-2.0-only
"""One definition of each named type for a whole module.

Where the IR names a kernel struct it lists the fields that one place needs; BTF and CO-RE want one struct with all of them.
The union is laid out naturally: its offsets mean nothing, libbpf replaces them by the running kernel's.
"""

from collections.abc import Iterable

from scxdsl.source.records import dataclass, field

from .module import Module
from .ops import EnumExists, EnumValue
from .types import Array, Enum, Field, Forward, Pointer, Proto, Struct, Type
from .walk import operations, parts, types_of_data, types_of_op, types_of_signature


@dataclass(eq=False)
class Conflict(Exception):
    """Two places of a module disagree on a named type."""

    name: str
    field: str
    first: str
    second: str

    def __str__(self) -> str:
        place = f"struct {self.name}" + (f", field {self.field}" if self.field else "")
        return f"{place}: {self.first} in one place, {self.second} in another"


@dataclass
class EnumUse:
    """An enum of the kernel and those of its constants that the module names."""

    name: str
    bits: int
    signed: bool
    values: dict[str, int] = field(default_factory=dict)


def key(t: Type) -> str:
    """A spelling that is equal for equal types only; anonymous structs are told apart by their fields."""
    match t:
        case Pointer():
            return f"{key(t.to)}*{'c' if t.const else ''}{t.tag or ''}"
        case Array():
            return f"[{key(t.of)};{t.length}]"
        case Struct() if t.name is None:
            return "{" + ",".join(f"{f.name}:{key(f.type)}:{'|'.join(f.tags)}" for f in t.fields) + "}"
        case Proto():
            return f"({','.join(map(key, t.params))}){key(t.result)}"
        case Enum():
            return f"enum {t.name}"
    return str(t)


class Definitions:
    """Named structs and enums of a module. Raises Conflict."""

    def __init__(self, module: Module) -> None:
        self.structs: dict[str, Struct] = {}
        self.enums: dict[str, EnumUse] = {}
        self._whole: dict[str, Struct] = {}
        self._seen: dict[int, Type] = {}
        self._enter_all(types_of_data(module))
        for f in module.functions:
            self._enter_all(types_of_signature(f))
            for op in operations(f.body):
                self._enter_all(types_of_op(op))
                if isinstance(op, (EnumValue, EnumExists)):
                    self.enums[op.enum.name].values.setdefault(op.name, op.known)

    def whole(self, t: Type) -> Type:
        """The type as the module defines it: structs with all their fields, also those that lie within."""
        match t:
            case Struct() if t.name:
                done = self._whole.get(t.name)
                if done is None:
                    done = self._whole[t.name] = self._with_whole_fields(self.structs.get(t.name, t))
                return done
            case Struct():
                return self._with_whole_fields(t)
            case Array():
                of = self.whole(t.of)
                return t if of is t.of else Array(of, t.length)
        return t

    def _with_whole_fields(self, s: Struct) -> Struct:
        fields = tuple(Field(f.name, self.whole(f.type), f.tags) for f in s.fields)
        if all(new.type is old.type for new, old in zip(fields, s.fields)):
            return s
        return Struct(s.name, fields, s.kernel)

    def _enter_all(self, types: Iterable[Type]) -> None:
        for t in types:
            if id(t) not in self._seen:
                self._enter(t)

    def _enter(self, t: Type) -> None:
        self._seen[id(t)] = t
        match t:
            case Struct() if t.name:
                self._merge(t)
            case Forward():
                self.structs.setdefault(t.name, Struct(t.name, ()))
            case Enum():
                use = self.enums.setdefault(t.name, EnumUse(t.name, t.bits, t.signed))
                use.bits = max(use.bits, t.bits)
                use.signed |= t.signed
        self._enter_all(parts(t))

    def _merge(self, new: Struct) -> None:
        assert new.name
        old = self.structs.get(new.name)
        if old is None or not old.fields:
            self.structs[new.name] = new
            return
        if not new.fields:
            return
        if not (old.kernel and new.kernel):
            if [(f.name, key(f.type)) for f in old.fields] != [(f.name, key(f.type)) for f in new.fields]:
                raise Conflict(new.name, "", _shape(old), _shape(new))
            return
        fields: dict[str, Field] = {f.name: f for f in old.fields}
        for f in new.fields:
            known = fields.setdefault(f.name, f)
            if key(known.type) != key(f.type):
                raise Conflict(new.name, f.name, str(known.type), str(f.type))
        if len(fields) > len(old.fields):
            self.structs[new.name] = Struct(new.name, tuple(fields.values()), kernel=True)


def _shape(s: Struct) -> str:
    return "{" + ", ".join(f"{f.name}: {f.type}" for f in s.fields) + "}"
