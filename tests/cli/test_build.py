# SPDX-License-Identifier: GPL-2.0-only
"""`scxdsl build`: what it makes, where it goes, and that it goes there as a whole or not at all."""

import errno
import os
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scxdsl import objects
from scxdsl.cli import files

from .conftest import EXAMPLE, Run
from .shapes import BUILD, REFUSED_BUILD, REPORT, fits

BAD = "scheduler s\non tick(p) { nothing() }\n"


@pytest.fixture
def simple(tmp_path: Path) -> Path:
    return Path(shutil.copy(EXAMPLE, tmp_path))


def test_the_object_lies_beside_the_policy(scxdsl: Run, simple: Path) -> None:
    done = scxdsl("build", simple)
    made = simple.with_suffix(".bpf.o")
    assert (done.status, done.out) == (0, "")
    assert done.err == f"scxdsl: wrote {made}, {made.stat().st_size} bytes\n"
    obj = objects.read(made.read_bytes())
    assert obj.ops and obj.ops.values["name"] == "simple"
    assert sorted(p.name for p in simple.parent.iterdir()) == ["simple.bpf.o", "simple.scx"]


def test_or_where_o_says_and_is_the_same(scxdsl: Run, simple: Path) -> None:
    scxdsl("build", simple)
    assert scxdsl("build", simple, "-o", "other").status == 0
    assert Path("other").read_bytes() == simple.with_suffix(".bpf.o").read_bytes()


