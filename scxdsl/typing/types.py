# SPDX-License-Identifier: GPL-2.0-only
"""Types of the language, as authors meet them (docs/language.md, "Types and values")."""

from scxdsl.source.records import dataclass, field


@dataclass(frozen=True)
class Nothing:
    """What a call gives that gives nothing."""

    def __str__(self) -> str:
        return "nothing"


@dataclass(frozen=True)
class Never:
    """The value of what does not come back: `return`, `error`, `break`."""

    def __str__(self) -> str:
        return "no value"


@dataclass(frozen=True)
class Broken:
    """The type of what was reported already; it agrees with everything, so that nothing is reported twice."""

    def __str__(self) -> str:
        return "?"


@dataclass(frozen=True)
class BoolType:
    def __str__(self) -> str:
        return "bool"


@dataclass(frozen=True)
class IntType:
    bits: int
    signed: bool = False

    def __str__(self) -> str:
        return f"{'i' if self.signed else 'u'}{self.bits}"

    @property
    def range(self) -> tuple[int, int]:
        """Least and greatest value."""
        if self.signed:
            return -(1 << self.bits - 1), (1 << self.bits - 1) - 1
        return 0, (1 << self.bits) - 1


@dataclass(frozen=True)
class LiteralInt:
    """An integer whose type is still open: it takes the other operand's, else u64 (negative: i64)."""

    value: int

    def __str__(self) -> str:
        return "number"


@dataclass(frozen=True)
class UnitType:
    """`duration`, `time` or `vtime`: a u64 of nanoseconds (vtime: of nothing) that only mixes with its like."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class IndexType:
    """A valid index of the machine or of a table: `cpu`, `core`, `llc`, `node`, a table's name. Held as i32."""

    kind: str

    def __str__(self) -> str:
        return self.kind


@dataclass(frozen=True)
class TaskType:
    """A task; `ours` when the scheduler manages it (it has state), else any task of the kernel."""

    ours: bool = True

    def __str__(self) -> str:
        return "task" if self.ours else "kernel task"


@dataclass(frozen=True)
class CgroupType:
    def __str__(self) -> str:
        return "cgroup"


@dataclass(frozen=True)
class DsqType:
    """A dispatch queue as a value: its id."""

    def __str__(self) -> str:
        return "dsq"


@dataclass(frozen=True)
class CpumaskType:
    def __str__(self) -> str:
        return "cpumask"


CPUSET_CPUS = 1024  # a cpuset is plain data, copied as such, and three of them must fit a stack of 512 bytes


@dataclass(frozen=True)
class CpusetType:
    """Plain bits, one for each of the CPUs 0 to CPUSET_CPUS - 1."""

    def __str__(self) -> str:
        return "cpuset"


@dataclass(frozen=True)
class SlotType:
    """Where a node lies in a tree. It outlives the node: then nothing is found there."""

    def __str__(self) -> str:
        return "slot"


@dataclass(frozen=True)
class FlagsType:
    """A set of flags of one kernel enum. `prefix` is what every constant's kernel name begins with: `SCX_ENQ_`."""

    enum: str
    prefix: str
    title: str

    def __str__(self) -> str:
        return self.title


@dataclass(frozen=True)
class KernelStruct:
    """A pointer to a struct of the kernel whose fields keep their kernel names: `args` of init_task."""

    name: str

    def __str__(self) -> str:
        return f"struct {self.name}"


@dataclass(frozen=True)
class TextType:
    """`str[n]`: at most n - 1 bytes and an end; literals have their own length."""

    size: int

    def __str__(self) -> str:
        return f"str[{self.size}]"


@dataclass(frozen=True)
class ArrayType:
    of: "Type"
    length: int
    bounded: bool = False  # `[T; ..n]`: may hold fewer, `.len` tells

    def __str__(self) -> str:
        return f"[{self.of}; {'..' if self.bounded else ''}{self.length}]"


