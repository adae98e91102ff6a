# SPDX-License-Identifier: GPL-2.0-only
"""Bytecode in the kernel that runs these tests: loaded as a SYSCALL program, verified, compiled by its JIT and run.

Needs the right to load programs (root, outside of most containers).
"""

import ctypes
import errno
import os
import platform
import struct

_NUMBER = {"x86_64": 321, "aarch64": 280}.get(platform.machine(), 321)
_PROG_LOAD, _PROG_TEST_RUN = 5, 10
_SYSCALL_PROGRAM, _SLEEPABLE = 31, 1 << 4
_libc = ctypes.CDLL(None, use_errno=True)


class Refused(Exception):
    """The verifier does not take the program; the text is its last words."""


class NotAllowed(Exception):
    """This process may not load programs."""


def _bpf(command: int, attributes: bytes) -> int:
    room = ctypes.create_string_buffer(attributes.ljust(160, b"\0"), 160)
    result = _libc.syscall(_NUMBER, command, room, 160)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def run(code: bytes, context: bytes) -> bytes:
    """The context after the program ran on it. Raises Refused, NotAllowed."""
    instructions, license_ = ctypes.create_string_buffer(code, len(code)), ctypes.create_string_buffer(b"GPL")
    log = ctypes.create_string_buffer(1 << 20)
    head = struct.pack(
        "<IIQQIIQII", _SYSCALL_PROGRAM, len(code) // 8, ctypes.addressof(instructions), ctypes.addressof(license_), 1,
        len(log), ctypes.addressof(log), 0, _SLEEPABLE,
    )  # fmt: skip
    try:
        program = _bpf(_PROG_LOAD, head)
    except OSError as cause:
        if cause.errno in (errno.EPERM, errno.ENOSYS) and not log.value:
            raise NotAllowed from cause
        raise Refused(log.value.decode("utf-8", "replace")[-500:] or str(cause)) from cause
    try:
        data = ctypes.create_string_buffer(context, len(context))
        _bpf(_PROG_TEST_RUN, struct.pack("<IIIIQQIIIIQQ", program, 0, 0, 0, 0, 0, 0, 0, len(context), 0, ctypes.addressof(data), 0))
        return data.raw
    finally:
        os.close(program)


def allowed() -> bool:
    """Whether programs can be loaded here."""
    try:
        run(struct.pack("<BBhi", 0xB7, 0, 0, 0) + struct.pack("<BBhi", 0x95, 0, 0, 0), bytes(8))
    except (NotAllowed, OSError):
        return False
    return True
