# SPDX-License-Identifier: GPL-2.0-only
"""What the kernels offer, as a specification: each line here is a fact that the compiler leans on."""

import pytest

from scxdsl.kernel.ctype import Kind
from scxdsl.kernel.facts import Facts
from scxdsl.kernel.permissions import Why

F = Facts.load()
ALL = F.all
SINCE = {s: F.choose(f"{s}..").kernels for s in F.names}


def fields(op):
    return [(a.name, a.type.spelling, a.nullable) for a in F.op(op).proto.newest.args]


def test_nine_series_are_known_and_their_source_was_read():
    assert F.names == ("6.12", "6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3")
    assert F.assumed(ALL) == ()
    assert all(k.release.startswith(f"{k.series}.") for k in F.kernels)


# --- callbacks


def test_the_callbacks_of_a_simple_policy_exist_on_every_kernel():
    for name in ("select_cpu", "enqueue", "dequeue", "dispatch", "running", "stopping", "enable", "init", "exit"):
        assert F.op(name).where == ALL


@pytest.mark.parametrize(
    ("name", "since"),
    [("cgroup_set_bandwidth", "6.17"), ("cgroup_set_idle", "6.19"), ("sub_attach", "7.1"), ("init_cids", "7.3"), ("sub_caps_updated", "7.3")],
)
def test_later_callbacks(name, since):
    assert F.op(name).where == SINCE[since]


def test_arguments_have_the_names_and_types_of_the_kernels_documentation():
    assert fields("select_cpu") == [
        ("p", "struct task_struct *", False), ("prev_cpu", "s32", False), ("wake_flags", "u64", False),
    ]  # fmt: skip
    assert fields("stopping") == [("p", "struct task_struct *", False), ("runnable", "bool", False)]
    assert fields("dequeue")[1][0] == "deq_flags"
    assert F.op("select_cpu").proto.newest.returns.spelling == "s32"
    assert F.op("init").proto.newest.args == ()


def test_only_dispatchs_prev_and_yields_to_may_be_missing_and_they_may_on_every_kernel():
    nullable = {
        (name, arg.name, str(kernels)) for name in F.op_names for kernels, p in F.op(name).proto for arg in p.args if arg.nullable
    }
    assert nullable == {("dispatch", "prev", "6.12 to 7.3"), ("yield", "to", "6.12 to 7.3")}


def test_which_callbacks_may_sleep():
    always = {"init", "exit", "init_task", "cgroup_init", "cgroup_exit", "cgroup_prep_move", "cpu_online", "cpu_offline"}
    assert {n for n in F.op_names if F.op(n).may_sleep == ALL} == always
    assert F.op("sub_attach").may_sleep == SINCE["7.1"]
    assert F.op("cgroup_set_bandwidth").may_sleep == SINCE["7.3"]
    assert not F.op("enqueue").may_sleep


def test_dispatch_has_a_stack_of_its_own_from_7_1():
    assert F.op("dispatch").private_stack == SINCE["7.1"]
    assert not F.op("enqueue").private_stack


def test_settings_of_the_ops_table():
    assert F.setting("timeout_ms").type.newest.spelling == "u32"
    assert F.setting("flags").settable == ALL
    assert not F.setting("priv").settable
    assert F.setting("rescue_quantum_us").where == SINCE["7.3"]
    assert F.setting("enqueue") is None and F.op("flags") is None


def test_sub_schedulers_need_the_cid_form_from_7_2():
    assert F.op("sub_attach").refused == SINCE["7.2"]
    assert F.op("cpu_release").deprecated == SINCE["6.19"]


# --- who may call what


def test_a_task_may_be_inserted_from_select_cpu_enqueue_and_dispatch_on_every_kernel():
    for callback in ("select_cpu", "enqueue", "dispatch"):
        assert F.family("dsq_insert").permission(F, callback, ALL)


def test_an_insert_from_running_ends_the_scheduler_up_to_7_0_and_does_not_load_from_7_1():
    answer = F.permission("scx_bpf_dsq_insert", "running", SINCE["6.16"])
    assert not answer
    assert (answer.oldest, answer.newest) == ("6.16", "7.3")
    assert answer.fault(Why.CALLBACK) == SINCE["6.16"]
    assert str(answer.at_run) == "6.16 to 7.0"
    assert answer.at_load == SINCE["7.1"]