def test_stdin_and_stdout(process: Run, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scxdsl.cli.main", "build", "-"]
    made = subprocess.run([*command, "-o", "-"], stdin=EXAMPLE.open(), capture_output=True, check=True).stdout
    assert objects.read(made).ops
    nameless = process("build", "-", stdin=EXAMPLE.read_bytes())
    assert (nameless.status, nameless.err) == (2, "scxdsl: a policy from stdin gives its object no name: name it with -o\n")


@pytest.mark.parametrize(
    ("kind", "sign"),
    [
        ("tree", "SchedulerDecl"), ("types", "on enqueue(p: task"), ("ir", "ops simple_ops"), ("llvm", 'section "struct_ops/simple_enqueue"'),
        ("asm", "simple_enqueue:"),
    ],
)  # fmt: skip
def test_the_stages_as_text(scxdsl: Run, simple: Path, kind: str, sign: str) -> None:
    done = scxdsl("build", simple, "--emit", kind)
    assert done.status == 0 and sign in done.out
    scxdsl("build", simple, "--emit", kind, "-o", "stage")
    assert Path("stage").read_text() == done.out
    assert not simple.with_suffix(".bpf.o").exists()


def test_report(scxdsl: Run, simple: Path) -> None:
    done = scxdsl("build", simple, "--report")
    row = next(line for line in done.out.splitlines() if line.startswith("simple_select_cpu"))
    assert "stats" in row and "scx_bpf_select_cpu_dfl" in row and "6.12 and 6.16 to 7.3" in row
    as_json = scxdsl("build", simple, "--report", "--format", "json").json
    fits(as_json, {**BUILD, "report": REPORT})
    select = next(f for f in as_json["report"]["functions"] if f["name"] == "simple_select_cpu")
    assert select["maps"] == ["stats"] and select["kernels"][0] == "6.12" and 0 < select["stack"] <= 512
    assert str(select["instructions"]) in row


def test_what_was_rewritten_is_reported(scxdsl: Run, policy) -> None:
    text = "scheduler s\nvar out: u64\nvar at: u32\non tick(p) {\n    let mut big: [u64; 80]\n    big[at % 80] = 5\n    for x in big { out += x }\n}\n"
    done = scxdsl("build", path := policy(text), "--report")
    assert "rewritten, line 4, tick: big lies in scratch memory" in done.out
    (record,) = scxdsl("build", path, "--report", "--format", "json").json["report"]["rewritings"]
    assert (record["kind"], record["function"], record["line"]) == ("scratch", "tick", 4)
    assert "map scratch_tick: percpu_array<u32, [u64; 80]>[1]" in scxdsl("build", path, "--emit", "ir").out


@pytest.mark.guest
def test_kernels_are_asked_for_the_report(scxdsl: Run, simple: Path, kernel: str) -> None:
    done = scxdsl("build", simple, "--report", "--kernel", kernel, "--format", "json")
    (said,) = done.json["report"]["verified"]
    assert said["kernel"] == kernel and all(p["accepted"] and p["verified"] > 0 for p in said["programs"])


def test_a_callback_that_only_some_kernels_have_is_reported_with_these(scxdsl: Run, policy) -> None:
    done = scxdsl("build", policy("scheduler s\nstat n\non dequeue(p, flags) { n += 1 }\non cpu_online(cpu) { n += 1 }\n"), "--report", "--format", "json")
    kernels = {f["name"]: f["kernels"] for f in done.json["report"]["functions"]}
    assert "6.12" in kernels["s_cpu_online"]


def test_json(scxdsl: Run, simple: Path) -> None:
    done = scxdsl("build", simple, "--format", "json")
    fits(done.json, BUILD)
    assert done.json["output"] == str(simple.with_suffix(".bpf.o")) and done.json["size"] == os.path.getsize(done.json["output"])
    ir = scxdsl("build", simple, "--format", "json", "--emit", "ir")
    fits(ir.json, {**BUILD, "text": str})
    both = scxdsl("build", simple, "--format", "json", "--emit", "ir", "-o", "-")
    assert both.status == 2 and not both.out


def test_of_a_policy_with_errors_nothing_is_written(scxdsl: Run, policy, tmp_path: Path) -> None:
    path = policy(BAD)
    old = path.with_suffix(".bpf.o")
    old.write_bytes(b"yesterday's")
    for arguments in ([], ["-o", "x.o"], ["--emit", "ir"], ["-o", "-"], ["--report"]):
        done = scxdsl("build", path, *arguments)
        assert (done.status, done.out) == (1, "") and "error[" in done.err
    done = scxdsl("build", path, "--format", "json")
    assert done.status == 1
    fits(done.json, REFUSED_BUILD)
    assert old.read_bytes() == b"yesterday's"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["p.bpf.o", "p.scx"]


def test_werror_builds_nothing_either(scxdsl: Run, policy) -> None:
    path = policy("scheduler s { kernels: 7.3.. }\non cpu_acquire(cpu) { }\n")
    assert scxdsl("build", path, "--werror").status == 1
    assert not path.with_suffix(".bpf.o").exists()
    assert scxdsl("build", path).status == 0


# --- nothing half written


def test_a_folder_that_is_not_there(scxdsl: Run, simple: Path) -> None:
    done = scxdsl("build", simple, "-o", "no/such/x.o")
    assert (done.status, done.err) == (2, "scxdsl: cannot write no/such/x.o: No such file or directory\n")


def test_a_folder_in_the_place_of_the_file(scxdsl: Run, simple: Path, tmp_path: Path) -> None:
    (tmp_path / "x.o").mkdir()
    done = scxdsl("build", simple, "-o", "x.o")
    assert (done.status, done.err) == (2, "scxdsl: cannot write x.o: Is a directory\n")


def test_devices_are_written_to_and_never_replaced(scxdsl: Run, simple: Path) -> None:
    assert scxdsl("build", simple, "-o", "/dev/null").status == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    full = scxdsl("build", simple, "-o", "/dev/full")
    assert (full.status, full.err) == (3, "scxdsl: cannot write /dev/full: No space left on device\n")


def _limit_files_to_4096_bytes() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def test_a_disk_that_is_full_leaves_what_was_there(simple: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.o"
    target.write_bytes(b"yesterday's")
    done = subprocess.run(
        [sys.executable, "-B", "-m", "scxdsl.cli.main", "build", simple, "-o", target],
        preexec_fn=_limit_files_to_4096_bytes, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (3, f"scxdsl: cannot write {target}: File too large\n")
    assert target.read_bytes() == b"yesterday's"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["simple.scx", "x.o"]


def _fails(fault: BaseException) -> Callable[..., int]:
    def fail(*_: object) -> int:
        raise fault

    return fail


@pytest.mark.parametrize("step", ["write", "replace", "close"])
@pytest.mark.parametrize(("fault", "status"), [(OSError(errno.EIO, "EIO"), 3), (OSError(errno.EACCES, "EACCES"), 2), (KeyboardInterrupt(), 130)])
def test_whatever_fails_on_the_way_the_old_file_stays_and_no_other(
    simple: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, fault: BaseException, status: int
) -> None:
    target = tmp_path / "x.o"
    target.write_bytes(b"yesterday's")
    with monkeypatch.context() as patch:
        patch.setattr(f"scxdsl.cli.files.os.{step}", _fails(fault))
        with pytest.raises((files.FileFault, KeyboardInterrupt)) as raised:
            files.write_file(str(target), b"today's")
    if isinstance(raised.value, files.FileFault):
        assert raised.value.status == status
    assert target.read_bytes() == b"yesterday's"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["simple.scx", "x.o"]


def test_a_process_that_is_killed_while_it_writes_leaves_the_old_file(simple: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.o"
    target.write_bytes(b"yesterday's")
    code = (
        "import os, sys; from scxdsl.cli import files; from scxdsl.cli.main import main; import scxdsl.compiler, scxdsl.codegen.backend\n"
        "def killed(number, data):\n"
        "    real(number, data[:1000]); os.kill(os.getpid(), 9)\n"
        "real = os.write\n"
        "whole = files._write_all\n"
        "def write_all(number, data):\n"
        "    os.write = killed\n"
        "    whole(number, data)\n"
        "files._write_all = write_all\n"
        "main(sys.argv[1:])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, "build", simple, "-o", target], capture_output=True)
    assert done.returncode == -9
    assert target.read_bytes() == b"yesterday's"


def test_links_are_followed_and_modes_kept(scxdsl: Run, simple: Path, tmp_path: Path) -> None:
    real, link = tmp_path / "real.o", tmp_path / "link.o"
    real.write_bytes(b"")
    real.chmod(0o640)
    link.symlink_to(real)
    assert scxdsl("build", simple, "-o", link).status == 0
    assert link.is_symlink() and real.stat().st_size > 1000 and stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_new_file_has_the_mode_that_the_umask_leaves(scxdsl: Run, simple: Path) -> None:
    old = os.umask(0o027)
    try:
        scxdsl("build", simple)
    finally:
        os.umask(old)
    assert stat.S_IMODE(simple.with_suffix(".bpf.o").stat().st_mode) == 0o640
