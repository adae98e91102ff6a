# SPDX-License-Identifier: GPL-2.0-only
"""Kernel functions that a policy does not call by name, and the form of the language that stands for each: what message E0416 and E0431 tell."""

_MASK = "sets of CPUs: `a & b`, `m.add(c)`, `m.first`"
_LOOP = "a loop: `for i in 0 .. n`, `for t in q`, `for g in cg.descendants`"
_LOCK = "`under l { … }`"
_TREE = "`tree t[n]: Node by key`"
_TASK = "`task(pid)`, held to the end of its block"
_CGROUP = "`cgroup(id)`, `p.cgroup`, `cg.parent`, held to the end of their block"
_IDLE = "`idle_cpus`, `idle_cores`, `online`, `possible`"
_TEXT = "texts: `==`, `starts_with`"

# Families by how their names begin, the longest match counts.
_BY_PREFIX = {
    "bpf_cpumask_": _MASK, "bpf_iter_": _LOOP, "bpf_rbtree_": _TREE, "bpf_list_": "`map m: queue<T>[n]`", "bpf_obj_": _TREE,
    "bpf_refcount_": _TREE, "bpf_percpu_obj_": "`per cpu { … }`", "bpf_res_spin_": _LOCK, "bpf_local_irq_": _LOCK, "bpf_preempt_": _LOCK,
    "bpf_rcu_read_": "a section that the compiler opens where one is needed", "bpf_task_": _TASK, "bpf_cgroup_": _CGROUP,
    "bpf_str": _TEXT, "scx_bpf_get_": _IDLE, "scx_bpf_put_": _IDLE, "scx_bpf_error": '`error "…"`', "scx_bpf_exit": '`exit restart "…"`',
    "scx_bpf_dump": '`dump "…"` in `on dump`', "scx_bpf_dsq_peek": "`q.peek()`", "scx_bpf_cpu_curr": "`c.curr`", "scx_bpf_task_cgroup": "`p.cgroup`",
    "scx_bpf_dsq_move": "`t.move(q)` in `for t in q`", "scx_bpf_select_cpu_dfl": "`select_cpu_dfl(p, prev, wake)`", "scx_bpf_cpu_rq": "`c.rq`",
    "scx_bpf_locked_rq": "`c.rq`", "scx_bpf_dispatch_from": "`t.move(q)` in `for t in q`", "scx_bpf_dispatch_vtime_from": "`t.move(q)` in `for t in q`",
    "scx_bpf_create_dsq": "`dsq q`", "scx_bpf_destroy_dsq": "`dsq q`", "bpf_timer_": "`timer t { … }`", "bpf_wq_": "`timer t { … }`",
    "bpf_throw": '`error "…"`',
}  # fmt: skip

# Functions whose every call the compiler pairs with another: called alone the verifier refuses the program (kernel/bpf/verifier.c,
# check_kfunc_call and check_reference_leak).
_PAIRED = ("bpf_rcu_read_", "bpf_preempt_", "bpf_local_irq_", "bpf_res_spin_", "bpf_iter_")


def form_of(name: str) -> str:
    """What stands for a kernel function in the language; empty where nothing does."""
    found = [prefix for prefix in _BY_PREFIX if name.startswith(prefix)]
    return _BY_PREFIX[max(found, key=len)] if found else ""


def paired(name: str, flags: frozenset[str]) -> bool:
    """Whether a call obliges to another, or fulfils what another call obliged to: acquires, releases, opens, closes."""
    return name.startswith(_PAIRED) or bool(flags & {"acquire", "release"})
