# SPDX-License-Identifier: GPL-2.0-only
"""The process that runs LLVM. Started as a script by backend.py: it imports nothing of the package, and only this of llvmlite.

LLVM answers some faults by exit or abort, and a second compilation with CO-RE in one process crashes. So each request is
served by a fork: this process only imports, waits and reports. A request is a line `KIND LENGTH` and the IR; an answer is a
line `STATUS OUTPUT-LENGTH ERROR-LENGTH PARSE OPTIMISE EMIT` (milliseconds), the output, and what LLVM wrote to stderr.
"""

import os
import sys
from time import perf_counter

CPU = "v3"  # v4 would turn large switches into jump tables, which no kernel in question accepts
LEVEL = 2
OPTIONS = (
    # Both merge equal loads and stores of two branches into one, through a chosen pointer; the kernel's verifier allows an
    # instruction one kind of pointer (verifier.c, save_aux_ptr_type).
    "-simplifycfg-sink-common=false",
    "-enable-tail-merge=false",
)


def prepare():
    """Imports LLVM and sets it up. Gives the binding."""
    import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    for option in OPTIONS:
        llvm.set_option("", option)
    return llvm


def compile_text(llvm, text: str, kind: str) -> tuple[bytes, list[float]]:
    """Output of a kind (object, llvm, assembly), and the milliseconds of reading, optimising and emitting."""
    t0 = perf_counter()
    module = llvm.parse_assembly(text)
    module.verify()
    t1 = perf_counter()
    machine = llvm.Target.from_triple("bpfel").create_target_machine(cpu=CPU, opt=LEVEL)
    passes = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=LEVEL))
    passes.getModulePassManager().run(module, passes)
    t2 = perf_counter()
    if kind == "object":
        out = machine.emit_object(module)
    elif kind == "assembly":
        out = machine.emit_assembly(module).encode()
    else:
        out = str(module).encode()
    t3 = perf_counter()
    return out, [(b - a) * 1e3 for a, b in ((t0, t1), (t1, t2), (t2, t3))]


def scratch() -> int:
    """A file without a name."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("llvm")
    import tempfile

    file = tempfile.TemporaryFile()
    number = os.dup(file.fileno())
    file.close()
    return number


def content(number: int) -> bytes:
    os.lseek(number, 0, os.SEEK_SET)
    parts = []
    while part := os.read(number, 1 << 20):
        parts.append(part)
    os.close(number)
    return b"".join(parts)


def write_all(number: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(number, view) :]


def serve_one(llvm, text: str, kind: str) -> bytes:
    """The whole answer to one request."""
    output, errors, times = scratch(), scratch(), scratch()
    worker = os.fork()
    if worker == 0:
        os.dup2(errors, 2)
        try:
            out, spent = compile_text(llvm, text, kind)
            write_all(output, out)
            write_all(times, " ".join(f"{x:.3f}" for x in spent).encode())
            os._exit(0)
        except BaseException as fault:
            write_all(2, str(fault).encode())
            os._exit(3)
    status = os.waitpid(worker, 0)[1]
    out, err, spent = content(output), content(errors), content(times)
    code = os.waitstatus_to_exitcode(status)
    head = f"{code} {len(out)} {len(err)} {spent.decode() or '0 0 0'}\n"
    return head.encode() + out + err


def main() -> None:
    sys.path[:0] = sys.argv[1:]
    requests, answers = os.fdopen(0, "rb"), os.dup(1)
    os.dup2(2, 1)  # whatever prints must not reach the answers
    llvm = prepare()
    while line := requests.readline():
        kind, length = line.decode().split()
        text = requests.read(int(length)).decode()
        write_all(answers, serve_one(llvm, text, kind))


if __name__ == "__main__":
    main()
