# SPDX-License-Identifier: GPL-2.0-only
"""What every scheduler has without writing it: init creates the queues, exit keeps the kernel's reason, dump shows state."""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.ir.ops import CompareOp, Const, Operand, Value
from scxdsl.ir.types import Field, Struct
from scxdsl.source.text import Span
from scxdsl.typing import typed

from .builder import number
from .context import FunctionContext
from .errors import message
from .forms import family
from .kernel_calls import DSQ_SHIFT
from .kernel_text import DUMP, ERROR, print_text
from .kernel_types import kernel_struct
from .moves import scalar
from .param_checks import check_param
from .state import WRITTEN_OUT

EXIT_RECORD = "uei"
_BACKTRACE = 16
_REASON, _MESSAGE = 128, 1024  # kernel/sched/ext.c: SCX_EXIT_MSG_LEN; reasons are short

EXIT_STRUCT = Struct(
    "user_exit_info",
    (
        Field("kind", ir.I32),
        Field("bt_len", ir.U32),
        Field("exit_code", ir.I64),
        Field("bt", ir.Array(ir.U64, _BACKTRACE)),
        Field("reason", ir.Array(ir.CHAR, _REASON)),
        Field("msg", ir.Array(ir.CHAR, _MESSAGE)),
    ),
)


def init(f: FunctionContext) -> None:
    """Parameters are checked again, then the queues are made. What fails ends the load with the kernel's own number."""
    for p in f.module.policy.params:
        check_param(f, p)
    for dsq in f.module.policy.dsqs:
        if dsq.owner or dsq.kind is not None or dsq.second is not None or (dsq.count or 1) > WRITTEN_OUT:
            continue
        with f.build.at(dsq.span):
            for i in range(dsq.count or 1):
                _create(f, dsq, dsq.number << DSQ_SHIFT | i)


def _create(f: FunctionContext, dsq: typed.Dsq, id: int) -> None:
    made = scalar(family(f, "create_dsq", number(id), Const(ir.I64, -1)))
    failed = f.build.compare(CompareOp.NE, made, Const(made.type, 0))
    with f.build.when(failed):
        text = f"{f.module.place(dsq.span)}: the kernel could not create the queue {dsq.name} (%lld)"
        print_text(f, ERROR, text, f.build.convert(made, ir.I64))
        f.build.ret(f.build.convert(made, ir.I32))


def exit(f: FunctionContext, info: Value) -> None:
    """Copies the kernel's account of the end to where user space finds it, before the policy's own `exit`, which may end early."""
    for name, size in (("reason", _REASON), ("msg", _MESSAGE)):
        f.build.helper("probe_read_kernel_str", ir.I64, _kept(f, name), Const(ir.U32, size), _told(f, info, name))
    length = f.build.convert(_told(f, info, "bt_len"), ir.U64)
    most = f.build.select(f.build.compare(CompareOp.ULT, length, number(_BACKTRACE)), length, number(_BACKTRACE))
    size = Const(ir.U32, 8 * _BACKTRACE)
    f.build.helper("probe_read_kernel", ir.I64, _kept(f, "bt"), size, _told(f, info, "bt"))
    f.build.store(_kept(f, "bt_len"), f.build.convert(most, ir.U32))
    f.build.store(_kept(f, "exit_code"), f.build.convert(_told(f, info, "exit_code"), ir.I64))


def exited(f: FunctionContext, info: Value) -> None:
    """The kind, by which user space knows that all is there: it comes last, wherever `exit` ends."""
    f.build.store(_kept(f, "kind"), f.build.convert(_told(f, info, "kind"), ir.I32), volatile=True)


def _told(f: FunctionContext, info: Value, name: str) -> Value:
    struct = kernel_struct(f.module.target.facts, "scx_exit_info", (name,))
    return f.build.load(f.build.kernel_member(info, struct, name), struct.at((name,)))


def _kept(f: FunctionContext, name: str) -> Operand:
    return f.build.member(f.build.global_address(EXIT_RECORD, EXIT_STRUCT), EXIT_STRUCT, name)


def exit_record(span: Span) -> irm.Global:
    return irm.Global(name=EXIT_RECORD, type=EXIT_STRUCT, section=".bss", span=span)


def dump(f: FunctionContext) -> None:
    """A line for each variable and each queue, in the kernel's own debug dump."""
    policy = f.module.policy
    for g in policy.globals:
        if g.dumped:
            read = typed.Read(span=g.span, type=g.type, place=typed.GlobalPlace(span=g.span, type=g.type, declaration=g))
            with f.build.at(g.span):
                f.build.kfunc(DUMP, *message(f, [f"{g.name}=", read, "\n"], "").operands)
    for dsq in policy.dsqs:
        if not dsq.row and not dsq.owner:
            with f.build.at(dsq.span):
                queued = family(f, "dsq_nr_queued", number(dsq.number << DSQ_SHIFT))
                print_text(f, DUMP, f"{dsq.name}.len=%lld\n", scalar(queued))


