# SPDX-License-Identifier: GPL-2.0-only
"""Cgroups: acquired where they are asked for, given back at the end of the block around that place, on every way out.

Source: kernel/bpf/helpers.c, bpf_cgroup_from_id, bpf_cgroup_ancestor; kernel/sched/ext.c, scx_bpf_task_cgroup;
kernel/cgroup/cgroup.c, css_next_descendant_pre.
"""

from scxdsl.ir import types as ir
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, Local, Operand, Value
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .builder import number
from .context import FunctionContext
from .control import counted
from .dispatch import expression, statement, value
from .forms import family
from .kernel_types import kernel_struct
from .kfuncs import owned, plain_kfunc, section
from .layout import memory_type
from .moves import scalar, set_slot
from .slots import new_slot
from .state import cgroup_id
from .values import Lowered, Memory

_ITERATOR = ir.Struct("bpf_iter_css", (ir.Field("__opaque", ir.Array(ir.U64, 3)),))
_CSS = ir.Struct("cgroup_subsys_state", (), kernel=True)
_DESCENDANTS_PRE = 2  # include/uapi/linux/bpf.h: BPF_CGROUP_ITER_DESCENDANTS_PRE


def _hold(f: FunctionContext, found: Operand | None) -> Operand:
    assert isinstance(found, Value)
    owned(f, "cgroup", found, lambda held: plain_kfunc(f, "bpf_cgroup_release", held))
    return found


@expression.register
def _(node: typed.TaskCgroup, f: FunctionContext) -> Lowered:
    return _hold(f, scalar(family(f, "task_cgroup", scalar(value(node.base, f)))))


@expression.register
def _(node: typed.CgroupById, f: FunctionContext) -> Lowered:
    return _hold(f, plain_kfunc(f, "bpf_cgroup_from_id", scalar(value(node.id, f))))


@expression.register
def _(node: typed.CgroupAncestor, f: FunctionContext) -> Lowered:
    cgroup = scalar(value(node.base, f))
    if node.level is None:
        level = f.build.binary(BinaryOp.SUB, _level(f, cgroup), Const(ir.I64, 1))
    else:
        level = scalar(value(node.level, f))
    within = f.build.compare(CompareOp.ULE, f.build.convert(level, ir.U64), number((1 << 31) - 1))
    at = f.build.select(within, f.build.convert(level, ir.I64), Const(ir.I64, -1))
    return _hold(f, plain_kfunc(f, "bpf_cgroup_ancestor", cgroup, f.build.convert(at, ir.I32)))


def _level(f: FunctionContext, cgroup: Operand) -> Operand:
    struct = kernel_struct(f.module.target.facts, "cgroup", ("level",))
    return f.build.convert(f.build.load(f.build.kernel_member(cgroup, struct, "level"), struct.at(("level",))), ir.I64)


@expression.register
def _(node: typed.CgroupId, f: FunctionContext) -> Lowered:
    return cgroup_id(f, scalar(value(node.base, f)))


@expression.register
def _(node: typed.CgroupName, f: FunctionContext) -> Lowered:
    """Copied: the kernel may rename and free it meanwhile."""
    cgroup = scalar(value(node.base, f))
    type = memory_type(node.type)
    out = f.build.local_address(Local(f.name("name"), type))
    f.build.clear(out, type)
    f.build.helper("probe_read_kernel_str", ir.I64, out, Const(ir.U32, type.size), _name_of(f, cgroup))
    return Memory(out, type)


def _name_of(f: FunctionContext, cgroup: Operand) -> Operand:
    """Where the kernel has the name."""
    facts = f.module.target.facts
    struct = kernel_struct(facts, "cgroup", ("kn",))
    kn = f.build.load(f.build.kernel_member(cgroup, struct, "kn"), struct.at(("kn",)))
    inside = kernel_struct(facts, "kernfs_node", ("name",))
    return f.build.load(f.build.kernel_member(kn, inside, "name"), inside.at(("name",)))


