# SPDX-License-Identifier: GPL-2.0-only
"""Which functions of a large program become subprograms of their own, and how large it then is.

Functions are laid into their callers, which is best for small programs; but a chain of functions each of which calls the one before
twice doubles at each link. Where all that a program lays out comes to more than SMALL nodes, functions that are large and are
called more than once become subprograms, callees first, as deep as the kernel's frames allow. Sizes are counted in nodes of the typed
tree; a node comes to some 1.5 instructions.
"""

from collections.abc import Iterable

from scxdsl.source.records import dataclass, field

from . import typed
from . import types as lang
from .walk import Node, parts, walk, walk_all

SMALL = 3000
"""Nodes of a program that is left as it is: some 5000 instructions."""

CHAINS = 3000
"""Chains of calls in a program: from 7.2 the verifier looks at a callee anew for each chain that hands on a pointer to the stack, at most
10000 times (kernel/bpf/liveness.c: `liveness analysis exceeded complexity limit`)."""

WORTH = (100, 300, 1000, 3000)
"""Nodes of a function below which it is laid in, tried in this order: subprograms that are too small use up the frames."""

CALL = 8
"""What a call is counted as: arguments, the test whether it failed."""

DEEPEST = 6
"""Subprograms that may stand on one another: the kernel allows 8 frames (include/linux/bpf_verifier.h: MAX_CALL_FRAMES), one is the program's
own and one is left for what calls back."""

REGISTERS = 5
"""Of a call; one says where the callee notes that it failed."""

_SCALARS = (lang.BoolType, lang.IntType, lang.UnitType, lang.IndexType, lang.DsqType, lang.SlotType, lang.FlagsType)
_POINTERS = (lang.TaskType, lang.CgroupType)
_OF_THE_PROGRAM = (typed.Waker, typed.Fail)  # these ask for what only the program itself has


@dataclass
class Plan:
    """`apart`: the functions that become subprograms; `alone`: those of them which the kernel verifies once, not with each call. `laid`:
    nodes of the largest piece of code. `total`: of all of them together. `walked`: what the verifier walks. `largest`: the function
    whose own code that piece is, None for the program's."""

    apart: set[typed.Function] = field(default_factory=set)
    alone: set[typed.Function] = field(default_factory=set)
    largest: typed.Function | None = None
    laid: int = 0
    total: int = 0
    walked: int = 0
    chains: int = 0


@dataclass
class _Sizes:
    """Of a function's body: nodes in place, nodes that the verifier walks for one call, subprograms on one another, and the chains of
    calls that begin here."""

    laid: int
    walked: int
    depth: int
    chains: int


def plan(body: typed.BlockValue, params: Iterable[typed.Variable] = (), deepest: int = DEEPEST) -> Plan:
    """Of one program, by its body; `params` are the callback's own, which the kernel trusts."""
    functions = _callees_first(body)
    trusted = _trusted(body, functions, set(params))
    out = _measured(body, functions, Plan(), trusted)
    if out.laid <= SMALL:
        return out
    times, held = _times(body, functions), _held(body, functions)
    able = [f for f in functions if times[f] > 1 and f not in held and eligible(f)]
    for worth in WORTH:
        tried = Plan()
        known: dict[typed.Function, _Sizes] = {}
        for f in functions:
            assert f.body is not None
            known[f] = _sizes(f.body, known, tried)
            if f in able and known[f].laid >= worth and known[f].depth < deepest:
                tried.apart.add(f)
                if f in trusted:
                    tried.alone.add(f)
        tried = _measured(body, functions, tried, trusted)
        if tried.laid < out.laid and tried.chains <= CHAINS:
            out = tried
        if out.laid <= SMALL and tried is out:
            break
    return out


def _measured(body: typed.BlockValue, functions: list[typed.Function], p: Plan, trusted: set[typed.Function]) -> Plan:
    """The plan with its sizes."""
    known: dict[typed.Function, _Sizes] = {}
    for f in functions:
        assert f.body is not None
        known[f] = _sizes(f.body, known, p)
    whole = _sizes(body, known, p)
    p.largest = max(p.apart, key=lambda f: known[f].laid, default=None)
    if p.largest is not None and known[p.largest].laid < whole.laid:
        p.largest = None
    pieces = [whole.laid, *(known[f].laid for f in p.apart)]
    p.laid, p.total, p.walked = max(pieces), sum(pieces), whole.walked + sum(known[f].walked for f in p.alone)
    p.chains = whole.chains
    return p


