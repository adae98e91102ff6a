# SPDX-License-Identifier: GPL-2.0-only
"""The rungs of a ladder: what is done to functions of which the kernel's verifier would walk too much (kernel/bpf/verifier.c, do_check:
BPF_COMPLEXITY_LIMIT_INSNS and BPF_COMPLEXITY_LIMIT_JMP_SEQ), one after another until an estimate says that it is enough."""

from functools import partial

from scxdsl.codegen.backend import BackendError
from scxdsl.ir.definitions import Definitions
from scxdsl.ir.module import Function, Module
from scxdsl.rewriting.branches import most_branches
from scxdsl.rewriting.copies import iterate
from scxdsl.rewriting.forget import forget
from scxdsl.rewriting.growing import forget_growing
from scxdsl.rewriting.leftovers import clean
from scxdsl.rewriting.loops import nested
from scxdsl.rewriting.records import Rewriting
from scxdsl.rewriting.scratch import movable
from scxdsl.rewriting.states import walked

ENOUGH = 100_000
"""Instructions walked with which a function is left alone: a tenth of what the verifier allows a program with its subprograms."""

MOST = 1_500_000
"""What is not tried: the verifier allows a million, and the estimate comes to twice of what it walks, and more (tests/fitting)."""


BRANCHES = 8192
"""One behind another (BPF_COMPLEXITY_LIMIT_JMP_SEQ)."""


def relieve(module: Module, enough: float = ENOUGH) -> tuple[list[Rewriting], BackendError | None]:
    """Changes the functions that need it. Tells what was done, and of a function that is too much whatever is done; most policies are
    left as they are."""
    definitions, branches = Definitions(module), most_branches(module)
    done: list[Rewriting] = [record for f in module.functions for record in (forget_growing(f, module), clean(f)) if record is not None]
    for f in movable(module):
        left = walked(f, definitions)
        for rung in (partial(iterate, f, definitions), partial(forget, f)):
            if (left is None or left > enough) and (record := rung()) is not None:
                done.append(record)
                left = walked(f, definitions)
        hopeless, behind = left is not None and left > MOST, branches.get(f.name, 0)
        if not (hopeless or behind > BRANCHES) or nested(f.body):
            continue  # of loops within loops both figures are too far from what the verifier walks, to refuse for them
        return done, _refused(f, f"about {min(left / 1e6, 1000):.0f} million instructions" if hopeless else f"{behind} branches one behind another")
    return done, None


def _refused(f: Function, ways: str) -> BackendError:
    return BackendError("more than the verifier walks", f.name, f.span.source.path, f.span.line, 1, ways=ways)