@expression.register
def _(node: typed.CgroupPath, f: FunctionContext) -> Lowered:
    """Name by name, from the one below the root, into memory that is longer by one name, so that each has room."""
    cgroup = scalar(value(node.base, f))
    room = ir.Array(ir.CHAR, typed.PATH_SIZE + typed.PART_SIZE)
    out = f.build.local_address(Local(f.name("path"), room))
    f.build.clear(out, room)
    f.build.store(f.build.element(out, room, number(0)), Const(ir.CHAR, ord("/")))
    length = Local(f.name("length"), ir.U64)  # up to the slash before the next name
    f.build.set(length, number(0))

    def turn(index: Operand) -> None:
        at = f.build.opaque(f.build.get(length))
        with f.build.when(f.build.compare(CompareOp.UGE, at, number(typed.PATH_SIZE - 1))):
            f.leave(f.loops[-1])
        level = f.build.convert(f.build.add(index, number(1)), ir.I32)
        with f.scope():
            above = _hold(f, plain_kfunc(f, "bpf_cgroup_ancestor", cgroup, level))
            with f.build.when(f.build.compare(CompareOp.EQ, above, Const(above.type, 0))):
                f.leave(f.loops[-1])
            f.build.store(f.build.element(out, room, at), Const(ir.CHAR, ord("/")))
            to = f.build.element(out, room, f.build.add(at, number(1)))
            size = f.build.helper("probe_read_kernel_str", ir.I64, to, Const(ir.U32, typed.PART_SIZE), _name_of(f, above))
            assert size is not None
            # Without a branch, and from 0 on as far as the verifier knows: it would follow each turn that makes the path longer.
            error = f.build.opaque(f.build.binary(BinaryOp.ASHR, size, Const(ir.I64, 63)))
            told = f.build.binary(BinaryOp.AND, size, f.build.binary(BinaryOp.XOR, error, Const(ir.I64, -1)))
            read = f.build.binary(BinaryOp.AND, f.build.convert(told, ir.U64), number(2 * typed.PART_SIZE - 1))
            f.build.set(length, f.build.add(at, read))

    counted(f, f.build.convert(_level(f, cgroup), ir.U64), turn)
    f.build.store(f.build.element(out, room, number(typed.PATH_SIZE - 1)), Const(ir.CHAR, 0))
    return Memory(out, memory_type(node.type))


@statement.register
def _(node: typed.ForCgroup, f: FunctionContext) -> None:
    top = scalar(value(node.base, f))
    own = cgroup_id(f, top)
    iterator = f.build.local_address(Local(f.name("below"), _ITERATOR))
    start = kernel_struct(f.module.target.facts, "cgroup", ("self",))
    with section(f):
        plain_kfunc(f, "bpf_iter_css_new", iterator, f.build.kernel_member(top, start, "self"), Const(ir.U32, _DESCENDANTS_PRE))
        level = f.build.loop_depth + 1
        with f.cleanup(level, lambda: plain_kfunc(f, "bpf_iter_css_destroy", iterator)), f.build.loop() as level:
            css = plain_kfunc(f, "bpf_iter_css_next", iterator)
            assert css is not None
            with f.build.when(f.build.compare(CompareOp.EQ, css, Const(css.type, 0))):
                if node.otherwise is not None:
                    value(node.otherwise, f)
                f.leave(level)
            id = _id_of(f, css)
            with f.build.when(f.build.compare(CompareOp.EQ, id, own)):
                f.again(level)
            f.loops.append(level)
            with f.scope():
                below = _hold(f, plain_kfunc(f, "bpf_cgroup_from_id", id))
                with f.build.when(f.build.compare(CompareOp.EQ, below, Const(below.type, 0))):
                    f.again(level)
                if node.variable is not None:
                    slot = f.slots[node.variable] = new_slot(f, lang.CGROUP, node.variable.name)
                    set_slot(f, slot, below)
                value(node.body, f)
            f.loops.pop()


def _id_of(f: FunctionContext, css: Operand) -> Operand:
    struct = kernel_struct(f.module.target.facts, "cgroup_subsys_state", ("cgroup",))
    return cgroup_id(f, f.build.load(f.build.kernel_member(css, struct, "cgroup"), struct.at(("cgroup",))))
