# SPDX-License-Identifier: GPL-2.0-only
"""Which arms of an object's branches no run can take, by what the branch asks: a rule an answer, with its reason.

The verifier wants every pointer of a map or of the kernel tested, also where the kernel never answers with NULL. What such a test guards is
never reached either. Rules look at the origin of the value (machine/origins.py), never at the line."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from scxdsl.lowering.topology import TOPOLOGY
from scxdsl.machine.core import relocate
from scxdsl.machine.flow import blocks_of
from scxdsl.machine.kernel import Kernel
from scxdsl.machine.kernel import kernel as kernel_of
from scxdsl.machine.machine import linked
from scxdsl.machine.origins import Argument, Bit, Constant, Result, Symbol, Test, Unknown, possible, tests
from scxdsl.objects.instruction import Form
from scxdsl.objects.object import Function, Map, Object, Refers
from scxdsl.typing import typed

from .compare import Arm
from .script import GROUPS

_MOST_LOOPS = 8 * 1024 * 1024  # BPF_MAX_LOOPS (include/linux/bpf.h)
_BEHIND = "behind an arm that is never taken"
_KNOWN = "the answer is known there: the same was asked before, or arithmetic gives it"
_ROW = "a row of the compiler's own array: its index has the type of an index, or was compared with the bound before"
_OWN = "the callback's own task or cgroup has had its row since init_task or cgroup_init"
_THERE = "a symbol that all kernels of the policy have"
_CPU = "every possible CPU has its copy"
_LOOPS = "a loop has fewer turns than the kernel allows (BPF_MAX_LOOPS)"
_NO_CGROUP = "a task always has a cgroup: the root where cgroups are not built in"
_EMPTY = "the place of a new mask is empty"
_SOME = "the loop has a first turn: a machine has a CPU and a node"
_NO_HOLES = "the model's machines have every CPU below the count of CPU numbers"
_TIMER = "a timer is made once, in init, in a map that the loader holds; then its functions do not fail"
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
    authors = {name for m in policy.maps for name in m.symbols}
    maps = {m.name: m for m in obj.maps}
    series = [kernel_of(name) for name in kernels]
    missing = [linked(obj, k, True).missing for k in (*series, kernel_of(series[-1].series, GROUPS))]
    out: dict[Arm, str] = {}
    for f in obj.functions:
        same = _same(f, obj, series, missing)
        cut: dict[tuple[int, bool], str] = {}
        while True:  # without what is behind them, more is known of the others
            reached = tests(f, cut, same)
            more = {(at, taken): why for at, taken, why in _impossible(f, reached, maps, authors, missing)}
            if more.keys() <= cut.keys():
                break
            cut = {**more, **cut}
        for arm in _arms(f):
            _, at, taken = arm
            if (at, taken) in cut:
                out[arm] = cut[at, taken]
            elif at not in reached or not possible(reached[at], taken):
                out[arm] = _BEHIND if at not in reached else _KNOWN
    return out


def _same(f: Function, obj: Object, kernels: list[Kernel], missing: list[frozenset[str]]) -> dict[int, int]:
    """Instructions that come to the same number on all kernels: CO-RE values, symbols that none has."""
    out: dict[int, int] = {}
    for i in f.instructions:
        core, refers = f.core_at.get(i.at), f.relocation_at.get(i.at)
        if core is not None and core.kind in ("field_exists", "type_exists", "enumval_exists") and obj.btf is not None:
            found = {made.imm if (made := relocate(i, core, obj.btf, k)) is not None else None for k in kernels}
            number = found.pop()
            if not found and number is not None:
                out[i.at] = number & (1 << 64) - 1
        elif refers is not None and refers.kind is Refers.KSYM and all(refers.name in m for m in missing):
            out[i.at] = 0
    return out


def _impossible(f: Function, found: Mapping[int, Test], maps: Mapping[str, Map], authors: set[str],
                missing: list[frozenset[str]]) -> Iterator[tuple[int, bool, str]]:  # fmt: skip
    for at, test in found.items():
        limit = test.right.number if isinstance(test.right, Constant) else 0
        if test.operation in ("lt", "gt") and _MOST_LOOPS <= limit <= _MOST_LOOPS + 1:
            yield at, test.operation == "gt", _LOOPS
        if test.right != Constant(0) or test.operation not in ("eq", "ne"):
            continue
        if isinstance(test.left, Result) and test.left.name in _ZERO:
            yield at, test.operation == "ne", _TIMER
        elif isinstance(test.left, Result) and _first_mask(test.left):
            yield at, test.operation == "ne", _EMPTY
        elif isinstance(test.left, Bit) and _possible_cpu(test.left.of):
            yield at, test.operation == "eq", _NO_HOLES
        elif isinstance(test.left, Symbol) and not any(test.left.name in m for m in missing):
            yield at, test.operation == "eq", _THERE
        elif isinstance(test.left, Result):
            rule = _RULES.get(test.left.name)
            why = rule(f, test.left, maps, authors) if rule is not None else None
            if why is not None:
                yield at, test.operation == "eq", why


_ZERO = ("bpf_timer_init", "bpf_timer_set_callback", "bpf_timer_start")


def _first_mask(asked: Result) -> bool:
    """A mask goes into its place: what was there comes back, and masks are made for places that were just made."""
    made = asked.arguments[1]
    return asked.name == "bpf_kptr_xchg" and isinstance(made, Result) and made.name == "bpf_cpumask_create"


def _possible_cpu(asked: Result) -> bool:
    mask = asked.arguments[1]
    return asked.name == "bpf_cpumask_test_cpu" and isinstance(mask, Result) and mask.name == "scx_bpf_get_possible_cpumask"


def _first_turn(f: Function, asked: Result, maps: Mapping[str, Map], authors: set[str]) -> str | None:
    low, high = asked.turns or (None, None)
    if low != Constant(0):
        return None
    some = isinstance(high, Constant) and 0 < high.number < 1 << 31
    return _SOME if some or isinstance(high, Result) and high.name in ("scx_bpf_nr_cpu_ids", "scx_bpf_nr_node_ids") else None


Rule = Callable[[Function, Result, Mapping[str, Map], set[str]], str | None]


def _array(f: Function, asked: Result, maps: Mapping[str, Map], authors: set[str]) -> str | None:
    symbol, key = asked.arguments[0], asked.key
    found = maps.get(symbol.name) if isinstance(symbol, Symbol) else None
    if found is None or not found.type_name.endswith("array") or found.name == TOPOLOGY and isinstance(asked.arguments[2], Unknown):
        return None  # a walk along what init noted of the CPUs ends at a number that is no CPU's
    if isinstance(key, Constant):
        return _ROW if key.number < found.max_entries else None
    return None if found.name in authors else _ROW


def _storage(f: Function, asked: Result, maps: Mapping[str, Map], authors: set[str]) -> str | None:
    owner, flags = asked.arguments[1], asked.arguments[3]
    own = isinstance(owner, Argument) or isinstance(owner, Result) and owner.name == "scx_bpf_task_cgroup"
    return _OWN if own and flags == Constant(0) and f.section.removeprefix("?").startswith("struct_ops") else None


def _always(why: str) -> Rule:
    return lambda f, asked, maps, authors: why


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

__all__ = ["arms", "never"]
