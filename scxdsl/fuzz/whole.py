# SPDX-License-Identifier: GPL-2.0-only
"""An object as a whole, for the rules of arms.py: its functions followed together, so that a subprogram knows what its callers give and a caller what
comes back; who enters a function; and what init has made before most of them run."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from scxdsl.kernel.ctype import Kind
from scxdsl.machine.kernel import Kernel
from scxdsl.machine.followed import Followed, Surroundings, Test
from scxdsl.machine.origins import follow
from scxdsl.machine.ranges import FULL, Range, hull
from scxdsl.machine.values import Argument, Constant, Fixed, Frame, Origin, Place, Result, Symbol
from scxdsl.objects.object import Function, Object, Refers
from scxdsl.typing import typed
from scxdsl.typing import types as lang

Cut = dict[tuple[int, bool], str]
"""The arms of a function that cannot be gone, with their reasons."""
_UNREADY = ("init", "exit", "dump", "dump_cpu", "dump_task")
"""Callbacks that run before init has ended, or after it has failed (kernel/sched/ext.c: scx_enable, scx_disable_workfn, scx_dump_state)."""
_FIELDS: Mapping[str, Range] = {
    "cgroup.level": (0, (1 << 31) - 1),  # kernel/cgroup/cgroup.c: cgroup_create; one below its parent's, INT_MAX at most
}

_ANSWERS: Mapping[str, Range] = {
    "scx_bpf_nr_cpu_ids": (1, 8192),  # NR_CPUS_RANGE_END (arch/x86/Kconfig), the greatest of all architectures
    "scx_bpf_nr_node_ids": (1, 1 << 10),  # MAX_NUMNODES (include/linux/numa.h)
}
ARMED = 16
"""Bytes: behind struct bpf_timer (include/uapi/linux/bpf.h) a timer's row has the mark that it is armed."""


