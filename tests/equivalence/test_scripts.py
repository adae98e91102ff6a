# SPDX-License-Identifier: GPL-2.0-only
"""Every example, every module of the library and every accepted block of docs/language means the same to the interpreter and to the machine, on
scripts that look for branches. docs/scripts.md tells what a thousand each came to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from scripts import PAGE, led, sweep
from scripts_page import page
from subjects import Named, everything, library

from scxdsl.fuzz.arms import arms, never
from scxdsl.fuzz.compare import Arm, Subject, Ways
from scxdsl.fuzz.maker import Maker
from scxdsl.fuzz.wide import scripts
from scxdsl.source.library import names, standard

SUBJECTS = list(everything())
EXAMPLE, OTHER = 12, 2  # scripts of each; with --sweep a thousand


def made(maker: Maker, named: Named) -> Subject:
    subject = maker.make(named.text, named.name)
    assert isinstance(subject, Subject), subject
    return subject


@pytest.mark.parametrize("named", SUBJECTS, ids=lambda n: n.name)
def test_both_do_the_same_on_a_few_scripts(maker: Maker, named: Named) -> None:
    subject = made(maker, named)
    ways, found = sweep(subject, EXAMPLE if named.name.startswith("examples/") else OTHER)
    assert found is None, found.text
    assert not ways.taken & never(subject.object, subject.policy, subject.kernels).keys()


@pytest.mark.sweep
@pytest.mark.parametrize("named", SUBJECTS, ids=lambda n: n.name)
def test_both_do_the_same_on_a_thousand_scripts(maker: Maker, named: Named) -> None:
    subject = made(maker, named)
    ways, found = sweep(subject, 1000, named.name)
    assert found is None, found.text
    assert not ways.taken & never(subject.object, subject.policy, subject.kernels).keys()


@pytest.mark.parametrize("name", sorted(led()))
def test_both_do_the_same_on_scripts_for_certain_branches(maker: Maker, name: str) -> None:
    """Each takes an arm that the ones before it have not; with less the row of docs/scripts.md would not be true."""
    subject = made(maker, next(named for named in SUBJECTS if named.name == name))
    taken: set[Arm] = set()
    for script, series in led()[name]:
        ways = Ways()
        assert subject.compare(script, series, ways) is None
        assert ways.taken - taken
        taken |= ways.taken
    assert not taken & never(subject.object, subject.policy, subject.kernels).keys()


def test_the_page_is_what_its_command_makes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python tests/equivalence/scripts.py --page"


def test_the_callers_call_every_public_function() -> None:
    texts = {named.name.removeprefix("stdlib/"): named.text for named in library()}
    for name in names():
        source = standard(name)
        assert source is not None
        public = [line for before, line in zip(source.text.split("\n"), source.text.split("\n")[1:], strict=False) if before.startswith("///")]
        for line in public:
            words = line.replace("(", " ").split()
            if "fn" in words:
                function = words[words.index("fn") + 1]
                assert f"{name}.{function}(" in texts[name], f"{name}.{function}"


FLAW = """
scheduler flaw
per cpu { n: u64 }
var total: u64
on running(p) {
    p.cpu.n += 1
    if p.weight > 100 { total += 1 }
}
"""


def test_arms_are_told_apart(maker: Maker) -> None:
    """The NULL test of a row of a CPU is never taken, the comparison is taken both ways, and what scripts take is no arm that never is."""
    subject = made(maker, Named("flaw", FLAW))
    every, impossible, ways = arms(subject.object), never(subject.object, subject.policy, subject.kernels), Ways()
    for script, series in scripts(subject, 30, ways):
        assert subject.compare(script, series, ways) is None
    running = {arm for arm in every if arm[0] == "flaw_running"}
    assert len(running) == 4 and len(running & impossible.keys()) == 1 and len(running & ways.taken) == 3


def test_the_scripts_are_the_same_every_time(maker: Maker) -> None:
    subject = made(maker, SUBJECTS[0])
    once, twice = Ways(), Ways()
    first = [(s.to_json(), k) for s, k in scripts(subject, 8, once) if subject.compare(s, k, once) is None]
    second = [(s.to_json(), k) for s, k in scripts(subject, 8, twice) if subject.compare(s, k, twice) is None]
    assert first == second and len(first) == 8 and once.taken == twice.taken


WRITES = """
import sys
from scxdsl.compiler import check, lower
from scxdsl.fuzz.maker import Maker
from scxdsl.fuzz.compare import Ways
from scxdsl.fuzz.wide import scripts
with Maker(check, lower) as maker:
    subject = maker.make(sys.stdin.read(), "s")
    print([s.to_json() for s, _ in scripts(subject, 20, Ways())])
"""
TEXTS = """
scheduler s
param prefixes: [str[16]; 3] = ["/one/two", "three", "/four"]
var n: u64
on tick(p) { if p.cgroup.path.starts_with("/a/b") || p.comm == "a/b" || p.comm == "/c" { n += 1 } }
"""


def test_they_are_the_same_in_every_process() -> None:
    """Whose sets of texts have another order each time."""
    said = {subprocess.run([sys.executable, "-c", WRITES], input=TEXTS, text=True, capture_output=True, check=True,
                           env=os.environ | {"PYTHONHASHSEED": str(seed)}).stdout for seed in range(3)}  # fmt: skip
    assert len(said) == 1
