# SPDX-License-Identifier: GPL-2.0-only
"""The process that runs LLVM. Started as a script by backend.py: it imports nothing of the package, only llvmlite's binding.

LLVM answers some faults by exit or abort, and a second compilation with CO-RE in one process crashes (its BPF passes keep
a table of the first module's globals). So each request is served by a fork, made and warmed up before the request comes:
this process only imports, waits and reports. A request is a line `KIND LENGTH` and the IR; an answer is a line `STATUS
OUTPUT-LENGTH ERROR-LENGTH PARSE OPTIMISE EMIT` (milliseconds), the output, and what LLVM wrote to stderr.
"""

import os
import sys
from contextlib import contextmanager, nullcontext
from importlib import import_module
from time import perf_counter
from types import ModuleType

CPU = "v3"  # v4 would turn large switches into jump tables, which no kernel in question accepts
LEVEL = 2
SAFER_LEVEL = 1  # for `safer`, tried where the usual passes fail
OPTIONS = (
    # Both merge equal loads and stores of two branches into one, through a chosen pointer; the kernel's verifier allows an
    # instruction one kind of pointer (verifier.c, save_aux_ptr_type).
    "-simplifycfg-sink-common=false",
    "-enable-tail-merge=false",
    # LLVM refuses an offset of this many bytes and more. The kernel takes a frame of 512 (MAX_BPF_STACK), LLVM's 512 does not.
    "-bpf-stack-size=513",
)

NO_REQUEST, FAULT = 4, 3  # exit statuses of a worker

# Something of everything but CO-RE, so that LLVM's first-use costs fall into the time of waiting.
WARM_UP = """
target triple = "bpfel"
@g = global i64 0
define i32 @f(ptr %p, i64 %x) !dbg !4 {
  %a = alloca i64
  store i64 %x, ptr %a, !dbg !6
  br label %loop, !dbg !6
loop:
  %v = load i64, ptr %a, !dbg !6
  %y = add i64 %v, 1, !dbg !6
  store i64 %y, ptr %a, !dbg !6
  %c = icmp ult i64 %y, 10, !dbg !6
  br i1 %c, label %loop, label %done, !dbg !6
done:
  %z = load volatile i64, ptr %p, !dbg !6
  store i64 %z, ptr @g, !dbg !6
  %r = call i64 inttoptr (i64 5 to ptr)(), !dbg !6
  %t = trunc i64 %r to i32, !dbg !6
  ret i32 %t, !dbg !6
}
!llvm.dbg.cu = !{!0}
!llvm.module.flags = !{!2}
!0 = distinct !DICompileUnit(language: DW_LANG_C11, file: !1, emissionKind: DebugDirectivesOnly)
!1 = !DIFile(filename: "-", directory: "", source: "-")
!2 = !{i32 2, !"Debug Info Version", i32 3}
!3 = !DISubroutineType(types: !{null})
!4 = distinct !DISubprogram(name: "f", scope: !1, file: !1, line: 1, type: !3, unit: !0, spFlags: DISPFlagDefinition)
!6 = !DILocation(line: 1, column: 1, scope: !4)
"""


@contextmanager
def light_resources():
    """Within, `importlib.resources` is what llvmlite needs of it to find its library. The real one brings tempfile, zipfile and
    forty more modules, a third of the time in which LLVM is imported."""
    name = "importlib.resources"
    if name in sys.modules:
        yield
        return

    class Folder(str):
        __slots__ = ()

        def __truediv__(self, file):
            return os.path.join(self, file)

    light = ModuleType(name)
    light.files = lambda package: Folder(os.path.dirname(import_module(package).__file__))
    light.as_file = nullcontext
    sys.modules[name] = light
    try:
        yield
    finally:
        del sys.modules[name]


def prepare():
    """Imports LLVM and sets it up. Gives the binding."""
    try:
        with light_resources():
            import llvmlite.binding as llvm
    except AttributeError:  # an llvmlite that asks more of it
        import llvmlite.binding as llvm

    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    for option in OPTIONS:
        llvm.set_option("", option)
    return llvm


def compile_text(llvm, text: str, kind: str) -> tuple[bytes, list[float]]:
    """Output of a kind (object, safer, llvm, assembly), and the milliseconds of reading, optimising and emitting."""
    t0 = perf_counter()
    module = llvm.parse_assembly(text)
    module.verify()
    t1 = perf_counter()
    level = SAFER_LEVEL if kind == "safer" else LEVEL
    machine = llvm.Target.from_triple("bpfel").create_target_machine(cpu=CPU, opt=level)
    options = llvm.create_pipeline_tuning_options(speed_level=level)
    if kind == "safer":
        options.loop_unrolling = options.loop_interleaving = options.loop_vectorization = options.slp_vectorization = False
    passes = llvm.create_pass_builder(machine, options)
    passes.getModulePassManager().run(module, passes)
    t2 = perf_counter()
    if kind in ("object", "safer"):
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
    return b"".join(parts)


def write_all(number: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(number, view) :]


def read_exactly(number: int, count: int) -> bytes:
    """That many bytes, or fewer at the end of the stream. Never more: what follows is for the next worker."""
    parts = []
    while count and (part := os.read(number, count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def work(llvm, requests: int, answers: int, errors: int) -> int:
    """Serves one request; gives the exit status. Faults that leave this process alive go to stderr, like LLVM's own."""
    head = b""
    while not head.endswith(b"\n"):
        byte = read_exactly(requests, 1)
        if not byte:
            return NO_REQUEST
        head += byte
    kind, length = head.decode().split()
    try:
        out, spent = compile_text(llvm, read_exactly(requests, int(length)).decode(), kind)
    except Exception as fault:
        write_all(errors, str(fault).encode())
        return FAULT
    said = content(errors)
    times = " ".join(f"{x:.3f}" for x in spent)
    write_all(answers, f"0 {len(out)} {len(said)} {times}\n".encode() + out + said)
    return 0


def main() -> None:
    sys.path[:0] = sys.argv[1:]
    requests, answers = 0, os.dup(1)
    os.dup2(2, 1)  # whatever prints must not reach the answers
    llvm = prepare()
    compile_text(llvm, WARM_UP, "object")
    while True:
        errors = scratch()
        worker = os.fork()
        if worker == 0:
            os.dup2(errors, 2)
            os._exit(work(llvm, requests, answers, errors))
        code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
        said = content(errors)
        os.close(errors)
        if code == NO_REQUEST:
            os._exit(0)  # nothing to tidy, and whoever closed the pipe waits
        if code != 0:
            write_all(answers, f"{code} 0 {len(said)} 0 0 0\n".encode() + said)


if __name__ == "__main__":
    main()
