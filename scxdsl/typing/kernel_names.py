# SPDX-License-Identifier: GPL-2.0-only
"""The kernel under its own names: functions without a short form, fields of its structs, and `kernel has NAME`."""

from scxdsl.kernel.ctype import Arg, CType, Kind
from scxdsl.kernel.forms import Family, families
from scxdsl.syntax import tree

from . import typed
from .checker import Checker, expression
from .errors_kernel import CalledInPairs, NoSuchKernelName, UnsupportedKernelType
from .errors_names import close_to
from .short_forms import paired
from .surface import Operation, Parameter, Receiver
from .typed import FLAG_TYPES
from .types import (
    BOOL,
    BROKEN,
    CGROUP,
    CPU,
    CPUMASK,
    DSQ,
    DURATION,
    I64,
    KERNEL_TASK,
    NODE,
    NOTHING,
    TASK,
    TIME,
    U32,
    U64,
    VTIME,
    CgroupType,
    IntType,
    KernelStruct,
    Optional,
    TaskType,
    TextType,
    Type,
)

ROOTS: dict[type, str] = {TaskType: "task_struct", CgroupType: "cgroup"}

# Arguments whose C type says less than their name (kernel/sched/ext.c).
_BY_NAME: dict[str, Type] = {
    "cpu": CPU,
    "prev_cpu": CPU,
    "dsq_id": DSQ,
    "slice": DURATION,
    "vtime": VTIME,
    "enq_flags": FLAG_TYPES["enq"],
    "wake_flags": FLAG_TYPES["wake"],
}

# Fields that are sets of CPUs: what a task may run on now, and what it was given (they differ while migration is off).
MASKS = (("cpus_ptr",), ("cpus_mask",))

# Helpers that take nothing and answer with a number (kernel/bpf/helpers.c): where no short form says the same.
HELPERS: dict[str, Type] = {
    "bpf_get_prandom_u32": U32,
    "bpf_jiffies64": U64,
    "bpf_ktime_get_ns": TIME,
    "bpf_ktime_get_boot_ns": TIME,
    "bpf_get_smp_processor_id": CPU,
    "bpf_get_numa_node_id": NODE,
    "bpf_get_current_pid_tgid": U64,
}


# ---- functions


def operation(name: str, c: Checker) -> Operation | None:
    """A kernel function as an operation; None where no kernel has it."""
    if name in HELPERS:
        return Operation(Receiver.NONE, name, (), HELPERS[name])
    family = _family_of(name, c)
    if family is None:
        return None
    kfunc = c.target.facts.kfunc(family.names[0])
    proto = kfunc.proto.newest if kfunc is not None else None
    if kfunc is None or proto is None:
        return None
    params = []
    for arg in proto.args:
        t = _argument(name, arg)
        if t is None:
            return None
        params.append(Parameter(arg.name, t))
    result = _result(proto.returns, kfunc.has("rcu_protected") & kfunc.has("ret_null") == kfunc.where)
    if result is None:
        return None
    return Operation(Receiver.NONE, name, tuple(params), result, (family.name,), effect=True)


def _family_of(name: str, c: Checker) -> Family | None:
    """The family of a function; one that was never renamed is a family of its own."""
    for family in families().values():
        if name in family.names:
            return family
    kfunc = c.target.facts.kfunc(name)
    if kfunc is None or kfunc.proto.newest is None:
        return None
    made = Family(name, tuple(a.name for a in kfunc.proto.newest.args), (name,))
    families()[name] = made
    return made


def _argument(function: str, arg: Arg) -> Type | None:
    if arg.name in _BY_NAME:
        return _BY_NAME[arg.name]
    if arg.name == "flags" and "kick" in function:
        return FLAG_TYPES["kick"]
    if arg.type.points_to("task_struct"):
        return TASK
    if arg.type.points_to("cgroup"):
        return CGROUP
    if arg.type.points_to("cpumask"):
        return CPUMASK
    return _plain(arg.type)


def _plain(t: CType) -> Type | None:
    match t.kind:
        case Kind.BOOL:
            return BOOL
        case Kind.INT | Kind.ENUM if t.bits <= 64:
            return IntType(t.bits, t.signed)
    return None


def _result(t: CType, protected: bool) -> Type | None:
    """`protected`: the pointer may be NULL, and what it leads to is there to the end of the program (KF_RCU_PROTECTED, KF_RET_NULL)."""
    if protected and t.points_to("task_struct"):
        return Optional(KERNEL_TASK)
    return NOTHING if t.kind is Kind.VOID else _plain(t)


