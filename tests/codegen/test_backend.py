# SPDX-License-Identifier: GPL-2.0-only
"""The process that runs LLVM: what it gives, how it fails, that it outlives failures."""

import os
import subprocess
import sys

from codegen.builder import SOURCE, Body, program
from codegen.simple_scheduler import simple

from scxdsl.codegen.backend import Backend, BackendError, Emit, explain
from scxdsl.codegen.module import emit
from scxdsl.codegen.pipeline import build
from scxdsl.ir.module import Module
from scxdsl.ir.ops import Const, Local
from scxdsl.ir.types import I32, U32, U64, Array

EMPTY = 'target triple = "bpfel"\ndefine i32 @f() {\n  ret i32 7\n}\n'


def with_frame_of(size: int) -> Module:
    """A program whose line 17 needs that many bytes of stack."""
    module = Module(source=SOURCE)
    b: Body = program(module, "deep", [], I32)
    b.line = 17
    buffer = Local("buffer", Array(U64, size // 8))
    b.helper("get_current_comm", U64, b.address_of(buffer), Const(U32, size))
    b.ret(Const(I32, 0))
    return module


def test_object_assembly_and_optimised_ir(backend):
    assert backend.compile(EMPTY)[:4] == b"\x7fELF"
    assert b"exit" in backend.compile(EMPTY, Emit.ASSEMBLY)
    assert b"ret i32 7" in backend.compile(EMPTY, Emit.LLVM)


def test_a_frame_over_512_bytes_is_refused_at_its_line(backend):
    assert not isinstance(build(with_frame_of(512), backend), BackendError)
    error = build(with_frame_of(520), backend)
    assert isinstance(error, BackendError) and error.over_stack
    assert (error.function, error.file, error.line) == ("deep", "policy.scx", 17)


def test_ir_that_llvm_cannot_read(backend):
    error = backend.compile("define i32 @f( {")
    assert isinstance(error, BackendError)
    assert "expected type" in error.message and error.line is None and not error.over_stack


def test_what_bpf_has_not(backend):
    error = backend.compile("define i64 @f(i64 %a, i64 %b) {\n  %c = sdiv i64 %a, %b\n  ret i64 %c\n}")
    assert isinstance(error, BackendError)
    assert error.message.startswith("unsupported signed division") and error.function == "f" and error.file is None
    error = backend.compile("define i128 @f(i128 %a) {\n  ret i128 %a\n}")
    assert isinstance(error, BackendError)


def test_after_every_failure_the_next_compilation_works(backend):
    for text in ("nonsense", "define i128 @f(i128 %a) {\n  ret i128 %a\n}"):
        assert isinstance(backend.compile(text), BackendError)
        assert isinstance(backend.compile(EMPTY), bytes)


def test_many_modules_with_core_one_after_another(backend):
    """In one process the second would crash."""
    text = emit(simple())
    first = backend.compile(text)
    assert isinstance(first, bytes)
    assert all(backend.compile(text) == first for _ in range(3))


def test_llvm_that_is_killed_is_reported_and_started_again():
    with Backend() as backend:
        assert isinstance(backend.compile(EMPTY), bytes)
        os.kill(backend._process.id, 9)
        # The worker that waits for the next request may still serve it; what matters is an answer, and life after it.
        assert isinstance(backend.compile(EMPTY), (bytes, BackendError))
        assert any(isinstance(backend.compile(EMPTY), bytes) for _ in range(3))


def test_no_llvmlite_is_an_error_and_no_hang(monkeypatch):
    monkeypatch.setattr("scxdsl.codegen.process._folders", lambda: [])
    with Backend() as backend:
        error = backend.compile(EMPTY)
    assert isinstance(error, BackendError)
    assert "llvmlite" in error.message


def test_a_compilation_that_takes_too_long_is_ended():
    with Backend(timeout=0.001) as backend:
        error = backend.compile(emit(simple()))
    assert isinstance(error, BackendError) and "no answer" in error.message


def test_ends_that_llvm_may_come_to():
    stack = "error: a.scx:3:5: in function f i32 (ptr): too much\n"
    assert explain(0, stack) == BackendError("too much", "f", "a.scx", 3, 5, stack)
    assert explain(-6, "python: x.cpp:1: void f(): Assertion `a' failed.\n").message == "Assertion `a' failed"
    assert explain(1, "LLVM ERROR: no such thing\n").message == "no such thing"
    assert explain(-11, "").message == "LLVM ended with signal 11"
    assert explain(3, "Killed\n").message == "LLVM ended with status 3: Killed"


def test_stages_are_timed(backend):
    built = build(simple(), backend)
    assert list(built.milliseconds) == ["text", "wait", "parse", "optimise", "emit", "strip"]
    assert built.milliseconds["optimise"] > 0


def test_our_process_does_not_import_llvm():
    """Neither to write IR nor to start the backend: its import is the child's."""
    script = (
        "import sys, scxdsl.codegen.pipeline\n"
        "print(sorted(m for m in sys.modules if m.startswith(('llvmlite', 'subprocess', 'elftools'))))"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
