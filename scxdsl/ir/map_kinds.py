# SPDX-License-Identifier: GPL-2.0-only
"""Kinds of maps by the kernel's name in lower case: numbers of enum bpf_map_type, include/uapi/linux/bpf.h."""

MAP_KINDS: dict[str, int] = {
    "hash": 1,
    "array": 2,
    "prog_array": 3,
    "perf_event_array": 4,
    "percpu_hash": 5,
    "percpu_array": 6,
    "stack_trace": 7,
    "cgroup_array": 8,
    "lru_hash": 9,
    "lru_percpu_hash": 10,
    "lpm_trie": 11,
    "array_of_maps": 12,
    "hash_of_maps": 13,
    "queue": 22,
    "stack": 23,
    "ringbuf": 27,
    "task_storage": 29,
    "bloom_filter": 30,
    "user_ringbuf": 31,
    "cgrp_storage": 32,
    "arena": 33,
}
