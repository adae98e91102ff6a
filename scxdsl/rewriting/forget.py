# SPDX-License-Identifier: GPL-2.0-only
"""Variables of which the kernel's verifier forgets what it knows, in functions whose ways it would follow without end.

A number that is counted up on some ways and then is an index, or truths that are tested twice, have one more value with each branch
before; the verifier follows all of them. Here what such a variable is set to goes through memory in a form in which the verifier knows
nothing of it (codegen/arithmetic.py, forget). All tests that the language asks for stand behind it, so nothing else changes, but for one thing: of a truth that is
forgotten the verifier does not know any more that the value it tells of is there. So numbers begin with one that nobody knows, and truths that tell of pointers stay.
"""

from scxdsl.ir.module import Function
from scxdsl.ir.ops import Block, Compare, Const, Forget, GetLocal, If, Local, SetLocal, Store, Value
from scxdsl.ir.types import Pointer
from scxdsl.ir.walk import blocks, operations

from .names import author_name
from .records import Forgotten
from .sensitive import Flow
from .unset import unset
from .variables import Variable, Variables, type_of


def forget(function: Function) -> Forgotten | None:
    """Changes the function. None: there is no such variable."""
    flow, open_ = Flow(function.body), unset(function.body)
    chosen = flow.splitting() - flow.ending() - _telling(function.body, flow, {x for x in open_ if isinstance(x.type, Pointer)})
    done: dict[Variable, None] = {}
    _block(function.body, flow.variables, chosen, done)
    if not done:
        return None
    for local in sorted((x for x in open_ if not isinstance(x.type, Pointer)), key=lambda x: x.name):
        begin = Value(local.type)
        function.body[:0] = [Forget(span=function.span, result=begin, value=Const(local.type, 0)), SetLocal(span=function.span, local=local, value=begin)]
    return Forgotten(function.title or function.name, function.span, tuple(dict.fromkeys(author_name(v[0]) for v in done)))


def _telling(block: Block, flow: Flow, pointers: set[Local]) -> set[Variable]:
    """What tests are computed of behind which one of these pointers is read and not itself tested."""
    tested = {x for op in operations(block) if isinstance(op, Compare) for x in (op.left, op.right)}
    read = {op for op in operations(block) if isinstance(op, GetLocal) and op.local in pointers and op.result not in tested}
    tests = [op.condition for op in operations(block) if isinstance(op, If) and any(x in read for x in operations([op]))]
    return flow.behind(tests) if tests else set()


def _block(block: Block, variables: Variables, chosen: set[Variable], done: dict[Variable, None]) -> None:
    at = 0
    while at < len(block):
        op = block[at]
        for inner in blocks(op):
            _block(inner, variables, chosen, done)
        written = variables.written(op)
        if written in chosen and not isinstance(type_of(op), Pointer):
            assert isinstance(op, (SetLocal, Store)) and written is not None
            hidden = Value(op.value.type)
            block.insert(at, Forget(span=op.span, result=hidden, value=op.value))
            op.value = hidden
            done[written] = None
            at += 1
        at += 1
