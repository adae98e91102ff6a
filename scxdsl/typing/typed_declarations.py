# SPDX-License-Identifier: GPL-2.0-only
"""Declarations of the typed tree."""

from typing import TYPE_CHECKING

from scxdsl.source.records import dataclass, field
from scxdsl.source.text import Source, Span

from .types import BoolType, DsqType, EnumType, FlagsType, IndexType, IntType, StructType, TextType, Type, UnitType

if TYPE_CHECKING:
    from .typed_data import Table
    from .typed_expressions import BlockValue
    from .typed_inboxes import Inbox
    from .typed_locks import Lock, LockUse
    from .typed_maps import MapObject
    from .recording import Recording
    from .typed_state import Hist, Rows
    from .typed_programs import Command, Hook
    from .typed_tests import Test
    from .typed_rings import Ring
    from .typed_timers import Timer
    from .typed_trees import Tree


@dataclass(eq=False)
class Variable:
    """A local or a parameter of a function."""

    name: str
    type: Type
    span: Span
    mutable: bool = False
    reference: bool = False  # a `mut` parameter


@dataclass(eq=False)
class Param:
    """`param`: fixed at load. `default` is a plain value (plain.py; None: zero). Limits are in its own unit, of an array those of every
    number in it."""

    name: str
    type: Type
    span: Span
    default: object
    low: int | None = None
    high: int | None = None


@dataclass(eq=False)
class Global:
    """`var`, `atomic var`, `percpu var`. `lock` guards it, where one does."""

    name: str
    type: Type
    span: Span
    initial: object  # None: zero
    atomic: bool = False
    percpu: bool = False
    lock: "Lock | None" = None

    @property
    def dumped(self) -> bool:
        """Whether its value stands in the derived dump: numbers and texts do."""
        return not self.percpu and isinstance(self.type, BoolType | IntType | UnitType | IndexType | TextType | DsqType | FlagsType)


@dataclass(eq=False)
class Stat:
    name: str
    span: Span


@dataclass(frozen=True)
class Axis:
    """One index of a row of queues: up to a number, or one for each index of a kind."""

    count: int | None
    kind: IndexType | None


@dataclass(eq=False)
class Dsq:
    """`dsq q` (count None), `dsq q[n]`, or `dsq q[llc]` (`kind`: one for each index of it); `second` where there is one more index.
    `number` is its place among the queues declared. `owner` is the kind of row that has one each, empty for the policy's own."""

    name: str
    span: Span
    number: int
    count: int | None = None
    kind: IndexType | None = None
    owner: str = ""
    second: Axis | None = None

    @property
    def row(self) -> bool:
        """Whether it takes an index to name one."""
        return self.count is not None or self.kind is not None

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Its indices, in order."""
        first = (Axis(self.count, self.kind),) if self.row else ()
        return first if self.second is None else (*first, self.second)


@dataclass(eq=False)
class Function:
    """A `fn`. `body` is filled in after all signatures are known. `under`: the lock that callers hold."""

    name: str
    params: list[Variable]
    result: Type
    span: Span
    pure: bool = False
    body: "BlockValue | None" = None
    under: "LockUse | None" = None


@dataclass(eq=False)
class Callback:
    """`on NAME(…)`. `params` are all that the author named; `result` is what the language asks the body for."""

    name: str
    params: list[Variable]
    result: Type
    span: Span
    name_span: Span
    body: "BlockValue"

    @property
    def op(self) -> str:
        """The kernel's callback that it is part of."""
        return "dequeue" if self.name == "custody_end" else self.name


@dataclass(eq=False, kw_only=True)
class Policy:
    """A whole policy. Lists are in the order of the text."""

    source: Source
    name: str
    span: Span
    sources: list[Source] = field(default_factory=list)  # of the modules
    timeout_ms: int | None = None
    batch: int | None = None
    setting_spans: dict[str, Span] = field(default_factory=dict)  # of the two, by name
    flags: list["OpsFlag"] = field(default_factory=list)
    params: list[Param] = field(default_factory=list)
    globals: list[Global] = field(default_factory=list)
    stats: list[Stat] = field(default_factory=list)
    dsqs: list[Dsq] = field(default_factory=list)
    maps: list["MapObject"] = field(default_factory=list)
    rings: list["Ring"] = field(default_factory=list)
    inboxes: list["Inbox"] = field(default_factory=list)
    timers: list["Timer"] = field(default_factory=list)
    locks: list["Lock"] = field(default_factory=list)
    trees: list["Tree"] = field(default_factory=list)
    tables: list["Table"] = field(default_factory=list)
    hists: list["Hist"] = field(default_factory=list)
    rows: dict[str, "Rows"] = field(default_factory=dict)  # by kind: "task", "cpu", …, a table's name
    types: dict[str, StructType | EnumType | IndexType] = field(default_factory=dict)
    structs: list[StructType] = field(default_factory=list)
    enums: list[EnumType] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    callbacks: list[Callback] = field(default_factory=list)
    hooks: list["Hook"] = field(default_factory=list)
    commands: list["Command"] = field(default_factory=list)
    tests: list["Test"] = field(default_factory=list)
    recording: "Recording | None" = None  # where marks were laid into the tree (recording.py)


    def programs(self) -> list[tuple[str, "BlockValue"]]:
        """Every body that the kernel enters, with the context that decides what it may call: a callback's name, `timer`, `tracing` for
        hooks, `syscall` for commands."""
        out = [(c.op, c.body) for c in self.callbacks]
        out += [("timer", t.body) for t in self.timers if t.body is not None]
        out += [("tracing", h.body) for h in self.hooks]
        return out + [("syscall", c.body) for c in self.commands if c.body is not None]

    def bodies(self) -> list["BlockValue"]:
        """The bodies of all programs and functions."""
        return [body for _, body in self.programs()] + [f.body for f in self.functions if f.body is not None]

    def callback(self, name: str) -> Callback | None:
        return next((c for c in self.callbacks if c.name == name), None)


@dataclass(eq=False)
class OpsFlag:
    """`.enq_last` or `.switch_partial if partial`."""

    constant: str  # the kernel's name: SCX_OPS_ENQ_LAST
    span: Span
    condition: Param | None = None
