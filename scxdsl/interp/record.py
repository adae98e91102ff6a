# SPDX-License-Identifier: GPL-2.0-only
"""What one invocation met, as it was written down: the marks of a recorded policy read it instead of asking (typing/recording.py)."""

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import Any

from scxdsl.source.records import dataclass
from scxdsl.typing import types as lang
from scxdsl.typing.recording import Recording
from scxdsl.typing.recording import words as words_of

from .context import Stop
from .values import cut

M64 = (1 << 64) - 1
END = 0xFFFFFFFF
Entry = tuple[int, tuple[int, ...]]  # site, words


@dataclass(frozen=True)
class Difference:
    """Where interpreter and record part. `site`: of the interpreter; None where the record goes on and the interpreter does not."""

    site: int | None
    recorded: tuple[int, ...] | None
    own: tuple[int, ...] | None
    why: str


class Diverged(Exception):
    def __init__(self, difference: Difference) -> None:
        self.difference = difference


class Thing:
    """A task or cgroup of the recorded kernel: all that is asked of it is in the record."""

    def __init__(self, id: int) -> None:
        self.id = self.pid = id
        self.comm = self.name = ""
        self.children = ()

    def __getattr__(self, name: str) -> int:
        if name.startswith("__"):
            raise AttributeError(name)
        return 0


class Record:
    """The entries of the invocation at hand. `ordered`: they come in the order of execution, which effects under a lock do not."""

    def __init__(self, recording: Recording, ordered: bool) -> None:
        self.recording, self.ordered = recording, ordered
        self.entries: list[Entry] = []
        self._things: dict[tuple[bool, int], Thing] = {}

    # ---- entries

    def begin(self, entries: Sequence[Entry]) -> None:
        self.entries = list(entries)

    def left(self) -> list[Entry]:
        return [e for e in self.entries if e[0] != END]

    def _find(self, site: int) -> int | None:
        """Where the next entry of the site is."""
        if self.ordered:
            return 0 if self.entries and self.entries[0][0] == site else None
        return next((i for i, e in enumerate(self.entries) if e[0] == site), None)

    def take(self, site: int, own: tuple[int, ...] | None = None) -> tuple[int, ...]:
        at = self._find(site)
        if at is None:
            if not self.left():  # a task or cgroup without state of ours ends the program without a word
                raise Stop
            there = self.recording.sites[self.entries[0][0]]
            raise Diverged(Difference(site, None, own, f"the record goes on with {there.what} in line {there.span.line}"))
        return self.entries.pop(at)[1]

    def answer(self, site: int) -> Any:
        words = self.take(site)
        t = self.recording.sites[site].type
        assert t is not None
        return self.value(t, iter(words))

    def decide(self, site: int, value: Any) -> None:
        t = self.recording.sites[site].type
        assert t is not None
        own = tuple(flat(value, t))
        recorded = self.take(site, own)
        if recorded != own:
            raise Diverged(Difference(site, recorded, own, "the values differ"))

    def turns(self, site: int, usual: Iterator[Any]) -> Iterator[Any]:
        """The values of a loop's turns; None where it has no variable."""
        next(usual, None)  # what is evaluated once, before the first turn
        t = self.recording.sites[site].type
        while True:
            more, *words = self.take(site)
            if not more:
                return
            yield None if t is None else self.value(t, iter(words))

    # ---- values

    def value(self, t: lang.Type, words: Iterator[int]) -> Any:
        """A value from its numbers; see typing.recording.words."""
        match t:
            case lang.TaskType() | lang.CgroupType():
                return self.thing(t, next(words))
            case lang.Optional(of):
                there = next(words)
                inner = self.value(of, words)
                return None if not there else (inner,) if isinstance(of, lang.Optional) else inner
            case lang.TupleType(items):
                return tuple([self.value(item, words) for item in items])
            case lang.StructType(_, fields):
                return [self.value(f.type, words) for f in fields]
            case lang.ArrayType(of, length, _):
                return [self.value(of, words) for _ in range(length)]
        to: Callable[[int], Any] = cut(t) or (lambda v: v)
        return to(next(words))

    def thing(self, t: lang.Type, id: int) -> Thing:
        return self._things.setdefault((isinstance(t, lang.TaskType), id), Thing(id))


def flat(value: Any, t: lang.Type) -> Iterator[int]:
    """The numbers that stand for a value."""
    match t:
        case lang.TaskType() | lang.CgroupType():
            yield 0 if value is None else value.pid if isinstance(t, lang.TaskType) else value.id
        case lang.Optional(of):
            yield int(value is not None)
            inner = value[0] if value is not None and isinstance(of, lang.Optional) else value
            yield from flat(inner, of) if value is not None else repeat(0, words_of(of) or 0)
        case lang.TupleType(items):
            for item, of in zip(value, items, strict=True):
                yield from flat(item, of)
        case lang.StructType(_, fields):
            for item, f in zip(value, fields, strict=True):
                yield from flat(item, f.type)
        case lang.ArrayType(of, _, _):
            for item in value:
                yield from flat(item, of)
        case _:
            yield int(value) & M64
