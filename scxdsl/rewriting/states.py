# SPDX-License-Identifier: GPL-2.0-only
"""How much of a function the kernel's verifier walks: an estimate before LLVM, to see which functions need help.

The verifier walks every way through a function, and leaves a way where it meets a state that it has seen (kernel/bpf/verifier.c,
is_state_visited). States that differ in a precise number (sensitive.py) are different, so the ways behind a place are as many as the values that
live variables have there. Counted is from above: what is seen as too much is not always so, and to help then costs little.
"""

from math import prod

from scxdsl.ir.definitions import Definitions
from scxdsl.ir.module import Function
from scxdsl.ir.ops import (
    Binary, Block, Break, Clear, Compare, CompareOp, Const, Continue, Convert, Copy, Forget, GetLocal, If, Load, Loop, Op, Opaque, Operand, Return, Select, SetLocal,
    Store, Value,
)  # fmt: skip
from scxdsl.ir.types import Bool, Pointer
from scxdsl.ir.walk import blocks, result
from scxdsl.source.records import dataclass, field

from .known import MASK, UNKNOWN, Known, combined, constant, counted, joined
from .loops import ROUNDS
from .sensitive import Flow
from .variables import Variable, type_of, value_of

TURNS = 4096
"""Values of a variable that changes with each turn of a loop."""

UNROLLED, WORD, EACH = 512, 8, 9
"""Of copies (codegen/blocks.py): bytes up to which they stand one after another, bytes at a time, instructions of a round."""

BRANCHES = 24
"""Branches whose ways are multiplied; more come to too much anyway."""

STEPS = 20_000
"""Operations that the estimate itself looks at: loops within loops are looked through again and again."""

FRESH = NULL = constant(0)

Here = dict[Variable, Known] | None
"""What is known of variables at a place; None where no way leads."""


@dataclass
class _Walk:
    """One function. `wanted`: variables whose values matter; `ends`: behind which operation a variable is not read any more."""

    definitions: Definitions
    flow: Flow
    wanted: set[Variable]
    ends: dict[Op, list[Variable]]
    inside: dict[Loop, set[Variable]] = field(default_factory=dict)
    cost: float = 0.0
    steps: int = 0
    ways: float | None = None  # of the present place, where nothing has changed since
    values: dict[Value, Known] = field(default_factory=dict)
    loops: list[tuple[list[dict[Variable, Known]], list[dict[Variable, Known]]]] = field(default_factory=list)


class TooDeep(Exception):
    """The estimate would take too long."""


def walked(function: Function, definitions: Definitions) -> float | None:
    """The instructions of the function that the verifier walks, with no subprogram of it; from above. None where that is not known: the
    verifier leaves loops within loops much sooner than an estimate could tell."""
    flow = Flow(function.body)
    wanted = flow.splitting()
    w = _Walk(definitions, flow, wanted, _ends(function.body, flow, wanted))
    try:
        _block(w, function.body, {}, 1.0)
    except TooDeep:
        return None
    return w.cost


def _ends(body: Block, flow: Flow, wanted: set[Variable]) -> dict[Op, list[Variable]]:
    """By operation, within loops that of the outermost loop behind which the variable was there: the variables that are used last there."""
    last: dict[Variable, Op] = {}
    first: dict[Variable, int] = {}

    def walk(block: Block, loops: tuple[Loop, ...]) -> None:
        for op in block:
            used = flow.variables.read(op) or flow.variables.written(op)
            if used in wanted:
                depth = first.setdefault(used, len(loops))
                last[used] = loops[depth] if len(loops) > depth else op
            for inner in blocks(op):
                walk(inner, (*loops, op) if isinstance(op, Loop) else loops)

    walk(body, ())
    out: dict[Op, list[Variable]] = {}
    for variable, op in last.items():
        out.setdefault(op, []).append(variable)
    return out


def _ways(here: dict[Variable, Known]) -> float:
    """How many states there may be. Each branch gives two at most, each variable as many as it has values; a copy has those of the original."""
    some = list({x for x in here.values() if x.ways > 1})
    branches = len(frozenset().union(*(x.events for x in some)))
    most = float(prod(min(x.ways, 1 << 20) for x in some[:64]))
    if not any(x.values is None and not x.events for x in some):
        most = min(most, float(1 << min(branches, BRANCHES)))
    return most


def _block(w: _Walk, block: Block, here: Here, times: float) -> Here:
    """What is known behind a block; `times`: how often loops around it let it be walked."""
    for op in block:
        if here is None:
            return None
        here = _op(w, op, here, times)
        for local in w.ends.get(op, ()):
            if here is not None and here.pop(local, UNKNOWN).ways > 1:
                w.ways = None
    return here


