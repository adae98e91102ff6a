# SPDX-License-Identifier: GPL-2.0-only
"""Renamed functions: each form agrees with the BTF of each kernel that it is said to be on, and every kernel is served."""

import pytest

from scxdsl.kernel import families
from scxdsl.kernel.ctype import Kind
from scxdsl.kernel.facts import Facts
from scxdsl.kernel.versions import choose, parse_ranges

F = Facts.load()
ALL = F.all
NAMES = families.family_names()


def symbols(name, kernels):
    return [f.symbol for f in F.family(name).forms_for(F.choose(kernels).kernels)]


@pytest.mark.parametrize("name", NAMES)
def test_each_form_is_on_exactly_the_kernels_that_the_data_says(name):
    for form, row in zip(F.family(name).forms, families._data()[name]["forms"], strict=True):
        assert form.kernels == choose(parse_ranges(row["kernels"]), F.names).kernels, form.symbol


@pytest.mark.parametrize("name", NAMES)
def test_each_form_has_the_prototype_of_its_kernels(name):
    for form in F.family(name).forms:
        function = F.kfunc(form.kfunc)
        for kernels, proto in function.proto.within(form.kernels):
            assert len(proto.args) == len(form.proto.args), kernels
            for theirs, ours in zip(proto.args, form.proto.args, strict=True):
                assert theirs.type.kind is ours.type.kind, (kernels, ours.name)
                assert ours.type.kind is not Kind.POINTER or theirs.type.target.kind is ours.type.target.kind
            assert proto.returns.kind is form.proto.returns.kind


@pytest.mark.parametrize("name", NAMES)
def test_each_form_is_called_with_the_familys_arguments(name):
    family = F.family(name)
    for form in family.forms:
        assert len(form.args) + len(form.extra) == len(form.proto.args), form.symbol
        plain = [a for a in form.args if a != "struct"]
        wrapped = [n for n, _ in form.struct.fields] if form.struct else []
        assert ("struct" in form.args) == bool(form.struct)
        if family.args and len(family.forms) > 1:
            assert set(plain) | set(wrapped) <= set(family.args), form.symbol
        for arg, theirs in zip(form.args, form.proto.args):
            if form.struct and arg == "struct":
                assert theirs.type.points_to(form.struct.name)


@pytest.mark.parametrize("name", NAMES)
def test_structs_that_wrap_arguments_are_the_kernels(name):
    for form in F.family(name).forms:
        if form.struct is None:
            continue
        struct = F.struct(form.struct.name)
        assert struct.fields == tuple(n for n, _ in form.struct.fields)
        assert form.kernels <= struct.where
        for field, type in form.struct.fields:
            assert {t.type.spelling for t in F.field(f"{form.struct.name}.{field}").type.values()} == {type}


@pytest.mark.parametrize("name", NAMES)
def test_results_are_the_familys_or_assumed(name):
    family = F.family(name)
    for form in family.forms:
        if form.assume is not None:
            assert form.proto.returns.kind is Kind.VOID and family.returns != "void"
        elif family.returns != "void" and len(family.forms) > 1 :
            assert form.proto.returns.spelling == family.returns


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_in_for_a_missing_function_exists(name):
    family = F.family(name)
    lacking = ALL - family.where
    missing = family.missing
    if missing is None or not lacking:
        return
    match missing.way:
        case "family":
            assert not F.family(missing.what).lacking(lacking)
        case "helper":
            assert lacking <= F.helper(missing.what).where
        case "store":
            assert lacking <= F.field(missing.what).writable.where and missing.value in family.args
        case "load":
            assert lacking <= F.field(missing.what).where and lacking <= F.family(missing.of).where
        case "variable":
            assert lacking <= F.variable(missing.what).where
        case "iterate":
            assert lacking <= F.kfunc(f"bpf_iter_{missing.what}_new").where
        case "constant":
            assert missing.what.isdigit()
        case "nothing":
            assert family.name in ("events", "stream_vprintk", "cpumask_populate")
        case other:
            raise AssertionError(other)


def test_libbpf_takes_the_last_suffix_off_so_a_kernel_name_with_one_gets_another():
    for name in NAMES:
        for form in F.family(name).forms:
            assert form.symbol.rpartition("___")[0] == form.kfunc if "___" in form.symbol else form.symbol == form.kfunc
    symbols = {(f.symbol, f.proto.c("")) for n in NAMES for f in F.family(n).forms}
    assert len({s for s, _ in symbols}) == len(symbols)


def test_inserts_for_every_kernel_take_three_forms_newest_first():
    assert symbols("dsq_insert", "6.12..") == ["scx_bpf_dsq_insert___v2___form0", "scx_bpf_dsq_insert", "scx_bpf_dispatch"]
    assert symbols("dsq_insert", "6.17..6.18") == ["scx_bpf_dsq_insert"]
    assert symbols("dsq_insert", "7.1..") == ["scx_bpf_dsq_insert___v2___form0"]
    assert F.family("dsq_insert").on("6.12").assume == 1


def test_no_one_name_serves_all_kernels():
    for name in ("dsq_insert", "dsq_insert_vtime", "dsq_move_to_local", "dsq_move"):
        assert all(f.kernels != ALL for f in F.family(name).forms)
        assert F.family(name).where == ALL