@dataclass
class Whole:
    """`same` is what instructions of a function come to on all kernels."""

    object: Object
    policy: typed.Policy
    kernels: Sequence[Kernel]
    cuts: Callable[["Whole", Followed, Test], dict[bool, str]]
    same: Callable[[Function], dict[int, int]]
    followed: dict[str, tuple[Followed, Cut]] = field(default_factory=dict)
    given: dict[str, list[Range]] = field(default_factory=dict)
    """Of subprograms, the ranges of r1 to r5 over all calls."""
    own: dict[str, set[int]] = field(default_factory=dict)
    """Of subprograms, which of r1 to r5 always are a callback's own task or cgroup."""

    def follow(self) -> Iterator[tuple[Function, Followed, Cut]]:
        """All functions, callees first, then callers first, which tells what they give, then callees again. What is called from
        nowhere that can be reached is left out."""
        order = list(self._callees_first())
        if self.object.subprograms:
            for f in order:
                self._one(f)
            for f in reversed(order):
                self._one(f)
                self._gives(f)
        for f in order:
            if self._entered(f):
                self._one(f)
                yield f, *self.followed[f.name]

    def _entered(self, f: Function) -> bool:
        return f.program or f.name in self.callbacks or f.name in self.given

    def _callees_first(self) -> Iterator[Function]:
        done: set[str] = set()

        def below(f: Function) -> Iterator[Function]:
            if f.name in done:
                return
            done.add(f.name)
            for name in self.calls[f.name]:
                yield from below(self.functions[name])
            yield f

        for f in self.object.functions:
            yield from below(f)

    def _one(self, f: Function) -> None:
        returns = dict(_ANSWERS) | {name: found.result for name, (found, _) in self.followed.items() if not self.functions[name].program}
        spared = {name: found.spared for name, (found, _) in self.followed.items() if not self.functions[name].program}
        given = self.given.get(f.name, ()) if f.name not in self.callbacks else ()
        around = Surroundings(self.same(f), given, returns, spared, _FIELDS, self._fixed(f), self._constants, self._initial)
        wrong: set[tuple[int, bool]] = set()
        while True:  # what a rule said on the way must hold in the end
            found = follow(f, lambda found, test: {taken for taken in self.cuts(self, found, test) if (test.at, taken) not in wrong}, around)
            cut = {(at, taken): why for at, test in found.tests.items() for taken, why in self.cuts(self, found, test).items()}
            wrong |= (more := {(at, taken) for at, arms in found.skipped.items() for taken in arms} - cut.keys())
            if not more:
                self.followed[f.name] = found, cut
                return

    def _gives(self, f: Function) -> None:
        for asked, ranges in self.followed[f.name][0].calls.values():
            if asked.name in self.functions:
                before = self.given.get(asked.name)
                self.given[asked.name] = list(ranges) if before is None else [hull(a, b) for a, b in zip(before, ranges, strict=True)]
                own = {n for n, a in enumerate(asked.arguments, 1) if a is not None and self.is_own(f, a)}
                self.own[asked.name] = own if before is None else self.own[asked.name] & own

    def is_own(self, f: Function, owner: Origin) -> bool:
        """Whether it is the task or cgroup that the kernel gave to the callback that runs, or the cgroup of such a task."""
        if isinstance(owner, Result):
            return owner.name == "scx_bpf_task_cgroup"
        return isinstance(owner, Argument) and (f.kind.startswith("struct_ops") if f.program else owner.number in self.own.get(f.name, ()))

    def gives(self, f: Function, number: int) -> bool:
        """Whether that argument of a callback is a pointer that is NULL on no kernel."""
        members = [member for member, name in self.object.ops.programs.items() if name == f.name] if self.object.ops is not None else []
        protos = [k.callback(member) for member in members for k in self.kernels]
        return bool(protos) and all(p is None or p.args[number].type.kind is Kind.POINTER and not p.args[number].nullable for p in protos)

    # ---- who calls whom

    @cached_property
    def functions(self) -> dict[str, Function]:
        return {f.name: f for f in self.object.functions}

    @cached_property
    def calls(self) -> dict[str, list[str]]:
        """By function, the subprograms that it names."""
        of = (Refers.SUBPROGRAM, Refers.CALLBACK)
        return {f.name: [r.name for r in f.relocations if r.kind in of and r.name in self.functions] for f in self.object.functions}

    @cached_property
    def _plainly(self) -> dict[str, Followed]:
        """Every function, as far as it can be followed knowing nothing of the others."""
        return {f.name: follow(f) for f in self.object.functions}

    def _all_calls(self, name: str) -> Iterator[Result]:
        return (asked for found in self._plainly.values() for asked, _ in found.calls.values() if asked.name == name)

    @cached_property
    def timers(self) -> dict[str, str]:
        """Functions that timers call, with the map of their timer."""
        calls = self._all_calls("bpf_timer_set_callback")
        return {a.name: place_of(asked.arguments[0])[0] for asked in calls if isinstance(a := asked.arguments[1], Symbol)}

    @cached_property
    def stopped(self) -> set[str]:
        """Maps of timers whose mark is taken away elsewhere than in their own function."""
        zeros = [to for name, found in self._plainly.items() if name not in self.timers for to, value in found.stores.values() if value == Constant(0)]
        return {place_of(to.base)[0] for to in zeros if isinstance(to.base, Place) or to.offset == ARMED and not isinstance(to.base, Frame)}

    @cached_property
    def callbacks(self) -> set[str]:
        """Functions that the kernel calls by their address: timers, walks."""
        return {r.name for f in self.object.functions for r in f.relocations if r.kind is Refers.CALLBACK}

    @cached_property
    def unready(self) -> set[str]:
        """Functions that may run where init has not ended, or has failed: its own, `exit` and dumps; commands and hooks, for which no scheduler need be
        there; and what these call. (Timers are armed once init has made everything else.)"""
        ops = self.object.ops
        ready = {name for member, name in ops.programs.items() if member not in _UNREADY} if ops is not None else set()
        out = {f.name for f in self.object.programs if f.name not in ready}
        todo = list(out)
        while todo:
            for name in self.calls[todo.pop()]:
                if name not in out and not (name in self.timers):
                    out.add(name)
                    todo.append(name)
        return out

    @cached_property
    def makers(self) -> set[str]:
        """The callbacks that make the rows of tasks and cgroups."""
        ops = self.object.ops
        return {ops.programs[member] for member in ("init_task", "cgroup_init") if member in ops.programs} if ops is not None else set()

    @property
    def keeps_cgroups(self) -> bool:
        """Whether it holds on to cgroups: those may be gone for the scheduler."""
        return any(True for _ in self._all_calls("bpf_cgroup_acquire"))

    # ---- what does not change

    @cached_property
    def _constants(self) -> frozenset[str]:
        return frozenset(g.name for g in self.object.globals if g.section.startswith(".rodata"))

    @cached_property
    def _initial(self) -> dict[str, bytes]:
        """Of variables that nothing writes, what they begin with."""
        touched = set().union(*(found.touched for found in self._plainly.values()))
        data = self.object.sections
        some = [g for g in self.object.globals if g.section in data and g.name not in touched | self._constants]
        return {g.name: data[g.section][g.offset : g.offset + g.size] for g in some}

    def _fixed(self, f: Function) -> dict[Fixed, Range]:
        """Parameters have the values that init has let pass."""
        if f.name in self.unready:
            return {}
        out = {}
        for p in self.policy.params:
            if isinstance(p.type, lang.UnitType) or isinstance(p.type, lang.IntType) and not p.type.signed:
                bits = 64 if isinstance(p.type, lang.UnitType) else p.type.bits
                out[Fixed(p.name, 0, bits)] = p.low or 0, (1 << bits) - 1 if p.high is None else int(p.high)
        return out

    # ---- masks

    @cached_property
    def masks(self) -> set[tuple[str, int]]:
        """Places of variables, maps and rows where every mask that was ever put there was a new one."""
        put: dict[tuple[str, int], set[bool]] = {}
        for asked in self._all_calls("bpf_kptr_xchg"):
            made = asked.arguments[1]
            put.setdefault(place_of(asked.arguments[0]), set()).add(isinstance(made, Result) and made.name == "bpf_cpumask_create")
        unknown = put.pop(("", 0), {True})
        return {where for where, new in put.items() if new == {True} and unknown == {True}}


def place_of(address: Origin | None, more: int = 0) -> tuple[str, int]:
    """The variable or map behind an address, and the bytes from its start or the row's; "" where it is not known."""
    match address:
        case Place(of, offset):
            return place_of(of, more + offset)
        case Symbol("data", name):
            return name, more
        case Result(_, name, (Symbol("map", map), *_)):
            return map, more
    return "", 0


__all__ = ["ARMED", "Cut", "Whole", "place_of"]