def known(name: str, c: Checker) -> bool:
    return name in HELPERS or c.target.facts.kfunc(name) is not None


def refused(node: tree.Call, name: str, c: Checker) -> bool:
    """Whether a policy may not call this function although it passes nothing unusual; reports it."""
    kfunc = c.target.facts.kfunc(name)
    if kfunc is None or not paired(name, frozenset().union(*kfunc.flags.values())):
        return False
    c.report(CalledInPairs(node.function.span, name))
    return True


def unsupported(node: tree.Call, name: str, c: Checker) -> None:
    c.report(UnsupportedKernelType(node.function.span, name))


def event_count(node: tree.Member, c: Checker) -> typed.Expr | None:
    """`scx_bpf_events().NAME`: the kernel fills a struct, of which one counter is wanted. None for any other member."""
    call = node.object
    named = isinstance(call, tree.Call) and isinstance(call.function, tree.NameExpr) and call.function.name.text == "scx_bpf_events"
    if not named or call.arguments or c.target.facts.field(f"scx_event_stats.{node.name.text}") is None:
        return None
    return typed.EventCount(span=node.span, type=I64, name=node.name.text)


# ---- fields


def field_of(base: typed.Expr, node: tree.Member, c: Checker) -> typed.Expr | None:
    """A field by its kernel name; None where the kernel's struct has none of that name."""
    root, value, path = _root(base)
    if root is None:
        return None
    full = (*path, node.name.text)
    if root == "task_struct" and full in MASKS:
        return typed.AllowedMask(span=node.span, type=CPUMASK, base=value, field=full[0])
    found = c.target.facts.field(".".join((root, *full)))
    if found is None or found.type.newest is None or not found.where & c.target.kernels:
        return None
    t, embedded = _field_type(found.type.newest.type, found.trust.newest)
    if t is None:
        c.report(UnsupportedKernelType(node.span, node.span.text))
        t = BROKEN
    return typed.KernelField(span=node.span, type=t, base=value, struct=root, path=full, embedded=embedded)


def _root(base: typed.Expr) -> tuple[str | None, typed.Expr, tuple[str, ...]]:
    """The struct that a chain of embedded members began in, the pointer to it, and the members so far."""
    if isinstance(base, typed.KernelField) and base.embedded:
        return base.struct, base.base, base.path
    if isinstance(base.type, KernelStruct):
        return base.type.name, base, ()
    return ROOTS.get(type(base.type)), base, ()


def _field_type(t: CType, trust: str | None) -> tuple[Type | None, bool]:
    """The language's type of a field, and whether it is a struct inside, whose members come next."""
    match t.kind:
        case Kind.STRUCT | Kind.UNION:
            return KernelStruct(t.name or t.spelling), True
        case Kind.POINTER if t.target is not None and t.target.kind is Kind.STRUCT:
            inner: Type = KERNEL_TASK if t.target.name == "task_struct" else KernelStruct(t.target.name)
            return (Optional(inner) if trust == "rcu_or_null" else inner), False
        case Kind.ARRAY if t.target is not None and t.target.spelling == "char":
            return TextType(t.length), False
    return _plain(t), False


def field_names(base: typed.Expr, c: Checker) -> tuple[str, ...]:
    """The fields to suggest."""
    root, _, path = _root(base)
    struct = c.target.facts.struct(root) if root is not None and not path else None
    return struct.fields if struct is not None else ()


# ---- questions


@expression.register
def _(node: tree.KernelHas, c: Checker, expected: Type | None = None) -> typed.Expr:
    """`kernel has NAME`: a function, a constant, a struct, or a field that lies in one (`task_struct.scx.tid`)."""
    name = node.name.text
    facts = c.target.facts
    if facts.kfunc(name) is not None:
        kind = "kfunc"
    elif facts.constant(name) is not None:
        kind = "constant"
    elif facts.struct(name) is not None:
        kind = "struct"
    elif "." in name and facts.inside(name):
        kind = "field"
    else:
        c.report(NoSuchKernelName(node.name.span, name, close_to(name, facts.kfunc_names)))
        return typed.Literal(span=node.span, type=BOOL, value=False)
    return typed.KernelHas(span=node.span, type=BOOL, name=name, kind=kind)