@dataclass(frozen=True)
class TupleType:
    items: tuple["Type", ...]

    def __str__(self) -> str:
        return f"({', '.join(map(str, self.items))})"


@dataclass(frozen=True)
class Optional:
    """`T?`: a value or `none`."""

    of: "Type"

    def __str__(self) -> str:
        return f"{self.of}?"


@dataclass(frozen=True)
class StructField:
    """`default` is a plain value where the author gave one."""

    name: str
    type: "Type"
    default: object = None
    atomic: bool = False


@dataclass(frozen=True)
class StructType:
    name: str
    fields: tuple[StructField, ...] = field(compare=False)

    def __str__(self) -> str:
        return self.name

    def field(self, name: str) -> StructField | None:
        return next((f for f in self.fields if f.name == name), None)


@dataclass(frozen=True)
class Variant:
    name: str
    fields: tuple[StructField, ...]  # names are "0", "1", … where the author gave none


@dataclass(frozen=True)
class EnumType:
    name: str
    variants: tuple[Variant, ...] = field(compare=False)

    def __str__(self) -> str:
        return self.name

    def variant(self, name: str) -> Variant | None:
        return next((v for v in self.variants if v.name == name), None)


Type = (
    Nothing
    | Never
    | Broken
    | BoolType
    | IntType
    | LiteralInt
    | UnitType
    | IndexType
    | TaskType
    | CgroupType
    | DsqType
    | CpumaskType
    | CpusetType
    | FlagsType
    | KernelStruct
    | TextType
    | ArrayType
    | TupleType
    | Optional
    | StructType
    | EnumType
)

NOTHING, NEVER, BROKEN, BOOL = Nothing(), Never(), Broken(), BoolType()
U8, U16, U32, U64 = (IntType(bits) for bits in (8, 16, 32, 64))
I8, I16, I32, I64 = (IntType(bits, True) for bits in (8, 16, 32, 64))
DURATION, TIME, VTIME = UnitType("duration"), UnitType("time"), UnitType("vtime")
CPU, NODE, LLC, CORE = IndexType("cpu"), IndexType("node"), IndexType("llc"), IndexType("core")
TASK, KERNEL_TASK, CGROUP, DSQ, CPUMASK, CPUSET = (
    TaskType(),
    TaskType(ours=False),
    CgroupType(),
    DsqType(),
    CpumaskType(),
    CpusetType(),
)

SLOT = SlotType()

SIMPLE_NAMES: dict[str, Type] = {
    "bool": BOOL,
    **{str(t): t for t in (U8, U16, U32, U64, I8, I16, I32, I64, DURATION, TIME, VTIME, CPU, CORE, LLC, NODE)},
    "task": TASK,
    "cgroup": CGROUP,
    "dsq": DSQ,
    "cpumask": CPUMASK,
    "cpuset": CPUSET,
    "slot": SLOT,
}


def is_owner(t: Type) -> bool:
    """Whether a place in memory of that type owns what the kernel counts references of."""
    return isinstance(t, Optional) and (t.of == TASK or isinstance(t.of, CgroupType))


def owns(t: Type) -> bool:
    """Whether a place of that type is an owner or has owners inside."""
    match t:
        case ArrayType(of) | Optional(ArrayType() | StructType() as of):
            return owns(of)
        case StructType(_, fields):
            return any(owns(f.type) for f in fields)
        case TupleType(items):
            return any(not is_owner(item) and owns(item) for item in items)
        case EnumType(_, variants):
            return any(owns(f.type) for v in variants for f in v.fields)
    return is_owner(t)


def is_number(t: Type) -> bool:
    return isinstance(t, IntType | LiteralInt)


def ranged(t: Type) -> Type:
    """What the range of a parameter is about: the elements of arrays, else the type itself."""
    return ranged(t.of) if isinstance(t, ArrayType) else t


def widened(t: IntType) -> IntType:
    """Integers narrower than 64 bits widen before any operation, unsigned to u64, signed to i64."""
    return I64 if t.signed else U64