def _op(w: _Walk, op: Op, here: dict[Variable, Known], times: float) -> Here:
    w.steps += 1
    if w.steps > STEPS:
        raise TooDeep
    if w.ways is None:
        w.ways = _ways(here)
    w.cost += times * w.ways * _instructions(w, op)
    match op:
        case If():
            return _if(w, op, here, times)
        case Loop():
            return _loop(w, op, here, times)
        case Break():
            w.loops[-1 - op.depth][0].append(here)
            return None
        case Continue():
            w.loops[-1 - op.depth][1].append(here)
            return None
        case Return():
            return None
        case SetLocal() | Store():
            _set(w, op, here)
        case Copy(target=Value() as target) | Clear(target=Value() as target):
            for variable in w.flow.variables.within(target) & w.wanted:
                here[variable] = FRESH  # LLVM may know what was copied
        case GetLocal() | Load():
            variable = w.flow.variables.read(op)
            w.values[op.result] = here.get(variable, UNKNOWN) if variable is not None else UNKNOWN
        case Binary():
            w.values[op.result] = combined(_known(w, op.left), _known(w, op.right), op.op)
        case Convert() | Opaque():
            w.values[op.result] = _known(w, op.value)
        case Select():
            w.values[op.result] = joined(_known(w, op.then), _known(w, op.otherwise), op)
        case Compare():
            known = combined(_known(w, op.left), _known(w, op.right))
            w.values[op.result] = Known(frozenset((0, 1)), 0, True, known.events | {op})
        case Forget():
            w.values[op.result] = UNKNOWN
        case _:
            out = result(op)
            if out is not None:
                w.values[out] = UNKNOWN
    return here


def _set(w: _Walk, op: Op, here: dict[Variable, Known]) -> None:
    variable = w.flow.variables.written(op)
    if variable not in w.wanted:
        return
    x = _known(w, value_of(op))
    if isinstance(type_of(op), Bool) and isinstance(value_of(op), Value) and x.unknown and x.events:
        x = Known(frozenset((0, 1)), events=x.events | {op})
    if x.ways > 1 or here.get(variable, UNKNOWN).ways > 1:
        w.ways = None
    here[variable] = x


def _known(w: _Walk, x: Operand) -> Known:
    return constant(x.value & MASK) if isinstance(x, Const) else w.values.get(x, UNKNOWN)


def _if(w: _Walk, op: If, here: dict[Variable, Known], times: float) -> Here:
    before, tested = w.ways, _tested_for_null(w, op)
    then = _block(w, op.then, dict(here), times)
    w.ways = before
    otherwise = _block(w, op.otherwise, here, times)
    if tested is not None and then is not None and otherwise is not None:
        null, other = (then, otherwise) if tested[1] else (otherwise, then)
        if tested[0] in null and other.get(tested[0], UNKNOWN).same(NULL):
            null[tested[0]] = NULL
    if then is not None:
        w.ways = None if otherwise is not None or then is not here else before
    return _meet(then, otherwise, op)


def _tested_for_null(w: _Walk, op: If) -> tuple[Variable, bool] | None:
    """The pointer of which a branch tells whether it is null, and whether it is where the condition holds. What is closed where it is not, and null from then on, is
    null on both ways."""
    test = w.flow.maker(op.condition)
    if not (isinstance(test, Compare) and test.op in (CompareOp.EQ, CompareOp.NE) and isinstance(test.left.type, Pointer) and isinstance(test.right, Const)):
        return None
    read = w.flow.maker(test.left)
    variable = w.flow.variables.read(read) if read is not None else None
    return None if variable is None else (variable, test.op is CompareOp.EQ)


def _meet(a: Here, b: Here, event: object) -> Here:
    if a is None or b is None:
        return b if a is None else a
    return {local: joined(a[local], b[local], event) for local in a if local in b}


def _loop(w: _Walk, op: Loop, here: dict[Variable, Known], times: float) -> Here:
    """The body with what it leaves for its next turn, until that changes no more."""
    cost = w.cost
    left, back = _turn(w, op, dict(here), times)
    if back:
        head = _entered(w, op, here, back)
        again = _entered(w, op, head, _turn(w, op, dict(head), times)[1])
        for local, x in again.items():
            if not x.same(head[local]):  # it grows
                if op not in w.inside:
                    w.inside[op] = w.flow.sensitive(op.body)
                head[local] = counted(op.followed or TURNS, x.unknown, frozenset()) if local in w.inside[op] else UNKNOWN
        w.cost = cost
        left, _ = _turn(w, op, head, times * (1 if op.followed else ROUNDS))
    w.ways = None
    out: Here = None
    for way in left:
        out = way if out is None else _meet(out, way, op)
    return None if out is None else {local: x for local, x in out.items() if local not in w.ends.get(op, ())}


def _entered(w: _Walk, op: Loop, here: dict[Variable, Known], back: list[dict[Variable, Known]]) -> dict[Variable, Known]:
    out = dict(here)
    for way in back:
        for local in out:
            if local in way:
                out[local] = joined(out[local], way[local], op)
    return out


def _turn(w: _Walk, op: Loop, here: dict[Variable, Known], times: float) -> tuple[list[dict[Variable, Known]], list[dict[Variable, Known]]]:
    """One walk through the body: the ways out, and those back to its head."""
    w.ways = None
    w.loops.append(([], []))
    end = _block(w, op.body, here, times)
    left, back = w.loops.pop()
    return left, [*back, *([end] if end is not None else [])]


def _instructions(w: _Walk, op: Op) -> float:
    if isinstance(op, (Copy, Clear)):
        size = w.definitions.whole(op.type).size
        return size / WORD * 2 if size <= UNROLLED else size / WORD * EACH
    if isinstance(op, (GetLocal, SetLocal, Loop)):
        return 0.5
    return 1.5
