# SPDX-License-Identifier: GPL-2.0-only
"""Findings about modules."""

from collections.abc import Iterable
from typing import ClassVar

from scxdsl.source.diagnostic import Diagnostic, Edit, Help, Label
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span


@dataclass(frozen=True)
class NoModule(Diagnostic):
    """`use pelt` names a module of the standard library, which comes with the compiler; `use "lib/mine.scx"` names a file, by its
    path from the folder of the file that stands in."""

    code = "E0220"
    label = "not found"
    bad = "scheduler s\nuse pel\n"
    good = "scheduler s\nuse pelt\n"
    name: str
    file: bool
    similar: str | None = None
    known: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        if self.file:
            return f"there is no module file `{self.name}` that can be read"
        return f"the standard library has no module `{self.name}`"

    def helps(self) -> Iterable[Help]:
        if self.file:
            yield Help("the path starts at the folder of this file")
        elif self.similar:
            yield Help(f"did you mean `{self.similar}`?", (Edit(self.span, self.similar),))
        else:
            yield Help(f'it has {", ".join(f"`{n}`" for n in self.known)}; a file of your own is named by its path: `use "{self.name}.scx"`')


@dataclass(frozen=True)
class ModuleCycle(Diagnostic):
    """A module is checked before the files that use it, so it cannot use those itself: neither directly nor through others. Move
    what both need to a third module."""

    code = "E0221"
    title = "`{name}` would use itself: {path}"
    label = "closes the circle"
    help = "move what both need to a third file that uses neither"
    bad = 'scheduler s\nuse "bad.scx" as b\n'
    good = "scheduler s\nuse pelt\n"
    name: str
    path: str


@dataclass(frozen=True)
class NotInModule(Diagnostic):
    """A module holds what policies share: constants, structs, enums, functions, variables, parameters, counters, queues, tests. What
    makes a scheduler of a file (`scheduler`, callbacks, hooks, commands), timers, and members of tasks, CPUs and
    cgroups stand in the policy itself, where a reader looks for them."""

    code = "E0222"
    title = "{what} cannot stand in a module"
    label = "belongs in a policy"
    bad = 'scheduler s\nuse "part.scx"\n'
    good = 'scheduler s\nuse "whole.scx"\non tick(p) { p.slice = whole.N }\n'
    files: ClassVar[dict[str, str]] = {"part.scx": "on tick(p) { }\n", "whole.scx": "const N = 5ms\n"}
    what: str
    used: Span | None = None

    def labels(self) -> Iterable[Label]:
        if self.used is not None:
            yield Label(self.used, "used as a module here")


@dataclass(frozen=True)
class ModuleName(Diagnostic):
    """A module file is named by a path that ends in `.scx`, and is spoken of by its file's name, or by another after `as`. That name
    must be one of the language: letters, digits and `_`."""

    code = "E0223"
    label = "{problem}"
    title = "{problem}"
    bad = 'scheduler s\nuse "lib/my-part.scx"\n'
    good = 'scheduler s\nuse "lib/my-part.scx" as part\non tick(p) { p.slice = part.N }\n'
    files: ClassVar[dict[str, str]] = {"lib/my-part.scx": "const N = 5ms\n"}
    problem: str
    hint: str

    def helps(self) -> Iterable[Help]:
        yield Help(self.hint)


@dataclass(frozen=True)
class NotThroughModule(Diagnostic):
    """The names of a module are reached through it: `pelt.update`, `pelt.Avg`. Names that a module itself uses from other modules are
    not its own: use those modules where they are needed."""

    code = "E0224"
    title = "module `{module}` declares no `{name}`"
    label = "not declared there"
    bad = "scheduler s\nuse pelt\non tick(p) { log \"{pelt.PERIODS}\" }\n"
    good = "scheduler s\nuse pelt\non tick(p) { log \"{pelt.PERIOD}\" }\n"
    module: str
    name: str
    similar: str | None = None

    def helps(self) -> Iterable[Help]:
        if self.similar:
            yield Help(f"did you mean `{self.similar}`?", (Edit(self.span, self.similar),))
