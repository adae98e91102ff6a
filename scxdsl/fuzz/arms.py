# SPDX-License-Identifier: GPL-2.0-only
"""Which arms of an object's branches no run can take, by what the branch asks: a rule an answer, with its reason.

The verifier wants every pointer of a map or of the kernel tested, also where the kernel never answers with NULL. What such a test guards is
never reached either. Rules look at the origin of the value (machine/origins.py), never at the line."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from scxdsl.lowering.topology import SLOT, TOPOLOGY
from scxdsl.machine.core import relocate
from scxdsl.machine.flow import blocks_of
from scxdsl.machine.kernel import Kernel
from scxdsl.machine.kernel import kernel as kernel_of
from scxdsl.machine.machine import linked
from scxdsl.machine.followed import Followed, Load, Test, possible
from scxdsl.machine.origins import follow
from scxdsl.machine.values import Argument, Bit, Constant, Exchanged, Low, Origin, Result, Symbol, Unknown
from scxdsl.objects.instruction import Form
from scxdsl.objects.object import Function, Map, Object, Refers
from scxdsl.typing import typed

from .compare import Arm
from .script import LACKING
from .whole import ARMED, Whole, place_of

_MOST_LOOPS = 8 * 1024 * 1024  # BPF_MAX_LOOPS (include/linux/bpf.h)
_BEHIND = "behind an arm that is never taken"
_KNOWN = "the answer is known there: the same was asked before, arithmetic gives it, or it is of a variable that nothing writes"
_ROW = "a row of the compiler's own array: its index has the type of an index, or was compared with the bound before"
_GIVEN = "what the kernel gives to that callback is never NULL"
_OWN = "the callback's own task or cgroup has had its row since init_task or cgroup_init"
_THERE = "a symbol that all kernels of the policy have"
_CPU = "every possible CPU has its copy"
_LOOPS = "a loop has fewer turns than the kernel allows (BPF_MAX_LOOPS)"
_NO_CGROUP = "a task always has a cgroup: the root where cgroups are not built in"
_EMPTY = "the place of a new mask is empty"
_SOME = "the loop has a first turn: its bounds are so, and a machine has a CPU and a node"
_NO_HOLES = "the model's machines have every CPU below the count of CPU numbers"
_TIMER = "a timer is made once, in init, in a map that the loader holds; then its functions do not fail"
_MADE = "init has made the mask of that place, and nothing takes it out"
_STOPPED = "a timer that nobody stops is armed when it fires"
_FOUND = "a task or cgroup that the kernel finds has had its row since init_task or cgroup_init: in the model each cgroup has the cpu controller"
_ALONE = "no other CPU changes it in between: the model runs one callback at a time"
_MEMORY = "the model has memory for masks and other objects always"


def arms(obj: Object) -> set[Arm]:
    """Every way out of every branch, in programs and what they call."""
    return {arm for f in obj.functions for arm in _arms(f)}


def _arms(f: Function) -> Iterator[Arm]:
    for block in blocks_of(f.instructions, 0).values():
        last = block.instructions[-1]
        if last.form is Form.BRANCH:
            yield f.name, last.at, False
            yield f.name, last.at, True


def never(obj: Object, policy: typed.Policy, kernels: Iterable[str]) -> dict[Arm, str]:
    """The arms that are never taken on any of these kernels, with the reason of each."""
    series = [kernel_of(name) for name in kernels]
    missing = [linked(obj, k, True).missing for k in (*series, *(kernel_of(series[-1].series, lacks) for lacks in LACKING))]
    authors = {name for m in policy.maps for name in m.symbols}
    rules = Rules(authors, {m.name: m for m in obj.maps}, missing)
    whole = Whole(obj, policy, series, lambda whole, found, test: dict(rules.impossible(whole, found, test)), lambda f: _same(f, obj, series, missing))
    out: dict[Arm, str] = {arm: _BEHIND for f in obj.functions for arm in _arms(f)}
    for f, found, cut in whole.follow():
        for arm in _arms(f):
            _, at, taken = arm
            if (at, taken) in cut:
                out[arm] = cut[at, taken]
            elif at in found.tests:
                if possible(found.tests[at], taken):
                    del out[arm]
                else:
                    out[arm] = _KNOWN
    return out


def asked(obj: Object, some: Iterable[Arm]) -> dict[Arm, str]:
    """What the branches of these arms ask, in a few words."""
    by: dict[str, list[Arm]] = {}
    for arm in some:
        by.setdefault(arm[0], []).append(arm)
    return {arm: _words(found, arm[1]) for f in obj.functions if f.name in by for found in (follow(f),) for arm in by[f.name]}


def _words(found: Followed, at: int) -> str:
    test = found.tests.get(at)
    if test is None:
        return "nothing that can be reached"
    for side in (test.left, test.right):
        match side:
            case Result(_, name) | Bit(Result(_, name)) | Low(Result(_, name)):
                return f"{name}()"
            case Symbol(_, name):
                return f"the kernel's {name}"
            case Argument():
                return "an argument"
    loads = [found.loads[side.at] for side in (test.left, test.right) if isinstance(side, Unknown) and side.place is None and side.at in found.loads]
    widths = {load.width for load in loads}
    fields = [load.field for load in loads if load.field]
    return f"the field {fields[0]}" if fields else "a byte" if widths == {8} else "a number"


def _same(f: Function, obj: Object, kernels: list[Kernel], missing: list[frozenset[str]]) -> dict[int, int]:
    """Instructions that come to the same number on all kernels: CO-RE values, symbols that none has."""
    out: dict[int, int] = {}
    for i in f.instructions:
        core, refers = f.core_at.get(i.at), f.relocation_at.get(i.at)
        if core is not None and core.kind in ("field_exists", "type_exists", "enumval_exists", "enumval_value") and obj.btf is not None:
            found = {made.imm if (made := relocate(i, core, obj.btf, k)) is not None else None for k in kernels}
            number = found.pop()
            if not found and number is not None:
                out[i.at] = number & (1 << 64) - 1
        elif refers is not None and refers.kind is Refers.KSYM and all(refers.name in m for m in missing):
            out[i.at] = 0
    return out


@dataclass(frozen=True)
class Rules:
    """`authors` are the policy's own maps, `maps` all of the object's by name; `missing` what each kernel has not."""

    authors: set[str]
    maps: Mapping[str, Map]
    missing: list[frozenset[str]]

    def impossible(self, whole: Whole, found: Followed, test: Test) -> Iterator[tuple[bool, str]]:
        """The ways out of one branch that are never gone."""
        limit = test.right.number if isinstance(test.right, Constant) else 0
        if test.operation.removeprefix("s") in ("lt", "gt") and _MOST_LOOPS <= limit <= _MOST_LOOPS + 1:
            yield test.operation.endswith("gt"), _LOOPS
        if test.operation not in ("eq", "ne"):
            return
        if Exchanged(test.right) == test.left or Exchanged(test.left) == test.right:
            yield test.operation == "ne", _ALONE
        if test.right != Constant(0):
            return
        if (why := self._zero(test.left)) is not None:
            yield test.operation == "ne", why
        elif (why := self._not_zero(whole, found, test.left)) is not None:
            yield test.operation == "eq", why

    def _zero(self, asked: Origin | None) -> str | None:
        """Why it always is 0."""
        if isinstance(asked, Result):
            return _TIMER if asked.name in _ZERO else _EMPTY if _first_mask(asked) else None
        return None

    def _not_zero(self, whole: Whole, found: Followed, asked: Origin | None) -> str | None:
        """Why it never is 0."""
        match asked:
            case Bit(of) if _possible_cpu(of):
                return _NO_HOLES
            case Symbol(_, name) if not any(name in m for m in self.missing):
                return _THERE
            case Argument(n) if whole.gives(found.function, n):
                return _GIVEN
            case Result(_, name) if (rule := _RULES.get(name)) is not None:
                return rule(self, whole, found, asked)
            case Unknown(at, None) if (load := found.loads.get(at)) is not None and load.width == 64:
                return self._mask(whole, found.function, load) or self._armed(whole, found.function, load)
        return None

    def _armed(self, whole: Whole, f: Function, load: Load) -> str | None:
        stopped = whole.timers.get(f.name, "") in whole.stopped or "" in whole.stopped
        return _STOPPED if f.name in whole.timers and not stopped and load.base == Argument(3) and load.offset == ARMED else None

    def _mask(self, whole: Whole, f: Function, load: Load) -> str | None:
        where = place_of(load.base, load.offset)
        map = self.maps.get(where[0])
        made_here = map is not None and map.type_name.endswith("_storage") and f.name in whole.makers
        return _MADE if where in whole.masks and f.name not in whole.unready and not made_here else None


_LINK = SLOT.offsets["next"]
_ZERO = ("bpf_timer_init", "bpf_timer_set_callback", "bpf_timer_start")


def _first_mask(asked: Result) -> bool:
    """A mask goes into its place: what was there comes back, and masks are made for places that were just made."""
    made = asked.arguments[1]
    return asked.name == "bpf_kptr_xchg" and isinstance(made, Result) and made.name == "bpf_cpumask_create"


def _possible_cpu(asked: Result) -> bool:
    mask = asked.arguments[1]
    return asked.name == "bpf_cpumask_test_cpu" and isinstance(mask, Result) and mask.name == "scx_bpf_get_possible_cpumask"


Rule = Callable[[Rules, Whole, Followed, Result], str | None]


def _first_turn(rules: Rules, whole: Whole, followed: Followed, asked: Result) -> str | None:
    if asked.turns is None:
        return None
    low, high = asked.turns
    return _SOME if low[1] < high[0] and high[1] < 1 << 31 else None


def _array(rules: Rules, whole: Whole, followed: Followed, asked: Result) -> str | None:
    symbol, key = asked.arguments[0], asked.key
    found = rules.maps.get(symbol.name) if isinstance(symbol, Symbol) else None
    if found is None or not found.type_name.endswith("array") or found.name == TOPOLOGY and _walks(followed):
        return None
    if isinstance(key, Constant):
        return _ROW if key.number < found.max_entries else None
    return None if found.name in rules.authors else _ROW


def _walks(followed: Followed) -> bool:
    """A walk along the CPUs of a core, which init noted as a list, ends at a number that is no CPU's."""
    links = [load.base for load in followed.loads.values() if load.offset == _LINK]
    return any(base is None or isinstance(base, Unknown) or place_of(base)[0] == TOPOLOGY for base in links)


def _storage(rules: Rules, whole: Whole, followed: Followed, asked: Result) -> str | None:
    owner, f = asked.arguments[1], followed.function
    if owner is None or asked.arguments[3] != Constant(0):
        return None
    if whole.is_own(f, owner):
        return _OWN
    found = isinstance(owner, Result) and owner.name == "bpf_task_from_pid" or asked.name == "bpf_cgrp_storage_get" and not whole.keeps_cgroups
    return _FOUND if found and f.name not in whole.unready and f.name not in whole.makers else None


def _always(why: str) -> Rule:
    return lambda rules, whole, followed, asked: why


_RULES: dict[str, Rule] = {
    "bpf_map_lookup_elem": _array,
    "bpf_map_lookup_percpu_elem": _array,
    "bpf_iter_num_next": _first_turn,
    "bpf_task_storage_get": _storage,
    "bpf_cgrp_storage_get": _storage,
    "scx_bpf_task_cgroup": _always(_NO_CGROUP),
    "bpf_per_cpu_ptr": _always(_CPU),
    "bpf_cpumask_create": _always(_MEMORY),
}

__all__ = ["arms", "asked", "never"]
