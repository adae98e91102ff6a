# SPDX-License-Identifier: GPL-2.0-only
"""From BTF to facts: what is taken, how it is spelled, and that the committed data is what our command makes."""

import json

import pytest
from effort import calls

from scxdsl.kernel.btf import Btf
from scxdsl.kernel.extract import NoSchedExt, facts_from_btf, hidden_kfuncs, series_of
from scxdsl.kernel.facts import Facts
from scxdsl.kernel.make import FOLDER, remake, render, series_files
from scxdsl.kernel.permissions import Why

from .btf_builder import BtfBuilder


class TinyKernel(BtfBuilder):
    """A kernel with one callback, one setting and whatever a test adds."""

    def __init__(self):
        super().__init__()
        self.u64 = self.typedef("u64", self.int("long long unsigned int", 8))
        self.s32 = self.typedef("s32", self.int("int", 4, signed=True))
        self.task = self.struct("task_struct", 16, [("pid", self.s32, 0), ("flags", self.u64, 64, 3)])
        self.task_ptr = self.ptr(self.task)
        self.aux_ptr = self.ptr(self.const(self.struct("bpf_prog_aux", 0, [])))

    def finish(self):
        callback = self.ptr(self.proto(0, [("", self.s32), ("", self.task_ptr)]))
        name = self.array(self.int("char", 1, signed=True), 128)
        self.struct("sched_ext_ops", 136, [("dispatch", callback, 0), ("name", name, 64)])
        self.func("sched_ext_ops__dispatch", self.proto(0, [("prev_cpu", self.s32), ("prev__nullable", self.task_ptr)]))
        return Btf.parse(self.bytes())


def facts(kernel, release="6.18.1-test"):
    return facts_from_btf(kernel.finish(), release)


def test_a_kernel_without_sched_ext_is_no_kernel_for_us():
    with pytest.raises(NoSchedExt, match="6.12.1 was built without sched_ext"):
        facts_from_btf(Btf.parse(BtfBuilder().bytes()), "6.12.1")


@pytest.mark.parametrize(("release", "series"), [("6.18.15+deb13-cloud-amd64", "6.18"), ("7.3-rc7", "7.3"), ("6.12.107-scx", "6.12")])
def test_the_series_is_read_from_the_release(release, series):
    assert series_of(release) == series


def test_a_release_without_a_version_is_refused():
    with pytest.raises(ValueError, match="does not begin with a kernel version"):
        series_of("latest")


def test_callbacks_take_their_arguments_names_from_the_kernels_stub():
    found = facts(TinyKernel())
    assert found["ops"] == {"dispatch": "(prev_cpu: s32, prev__nullable: struct task_struct *) -> void", "name": "char[128]"}
    assert found["ops_cid"] == {}


def test_structs_are_taken_whole_with_their_typedefs():
    found = facts(TinyKernel())
    assert found["structs"]["task_struct"] == {"kind": "struct", "size": 16, "fields": {"pid": "s32", "flags": "u64:3"}}
    assert found["typedefs"] == {"s32": "int", "u64": "long long unsigned int"}


def test_a_typedef_of_a_nameless_struct_becomes_a_struct_of_its_name():
    kernel = TinyKernel()
    atomic = kernel.typedef("atomic_t", kernel.struct("", 4, [("counter", kernel.s32, 0)]))
    kernel.struct("scx_rq", 4, [("flags", atomic, 0)])
    found = facts(kernel)
    assert found["structs"]["atomic_t"] == {"kind": "struct", "size": 4, "fields": {"counter": "s32"}, "typedef": True}
    assert found["typedefs"]["atomic_t"] == "struct atomic_t"


def test_tagged_functions_are_kfuncs_and_others_are_not():
    kernel = TinyKernel()
    kernel.kfunc("scx_bpf_task_running", kernel.proto(kernel.s32, [("p", kernel.task_ptr)]))
    kernel.func("scx_prio_less", kernel.proto(kernel.s32, []))
    assert facts(kernel)["kfuncs"] == {"scx_bpf_task_running": "(p: struct task_struct *) -> s32"}


def test_a_kernel_whose_btf_has_no_tags_has_the_kfuncs_that_the_source_names():
    kernel = TinyKernel()
    kernel.func("bpf_task_release", kernel.proto(0, [("p", kernel.task_ptr)]))
    kernel.func("bpf_wq_set_callback_impl", kernel.proto(0, []))
    assert set(facts(kernel, "6.12.1")["kfuncs"]) == {"bpf_task_release", "bpf_wq_set_callback_impl"}


def test_a_twin_shows_the_argument_that_the_verifier_adds():
    kernel = TinyKernel()
    kernel.kfunc("scx_bpf_destroy_dsq", kernel.proto(0, [("dsq_id", kernel.u64)]))
    kernel.func("scx_bpf_destroy_dsq_impl", kernel.proto(0, [("dsq_id", kernel.u64), ("aux", kernel.aux_ptr)]))
    found = facts(kernel, "7.1.1")
    assert found["kfuncs"] == {"scx_bpf_destroy_dsq": "(dsq_id: u64) -> void"}
    assert (found["implicit"], found["hidden"]) == (["scx_bpf_destroy_dsq"], [])


