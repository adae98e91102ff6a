# SPDX-License-Identifier: GPL-2.0-only
"""Which functions of a large program become subprograms of their own, and how large it then is.

Functions are laid into their callers, which is best for small programs; but a chain of functions each of which calls the one before
twice doubles at each link. Where all that a program lays out comes to more than SMALL nodes, functions that are large and are
called more than once become subprograms, callees first, as deep as the kernel's frames allow. In smaller programs it is functions of
SHARED nodes that the policy calls at several places, whose code then stands in the object once, and those that are called in a loop, which the
verifier then walks once and not with each turn: those that it takes alone, and those that walk trees. Sizes are counted in nodes of the
typed tree; a node comes to some 1.5 instructions.
"""

from collections.abc import Iterable, Mapping

from scxdsl.source.records import dataclass, field

from . import typed
from . import types as lang
from .tree_use import tree_walks
from .walk import Node, parts, walk, walk_all

SMALL = 3000
"""Nodes of a program that is left as it is: some 5000 instructions."""

SHARED = 45
"""Nodes of a function of a small program from which on it is worth a call, with what that keeps on the stack and tests behind it."""

_LOOP, _ROW = 22, 5

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
class Uses:
    """Of a function in the whole policy: at how many `places` it is called; whether each of them is in another program and gives it a truth that
    is written out (`told`). Half of such a function is dead in each program, which the verifier sees only where it knows the argument."""

    places: int = 0
    told: bool = True


@dataclass
class _Sizes:
    """Of a function's body: nodes in place, nodes that the verifier walks for one call, subprograms on one another, and the chains of
    calls that begin here."""

    laid: int
    walked: int
    depth: int
    chains: int


def plan(body: typed.BlockValue, params: Iterable[typed.Variable] = (), deepest: int = DEEPEST, uses: Mapping[typed.Function, Uses] = {}) -> Plan:
    """Of one program, by its body; `params` are the callback's own, which the kernel trusts. `uses`: how the whole policy calls a function, for
    programs that are not large."""
    functions = _callees_first(body)
    trusted = _trusted(body, functions, set(params))
    out = _measured(body, functions, Plan(), trusted)
    if out.laid <= SMALL:
        return _shared(body, functions, trusted, deepest, uses) or out if uses else out
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


def uses(policy: typed.Policy) -> dict[typed.Function, Uses]:
    """How a policy calls each function, by its text."""
    out: dict[typed.Function, Uses] = {}
    own = {f.body for f in policy.functions}
    for body in policy.bodies() if policy.functions else ():
        here: set[typed.Function] = set()
        for node in walk(body):
            if isinstance(node, typed.CallFunction) and node.function.body is not None:
                use = out.setdefault(node.function, Uses())
                use.places += 1
                use.told &= body not in own and node.function not in here and any(map(_truth, node.arguments))
                here.add(node.function)
    return out


def _truth(node: Node) -> bool:
    return isinstance(node, typed.Literal) and isinstance(node.type, lang.BoolType)


def _shared(
    body: typed.BlockValue, functions: list[typed.Function], trusted: set[typed.Function], deepest: int, uses: Mapping[typed.Function, Uses]
) -> Plan | None:
    """The plan of a program that is not large; None where nothing is worth a call."""
    out = Plan()
    known: dict[typed.Function, _Sizes] = {}
    turned = {f for f in _turned(body, functions) if f in trusted and not uses[f].told or _walks_trees(f)}
    held: set[typed.Function] | None = None
    for f in functions:
        assert f.body is not None
        known[f] = _sizes(f.body, known, out)
        if known[f].laid + _bulk(f.body) < SHARED or known[f].depth >= deepest or not (uses[f].places > 1 or f in turned):
            continue
        if not eligible(f) or _arrays(f.body):
            continue
        held = _held(body, functions) if held is None else held
        if f not in held:
            out.apart.add(f)
            if f in trusted and not uses[f].told:
                out.alone.add(f)
    return _measured(body, functions, out, trusted) if out.apart else None


def _bulk(body: Node) -> int:
    """What code comes to beyond its nodes: iterators are made, asked and destroyed, rows looked up and tested."""
    return sum(_LOOP if _is_loop(node) else _ROW for node in walk(body) if _is_loop(node) or isinstance(node, typed.StatePlace))


def _is_loop(node: Node) -> bool:
    return isinstance(node, typed.Stmt) and isinstance(getattr(node, "body", None), typed.BlockValue)


def _arrays(body: Node) -> bool:
    """Whether code has arrays of its own: frames of a chain share the stack's 512 bytes, and what moves off it does so best in a program."""
    return any(isinstance(node, typed.Let) and isinstance(node.variable.type, lang.ArrayType) for node in walk(body))


def _turned(body: typed.BlockValue, functions: list[typed.Function]) -> set[typed.Function]:
    """Functions that are called in a loop: laid in, they are walked in each turn that the verifier follows."""
    out: set[typed.Function] = set()
    for here in (body, *(f.body for f in functions)):
        for loop in walk(here) if here is not None else ():
            if _is_loop(loop):
                out |= set(_calls(loop))
    return out


def _walks_trees(f: typed.Function) -> bool:
    return f.body is not None and next(tree_walks(f.body), None) is not None


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
    """Functions that take no pointers but such as the kernel gave to the callback itself, or the program acquired: their parameters can be declared trusted."""
    doubted: set[typed.Variable] = set()
    for here in (body, *(f.body for f in reversed(functions))):  # callers before callees
        assert here is not None
        for node in walk(here):
            if isinstance(node, typed.Let | typed.LetElse | typed.Opens) and node.variable is not None and node.value is not None:
                if typed.acquired(node.value) is not None:  # it is this program's, as long as the name is there
                    known.add(node.variable)
            elif isinstance(node, typed.CallFunction):
                for parameter, argument in zip(node.function.params, node.arguments, strict=True):
                    v = typed.named(argument) if isinstance(argument, typed.Expr) else None
                    if isinstance(argument, typed.TaskCgroup):
                        known.add(parameter)
                    elif v is None or v.mutable or v not in known or v in doubted:
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
