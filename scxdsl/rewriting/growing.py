# SPDX-License-Identifier: GPL-2.0-only
"""Numbers that grow from turn to turn of a loop which the kernel's verifier walks until it meets a state that it knows.

A count is one more with each turn, a sum has a wider range with each. Where a test, an index or an argument depends on such a number it is precise, and
no turn is like one before (kernel/bpf/verifier.c: process_iter_next_call widens only what is not precise); so the verifier goes round until it gives up. It sees
the use behind a loop as well as one in it, for it leaves the loop first and goes round later. So what such a number is computed of goes through memory in each turn in a form
of which the verifier knows nothing (codegen/arithmetic.py, forget): whatever is done to it afterwards, such as `% 8`, is known again. Loops that the kernel bounds are the
compiler's own, and masked where they index (lowering/tree_code.py).
"""

from scxdsl.ir.module import Function, Linkage, Module
from scxdsl.ir.ops import Binary, BinaryOp, Block, Call, CallHelper, CallKfunc, Compare, Copy, Forget, Load, Loop, Op, Operand, Select, Value
from scxdsl.ir.types import Bool, Pointer
from scxdsl.ir.walk import blocks, operands, operations, result

from .loops import followed, stepped
from .names import author_name
from .records import Forgotten
from .sensitive import Flow
from .variables import Variable, value_of

Reads = dict[Op, bool]
"""The reads of variables that a value is computed of; whether it may be larger than what was read, or below it by more and more."""

Edges = dict[Variable, dict[Variable, set[Op]]]
"""By what is set, the variables that it is computed of: the reads where it may grow by that, none where it is a copy or less."""


def forget_growing(function: Function, module: Module) -> Forgotten | None:
    """Changes the function. None: no number of it grows so."""
    turning = [op for op in operations(function.body) if isinstance(op, Loop) and stepped(op)]
    if not turning:
        return None
    flow, apart = Flow(function.body), {f.name for f in module.functions if f.linkage is not Linkage.GLOBAL}
    precise, own = flow.sensitive(), _own(function, flow)
    chosen: dict[Op, Variable] = {}
    for loop in turning:
        edges = _edges(loop.body, flow, apart)
        for group in _cycles(edges):
            if group.isdisjoint(precise):
                continue
            for v in group - own:
                chosen |= {read: u for u in group for read in edges[v].get(u, ())}
    if not chosen:
        return None
    _hide(function.body, chosen)
    names = tuple(dict.fromkeys(author_name(v[0]) for v in chosen.values()))
    return Forgotten(function.title or function.name, function.span, names, growing=True)


def _own(function: Function, flow: Flow) -> set[Variable]:
    """What loops count that the verifier follows turn by turn: by that it sees their end."""
    out: set[Variable] = set()
    for op in operations(function.body):
        if isinstance(op, Loop) and followed(op):
            out |= {v for inner in operations(op.body) if (v := flow.variables.written(inner)) is not None}
    return out & flow.ending() if out else out


def _edges(body: Block, flow: Flow, apart: set[str]) -> Edges:
    sources: dict[Value, Reads] = {}
    edges: Edges = {}
    for op in operations(body):
        out, written = result(op), flow.variables.written(op)
        if out is not None:
            variable = flow.variables.read(op)
            sources[out] = {op: False} if variable is not None and not isinstance(out.type, Bool | Pointer) else _sources(op, sources, apart)
        elif written is not None:
            for read, grows in _of(value_of(op), sources).items():
                variable = flow.variables.read(read)
                assert variable is not None
                reads = edges.setdefault(written, {}).setdefault(variable, set())
                if grows:
                    reads.add(read)
        elif isinstance(op, Copy):
            for target, source in flow.variables.copied(op):
                edges.setdefault(target, {}).setdefault(source, set())
    return edges


def _sources(op: Op, sources: dict[Value, Reads], apart: set[str]) -> Reads:
    """What a value is computed of. What is tested, called or read from memory gives a number that has nothing to do with the one before; a
    subprogram that is walked with each call gives what it computes."""
    match op:
        case Compare() | CallHelper() | CallKfunc() | Load():
            return {}
        case Call() if op.function not in apart:
            return {}
        case Select():
            return _joined(_of(op.then, sources), _of(op.otherwise, sources))
        case Binary():
            left, right = _of(op.left, sources), _of(op.right, sources)
            smaller = {BinaryOp.AND: (left, right), BinaryOp.LSHR: (left,), BinaryOp.UDIV: (left,), BinaryOp.UREM: (left,)}.get(op.op, ())
            return {read: not any(read in of and not of[read] for of in smaller) for read in left | right}
    out = _joined(*(_of(x, sources) for x in operands(op)))
    return {read: True for read in out} if isinstance(op, Call) else out


def _joined(*several: Reads) -> Reads:
    return {read: any(of.get(read, False) for of in several) for of in several for read in of}


def _of(x: Operand, sources: dict[Value, Reads]) -> Reads:
    return sources.get(x, {}) if isinstance(x, Value) else {}


def _cycles(edges: Edges) -> list[set[Variable]]:
    """The groups of variables each of which is computed of each in the course of some turns."""
    behind = {v: _behind(v, edges) for v in edges}
    groups: list[set[Variable]] = []
    for v, of in behind.items():
        if v in of and not any(v in group for group in groups):
            groups.append({u for u in of if v in behind.get(u, ())})
    return groups


def _behind(v: Variable, edges: Edges) -> set[Variable]:
    found, waiting = set[Variable](), [v]
    while waiting:
        new = edges.get(waiting.pop(), {}).keys() - found
        found |= new
        waiting += new
    return found


def _hide(block: Block, chosen: dict[Op, Variable]) -> None:
    at = 0
    while at < len(block):
        op = block[at]
        for inner in blocks(op):
            _hide(inner, chosen)
        if op in chosen:
            read = result(op)
            assert read is not None
            op.result = seen = Value(read.type)  # type: ignore[attr-defined]
            at += 1
            block.insert(at, Forget(span=op.span, result=read, value=seen))
        at += 1