def test_a_function_with_the_added_argument_but_no_twin_is_hidden():
    kernel = TinyKernel()
    kernel.func("scx_bpf_destroy_dsq", kernel.proto(0, [("dsq_id", kernel.u64), ("aux", kernel.aux_ptr)]))
    kernel.func("scx_bpf_dispatch_cancel", kernel.proto(0, [("aux", kernel.aux_ptr)]))
    kernel.func("bpf_prog_get_assoc_struct_ops", kernel.proto(0, [("aux", kernel.aux_ptr)]))
    btf = kernel.finish()
    assert hidden_kfuncs(btf) == ("scx_bpf_destroy_dsq", "scx_bpf_dispatch_cancel")
    found = facts_from_btf(btf, "7.1.1")
    assert found["kfuncs"]["scx_bpf_destroy_dsq"] == "(dsq_id: u64) -> void"
    assert found["kfuncs"]["scx_bpf_dispatch_cancel"] == "() -> void"


def test_enumerators_keep_all_bits():
    kernel = TinyKernel()
    kernel.enum64("scx_dsq_id_flags", {"SCX_DSQ_LOCAL": 0x8000000000000002})
    kernel.enum("scx_exit_kind", {"SCX_EXIT_NONE": 0, "SCX_EXIT_ERROR": 1024})
    enums = facts(kernel)["enums"]
    assert enums["scx_dsq_id_flags"] == {"bits": 64, "signed": False, "values": {"SCX_DSQ_LOCAL": 0x8000000000000002}}
    assert enums["scx_exit_kind"]["bits"] == 32


def test_spelling_of_types():
    kernel = TinyKernel()
    less = kernel.ptr(kernel.proto(kernel.int("_Bool", 1, boolean=True), [("", kernel.task_ptr), ("", kernel.ptr(kernel.const(kernel.task)))]))
    arena = kernel.ptr(kernel.type_tag("address_space(1)", kernel.const(kernel.s32)))
    kernel.kfunc("scx_bpf_x", kernel.proto(kernel.ptr(0), [("less", less), ("mask__arena", arena), ("rows", kernel.ptr(kernel.array(kernel.u64, 4)))]))
    assert facts(kernel)["kfuncs"]["scx_bpf_x"] == (
        "(less: _Bool (*)(struct task_struct *, const struct task_struct *), "
        "mask__arena: const s32 *__address_space(1), rows: u64 (*)[4]) -> void *"
    )


# --- a kernel that the package does not know


def test_a_new_kernel_is_one_more_column_and_source_facts_come_from_the_newest_known_one():
    newest = json.loads((FOLDER / "7.3.json").read_text())
    newest |= {"series": "7.5", "release": "7.5.1"}
    newest["kfuncs"] = newest["kfuncs"] | {"scx_bpf_brand_new": "() -> void"}
    facts = Facts.with_kernels([newest])
    assert facts.names[-1] == "7.5"
    assert [(k.series, k.assumed) for k in facts.assumed(facts.all)] == [("7.5", "7.3")]
    assert facts.choose("7.0..").unknown == ("7.4",)
    assert facts.permission("scx_bpf_dsq_insert", "running", facts.set_of("7.5")).at_load == facts.set_of("7.5")
    assert "7.5" in facts.family("dsq_insert").on("7.5").kernels
    unknown = facts.permission("scx_bpf_brand_new", "init", facts.set_of("7.5"))
    assert unknown.fault(Why.UNKNOWN) == facts.set_of("7.5")


def test_a_kernel_between_two_known_ones_takes_the_older_ones_source():
    middle = json.loads((FOLDER / "6.16.json").read_text()) | {"series": "6.14", "release": "6.14.1"}
    facts = Facts.with_kernels([middle])
    assert facts.names[:3] == ("6.12", "6.14", "6.16")
    assert [k.assumed for k in facts.assumed(facts.all)] == ["6.12"]
    assert facts.permission("scx_bpf_dsq_insert", "enqueue", facts.set_of("6.14"))


# --- the committed data


def test_the_index_is_what_the_other_files_make():
    assert (FOLDER / "merged.json").read_text() == remake()


def test_the_files_are_small_and_in_the_form_that_our_command_writes():
    for path in series_files():
        text = path.read_text()
        assert len(text) < 150_000, path.name
        assert text == render(json.loads(text)), path.name


def test_the_facts_load_with_little_work():
    """Each command reads them when it starts; some 10 ms on the machine where this was written."""

    def ask() -> None:
        data = json.loads((FOLDER / "merged.json").read_bytes())
        facts = Facts(data)
        for name in ("select_cpu", "enqueue", "dispatch", "running", "stopping", "enable"):
            facts.op(name)
        for name in ("dsq_insert", "dsq_move_to_local", "select_cpu_dfl"):
            facts.family(name).permission(facts, "enqueue", facts.all)

    assert calls(ask) < 10_000


@pytest.mark.guest
@pytest.mark.parametrize("series", Facts.load().names)
def test_an_installed_kernel_gives_the_committed_file_again(series):
    from scxdsl.guest import install, kernels

    installed = kernels.installed(series) or install(series)
    committed = json.loads((FOLDER / f"{series}.json").read_text())
    made = facts_from_btf(Btf.parse(installed.btf()), committed["release"])
    if installed.release == committed["release"] and not kernels.known(series).built:
        assert made == committed
    else:  # a later or another build of the series: it may fix and add, but what policies stand on must not move
        assert made["kfuncs"].keys() >= {k for k in committed["kfuncs"] if "scx" in k}
        assert {n: p for n, p in made["ops"].items() if n in committed["ops"]} == committed["ops"]
        assert made["enums"]["scx_enq_flags"]["values"] == committed["enums"]["scx_enq_flags"]["values"]
