# SPDX-License-Identifier: GPL-2.0-only
"""BPF helpers: number and shape of each. Numbers and prototypes are those of include/uapi/linux/bpf.h
(__BPF_FUNC_MAPPER and the comment above it); helpers for packets and sockets are left out.

A shape is one letter a value: p pointer, 8 for 64 bits, 4 for 32 bits, v nothing; a last * means any more, of 64 bits.
"""

from scxdsl.source.records import dataclass


@dataclass(frozen=True)
class Helper:
    number: int
    result: str
    params: str

    @property
    def variadic(self) -> bool:
        return self.params.endswith("*")


HELPERS: dict[str, Helper] = {
    "map_lookup_elem": Helper(1, "p", "pp"),
    "map_update_elem": Helper(2, "8", "ppp8"),
    "map_delete_elem": Helper(3, "8", "pp"),
    "ktime_get_ns": Helper(5, "8", ""),
    "trace_printk": Helper(6, "8", "p4*"),
    "get_prandom_u32": Helper(7, "4", ""),
    "get_smp_processor_id": Helper(8, "4", ""),
    "get_current_pid_tgid": Helper(14, "8", ""),
    "get_current_uid_gid": Helper(15, "8", ""),
    "get_current_comm": Helper(16, "8", "p4"),
    "perf_event_output": Helper(25, "8", "ppp88"),
    "get_stackid": Helper(27, "8", "pp8"),
    "get_current_task": Helper(35, "8", ""),
    "probe_write_user": Helper(36, "8", "pp4"),
    "get_numa_node_id": Helper(42, "8", ""),
    "get_stack": Helper(67, "8", "pp48"),
    "get_current_cgroup_id": Helper(80, "8", ""),
    "map_push_elem": Helper(87, "8", "pp8"),
    "map_pop_elem": Helper(88, "8", "pp"),
    "map_peek_elem": Helper(89, "8", "pp"),
    "spin_lock": Helper(93, "8", "p"),
    "spin_unlock": Helper(94, "8", "p"),
    "strtol": Helper(105, "8", "p88p"),
    "strtoul": Helper(106, "8", "p88p"),
    "send_signal": Helper(109, "8", "4"),
    "probe_read_user": Helper(112, "8", "p4p"),
    "probe_read_kernel": Helper(113, "8", "p4p"),
    "probe_read_user_str": Helper(114, "8", "p4p"),
    "probe_read_kernel_str": Helper(115, "8", "p4p"),
    "send_signal_thread": Helper(117, "8", "4"),
    "jiffies64": Helper(118, "8", ""),
    "get_ns_current_pid_tgid": Helper(120, "8", "88p4"),
    "get_current_ancestor_cgroup_id": Helper(123, "8", "4"),
    "ktime_get_boot_ns": Helper(125, "8", ""),
    "ringbuf_output": Helper(130, "8", "pp88"),
    "ringbuf_reserve": Helper(131, "p", "p88"),
    "ringbuf_submit": Helper(132, "v", "p8"),
    "ringbuf_discard": Helper(133, "v", "p8"),
    "ringbuf_query": Helper(134, "8", "p8"),
    "copy_from_user": Helper(148, "8", "p4p"),
    "per_cpu_ptr": Helper(153, "p", "p4"),
    "this_cpu_ptr": Helper(154, "p", "p"),
    "task_storage_get": Helper(156, "p", "ppp8"),
    "task_storage_delete": Helper(157, "8", "pp"),
    "get_current_task_btf": Helper(158, "p", ""),
    "ktime_get_coarse_ns": Helper(160, "8", ""),
    "for_each_map_elem": Helper(164, "8", "ppp8"),
    "snprintf": Helper(165, "8", "p4pp4"),
    "timer_init": Helper(169, "8", "pp8"),
    "timer_set_callback": Helper(170, "8", "pp"),
    "timer_start": Helper(171, "8", "p88"),
    "timer_cancel": Helper(172, "8", "p"),
    "get_func_ip": Helper(173, "8", "p"),
    "get_attach_cookie": Helper(174, "8", "p"),
    "task_pt_regs": Helper(175, "8", "p"),
    "get_branch_snapshot": Helper(176, "8", "p48"),
    "trace_vprintk": Helper(177, "8", "p4p4"),
    "find_vma": Helper(180, "8", "p8pp8"),
    "loop": Helper(181, "8", "4pp8"),
    "strncmp": Helper(182, "8", "p4p"),
    "get_func_arg": Helper(183, "8", "p4p"),
    "get_func_ret": Helper(184, "8", "pp"),
    "get_func_arg_cnt": Helper(185, "8", "p"),
    "copy_from_user_task": Helper(191, "8", "p4pp8"),
    "kptr_xchg": Helper(194, "p", "pp"),
    "map_lookup_percpu_elem": Helper(195, "p", "pp4"),
    "dynptr_from_mem": Helper(197, "8", "p48p"),
    "ringbuf_reserve_dynptr": Helper(198, "8", "p48p"),
    "ringbuf_submit_dynptr": Helper(199, "v", "p8"),
    "ringbuf_discard_dynptr": Helper(200, "v", "p8"),
    "dynptr_read": Helper(201, "8", "p4p48"),
    "dynptr_write": Helper(202, "8", "p4p48"),
    "dynptr_data": Helper(203, "p", "p44"),
    "ktime_get_tai_ns": Helper(208, "8", ""),
    "user_ringbuf_drain": Helper(209, "8", "ppp8"),
    "cgrp_storage_get": Helper(210, "p", "ppp8"),
    "cgrp_storage_delete": Helper(211, "8", "pp"),
}