def test_queues_are_made_where_the_program_may_sleep():
    assert F.permission("scx_bpf_create_dsq", "init")
    assert F.permission("scx_bpf_create_dsq", "init_task")
    assert F.permission("scx_bpf_create_dsq", "enqueue").fault(Why.SLEEP) == ALL
    assert F.permission("scx_bpf_create_dsq", "init", sleepable=False).fault(Why.SLEEP) == ALL
    assert F.permission("scx_bpf_create_dsq", "cgroup_set_weight").fault(Why.SLEEP) == ALL


def test_tasks_are_moved_to_the_local_queue_from_dispatch_alone():
    family = F.family("dsq_move_to_local")
    assert family.permission(F, "dispatch", ALL)
    for callback in ("enqueue", "select_cpu", "tick", "init", "timer", "syscall"):
        assert family.permission(F, callback, ALL).refused == ALL


def test_tasks_are_moved_between_queues_from_dispatch_and_where_no_run_queue_is_locked():
    family = F.family("dsq_move")
    for context in ("dispatch", "init", "dump", "timer", "syscall", "cgroup_set_weight"):
        assert family.permission(F, context, ALL), context
    assert family.permission(F, "enqueue", ALL).refused == ALL
    assert family.permission(F, "cgroup_move", ALL).oldest == "7.0"


def test_the_kernels_choice_of_a_cpu_was_for_select_cpu_alone_on_6_12():
    assert F.permission("scx_bpf_select_cpu_dfl", "select_cpu")
    assert str(F.permission("scx_bpf_select_cpu_dfl", "enqueue").refused) == "6.12"
    assert F.permission("scx_bpf_select_cpu_dfl", "running").refused == ALL
    assert str(F.permission("scx_bpf_select_cpu_dfl", "syscall").refused) == "6.12"


UNLOCKED = {
    "cgroup_cancel_move", "cgroup_exit", "cgroup_init", "cgroup_prep_move", "cgroup_set_bandwidth", "cgroup_set_idle",
    "cgroup_set_weight", "cpu_offline", "cpu_online", "dump", "exit", "init", "init_task", "sub_attach", "sub_detach",
}  # fmt: skip


@pytest.mark.parametrize("series", ["7.1", "7.2", "7.3"])
@pytest.mark.parametrize(
    ("kfuncs", "callbacks"),
    [
        ("scx_bpf_dsq_insert scx_bpf_dsq_insert___v2 scx_bpf_dsq_insert_vtime __scx_bpf_dsq_insert_vtime", {"dispatch", "enqueue", "select_cpu"}),
        ("scx_bpf_select_cpu_dfl scx_bpf_select_cpu_and __scx_bpf_select_cpu_and", UNLOCKED | {"enqueue", "select_cpu"}),
        ("scx_bpf_dsq_move scx_bpf_dsq_move_vtime scx_bpf_dsq_move_set_slice scx_bpf_dsq_move_set_vtime", UNLOCKED | {"dispatch"}),
        ("scx_bpf_dsq_move_to_local scx_bpf_dsq_move_to_local___v2 scx_bpf_dispatch_cancel scx_bpf_dispatch_nr_slots", {"dispatch"}),
        ("scx_bpf_reenqueue_local", {"cpu_release"}),
    ],
)
def test_what_the_verifier_was_seen_to_accept(series, kfuncs, callbacks):
    """Measured: each function was put into each callback and loaded on these kernels; init_cids came later and is as init."""
    kernel = F.set_of(series)
    for kfunc in kfuncs.split():
        accepted = set()
        for name in F.op_names:
            op = F.op(name)
            if kernel <= op.where - op.refused | (op.where & op.may_sleep) and F.permission(kfunc, name, kernel):
                accepted.add(name)
        assert accepted - {"init_cids"} == callbacks, kfunc


def test_kicks_are_allowed_everywhere():
    for context in (*F.op_names, "timer", "syscall", "tracing"):
        kernels = F.op(context).where if F.op(context) else ALL
        assert F.permission("scx_bpf_kick_cpu", context, kernels), context


def test_the_local_queue_is_enqueued_again_from_cpu_release_and_from_6_19_from_anywhere():
    assert F.permission("scx_bpf_reenqueue_local", "cpu_release")
    assert str(F.family("reenqueue_local").permission(F, "tick", ALL).refused) == "6.12 to 6.18"


def test_what_a_kernel_lacks_is_a_fault_of_its_own():
    assert str(F.permission("scx_bpf_dispatch", "enqueue").fault(Why.MISSING)) == "6.17 to 7.3"
    assert str(F.permission("scx_bpf_cpu_rq", "enqueue").fault(Why.MISSING)) == "7.3"
    assert F.permission("scx_bpf_kick_cpu", "cgroup_set_idle").fault(Why.NO_CALLBACK) == ALL - SINCE["6.19"]
    assert F.permission("scx_bpf_kick_cpu", "no_such_callback").refused == ALL
    assert F.permission("no_such_kfunc", "enqueue").refused == ALL


