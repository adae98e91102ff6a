# SPDX-License-Identifier: GPL-2.0-only
"""Why the kernel ejects a policy: one dataclass for each of its messages, with its own format.

Source: the calls of scx_ops_error, scx_error and scx_exit in kernel/sched/ext.c and ext_idle.c of 6.12 to 7.3. Where the
wording changed, `template` depends on the series.
"""

from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True)
class Finding:
    """A reason for the end. `kind` names the exit kind: SCX_EXIT_<KIND>. `wording` fits the fields in their order."""

    wording: ClassVar[str] = ""
    kind: ClassVar[str] = "error"

    def template(self, series: tuple[int, int]) -> str:
        return self.wording

    def values(self, series: tuple[int, int]) -> tuple[Any, ...]:
        return tuple(getattr(self, f.name) for f in fields(self))

    def message(self, series: tuple[int, int]) -> str:
        return self.template(series).replace("%llu", "%d").replace("%llx", "%x").replace("016llx", "016x").replace("%u", "%d") % (
            self.values(series)
        )


def _finding(name: str, wording: str, *parts: str, doc: str = "") -> type[Finding]:
    """A finding whose fields are the values of its format, in their order."""
    made = type(name, (Finding,), {"__annotations__": {p: Any for p in parts}, "wording": wording, "__doc__": doc, "__module__": __name__})
    return dataclass(frozen=True)(made)


@dataclass(frozen=True)
class PolicyError(Finding):
    """scx_bpf_error: the policy ended itself."""

    text: str
    wording = "%s"
    kind = "error_bpf"


@dataclass(frozen=True)
class PolicyExit(Finding):
    """scx_bpf_exit."""

    text: str
    wording = "%s"
    kind = "unreg_bpf"


@dataclass(frozen=True)
class NoSuchDsq(Finding):
    """find_dsq_for_dispatch. Newer kernels leave the task out."""

    dsq_id: int
    comm: str
    pid: int

    def template(self, series: tuple[int, int]) -> str:
        return "non-existent DSQ 0x%llx for %s[%d]" if series < (7, 1) else "non-existent DSQ 0x%llx"

    def values(self, series: tuple[int, int]) -> tuple[Any, ...]:
        return (self.dsq_id, self.comm, self.pid) if series < (7, 1) else (self.dsq_id,)


@dataclass(frozen=True)
class Stalled(Finding):
    """check_rq_for_timeouts: a runnable task did not run."""

    comm: str
    pid: int
    seconds: int
    milliseconds: int
    wording = "%s[%d] failed to run for %u.%03us"
    kind = "error_stall"

    def message(self, series: tuple[int, int]) -> str:
        return f"{self.comm}[{self.pid}] failed to run for {self.seconds}.{self.milliseconds:03d}s"


@dataclass(frozen=True)
class Hotplug(Finding):
    """handle_hotplug: the policy has no callback for it, and is loaded again."""

    cpu: int
    direction: str
    wording = "cpu %d going %s, exiting scheduler"
    kind = "unreg_kern"


