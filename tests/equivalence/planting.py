# SPDX-License-Identifier: GPL-2.0-only
"""Wrong compilations, planted one at a time and taken out again, and the search for a policy that shows one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

from scxdsl.codegen.backend import BackendError
from scxdsl.codegen.module import emit
from scxdsl.codegen.pipeline import build
from scxdsl.compiler import check, lower
from scxdsl.fuzz.compare import Subject
from scxdsl.fuzz.generate import generate
from scxdsl.fuzz.maker import Maker, load
from scxdsl.fuzz.script import generate as generate_script
from scxdsl.objects import read

Door = Any
"""A singledispatch function of lowering."""


class Plant:
    """What is changed while it is entered."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def attr(self, owner: Any, name: str, new: Callable[[Any], Any]) -> None:
        """`owner.name` becomes `new(old)`."""
        old = getattr(owner, name)
        setattr(owner, name, new(old))
        self._stack.callback(setattr, owner, name, old)

    def item(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        old = table[key]
        table[key] = value
        self._stack.callback(table.__setitem__, key, old)

    def door(self, door: Door, node: type, new: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """What a door does with a kind of node."""
        old = door.dispatch(node)
        door.register(node)(new(old))
        self._stack.callback(door.register(node), old)

    def out(self) -> None:
        self._stack.close()


@contextmanager
def planted(mutate: Callable[[Plant], None]) -> Iterator[None]:
    plant = Plant()
    try:
        mutate(plant)
        yield
    finally:
        plant.out()


@cache
def _right(seed: int) -> tuple[Any, str, str] | None:
    """A generated policy, checked, with the right LLVM text of it. What the mutation leaves as it is need not
    be run. None where check refuses it: a few break a rule that the generator does not know."""
    text = str(generate(seed))
    checked = check(text, load=load)
    if not checked.ok:
        return None
    return checked, text, emit(lower(checked))


_BUILDS: dict[int, bool] = {}


def _builds(seed: int, checked: Any, maker: Maker) -> bool:
    if seed not in _BUILDS:
        _BUILDS[seed] = not isinstance(build(lower(checked), maker._backend), BackendError)
    return _BUILDS[seed]


def examples_until_caught(mutate: Callable[[Plant], None], maker: Maker, most: int) -> int:
    """How many examples it takes until the engines disagree; `most + 1` where they never do. A compiler that falls over
    what was well-formed counts as caught: no such policy would pass unseen."""
    for seed in range(most):
        found = _right(seed)
        if found is None:
            continue
        checked, text, right = found
        if not _builds(seed, checked, maker):
            continue  # what cannot be built rightly shows nothing
        with planted(mutate):
            try:
                module = lower(checked)
                if emit(module) == right:
                    continue  # nothing of this policy is touched
                made = build(module, maker._backend)
            except Exception:
                return seed + 1
        if isinstance(made, BackendError):
            return seed + 1
        subject = Subject(text, checked.policy, read(made.object))
        kernels = [s for s in ("6.12", "6.18", "7.3") if s in checked.target.kernels]
        for i in range(len(kernels)):
            series = kernels[(seed + i) % len(kernels)]
            if subject.compare(generate_script(seed * 1000 + i, 25), series) is not None:
                return seed + 1
    return most + 1