def test_hooks_call_what_is_registered_for_tracing():
    assert F.permission("scx_bpf_kick_cpu", "tracing")
    assert F.permission("scx_bpf_dsq_insert", "tracing").fault(Why.PROGRAM) == SINCE["6.16"]
    assert F.permission("bpf_task_from_pid", "syscall")


def test_what_the_kernel_checks_of_arguments():
    rules = {c.rule: c for c in F.conditions("scx_bpf_dsq_insert")}
    assert rules["once"].contexts == ("select_cpu", "enqueue")
    assert rules["own_task"].kernels == ALL
    assert [c.rule for c in F.conditions("scx_bpf_task_cgroup")] == ["own_task"]
    assert "builtin_idle" in {c.rule for c in F.conditions("scx_bpf_pick_idle_cpu")}
    assert all(F.kfunc(k) for c in F._conditions for k in c.kfuncs)


# --- functions


def test_flags_of_functions():
    acquire = F.kfunc("bpf_task_from_pid")
    assert acquire.has("acquire") == acquire.has("ret_null") == ALL
    assert F.kfunc("bpf_task_release").has("release") == ALL
    assert F.kfunc("scx_bpf_create_dsq").has("sleepable") == ALL
    assert F.kfunc("bpf_iter_scx_dsq_new").has("iter_new") == ALL
    assert F.kfunc("scx_bpf_cpu_curr").has("rcu_protected") == SINCE["6.18"]
    assert F.kfunc("bpf_arena_alloc_pages").has("sleepable") == ALL - SINCE["7.0"]


def test_the_argument_that_the_verifier_adds_is_not_part_of_the_prototype():
    create = F.kfunc("scx_bpf_create_dsq")
    assert create.implicit == SINCE["7.1"]
    assert [[a.name for a in p.args] for p in create.proto.values()] == [["dsq_id", "node"]]


def test_annotations_are_taken_off_the_names_of_arguments():
    events = F.kfunc("scx_bpf_events").proto.newest
    assert [(a.name, a.suffix) for a in events.args] == [("events", ""), ("events", "__sz")]
    assert F.kfunc("bpf_dynptr_slice").proto.newest.args[2].nullable


def test_no_scx_function_is_allowed_under_a_lock_on_any_kernel():
    assert not [n for n in F.kfunc_names if "scx" in n and F.kfunc(n).under_lock]
    assert F.kfunc("bpf_rbtree_first").under_lock == ALL
    assert F.kfunc("bpf_iter_num_new").under_lock == SINCE["6.16"]
    assert F.helper("bpf_kptr_xchg").under_lock == SINCE["7.1"]


def test_helpers_have_the_kernels_numbers():
    assert F.helper("map_lookup_elem").number == 1
    assert F.helper("bpf_ktime_get_ns").number == 5
    assert F.helper("kptr_xchg").number == 194
    assert F.helper("copy_from_user").where == SINCE["6.16"]
    assert F.helper("xdp_adjust_head") is None


def test_hooks_have_prototypes():
    assert [a.name for a in F.tracepoint("sched_switch").newest.args] == ["preempt", "prev", "next", "prev_state"]
    assert "__futex_wait" in F._index["functions"]
    assert F.function("futex_wake").newest.returns.spelling == "int"
    assert F.tracepoint("no_such") is None


# --- data


def test_a_policy_may_write_slice_vtime_and_disallow_and_nothing_else():
    assert {p for p in F._source["writable"]} == {"task_struct.scx.slice", "task_struct.scx.dsq_vtime", "task_struct.scx.disallow"}
    assert str(F.field("task_struct.scx.slice").writable.where_is(lambda how: how == "deprecated")) == "7.1 to 7.2"
    assert F.field("task_struct.scx.disallow").writable.newest == "init_task"
    assert not F.field("task_struct.pid").writable


