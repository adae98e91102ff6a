# SPDX-License-Identifier: GPL-2.0-only
"""Names that authors bring along from C and from other languages, and what stands for each here: what messages suggest."""

# Functions and macros of C policies that are no kernel function; see short_forms.py for those that are.
CALLS = {
    "printf": '`log "… {x} …"`', "bpf_printk": '`log "… {x} …"`', "printk": '`log "… {x} …"`', "print": '`log "… {x} …"`',
    "scx_bpf_error": '`error "… {x} …"`', "scx_bpf_exit": '`exit restart "…"`', "scx_bpf_dump": '`dump "…"` in `on dump`', "assert": '`error "…"`',
    "bpf_map_lookup_elem": "`m[k]`, which may be none", "bpf_map_update_elem": "`m[k] = v`, or `m.add(k, v)`", "bpf_map_delete_elem": "`m.remove(k)`",
    "bpf_map_push_elem": "`m.push(v)`", "bpf_map_pop_elem": "`m.pop()`", "bpf_map_lookup_percpu_elem": "`per cpu { … }` and `c.member`",
    "bpf_task_storage_get": "`per task { … }` and `p.member`", "bpf_cgrp_storage_get": "`per cgroup { … }` and `cg.member`",
    "bpf_spin_lock": "`under l { … }`", "bpf_spin_unlock": "`under l { … }`", "spin_lock": "`under l { … }`",
    "bpf_for": "`for i in a .. b { … }`", "bpf_repeat": "`repeat n { … }`", "bpf_for_each": "`for t in q { … }`, `for c in m { … }`", "bpf_loop": "`repeat n { … }`",
    "bpf_timer_start": "`t.start(5ms)`", "bpf_timer_init": "`timer t { … }`", "bpf_ringbuf_reserve": "`if let e = out.reserve() { … }`", "bpf_ringbuf_submit": "nothing: `e` of `out.reserve()` is sent at the end of its block",
    "bpf_get_current_task_btf": "`waker()`, or `this_cpu.curr`", "bpf_get_current_task": "`waker()`, or `this_cpu.curr`",
    "bpf_probe_read_kernel": "the field by its name", "BPF_CORE_READ": "the field by its name: `p.a.b`", "bpf_kptr_xchg": "`keep x = v`, `take x`",
    "bpf_core_field_exists": "`kernel has struct.field`", "bpf_ksym_exists": "`kernel has name`", "bpf_strncmp": '`a == b`, `a.starts_with("x")`',
    "smp_processor_id": "`this_cpu`", "ktime_get_ns": "`now()`", "ktime_get": "`now()`", "bpf_ktime_get_ns": "`now()`", "scx_bpf_now": "`now()`",
    "get_random_u32": "`bpf_get_prandom_u32()`", "random": "`bpf_get_prandom_u32()`", "rand": "`bpf_get_prandom_u32()`",
    "sizeof": "nothing: sizes are the compiler's", "min_t": "`min(a, b)`", "max_t": "`max(a, b)`", "likely": "the condition alone", "unlikely": "the condition alone",
    "READ_ONCE": "the variable: each read is one load", "WRITE_ONCE": "an assignment: each is one store", "barrier": "nothing: accesses keep their order",
    "__sync_fetch_and_add": "`atomic var x` and `x += n`, or `x.add(n)`", "__sync_val_compare_and_swap": "`x.cas(old, new)`",
    "vtime_before": "`a < b`: vtime compares by the sign of the difference", "time_before": "`a < b`", "ARRAY_SIZE": "`a.len`",
    "abs": "`max(a, -a)`", "log2": "`use bits` and `bits.log2(x)`", "sqrt": "`use bits` and `bits.sqrt(x)`", "ilog2": "`use bits` and `bits.log2(x)`",
}  # fmt: skip

# Constants of the kernel that are words of the language.
WORDS = {"SCX_DSQ_LOCAL": "LOCAL", "SCX_DSQ_GLOBAL": "GLOBAL", "SCX_DSQ_LOCAL_ON": "LOCAL(c)", "SCX_SLICE_DFL": "SLICE", "SCX_SLICE_INF": "INF"}

# What the parser has answered already: said once is enough.
ANSWERED = frozenset({"NULL", "nullptr", "null", "nil", "None", "TRUE", "FALSE", "True", "False"})

TYPES = {
    "int": "i32", "long": "i64", "unsigned": "u32", "float": None, "double": None, "size_t": "u64", "char": "u8", "short": "i16", "uint": "u32", "s8": "i8",
    "s16": "i16", "s32": "i32", "s64": "i64", "uint8_t": "u8", "uint16_t": "u16", "uint32_t": "u32", "uint64_t": "u64", "int32_t": "i32", "int64_t": "i64",
    "uint8": "u8", "uint16": "u16", "uint32": "u32", "uint64": "u64", "int32": "i32", "int64": "i64", "usize": "u64", "boolean": "bool", "_Bool": "bool",
    "task_struct": "task", "string": "str[16]", "pid_t": "i32", "bpf_cpumask": "cpumask", "ktime_t": "time", "ns": "duration",
}  # fmt: skip

MEMBERS = {
    "length": "len", "size": "len", "count": "len", "nr_queued": "len", "idle": "is_idle", "set": "add", "set_cpu": "add", "clear_cpu": "remove", "unset": "remove",
    "weight_": "len", "has": "in", "contains": "in", "test": "in", "kthread": "is_kthread", "name": "comm", "cpumask": "cpus_allowed", "cpus": "cpus_allowed",
    "dsq_vtime": "vtime", "priority": "nice", "ppid": "parent", "push_back": "push", "enqueue": "push", "dequeue": "pop", "put": "insert", "consume": "move_to_local",
    "dispatch": "insert", "fetch_add": "add", "exchange": "swap", "compare_exchange": "cas", "current": "curr",
}  # fmt: skip