def test_six_arguments_are_wrapped_in_a_struct():
    form = F.family("dsq_insert_vtime").on("7.3")
    assert form.kfunc == "__scx_bpf_dsq_insert_vtime"
    assert form.struct.fields == (("dsq_id", "u64"), ("slice", "u64"), ("vtime", "u64"), ("enq_flags", "u64"))
    assert form.args == ("p", "struct")


def test_forms_that_mean_the_same_are_as_few_as_can_be():
    assert symbols("obj_new", "6.12..") == ["bpf_obj_new_impl"]
    assert symbols("obj_new", "7.1..") == ["bpf_obj_new"]


def test_a_slice_is_set_by_a_store_where_the_function_is_missing():
    family = F.family("task_set_slice")
    assert str(ALL - family.where) == "6.12 to 6.18"
    assert (family.missing.way, family.missing.what, family.missing.gives) == ("store", "task_struct.scx.slice", 1)
    assert not family.lacking(ALL)


def test_a_function_outside_all_families_is_one_of_its_own():
    family = F.family("bpf_cpumask_test_cpu")
    assert [f.symbol for f in family.forms] == ["bpf_cpumask_test_cpu"]
    assert family.forms[0].kernels == ALL
    assert [f.symbol for f in F.family("scx_bpf_cidperf_set").forms] == ["scx_bpf_cidperf_set", "scx_bpf_cidperf_set___form1"]
    assert F.family("no_such") is None


def test_integers_of_another_width_are_no_other_form():
    assert len(F.family("bpf_dynptr_adjust").forms) == 1


def test_a_kernel_name_finds_its_family():
    assert families.family_of("scx_bpf_consume") == "dsq_move_to_local"
    assert families.family_of("bpf_cpumask_test_cpu") is None


# The functions that public sched_ext schedulers call.
USED = """
bpf_arena_alloc_pages bpf_arena_free_pages bpf_cgroup_acquire bpf_cgroup_ancestor bpf_cgroup_from_id bpf_cgroup_release
bpf_cpumask_and bpf_cpumask_any_and_distribute bpf_cpumask_any_distribute bpf_cpumask_clear bpf_cpumask_clear_cpu
bpf_cpumask_copy bpf_cpumask_create bpf_cpumask_empty bpf_cpumask_first bpf_cpumask_full bpf_cpumask_intersects
bpf_cpumask_or bpf_cpumask_release bpf_cpumask_set_cpu bpf_cpumask_setall bpf_cpumask_subset
bpf_cpumask_test_and_set_cpu bpf_cpumask_test_cpu bpf_cpumask_weight bpf_cpumask_xor obj_drop obj_new rbtree_add
bpf_rbtree_first bpf_rbtree_remove bpf_rcu_read_lock bpf_rcu_read_unlock bpf_task_acquire bpf_task_from_pid
bpf_task_release cpuperf_cap cpuperf_cur cpuperf_set create_dsq destroy_dsq dispatch_cancel dispatch_nr_slots dsq_insert
dsq_insert_vtime dsq_move dsq_move_set_slice dsq_move_set_vtime dsq_move_to_local dsq_move_vtime dsq_nr_queued
get_idle_cpumask get_idle_smtmask scx_bpf_get_online_cpumask scx_bpf_get_possible_cpumask kick_cpu now nr_cpu_ids
nr_node_ids pick_any_cpu pick_idle_cpu pick_idle_cpu_node scx_bpf_put_cpumask scx_bpf_put_idle_cpumask reenqueue_local
select_cpu_and select_cpu_dfl task_cgroup task_cpu task_running task_set_dsq_vtime task_set_slice
test_and_clear_cpu_idle cpu_curr cpu_node dsq_peek events get_idle_cpumask_node get_idle_smtmask_node pick_any_cpu_node
error_bstr exit_bstr dump_bstr bpf_iter_num_new bpf_iter_scx_dsq_new bpf_iter_css_new bpf_iter_task_new tid_to_task
""".split()

USED_HELPERS = """
cgrp_storage_get dynptr_data get_current_comm get_current_pid_tgid get_current_task_btf get_numa_node_id get_prandom_u32
get_smp_processor_id jiffies64 kptr_xchg ktime_get_boot_ns ktime_get_ns map_delete_elem map_lookup_elem map_lookup_percpu_elem
map_pop_elem map_push_elem map_update_elem per_cpu_ptr probe_read_kernel probe_read_kernel_str ringbuf_discard ringbuf_query
ringbuf_reserve ringbuf_submit snprintf spin_lock spin_unlock strncmp task_storage_delete task_storage_get timer_cancel timer_init
timer_set_callback timer_start trace_printk user_ringbuf_drain
""".split()


@pytest.mark.parametrize("name", USED)
def test_what_schedulers_call_can_be_called_on_every_kernel(name):
    assert not F.family(name).lacking(ALL)


@pytest.mark.parametrize("name", ["bpf_res_spin_lock", "scx_bpf_kick_cid", "scx_bpf_sub_dispatch", "scx_bpf_dsq_reenq"])
def test_what_only_newer_kernels_can_do_says_where_it_lacks(name):
    assert F.family(name).lacking(ALL) == ALL - F.kfunc(name).where


@pytest.mark.parametrize("name", USED_HELPERS)
def test_helpers_that_schedulers_call_are_open_to_them(name):
    helper = F.helper(name)
    assert helper.number > 0
    assert helper.where == ALL or name == "get_current_comm" and helper.where == F.choose("6.16..").kernels
