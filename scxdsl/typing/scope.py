# SPDX-License-Identifier: GPL-2.0-only
"""Where names are looked up: locals of a function, declarations of the policy, words of the language."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.records import dataclass, field
from scxdsl.source.text import Span
from scxdsl.syntax import tree

from . import typed
from .errors_names import DeclaredTwice, ReservedName, UnusedName, close_to
from .types import Type


def once(names: Iterable[tree.Name], diagnostics: Diagnostics) -> None:
    """Reports each name that stands twice in one list: fields of a struct, variants, parameters, parts of a tuple. `_` names nothing."""
    first: dict[str, Span] = {}
    for name in names:
        if name.text in first and name.text != "_":
            diagnostics.add(DeclaredTwice(name.span, name.text, first[name.text]))
        first.setdefault(name.text, name.span)


@dataclass(frozen=True)
class Constant:
    """`const N = 64`: its value, and its type unless it is a number still open."""

    name: str
    type: Type
    value: int | bool
    span: Span


@dataclass(frozen=True, eq=False)
class Module:
    """`use pelt`: the names that the file declares, and all else that it brings. `prefix` stands before them in the object. What is
    `missing` could not be found, which was reported."""

    name: str
    span: Span
    prefix: str
    names: "Names"
    policy: typed.Policy
    missing: bool = False


Declaration = (
    typed.Param
    | typed.Global
    | typed.Stat
    | typed.Hist
    | typed.Dsq
    | typed.Function
    | typed.Rows
    | typed.Lock
    | typed.Tree
    | typed.Command
    | typed.Inbox
    | Constant
    | Module
    | typed.StructType
    | typed.EnumType
)

WORDS = frozenset(
    "LOCAL GLOBAL SLICE now this_cpu nr_cpus online possible idle_cpus idle_cores max min clamp task waker ours slots cancel "
    "idle_cpu kernel none true false INF cpu core llc node dsq cgroup".split()
)


@dataclass
class Names:
    """The declarations of one policy."""

    diagnostics: Diagnostics
    known: dict[str, Declaration] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)

    def declare(self, name: tree.Name, what: Declaration) -> bool:
        """False where the name is taken; that is reported."""
        if name.text in WORDS:
            self.diagnostics.add(ReservedName(name.span, name.text))
            return False
        if name.text in self.known:
            self.diagnostics.add(DeclaredTwice(name.span, name.text, self.spans.get(name.text)))
            return False
        self.known[name.text] = what
        self.spans[name.text] = name.span
        return True


@dataclass
class Locals:
    """Nested blocks of one function, innermost last."""

    diagnostics: Diagnostics
    names: Names
    blocks: list[dict[str, typed.Variable]] = field(default_factory=lambda: [{}])
    used: set[typed.Variable] = field(default_factory=set)

    def find(self, name: str) -> typed.Variable | None:
        for block in reversed(self.blocks):
            if name in block:
                return block[name]
        return None

    def declare(self, name: tree.Name, variable: typed.Variable) -> None:
        """A local may stand in for an earlier local of the same name, never for a declaration."""
        if name.text in WORDS and name.text not in ("cpu", "task", "node", "core", "llc", "cgroup", "dsq"):
            self.diagnostics.add(ReservedName(name.span, name.text))
        elif name.text in self.names.known and not isinstance(self.names.known[name.text], typed.Rows):
            self.diagnostics.add(DeclaredTwice(name.span, name.text, self.names.spans.get(name.text)))
        self.blocks[-1][name.text] = variable

    def open(self) -> None:
        self.blocks.append({})

    def close(self) -> None:
        for name, variable in self.blocks.pop().items():
            if variable not in self.used and not variable.reference and name != "_":
                self.diagnostics.add(UnusedName(variable.span, name))

    def similar(self, name: str) -> str | None:
        names = [n for block in self.blocks for n in block]
        return close_to(name, [*names, *self.names.known, *WORDS])


