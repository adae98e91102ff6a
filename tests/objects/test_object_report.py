# SPDX-License-Identifier: GPL-2.0-only
"""Costs read off the bytecode."""

from bpf_objects import compile_ir, sample

from scxdsl.objects import read, report
from scxdsl.objects.report import FunctionReport


def _by_name(data: bytes) -> dict[str, FunctionReport]:
    return {f.name: f for f in report(read(data)).functions}


def test_instructions_and_what_is_used() -> None:
    enqueue = _by_name(sample())["sample_enqueue"]
    assert (enqueue.instructions, enqueue.reachable) == (23, 35)
    assert enqueue.kfuncs == ("scx_bpf_dsq_insert___v2",)
    assert enqueue.calls == ("count",)
    assert _by_name(sample())["count"].maps == ("stats",)
    assert _by_name(sample())["count"].helpers == ("bpf_map_lookup_elem",)


def test_stack_of_frames_and_chains() -> None:
    found = _by_name(sample())
    assert {n: f.stack for n, f in found.items()} == {"sample_enqueue": 0, "sample_init": 8, "count": 4, "step": 80}
    # each frame rounded up to 16: a callback of bpf_loop runs on top of its caller
    assert {n: f.chain for n, f in found.items()} == {"sample_enqueue": 16, "sample_init": 96, "count": 16, "step": 80}
    assert found["sample_init"].depth == 2


def test_a_whole_frame() -> None:
    found = _by_name(
        compile_ir(
            """
            define i64 @f(ptr %c) section "socket" {
              %a = alloca [63 x i64]
              call i64 inttoptr (i64 113 to ptr)(ptr %a, i32 504, ptr %c)
              %v = load i64, ptr %a
              ret i64 %v
            }
            """
        )
    )
    assert (found["f"].stack, found["f"].chain) == (504, 512)


def test_a_timer_callback_has_its_own_stack() -> None:
    found = _by_name(
        compile_ir(
            """
            define internal i64 @later(ptr %m, ptr %k, ptr %v) noinline {
              %a = alloca [32 x i64]
              call i64 inttoptr (i64 113 to ptr)(ptr %a, i32 256, ptr %k)
              ret i64 0
            }
            define i64 @f(ptr %c) section "socket" {
              %r = call i64 inttoptr (i64 170 to ptr)(ptr %c, ptr @later)
              ret i64 %r
            }
            """
        )
    )
    assert (found["later"].stack, found["f"].chain) == (256, 0)


def test_json() -> None:
    found = report(read(sample())).json()
    assert set(found) == {"size", "instructions", "functions"}
    assert found["functions"][0]["name"] == "sample_enqueue" and found["functions"][0]["calls"] == ["count"]