InvalidCpu = _finding("InvalidCpu", "invalid CPU %d%s%s", "cpu", "space", "where", doc="ops_cpu_valid.")
InvalidErrno = _finding("InvalidErrno", "ops.%s() returned an invalid errno %d", "op", "error", doc="ops_sanitize_err.")
WrongContext = _finding(
    "WrongContext", "kfunc with mask 0x%x called from an operation only allowing 0x%x", "mask", "allowed",
    doc="scx_kf_allowed, up to 7.0: a function of the kernel that this callback may not call.",
)  # fmt: skip
NestedRelease = _finding("NestedRelease", "cpu_release kfunc called from a nested operation", doc="scx_kf_allowed.")
NestedDispatch = _finding("NestedDispatch", "dispatch kfunc called from a nested operation", doc="scx_kf_allowed.")
ForeignTask = _finding("ForeignTask", "called on a task not being operated on", doc="scx_kf_allowed_on_arg_tasks.")
DestroyedDsq = _finding("DestroyedDsq", "attempting to dispatch to a destroyed dsq", doc="dispatch_enqueue.")
VtimeOnBuiltin = _finding("VtimeOnBuiltin", "cannot use vtime ordering for built-in DSQs", doc="dispatch_enqueue.")
HadFifo = _finding("HadFifo", "DSQ ID 0x%016llx already had FIFO-enqueued tasks", "dsq_id", doc="dispatch_enqueue.")
HadPriq = _finding("HadPriq", "DSQ ID 0x%016llx already had PRIQ-enqueued tasks", "dsq_id", doc="dispatch_enqueue.")
AlreadyDirect = _finding("AlreadyDirect", "%s[%d] already direct-dispatched", "comm", "pid", doc="mark_direct_dispatch.")
OtherDirect = _finding(
    "OtherDirect", "scheduling for %s[%d] but trying to direct-dispatch %s[%d]", "comm", "pid", "other_comm", "other_pid",
    doc="mark_direct_dispatch.",
)  # fmt: skip
MigrationDisabled = _finding(
    "MigrationDisabled", "SCX_DSQ_LOCAL[_ON] cannot move migration disabled %s[%d] from CPU %d to %d",
    "comm", "pid", "source", "target", doc="task_can_run_on_remote_rq.",
)  # fmt: skip
NotAllowed = _finding(
    "NotAllowed", "SCX_DSQ_LOCAL[_ON] target CPU %d not allowed for %s[%d]", "cpu", "comm", "pid",
    doc="task_can_run_on_remote_rq.",
)  # fmt: skip
DisallowOnFork = _finding(
    "DisallowOnFork", "ops.init_task() set task->scx.disallow for %s[%d] during fork", "comm", "pid", doc="scx_init_task."
)
DsqInUse = _finding("DsqInUse", "attempting to destroy in-use dsq 0x%016llx (nr=%u)", "dsq_id", "queued", doc="destroy_dsq.")
CgroupInitFailed = _finding("CgroupInitFailed", "ops.cgroup_init() failed (%d)", "error", doc="scx_cgroup_init.")
EnqLastAlone = _finding(
    "EnqLastAlone", "SCX_OPS_ENQ_LAST requires ops.enqueue() to be implemented", doc="validate_ops: the scheduler is not enabled."
)
InitFailed = _finding("InitFailed", "ops.init() failed (%d)", "error", doc="scx_enable.")
InitTaskFailed = _finding("InitTaskFailed", "ops.init_task() failed (%d) for %s[%d]", "error", "comm", "pid", doc="scx_enable.")
NoIdleTracking = _finding("NoIdleTracking", "built-in idle tracking is disabled", doc="check_builtin_idle_enabled.")
NullTask = _finding("NullTask", "called with NULL task", doc="scx_dsq_insert_preamble.")
InvalidEnqFlags = _finding("InvalidEnqFlags", "invalid enq_flags 0x%llx", "flags", doc="scx_dsq_insert_preamble.")
BufferOverflow = _finding("BufferOverflow", "dispatch buffer overflow", doc="scx_dsq_insert_commit.")
BufferUnderflow = _finding("BufferUnderflow", "dispatch buffer underflow", doc="scx_bpf_dispatch_cancel.")
InvalidDsq = _finding("InvalidDsq", "invalid DSQ ID 0x%016llx", "dsq_id", doc="scx_bpf_dsq_move_to_local.")
KickConflict = _finding("KickConflict", "PREEMPT/WAIT cannot be used with SCX_KICK_IDLE", doc="scx_bpf_kick_cpu.")
DumpOutside = _finding("DumpOutside", "scx_bpf_dump() must only be called from ops.dump() and friends", doc="scx_bpf_dump_bstr.")
InvalidPerf = _finding("InvalidPerf", "Invalid cpuperf target %u for CPU %d", "target", "cpu", doc="scx_bpf_cpuperf_set.")
CrossTask = _finding(
    "CrossTask", "select_cpu kfunc called cross-task on %s[%d]", "comm", "pid", doc="select_cpu_from_kfunc, from 7.1."
)
PeekBuiltin = _finding("PeekBuiltin", "peek disallowed on builtin DSQ 0x%llx", "dsq_id", doc="scx_bpf_dsq_peek.")
PeekMissing = _finding("PeekMissing", "peek on non-existent DSQ 0x%llx", "dsq_id", doc="scx_bpf_dsq_peek.")
WatchdogLate = _finding("WatchdogLate", "watchdog failed to check in for %u.%03us", "seconds", "milliseconds", doc="scx_tick.")

REASONS = {
    "unreg": "unregistered from user space",
    "unreg_bpf": "unregistered from BPF",
    "unreg_kern": "unregistered from the main kernel",
    "error": "runtime error",
    "error_bpf": "scx_bpf_error",
    "error_stall": "runnable task stall",
}
"""scx_exit_reason."""
