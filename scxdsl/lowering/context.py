# SPDX-License-Identifier: GPL-2.0-only
"""State of lowering: one context for the module, one for each program in the making."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from scxdsl.ir import module as irm
from scxdsl.ir.ops import Local, Operand, Value
from scxdsl.ir.types import CHAR, U64, Array, Field, Struct
from scxdsl.kernel.target import Target
from scxdsl.source.records import dataclass, field
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.subprograms import DEEPEST, Plan, Uses, plan

from .builder import Builder, number
from .values import Slot

if TYPE_CHECKING:
    from .effects import Held

STATS_MAP = "stats"


@dataclass
class ModuleContext:
    """What all functions of a policy share."""

    policy: typed.Policy
    target: Target
    module: irm.Module
    stats: Struct
    deepest: int = DEEPEST  # subprograms that may stand on one another
    subprograms: dict[tuple, irm.Function] = field(default_factory=dict)  # by function, callback, and what else they depend on
    uses: dict[typed.Function, Uses] = field(default_factory=dict)  # how each function is called
    kept: set[str] = field(default_factory=set)  # kinds of index that user space can write (kept.py)
    scratch_masks: int = 0  # how many temporary masks the programs use
    _texts: dict[bytes, str] = field(default_factory=dict)

    def text(self, text: str, span: Span, size: int = 0) -> str:
        """Name of a global that holds the text and a 0, and zeros up to `size` bytes. It is writable: the kernel's printing functions take `char *`
        and the verifier wants to write to what such a parameter points to (kernel/bpf/verifier.c, check_kfunc_args)."""
        data = (text.encode() + b"\0").ljust(size, b"\0")
        if data not in self._texts:
            name = f"__text_{len(self._texts)}"
            self._texts[data] = name
            self.module.globals.append(
                irm.Global(name=name, type=Array(CHAR, len(data)), section=".data", span=span, initial=data, hidden=True)
            )
        return self._texts[data]

    def plan(self, body: typed.BlockValue, params: Iterable[typed.Variable] = ()) -> Plan:
        """Which functions become subprograms of the program with that body. In a recorded policy none: entries carry the number of the program's
        own invocation."""
        return Plan() if self.policy.recording is not None else plan(body, params, self.deepest, self.uses)

    def place(self, span: Span) -> str:
        """`simple.scx:12`, the words before every message of the policy."""
        return f"{span.source.path.rsplit('/', 1)[-1]}:{span.line}"


@dataclass
class Inlined:
    """A `fn` being laid into its caller: where its result goes and which loop level leaves it."""

    result: Slot | None
    level: int


@dataclass
class FunctionContext:
    """One program: its code, the author's variables, and what `error` answers."""

    module: ModuleContext
    build: Builder
    callback: str
    fallback: Operand | None  # what the program gives after an `error`
    result: lang.Type
    slots: dict[typed.Variable, Slot] = field(default_factory=dict)
    loops: list[int] = field(default_factory=list)  # the author's loops around this place: what `break` leaves
    cleanups: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    frames: list[Inlined] = field(default_factory=list)
    params: list[Value] = field(default_factory=list)  # the program's own, as the kernel gives them
    sleepable: bool = True  # may be moved to another CPU while it runs; callbacks that hold run-queue locks are not
    interrupts_off: bool = False  # on every declared kernel
    one_cpu: bool = False  # `this_cpu` is one CPU for now, and `here` is its number where that was asked for (rows.py)
    here: Operand | None = None
    in_section: bool = False  # inside bpf_rcu_read_lock
    walks: dict[typed.Variable, Operand] = field(default_factory=dict)  # the iterators of walks, by the task at hand
    invocation: tuple[Local, Local] | None = None  # its number in the record, where one is made, and how many entries it has
    held: "Held | None" = None  # the lock under which code stands
    holder: Local | None = None  # what holds that which was acquired last
    holders: dict[typed.Variable, Local] = field(default_factory=dict)  # by the names of what this program owns
    reserved: int = 0  # places in rings so far
    rows: dict[tuple[str, Slot | str], tuple[Value, list]] = field(default_factory=dict)  # looked up, and in which block
    plan: Plan = field(default_factory=Plan)  # which functions are subprograms, not laid in
    failed: Value | None = None  # of a subprogram: where it tells its caller that it failed,
    failure: Operand | None = None  # or what it then gives
    fails: bool = False
    last: Callable[[], None] | None = None  # what the program does before it ends, wherever that is
    _count: int = 0

    def name(self, stem: str) -> str:
        self._count += 1
        return f"{stem}.{self._count}"

    # ---- ways out: what was opened (iterators, owners) is closed on every path, innermost first

    @contextmanager
    def cleanup(self, level: float, close: Callable[[], None]) -> Iterator[None]:
        """Code inside that leaves loops below `level`, or the program, closes first; so does its end."""
        self.cleanups.append((level, close))
        yield
        self.cleanups.pop()
        if not self.build.ended:
            close()

    def own(self, close: Callable[[], None]) -> None:
        """What was taken here is given back by `close` at the end of the scope around this place, on every way out."""
        self.cleanups.append((self.build.loop_depth + 0.5, close))

    @contextmanager
    def scope(self) -> Iterator[None]:
        """A block: what is owned inside is given back at its end, last taken first."""
        mark = len(self.cleanups)
        yield
        taken = self.cleanups[mark:]
        del self.cleanups[mark:]
        if not self.build.ended:
            for _, close in reversed(taken):
                close()

    def _close(self, level: float) -> None:
        for opened, close in reversed(self.cleanups):
            if opened > level:
                close()

    def leave(self, level: int) -> None:
        """Out of the loop of that level."""
        if not self.build.ended:
            self._close(level)
            self.build.leave(level)

    def again(self, level: int) -> None:
        """To the next turn of the loop of that level."""
        if not self.build.ended:
            self._close(level)
            self.build.again(level)

    def end(self, value: Operand | None) -> None:
        """Out of the program."""
        if not self.build.ended:
            self._close(0)
            if self.last is not None:
                self.last()
            self.build.ret(value)

    def abandon(self) -> None:
        """Out of the program after an error, through all inlined callers, with what the callback then answers; out of a subprogram
        with word to its caller, which then does the same."""
        if (self.failed is not None or self.failure is not None) and not self.build.ended:
            self.fails = True
            if self.failed is not None:
                self.build.store(self.failed, number(1))
        self.end(self.fallback if self.failure is None else self.failure)

    def never(self) -> None:
        """Out of the code, on a way that no run takes but the verifier sees: callers need no word of it."""
        self.end(self.fallback)


def stats_struct(policy: typed.Policy) -> Struct:
    """The value of the map of counters: one u64 each, by name."""
    return Struct("stats", tuple(Field(s.name, U64) for s in policy.stats))
