# SPDX-License-Identifier: GPL-2.0-only
"""`scxdsl dis`."""

from pathlib import Path

from .conftest import EXAMPLE, Run
from .shapes import DIS, fits


def test_a_policy_is_built_and_shown_with_its_lines(scxdsl: Run) -> None:
    done = scxdsl("dis", EXAMPLE)
    assert done.status == 0
    assert "simple_select_cpu: program in struct_ops/simple_select_cpu" in done.out
    assert "; let (cpu, idle) = select_cpu_dfl(p, prev, wake) @ simple.scx:13" in done.out
    assert "call scx_bpf_select_cpu_dfl" in done.out


def test_an_object_is_shown_alike(scxdsl: Run) -> None:
    scxdsl("build", EXAMPLE, "-o", "x.o")
    assert scxdsl("dis", "x.o").out == scxdsl("dis", EXAMPLE).out


def test_one_program_alone(scxdsl: Run) -> None:
    done = scxdsl("dis", EXAMPLE, "--program", "simple_enable")
    assert done.out.startswith("simple_enable:") and "simple_enqueue:" not in done.out
    missing = scxdsl("dis", EXAMPLE, "--program", "enable")
    assert missing.status == 2 and "simple_enable" in missing.err


def test_json(scxdsl: Run) -> None:
    done = scxdsl("dis", EXAMPLE, "--format", "json", "-o", "x.json")
    assert done.status == 0
    import json

    value = json.loads(Path("x.json").read_text())
    fits(value, DIS)
    first = value["functions"][0]
    assert sum(len(i["bytes"]) // 16 for i in first["instructions"]) == first["instructions"][-1]["at"] + 1


def test_what_is_no_object(scxdsl: Run) -> None:
    Path("x.o").write_bytes(b"\x7fELF" + bytes(100))
    done = scxdsl("dis", "x.o")
    assert done.status == 2 and done.err.startswith("scxdsl: x.o: ")


def test_a_policy_with_errors(scxdsl: Run, policy) -> None:
    assert scxdsl("dis", policy("scheduler s\non tick(p) { nothing() }\n")).status == 1
