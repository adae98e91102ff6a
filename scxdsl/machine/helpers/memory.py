# SPDX-License-Identifier: GPL-2.0-only
"""Copying memory, text, and exchanging owned pointers."""

from typing import Any

from ..errors import BadArgument, Fault
from ..formatting import format_text
from ..maps.base import EINVAL, error
from ..memory import Ptr, as_pointer, text
from ..memory import read as read_bytes
from ..memory import write as write_bytes
from .registry import helper

EFAULT = 14


@helper("probe_read_kernel")
def probe_read(target: Any, size: int, source: Any) -> int:
    """Faults of the source give -EFAULT and zeros, as in the kernel; what is wrong with the target is the program's fault."""
    size &= 0xFFFFFFFF
    to = as_pointer(target)
    try:
        data = read_bytes(source, size)
    except Fault:
        to.region.write(to.offset, bytes(size))
        return error(EFAULT)
    to.region.write(to.offset, data)
    return 0


@helper("probe_read_kernel_str")
def probe_read_text(target: Any, size: int, source: Any) -> int:
    """Copies text and its NUL, cut to `size`; returns the bytes copied."""
    size &= 0xFFFFFFFF
    to = as_pointer(target)
    if not size:
        return error(EFAULT)
    try:
        found = text(source).encode()
    except Fault:
        to.region.write(to.offset, bytes(size))
        return error(EFAULT)
    found = found[: size - 1] + b"\0"
    to.region.write(to.offset, found)
    return len(found)


@helper("snprintf")
def snprintf(target: Any, size: int, form: Any, data: Any, data_size: int) -> int:
    found = format_text(form, data, data_size & 0xFFFFFFFF).encode()
    size &= 0xFFFFFFFF
    if size:
        write_bytes(target, found[: size - 1] + b"\0")
    return len(found) + 1


@helper("trace_printk")
def trace_printk(m: Any, form: Any, size: int, a: Any, b: Any, c: Any) -> int:
    found = format_text(form, (a, b, c), 24)
    m.calls.printk(found)
    return len(found)


@helper("trace_vprintk")
def trace_vprintk(m: Any, form: Any, size: int, data: Any, data_size: int) -> int:
    found = format_text(form, data, data_size & 0xFFFFFFFF)
    m.calls.printk(found)
    return len(found)


@helper("strncmp")
def strncmp(first: Any, size: int, second: Any) -> int:
    size &= 0xFFFFFFFF
    a = read_bytes(first, size).split(b"\0")[0]
    b = text(second).encode()[:size]
    return 0 if a == b else (1 if a > b else error(1))


@helper("kptr_xchg")
def kptr_xchg(m: Any, place: Any, new: Any) -> Any:
    """Puts an owned pointer (or null) into a map value and gives the old one to the program."""
    p = as_pointer(place)
    p.region.check(p.offset, 8, True)
    if p.offset & 7:
        raise BadArgument("bpf_kptr_xchg", "the place is not aligned")
    old = p.region.load64(p.offset)
    if new != 0:
        m.release(new, "bpf_kptr_xchg")
        m.kept[new.region] += 1
        p.region.store64(p.offset, new)
    else:
        p.region.drop_pointers(p.offset, 8)
        p.region.store64(p.offset, 0)
    if isinstance(old, Ptr):
        m.kept[old.region] -= 1
        m.acquire(old)
    return old


@helper("probe_read_user")
def probe_read_user(target: Any, size: int, source: Any) -> int:
    """There is no user memory here."""
    write_bytes(target, bytes(size & 0xFFFFFFFF))
    return error(EFAULT)


@helper("copy_from_user")
def copy_from_user(target: Any, size: int, source: Any) -> int:
    write_bytes(target, bytes(size & 0xFFFFFFFF))
    return error(EFAULT)


@helper("strtol")
def strtol(data: Any, size: int, flags: int, result: Any) -> int:
    return _number(data, size, flags, result, True)


@helper("strtoul")
def strtoul(data: Any, size: int, flags: int, result: Any) -> int:
    return _number(data, size, flags, result, False)


def _number(data: Any, size: int, flags: int, result: Any, signed: bool) -> int:
    base = flags & 31
    words = read_bytes(data, size).split(b"\0")[0].decode("ascii", "replace")
    if base not in (0, 8, 10, 16):
        return error(EINVAL)
    start = len(words) - len(words.lstrip())
    end = start + (words[start : start + 1] in ("-", "+") if signed else 0)
    digits = end
    while end < len(words) and words[end].isalnum() and _is_number(words[digits : end + 1], base):
        end += 1
    if end == digits:
        return error(EINVAL)
    write_bytes(result, (int(words[start:end], base) & (1 << 64) - 1).to_bytes(8, "little"))
    return end


def _is_number(digits: str, base: int) -> bool:
    try:
        int(digits, base)
    except ValueError:
        return False
    return True


