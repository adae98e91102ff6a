# SPDX-License-Identifier: GPL-2.0-only
"""Variables of which the kernel's verifier forgets what it knows, in functions whose ways it would follow without end.

A number that is counted up on some ways and then is an index, or truths that are tested twice, have one more value with each branch
before; the verifier follows all of them. Here what such a variable is set to goes through memory in a form in which the verifier knows
nothing of it (codegen/arithmetic.py, forget). All tests that the language asks for stand behind it, so nothing else changes.
"""

from scxdsl.ir.module import Function
from scxdsl.ir.ops import Block, Forget, SetLocal, Store, Value
from scxdsl.ir.types import Pointer
from scxdsl.ir.walk import blocks

from .names import author_name
from .records import Forgotten
from .sensitive import Flow
from .variables import Variable, Variables, type_of


def forget(function: Function) -> Forgotten | None:
    """Changes the function. None: there is no such variable."""
    flow = Flow(function.body)
    chosen = flow.splitting() - flow.ending()
    done: dict[Variable, None] = {}
    _block(function.body, flow.variables, chosen, done)
    if not done:
        return None
    return Forgotten(function.title or function.name, function.span, tuple(dict.fromkeys(author_name(v[0]) for v in done)))


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