def test_fields_tell_their_kernels_and_types():
    slice = F.field("task_struct.scx.slice")
    assert slice.where == ALL
    assert (slice.type.newest.type.kind, slice.type.newest.type.bits, slice.type.newest.type.signed) == (Kind.INT, 64, False)
    pid = F.field("task_struct.pid").type.newest.type
    assert (pid.spelling, pid.bits, pid.signed) == ("pid_t", 32, True)
    comm = F.field("task_struct.comm").type.newest.type
    assert (comm.kind, comm.length, comm.target.bits) == (Kind.ARRAY, 16, 8)
    assert F.field("task_struct.in_iowait").type.newest.bits == 1
    assert F.field("scx_exit_info.kind").type.newest.type.kind is Kind.ENUM
    assert F.field("sched_ext_entity.tid").where == SINCE["7.2"]


def test_a_path_goes_through_structs_and_pointers():
    assert F.field("task_struct.cgroups.dfl_cgrp.kn.id").where == ALL
    assert F.field("task_struct.parent.pid").type.newest.type.spelling == "pid_t"
    assert F.field("task_struct.no_such") is None
    assert F.field("task_struct.pid.no_such") is None
    assert F.field("no_such_struct.pid") is None


def test_which_pointers_may_be_passed_on():
    assert F.field("task_struct.cpus_ptr").trust.on("6.12") == "rcu"
    assert F.field("task_struct.real_parent").trust.where_is(lambda t: t == "rcu") == ALL
    assert F.field("task_struct.parent").trust.newest == "untrusted"
    assert F.field("cgroup_subsys_state.cgroup").trust.where_is(lambda t: t == "rcu") == SINCE["6.17"]
    assert not F.field("task_struct.pid").trust


def test_constants_move_between_kernels():
    head = F.constant("SCX_ENQ_HEAD")
    assert not head.same
    assert (head.values.on("6.18"), head.values.on("6.19")) == (0x10, 0x10000)
    assert F.constant("SCX_DSQ_LOCAL").values.newest == 0x8000000000000002
    assert F.constant("SCX_ENQ_IMMED").where == SINCE["7.1"]
    assert F.constant("SCX_NO_SUCH") is None


def test_an_enumerator_that_changed_its_enum_is_one_constant():
    enabled = F.constant("SCX_TASK_ENABLED")
    assert enabled.where == ALL
    assert (enabled.enum.on("7.0"), enabled.enum.on("7.1")) == ("scx_task_state", "scx_ent_flags")
    assert (enabled.values.on("7.0"), enabled.values.on("7.1")) == (3, 0x400)


def test_limits():
    assert F.limit("stack").values() == (512,)
    assert F.limit("frames").values() == (8, 16)
    assert F.limit("frames").where_is(lambda n: n == 16) == SINCE["7.2"]
    assert F.limit("special_fields").values() == (11,)
    assert F.limit("ownership_depth").where == SINCE["7.2"]
    assert F.limit("timeout_ms").values() == (30000,)
    with pytest.raises(KeyError):
        F.limit("no_such")


def test_bits_that_tell_what_interrupt_is_served():
    assert [F.interrupt_bits(kind).on("7.2") for kind in ("softirq", "hardirq", "nmi")] == [0x100, 0xF0000, 0xF00000]
    assert [F.interrupt_bits(kind).on("7.3") for kind in ("softirq", "hardirq", "nmi")] == [0x100, 0xF000000, 0xF0000000]
    shown_by = F.interrupt_layout.on("7.3")
    assert F.interrupt_layout.on("7.2") is None
    assert [series for series in F.names if F.variable(shown_by).on(series)] == ["7.3"]


def test_macros_and_per_cpu_variables():
    assert F.macro("PF_KTHREAD") == 0x200000
    assert F.macro("about") is None
    assert F.variable("sd_llc_id").newest.spelling == "int"


def test_one_build_of_7_1_hides_functions_and_says_which():
    hidden = {n for n in F.kfunc_names if F.kfunc(n).hidden}
    assert "scx_bpf_create_dsq" in hidden and len(hidden) == 19
    assert {str(F.kfunc(n).hidden) for n in hidden} == {"7.1"}


def test_every_fact_can_be_read():
    """No spelled type, prototype or row of the data is beyond the reader."""
    for name in F.kfunc_names:
        function = F.kfunc(name)
        assert function.where and function.programs.where == function.where, name
    for name in F.op_names:
        assert F.op(name).contexts.where == ALL or F.op(name).where <= F.op(name).contexts.where, name
    for name in F._index["structs"]:
        for field in F.struct(name).fields:
            assert F.field(f"{name}.{field}").where <= F.struct(name).where
    for part, ask in (("tracepoints", F.tracepoint), ("functions", F.function), ("variables", F.variable)):
        for name in F._index[part]:
            assert ask(name).where
    for enum in F.enum_names:
        for value in F.constants_of(enum):
            assert F.constant(value).where
