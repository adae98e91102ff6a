# SPDX-License-Identifier: GPL-2.0-only
"""Texts that are nearly policies give diagnostics or success, whatever is wrong with them: no exception, no death of the compiler's
process, nothing written of what is refused."""

import os
from pathlib import Path

import pytest

from scxdsl import compiler
from scxdsl.cli.faults import NotText
from scxdsl.cli.files import source_of
from scxdsl.codegen.backend import Backend, BackendError
from scxdsl.codegen.pipeline import build as emit
from scxdsl.source.render_json import diagnostics_json
from scxdsl.source.render_sarif import render_sarif
from scxdsl.source.render_text import render

from .conftest import Run
from .mutations import mutations

CHECKED = 10_000  # some 25 s
BUILT = 250  # of those that are accepted, whose IR differs: some 15 s
FIXED = 20_260_711


def accepted(count: int, seed: int) -> dict[bytes, compiler.Checked]:
    """Checks so many mutations, renders what is found, and gives those that were accepted."""
    good = {}
    for number, data in mutations(count, seed):
        try:
            source = source_of(data, "mutated.scx")
        except NotText:  # a sentence and exit status 2: test_program.py
            continue
        try:
            checked = compiler.check(source.text, source.path)
            render(checked.diagnostics, colour=True)
            if number % 10 == 0:
                diagnostics_json(checked.diagnostics)
                render_sarif(checked.diagnostics)
        except Exception as fault:
            pytest.fail(f"seed {seed}, mutation {number}: {type(fault).__name__}: {fault}\n{source.text}")
        assert checked.ok or any(d.severity == "error" for d in checked.diagnostics)
        if checked.ok:
            good[data] = checked
    return good


def build_all(good: dict[bytes, compiler.Checked], most: int) -> int:
    """Builds what was accepted, those of one IR once; gives how many objects were made."""
    from scxdsl.ir.printer import print_module

    made: set[str] = set()
    with Backend() as backend:
        for data, checked in good.items():
            try:
                module = compiler.lower(checked)
                text = print_module(module)
                if text in made:
                    continue
                made.add(text)
                result = emit(module, backend)
            except Exception as fault:
                pytest.fail(f"{type(fault).__name__}: {fault}\n{data.decode()}")
            assert not isinstance(result, BackendError), f"{result}\n{data.decode()}"
            if len(made) >= most:
                break
    return len(made)


def test_ten_thousand_mutations_give_diagnostics_or_success() -> None:
    """Half by a fixed seed, half by the day's: the message of a failure has seed and number."""
    day = int.from_bytes(os.urandom(4), "little")
    good = accepted(CHECKED // 2, FIXED) | accepted(CHECKED // 2, day)
    assert len(good) > CHECKED // 20, "hardly any mutation is accepted: they no longer reach lowering"
    assert build_all(good, BUILT) > BUILT // 2, f"seed {day}"


def test_the_command_writes_an_object_exactly_for_what_is_accepted(scxdsl: Run, tmp_path: Path) -> None:
    seen = set()
    for number, data in mutations(40, FIXED + 1):
        policy, target = tmp_path / "m.scx", tmp_path / "m.bpf.o"
        policy.write_bytes(data)
        target.write_bytes(b"yesterday's")
        done = scxdsl("build", policy)
        assert done.status in (0, 1, 2) and "Traceback" not in done.err, f"{number}: {done.err}"
        content = target.read_bytes()
        assert (content[:4] == b"\x7fELF") if done.status == 0 else (content == b"yesterday's" and done.err)
        assert sorted(p.name for p in tmp_path.iterdir()) == ["m.bpf.o", "m.scx"]
        seen.add(done.status)
    assert seen >= {0, 1}


@pytest.mark.sweep
def test_a_hundred_thousand_mutations() -> None:
    seed = int.from_bytes(os.urandom(4), "little")
    for part in range(10):
        assert build_all(accepted(10_000, seed + part), 10_000)
