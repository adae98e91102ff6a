# SPDX-License-Identifier: GPL-2.0-only
"""The compiler's LLVM IR for BPF, as it must read for the machine at hand to run it.

Only what is not the policy's own changes: the target, LLVM's marks for BPF, the handful of kernel functions that loops and commands call,
and the test that the kernel lays round each division by a register (kernel/bpf/verifier.c, do_misc_fixups: x / 0 = 0, x % 0 = x). Shifts,
signed divisions and everything else stand in the IR as they are.
"""

import re
from dataclasses import replace

from scxdsl.codegen.module import emit
from scxdsl.ir.module import Linkage, Module

_TARGET = re.compile(r"^target (?:datalayout|triple) = .*\n", re.MULTILINE)
_SECTION = re.compile(r', section "[^"]*"|(?<=#2) section "[^"]*"')
_DIVISION = re.compile(r"= (udiv|urem) (i\d+) (\S+), (%\S+?)(?=,|$)", re.MULTILINE)
_DECLARED = re.compile(r"^declare .*?@([\w.]+)\(.*\n", re.MULTILINE)
_PASSTHROUGH = re.compile(r"llvm\.bpf\.passthrough\.(\w+)\.\w+")
_CONSTANT = re.compile(r"call i64 @llvm\.bpf\.preserve\.enum\.value\(i32 \d+, ptr (\S+), i64 ([01])\) #0")
_CPU = re.compile(r"call i32 inttoptr \(i64 8 to ptr\)\(\) #0")  # the compiler's own call in loops, whose answer nobody reads (rewriting/leftovers.py)
_HELPER = re.compile(r"inttoptr \(i64 (\d+) to ptr\)")

# kernel/bpf/bpf_iter.c: bpf_iter_num_new and its like; BPF_MAX_LOOPS is 8 << 20. `%cpus` of a machine of two.
_KERNEL = {
    "bpf_iter_num_new": """
define internal i32 @bpf_iter_num_new(ptr %it, i32 %start, i32 %end) {
  %stop = getelementptr i8, ptr %it, i64 4
  %backwards = icmp sgt i32 %start, %end
  %s = sext i32 %start to i64
  %e = sext i32 %end to i64
  %length = sub i64 %e, %s
  %long = icmp sgt i64 %length, 8388608
  %bad = or i1 %backwards, %long
  %before = sub i32 %start, 1
  %first = select i1 %bad, i32 0, i32 %before
  %last = select i1 %bad, i32 0, i32 %end
  store i32 %first, ptr %it
  store i32 %last, ptr %stop
  %why = select i1 %backwards, i32 -22, i32 -7
  %r = select i1 %bad, i32 %why, i32 0
  ret i32 %r
}""",
    "bpf_iter_num_next": """
define internal ptr @bpf_iter_num_next(ptr %it) {
  %stop = getelementptr i8, ptr %it, i64 4
  %now = load i32, ptr %it
  %end = load i32, ptr %stop
  %s = sext i32 %now to i64
  %next = add i64 %s, 1
  %e = sext i32 %end to i64
  %over = icmp sge i64 %next, %e
  %n = trunc i64 %next to i32
  %kept = select i1 %over, i32 0, i32 %n
  store i32 %kept, ptr %it
  %last = select i1 %over, i32 0, i32 %end
  store i32 %last, ptr %stop
  %r = select i1 %over, ptr null, ptr %it
  ret ptr %r
}""",
    "bpf_iter_num_destroy": "define internal void @bpf_iter_num_destroy(ptr %it) {\n  store i64 0, ptr %it, align 4\n  ret void\n}",
    "scx_bpf_error_bstr": "define internal void @scx_bpf_error_bstr(ptr %f, ptr %d, i32 %n) {\n  ret void\n}",
    "scx_bpf_nr_cpu_ids": "define internal i32 @scx_bpf_nr_cpu_ids() {\n  ret i32 2\n}",
    "scx_bpf_get_possible_cpumask": "define internal ptr @scx_bpf_get_possible_cpumask() {\n  ret ptr null\n}",
    "scx_bpf_put_cpumask": "define internal void @scx_bpf_put_cpumask(ptr %m) {\n  ret void\n}",
    "bpf_cpumask_test_cpu": "define internal i1 @bpf_cpumask_test_cpu(i32 %c, ptr %m) {\n  %r = icmp ult i32 %c, 2\n  ret i1 %r\n}",
}


class NotNative(Exception):
    """The commands ask the kernel for something that native code has not; the message names it."""


def native(module: Module) -> str:
    """LLVM IR without a target, of the commands of a module and what they call. Raises NotNative."""
    commands = tuple(f for f in module.functions if f.linkage is not Linkage.PROGRAM or f.section == "syscall")
    text = emit(replace(module, functions=commands, ops=None))
    text = _CPU.sub("add i32 0, 0", text)
    if helper := _HELPER.search(text):
        raise NotNative(f"BPF helper {helper[1]}")
    text = _CONSTANT.sub(lambda found: f"add i64 0, {_known(text, found[1]) if found[2] == '1' else 1}", text)
    kinds = sorted({found[1] for found in _PASSTHROUGH.finditer(text)})
    text = _PASSTHROUGH.sub(r"same.\1", _SECTION.sub("", _TARGET.sub("", text)))
    divisions = sorted({(word, kind) for word, kind, _, _ in _DIVISION.findall(text)})
    text = _DIVISION.sub(r"= call \2 @\1.\2(\2 \3, \2 \4)", text)
    added = [_same(kind) for kind in kinds] + [_guarded(word, kind) for word, kind in divisions]

    def defined(found: re.Match[str]) -> str:
        name = found[1]
        if name.startswith("same.") or name == "llvm.bpf.preserve.enum.value":
            return ""
        if name.startswith("llvm.") and ".bpf." not in name and ".preserve." not in name:
            return found[0]
        if name not in _KERNEL:
            raise NotNative(name)
        return _KERNEL[name].strip() + "\n"

    return _DECLARED.sub(defined, text) + "\n".join(added) + "\n"


def _known(text: str, name: str) -> int:
    """A constant of the kernel, as the compiler has it from the newest kernel's facts."""
    found = re.search(rf'^{re.escape(name)} = .*c"\w+:(-?\d+)\\00"', text, re.MULTILINE)
    if found is None:
        raise NotNative(name)
    return int(found[1])


def _same(kind: str) -> str:
    own = "ptr" if kind.startswith("p") else kind
    return f"define internal {own} @same.{kind}(i32 %n, {own} %x) {{\n  ret {own} %x\n}}"


def _guarded(word: str, kind: str) -> str:
    """The kernel's test round a division."""
    instead = "0" if word == "udiv" else "%a"
    return (
        f"define internal {kind} @{word}.{kind}({kind} %a, {kind} %b) {{\n  %zero = icmp eq {kind} %b, 0\n  br i1 %zero, label %none, label %some\n"
        f"none:\n  ret {kind} {instead}\nsome:\n  %r = {word} {kind} %a, %b\n  ret {kind} %r\n}}"
    )
