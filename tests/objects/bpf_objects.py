# SPDX-License-Identifier: GPL-2.0-only
"""Small objects for tests, made from LLVM IR in a child process: LLVM compiles CO-RE only once a process."""

import subprocess
import sys
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent

LAYOUT = 'target datalayout = "e-m:e-p:64:64-i64:64-i128:128-n32:64-S128"\n'
CHILD = """
import sys
import llvmlite.binding as llvm
llvm.initialize_all_targets()
llvm.initialize_all_asmprinters()
module = llvm.parse_assembly(sys.stdin.read())
module.verify()
machine = llvm.Target.from_triple("bpfel").create_target_machine(cpu=sys.argv[1], opt=2)
builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
builder.getModulePassManager().run(module, builder)
sys.stdout.buffer.write(machine.emit_object(module))
"""


@cache
def compile_ir(text: str, cpu: str = "v3") -> bytes:
    """The object that LLVM makes of the IR `text`, with the target's data layout put before it where it has none."""
    if "target datalayout" not in text:
        text = LAYOUT + text
    child = subprocess.run([sys.executable, "-c", CHILD, cpu], input=text.encode(), capture_output=True, check=False)
    assert child.returncode == 0, child.stderr.decode()
    return child.stdout


def sample() -> bytes:
    """The object of sample.ll."""
    return compile_ir((HERE / "sample.ll").read_text())
