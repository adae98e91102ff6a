# SPDX-License-Identifier: GPL-2.0-only
"""Record and replay without a kernel: recorded objects run as bytecode on the model, and the interpreter follows what they wrote down."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from recording import Recorded, recorded

from scxdsl.fuzz.generate import generate as generate_policy
from scxdsl.fuzz.maker import load
from scxdsl.compiler import build
from scxdsl.source.diagnostic import Severity
from scxdsl.typing import typed
from scxdsl.typing.recording import ANSWERS, Site

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(p.stem for p in EXAMPLES.glob("*.scx"))


@pytest.mark.parametrize("name", NAMES)
def test_the_interpreter_decides_as_the_bytecode_did(name: str) -> None:
    text, followed = (EXAMPLES / f"{name}.scx").read_text(), 0
    for seed in range(4):
        done = recorded(text, name, seed, ("6.12", "6.18", "7.3")[seed % 3]).replay()
        assert done.differences == [] and done.incomplete == 0, done.differences[:3]
        followed += done.invocations
    assert followed > 100 or name == "minimal"


def test_what_was_written_down_wrongly_is_noticed() -> None:
    """Each word of a record but the invocation's number, changed: the interpreter comes to something else, or answers would not matter."""
    right = recorded((EXAMPLES / "simple.scx").read_text(), "simple", 1, length=20)
    assert right.replay().differences == []
    sites = right.built.checked.policy.recording.sites
    decisions = [(n, i) for n, es in right.entries.items() for i, (site, words) in enumerate(es) if words and _given(sites, site)]
    assert len(decisions) > 20
    for number, i in decisions:
        site, words = right.entries[number][i]
        changed = dict(right.entries)
        changed[number] = [*right.entries[number][:i], (site, (words[0] ^ 1, *words[1:])), *right.entries[number][i + 1 :]]
        found = Recorded(right.built, right.series, right.cpus, b"", changed).replay().differences
        assert [(n, d.site) for _, n, d in found] == [(number, site)]


def _given(sites: Sequence[Site], site: int) -> bool:
    return site < len(sites) and sites[site].what.startswith(("what is given", "a store", "a change", "the result"))


def test_a_lost_or_doubled_entry_is_noticed() -> None:
    right = recorded((EXAMPLES / "qmap.scx").read_text(), "qmap", 2, length=20)
    for number, entries in right.entries.items():
        for i in range(1, len(entries) - 1):
            for wrong in ([*entries[:i], *entries[i + 1 :]], [*entries[: i + 1], *entries[i:]]):
                done = Recorded(right.built, right.series, right.cpus, b"", {number: wrong}).replay()
                assert done.differences or done.incomplete, (number, i, entries[i])


PURE = {
    "Literal", "KernelConstant", "Read", "Binary", "Compare", "Extreme", "Logical", "Not", "Convert", "IfValue", "BlockValue",
    "CallFunction", "DsqValue", "TupleValue", "TupleItem", "Some", "Absent", "Coalesce", "FlagTest", "Opens", "Chain", "StructValue",
    "ArrayValue", "VariantValue", "FieldOf", "ElementOf", "GetElement", "Match", "MemberDsq", "Under", "Racy", "TreeExpr", "HoldsNothing",
    # sets of CPUs and texts: what is asked of them is an answer
    "LiveMask", "AllowedMask", "EmptyMask", "MaskAlgebra", "MaskOfSet", "SetAsk", "SetTest", "CgroupName", "CgroupPath",
    # they give nothing
    "HistAdd", "Reenqueue", "TimerStop",
    # only in tests
    "InboxFeed", "TestSpawn", "TestCommand", "TestCallback", "RingTake",
    # refused where a record is made
    "RingReserve",
    # the marks themselves
    "Answer", "Decision",
}  # fmt: skip


def test_every_expression_is_an_answer_or_comes_of_what_is_inside_it() -> None:
    def below(kind: type) -> set[type]:
        return {kind}.union(*(below(k) for k in kind.__subclasses__()))

    kinds = {k.__name__ for k in below(typed.Expr) if k is not typed.Expr}
    assert kinds - PURE == {k.__name__ for k in ANSWERS}


@pytest.mark.parametrize("seed", range(12))
def test_generated_policies(seed: int) -> None:
    text = str(generate_policy(seed))
    made = build(text, "generated.scx", load=load, record=True)
    errors = {d.code for d in made.diagnostics if d.severity is Severity.ERROR}
    if errors:  # what a record cannot hold is said, also that the object would be too large, and nothing else goes wrong
        assert errors <= {"E0913", "E0905"}
        return
    done = recorded(text, "generated", seed, "7.3", length=30).replay()
    assert done.differences == [] and done.incomplete == 0, done.differences[:3]
