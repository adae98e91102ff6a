# SPDX-License-Identifier: GPL-2.0-only
"""What the rules of scxdsl/fuzz/arms.py say of small policies: each reason where it holds, and not where the policy is a little other. That no script
takes what they call impossible is asked of every subject by test_scripts.py."""

from collections import Counter

import pytest

from scxdsl.fuzz.arms import arms, asked, never
from scxdsl.fuzz.compare import Subject
from scxdsl.fuzz.maker import Maker


def reasons(maker: Maker, text: str, function: str) -> Counter[str]:
    """Of one function's arms; "" for those that can be taken."""
    subject = made(maker, text)
    found = never(subject.object, subject.policy, subject.kernels)
    return Counter(found.get(arm, "") for arm in arms(subject.object) if arm[0] == function)


def made(maker: Maker, text: str) -> Subject:
    subject = maker.make(f"scheduler s\n{text}", "s")
    assert isinstance(subject, Subject), subject
    return subject


def with_reason(found: Counter[str], part: str) -> int:
    return sum(count for why, count in found.items() if part in why)


def test_masks_that_init_made_are_there_but_not_in_exit(maker: Maker) -> None:
    text = "var m: cpumask\non running(p) { m.add(p.cpu) }\non exit(info) { m.add(cpu(0) ?? this_cpu) }"
    assert with_reason(reasons(maker, text, "s_running"), "init has made the mask") == 1
    assert with_reason(reasons(maker, text, "s_exit"), "init has made the mask") == 0


def test_a_mask_of_a_task_is_not_known_where_it_is_made(maker: Maker) -> None:
    text = "per task { m: cpumask }\non init_task(p, args) { p.m.add(this_cpu) }\non running(p) { p.m.add(p.cpu) }"
    assert with_reason(reasons(maker, text, "s_running"), "init has made the mask") == 1
    assert with_reason(reasons(maker, text, "s_init_task"), "init has made the mask") == 0


@pytest.mark.parametrize(("more", "known"), [("", 1), ("on stopping(p, runnable) { n = 7 }", 0)])
def test_a_variable_that_nothing_writes_holds_what_it_began_with(maker: Maker, more: str, known: int) -> None:
    text = f"var n: u64\nstat hits\non running(p) {{ if n > 3 {{ hits += 1 }} }}\n{more}"
    assert with_reason(reasons(maker, text, "s_running"), "the answer is known") == known


@pytest.mark.parametrize(("limits", "known"), [("in 1 ..= 64", 1), ("", 0)])
def test_a_parameter_has_a_value_that_init_lets_pass(maker: Maker, limits: str, known: int) -> None:
    text = f"param n: u64 = 2 {limits}\nstat hits\non running(p) {{ if n > 100 {{ hits += 1 }} }}"
    assert with_reason(reasons(maker, text, "s_running"), "the answer is known") == known


@pytest.mark.parametrize(("more", "known"), [("", 1), ("on stopping(p, runnable) { t.stop() }", 0)])
def test_a_timer_that_nobody_stops_is_armed_when_it_fires(maker: Maker, more: str, known: int) -> None:
    text = f"stat beats\ntimer t {{ beats += 1 }}\non running(p) {{ t.start(5ms) }}\n{more}"
    assert with_reason(reasons(maker, text, "t_expired"), "nobody stops") == known


def test_nobody_comes_between_reading_and_exchanging(maker: Maker) -> None:
    text = "atomic var front: vtime\non stopping(p, runnable) { front.raise(p.vtime) }"
    assert with_reason(reasons(maker, text, "s_stopping"), "no other CPU changes it") == 1


def test_what_a_callback_is_given_is_no_null_but_for_what_may_be(maker: Maker) -> None:
    text = "var last: task?\nstat n\non running(p) { keep last = p }\non dispatch(c, prev) { if let t = prev { n += 1 } }"
    assert with_reason(reasons(maker, text, "s_running"), "never NULL") >= 1
    assert with_reason(reasons(maker, text, "s_dispatch"), "never NULL") == 0


def test_open_arms_are_told_by_what_they_ask(maker: Maker) -> None:
    subject = made(maker, "stat n\non running(p) { if p.weight > 300 { n += 1 } }")
    weight = [arm for arm in arms(subject.object) - never(subject.object, subject.policy, subject.kernels).keys() if arm[0] == "s_running"]
    assert {"the field task_struct.scx.weight", "bpf_map_lookup_elem()"} == set(asked(subject.object, weight).values())