def _trusted(body: typed.BlockValue, functions: list[typed.Function], known: set[typed.Variable]) -> set[typed.Function]:
    """Functions that take no pointers but such as the kernel gave to the callback itself: their parameters can be declared trusted."""
    doubted: set[typed.Variable] = set()
    for here in (body, *(f.body for f in reversed(functions))):  # callers before callees
        assert here is not None
        for node in walk(here):
            if isinstance(node, typed.CallFunction):
                for parameter, argument in zip(node.function.params, node.arguments, strict=True):
                    v = typed.named(argument) if isinstance(argument, typed.Expr) else None
                    if v is None or v.mutable or v not in known or v in doubted:
                        doubted.add(parameter)
                    else:
                        known.add(parameter)
    return {f for f in functions if not any(isinstance(p.type, _POINTERS) and p in doubted for p in f.params)}


def eligible(f: typed.Function) -> bool:
    """Whether registers can carry what goes in and out, and nothing in the body needs the program around it."""
    if f.under is not None or len(f.params) + 1 > REGISTERS or not isinstance(f.result, (*_SCALARS, lang.Nothing)):
        return False
    if any(p.reference or not isinstance(p.type, (*_SCALARS, *_POINTERS)) for p in f.params):
        return False
    assert f.body is not None
    return not any(isinstance(node, _OF_THE_PROGRAM) for node in walk_all(f.body))


def _calls(body: Node) -> list[typed.Function]:
    """The functions called in a body itself, once for each place."""
    return [node.function for node in walk(body) if isinstance(node, typed.CallFunction) and node.function.body is not None]


def _callees_first(body: typed.BlockValue) -> list[typed.Function]:
    """All functions that a body reaches, each behind those that it calls. The language has no recursion."""
    order: dict[typed.Function, None] = {}
    waiting: list[tuple[typed.Function, bool]] = [(f, False) for f in reversed(_calls(body))]
    while waiting:
        f, done = waiting.pop()
        if done:
            order[f] = None
        elif f not in order:
            assert f.body is not None
            waiting.append((f, True))
            waiting += [(g, False) for g in reversed(_calls(f.body)) if g not in order]
    return list(order)


def _times(body: typed.BlockValue, functions: list[typed.Function]) -> dict[typed.Function, int]:
    """How often each function would be laid out."""
    times = dict.fromkeys(functions, 0)
    for g in _calls(body):
        times[g] += 1
    for f in reversed(functions):
        assert f.body is not None
        for g in _calls(f.body):
            times[g] += times[f]
    return times


def _held(body: typed.BlockValue, functions: list[typed.Function]) -> set[typed.Function]:
    """Functions that are called while a lock is held: effects in them wait for its release, so they are laid out there."""
    found: set[typed.Function] = set()
    waiting: list[tuple[Node, bool]] = [(b, False) for b in (body, *(f.body for f in functions)) if b is not None]
    entered: set[typed.Function] = set()
    while waiting:
        here, held = waiting.pop()
        held = held or isinstance(here, typed.Under)
        if held and isinstance(here, typed.CallFunction) and here.function.body is not None:
            found.add(here.function)
            if here.function not in entered:
                entered.add(here.function)
                waiting.append((here.function.body, True))
        waiting += [(part, held) for part in parts(here)]
    return found


def _sizes(body: Node, known: dict[typed.Function, _Sizes], p: Plan) -> _Sizes:
    laid = walked = depth = chains = 0
    for here in walk(body):
        laid += 1
        walked += 1
        if isinstance(here, typed.CallFunction) and here.function in known:
            inner = known[here.function]
            if here.function in p.apart:
                laid += CALL
                walked += CALL + (0 if here.function in p.alone else inner.walked)
                depth, chains = max(depth, inner.depth + 1), chains + 1 + inner.chains
            else:
                laid, walked, depth = laid + inner.laid, walked + inner.walked, max(depth, inner.depth)
                chains += inner.chains
    return _Sizes(laid, walked, depth, chains)
