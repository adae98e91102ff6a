# SPDX-License-Identifier: GPL-2.0-only
"""The program as a whole: finding commands, exit statuses, ends from outside, faults of its own."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scxdsl import __version__
from scxdsl.cli import main as program

from .conftest import EXAMPLE, Run

PROGRAM = [sys.executable, "-m", "scxdsl.cli.main"]


def test_help_lists_every_command(scxdsl: Run) -> None:
    done = scxdsl("--help")
    assert done.status == 0
    assert all(name in done.out for name in program.COMMANDS)


def test_version(scxdsl: Run) -> None:
    assert scxdsl("--version").out == f"scxdsl {__version__}\n"


def test_no_command_is_a_fault_of_the_call_that_lists_them(scxdsl: Run) -> None:
    done = scxdsl()
    assert done.status == 2 and "guest verify" in done.err and not done.out


@pytest.mark.parametrize("name", program.COMMANDS)
def test_every_command_has_help(scxdsl: Run, name: str) -> None:
    done = scxdsl(*name.split(), "--help")
    assert done.status == 0 and done.out.startswith(f"usage: scxdsl {name} ")


@pytest.mark.parametrize(
    ("words", "hint"),
    [(["chek"], "`check`"), (["guest"], "guest run"), (["guest", "verfy"], "`guest verify`"), (["verify"], "`guest verify`"), (["xyzzy"], "--help")],
)
def test_what_is_no_command_is_answered_with_the_nearest(scxdsl: Run, words: list[str], hint: str) -> None:
    done = scxdsl(*words)
    assert done.status == 2 and hint in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"], ["check", "--kernels", "soon", EXAMPLE], ["check", "--kernels", "5.4", EXAMPLE], ["check", "--nonsense", EXAMPLE],
        ["build", EXAMPLE, "--emit", "wasm"], ["guest", "run", EXAMPLE, "--load", "heavy"], ["guest", "run", EXAMPLE, "--seconds", "-1"],
        ["guest", "run", EXAMPLE, "--cpus", "0"], ["guest", "run", EXAMPLE, "--cpus", "2x2"], ["guest", "run", EXAMPLE, "--kernel", "5.4"],
        ["guest", "run", EXAMPLE, "--nodes", "3"], ["guest", "verify", EXAMPLE, "--kernel", "./no-such-image"], ["kernels", "install", "5.4"],
    ],
)  # fmt: skip
def test_a_wrong_call_is_answered_by_a_sentence(scxdsl: Run, arguments: list[str | Path]) -> None:
    done = scxdsl(*arguments)
    assert done.status == 2
    assert not done.out and "Traceback" not in done.err
    assert len(done.err.strip().splitlines()[-1].split()) >= 5


@pytest.mark.parametrize("command", [["check"], ["build"], ["fmt"], ["dis"], ["guest", "verify"], ["guest", "run"], ["kernels", "facts"]])
def test_a_file_that_cannot_be_read_is_told_with_the_reason(scxdsl: Run, tmp_path: Path, command: list[str]) -> None:
    missing, folder = scxdsl(*command, "nowhere.scx"), scxdsl(*command, tmp_path)
    assert (missing.status, missing.err) == (2, "scxdsl: cannot read nowhere.scx: No such file or directory\n")
    assert (folder.status, folder.err) == (2, f"scxdsl: cannot read {tmp_path}: Is a directory\n")


@pytest.mark.parametrize("command", [["check"], ["build"], ["fmt"], ["dis"], ["guest", "run"]])
def test_what_is_no_text_is_told_with_its_line(scxdsl: Run, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "p.scx").write_bytes(b"scheduler s\n// caf\xe9\n")
    done = scxdsl(*command, "p.scx")
    assert (done.status, done.err) == (2, "scxdsl: p.scx is not text in UTF-8: byte 0xe9 in line 2\n")


def test_a_byte_order_mark_is_no_part_of_the_text(scxdsl: Run, tmp_path: Path) -> None:
    (tmp_path / "p.scx").write_bytes(b"\xef\xbb\xbf" + EXAMPLE.read_bytes())
    assert scxdsl("check", "p.scx").status == 0


def test_a_fault_of_its_own_is_said_as_such(scxdsl: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scxdsl.compiler.check", lambda *_: 1 // 0)
    monkeypatch.delenv("SCXDSL_TRACEBACK", raising=False)
    done = scxdsl("check", EXAMPLE)
    assert done.status == 70
    assert "a fault of scxdsl itself: ZeroDivisionError" in done.err and "report" in done.err and "Traceback" not in done.err
    monkeypatch.setenv("SCXDSL_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        scxdsl("check", EXAMPLE)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_quietly(number: int, status: int) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # what runs in a shell's background ignores SIGINT, and its children do
    running = subprocess.Popen([*PROGRAM, "check", "-"], **pipes, preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
    assert running.stdin is not None
    running.stdin.write(b"// more than a pipe holds\n" * 10_000)
    running.stdin.flush()  # it reads by now, and waits for the rest
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (status, b"", b"")


@pytest.mark.parametrize("arguments", [["explain"], ["explain", "--format", "json"], ["build", EXAMPLE, "-o", "-"]])
def test_a_reader_that_goes_away_is_no_fault_worth_words(arguments: list[str | Path]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*PROGRAM, *arguments], stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def _on_a_terminal(*arguments: str | Path, **environment: str) -> bytes:
    """What a command writes to stderr when that is a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([*PROGRAM, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=theirs, env=os.environ | environment):
        os.close(theirs)
        seen = b""
        try:
            while part := os.read(ours, 4096):
                seen += part
        except OSError:  # the other end is closed
            pass
    os.close(ours)
    return seen


def test_colour_is_for_terminals_that_want_it(process: Run, policy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    path = policy("scheduler s\non tick(p) { nothing() }\n")
    assert b"\x1b[" in _on_a_terminal("check", path, TERM="xterm")
    assert b"\x1b[" not in _on_a_terminal("check", path, TERM="xterm", NO_COLOR="1")
    assert b"\x1b[" not in _on_a_terminal("check", path, TERM="dumb")
    assert "\x1b[" not in process("check", path, TERM="xterm").err


def test_check_imports_nothing_that_it_does_not_need() -> None:
    """The budget of 0.25 s is spent on imports: LLVM, the IR, guests and ELF are for others."""
    code = (
        "import sys; from scxdsl.cli.main import main; status = main(sys.argv[1:]); print(*sys.modules, file=sys.stderr); sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", code, "check", EXAMPLE], capture_output=True, text=True, check=True)
    modules = set(done.stderr.split())
    unwanted = {"pathlib", "shutil", "llvmlite", "lark", "elftools", "subprocess", "tomllib", "scxdsl.guest", "scxdsl.objects", "scxdsl.lowering", "scxdsl.codegen", "scxdsl.ir.ops"}
    assert not modules & unwanted


def test_build_imports_neither_llvm_nor_what_reads_objects(tmp_path: Path) -> None:
    """LLVM is another process's; objects are read again only where frames may be too large."""
    code = (
        "import sys; from scxdsl.cli.main import main; status = main(sys.argv[1:]); print(*sys.modules, file=sys.stderr); sys.exit(status)"
    )
    words = [sys.executable, "-c", code, "build", str(EXAMPLE), "-o", str(tmp_path / "simple.o")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    unwanted = {"pathlib", "shutil", "llvmlite", "lark", "elftools", "subprocess", "scxdsl.guest", "scxdsl.objects"}
    assert not set(done.stderr.split()) & unwanted
