# SPDX-License-Identifier: GPL-2.0-only
"""Where the value comes from that a branch of the bytecode tests: a constant, a place of the frame, an argument of the program, a map, or
the result of a call; and what is known of it: its range, and what was asked of it before. One forward pass over the blocks.

A value is named by where it was made. Its name may stand for another turn's value only in a state that has come from there; where a block begins,
the way that comes first has not made it yet, so nothing about it holds that does not hold whichever way was gone."""

from collections import Counter
from collections.abc import Iterator

from ..objects.instruction import Form
from ..objects.object import Function
from .answers import learnt, ways_of
from .flow import Block, blocks_of
from .followed import Cut, Followed, Surroundings, Test
from .known import State, may_point, named, note, note_signed, of_variable, range_of, signed_of
from .ranges import FULL, M64, Range, hull
from .steps import NEXT, step
from .values import Argument, Constant, Context, Frame, Origin, Result, Unknown

_WIDENED = 12  # ways into a block after which ranges that still grow are given up


def follow(function: Function, cut: Cut = lambda found, test: (), around: Surroundings = Surroundings()) -> Followed:
    """All that can be reached without the arms that `cut` says are never gone: the pass asks as it comes by, so that what they would lead to, round a
    loop too, does not spoil what is known."""
    blocks = blocks_of(function.instructions, 0)
    first: State = {10: Frame(0)}
    if function.program:
        first[1] = Context()
    else:
        for n in range(1, 6):
            low, high = around.given[n - 1] if around.given else FULL
            first[n] = Argument(n) if low < high else Constant(low)
            note(first, ("range", Argument(n)), (low, high))
    start: dict[int, State] = {0: first}
    visits: Counter[int] = Counter()
    todo, out = [0], Followed(function, around)
    while todo:
        at = todo.pop()
        for follow, state in _through(out, blocks[at], dict(start[at]), cut):
            known = start.get(follow)
            visits[follow] += 1
            merged = state if known is None else _merged(known, state, follow, visits[follow] > _WIDENED, out)
            if known is None or merged != known:
                start[follow] = merged
                if follow not in todo:
                    todo.append(follow)
    return out


def _merged(one: State, other: State, block: int, widen: bool, found: Followed) -> State:
    """What holds whichever way was gone; `one` is what held so far at that block."""
    out: State = {}
    for key, value in one.items():
        twin = other.get(key)
        if twin is not None and isinstance(key, tuple) and key[0] == "range":
            note(out, key, _either(value, twin, widen))
        elif twin is not None and isinstance(key, tuple) and key[0] == "signed":
            if value[0] <= twin[0] and twin[1] <= value[1] or not widen:
                out[key] = hull(value, twin)
        elif twin == value:
            out[key] = value
    for key, value in one.items():  # last, for what was known of an earlier turn's value is not known of this one
        twin = other.get(key)
        if not isinstance(key, tuple) and twin is not None and twin != value:
            if (alike := _alike(value, one, twin, other)) is not None:  # on one way it is known to be just this number
                out[key] = alike
                continue
            out[key] = either = _one_of(value, twin, block, key)
            found.brought.setdefault(either, set()).update(v for v in (value, twin) if of_variable(v))
            note(out, ("range", named(either)), _either(range_of(value, one), range_of(twin, other), widen))
            mine, its = signed_of(value, one), signed_of(twin, other)
            if mine[0] <= its[0] and its[1] <= mine[1] or not widen:
                note_signed(out, either, hull(mine, its))
    return out


def _alike(value: Origin, one: State, twin: Origin, other: State) -> Origin | None:
    if isinstance(twin, Constant) and not isinstance(value, Constant):
        return value if range_of(value, other) == (twin.number, twin.number) else None
    if isinstance(value, Constant) and not isinstance(twin, Constant):
        return twin if range_of(twin, one) == (value.number, value.number) else None
    return None


def _one_of(value: Origin, twin: Origin, block: int, key: int | str) -> Origin:
    """What two ways brought to a place; two steps of one iterator are a step of it."""
    match value, twin:
        case Result(at, name, arguments, mine, turns), Result(same, _, others, its, again) if at == same:  # one call, whose arguments vary
            alike = tuple(a if a == b else None for a, b in zip(arguments, others, strict=True))
            return Result(at, name, alike, mine if mine == its else None, turns if turns == again else None)
        case Result(_, name, (Frame() as place, *_)), Result(_, other, (again, *_)) if name == other == NEXT and place == again and isinstance(key, int):
            return Result(-1 - (block << 4 | key), name, (place, None, None, None, None))
    return Unknown(block, key, may_point(value) or may_point(twin))


def _either(before: Range, now: Range, widen: bool) -> Range:
    return before if before[0] <= now[0] and now[1] <= before[1] else FULL if widen else hull(before, now)


def _through(out: Followed, block: Block, state: State, cut: Cut) -> Iterator[tuple[int, State]]:
    for i in block.instructions:
        if i.form is Form.BRANCH:
            left, right = state.get(i.dst), state.get(i.src) if i.register else Constant(i.imm & M64)
            ways = ways_of(i, left, right, state)
            out.tests[i.at] = test = Test(i.at, i.operation, i.width, left, right, ways)
            never = cut(out, test)
            out.skipped[i.at] = {taken for taken in (False, True) if taken in never}
            for follow, taken in zip(block.successors, (False, True), strict=True):
                if taken not in never and taken in ways:
                    yield follow, learnt(i, taken, left, right, state)
            return
        if i.at in out.around.same:
            state[i.dst] = Constant(out.around.same[i.at])
        else:
            step(out, i, state)
    for follow in block.successors:
        yield follow, dict(state)
