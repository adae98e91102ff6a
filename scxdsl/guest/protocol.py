# SPDX-License-Identifier: GPL-2.0-only
"""The frames between host and agent, as bytes. The C side is payload/agent.h; keep the two alike.

A frame: u32 length of the payload, u16 kind, u16 zero, payload; little-endian. A blob is u32 length and its bytes.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from .errors import BadFrame

HEADER = struct.Struct("<IHH")
VERSION = 2
# No answer is larger: a verifier log is at most 8 MiB.
LARGEST = 64 << 20


class Command(IntEnum):
    HELLO = 1
    OPEN = 2
    SKIP = 3
    PATCH = 4
    LOAD = 5
    LINES = 6
    ATTACH = 7
    DETACH = 8
    CLOSE = 9
    MAP = 10
    FILE = 11
    KMSG = 12
    WATCH = 13
    LOAD_START = 14
    LOAD_READ = 15
    LOAD_STOP = 16
    TEST_RUN = 17
    COST = 18
    RESIZE = 19
    FILL = 20
    CGROUP = 21
    INCLUDE = 22
    POST = 23
    TAKE = 24


class Reply(IntEnum):
    END = 0
    HELLO = 1
    MESSAGE = 2
    ZEROED = 3
    PROGRAM = 4
    LINES = 5
    ENTRY = 6
    DATA = 7
    NUMBER = 8
    WORKER = 9
    COST = 10
    LACKING = 11


class Role(IntEnum):
    """What a worker of the load generator does; see payload/workload.c."""

    SPIN = 1
    SLEEP = 2
    PIPE = 3
    FORK = 4
    STORM = 5
    AFFINITY = 6
    YIELD = 7
    RENICE = 8
    HOTPLUG = 9
    MOVE = 10
    GROUPS = 11


def frame(kind: int, payload: bytes = b"") -> bytes:
    return HEADER.pack(len(payload), kind, 0) + payload


def blob(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def string(text: str) -> bytes:
    return blob(text.encode())


class Frames:
    """Cuts a stream of bytes into frames: `feed` what arrived, take (kind, payload) from `next` until it gives None."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next(self) -> tuple[int, bytes] | None:
        if len(self._buffer) < HEADER.size:
            return None
        length, kind, zero = HEADER.unpack_from(self._buffer)
        if zero or length > LARGEST:
            raise BadFrame(f"a header of {length} bytes and kind {kind}")
        end = HEADER.size + length
        if len(self._buffer) < end:
            return None
        payload = bytes(self._buffer[HEADER.size : end])
        del self._buffer[:end]
        return kind, payload


class Reader:
    """Takes numbers and blobs from a payload, in order; BadFrame when it is too short."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._at = 0

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._payload):
            raise BadFrame(f"{count} bytes wanted at {self._at} of {len(self._payload)}")
        part = self._payload[self._at : end]
        self._at = end
        return part

    def u32(self) -> int:
        return int.from_bytes(self._take(4), "little")

    def i32(self) -> int:
        return int.from_bytes(self._take(4), "little", signed=True)

    def u64(self) -> int:
        return int.from_bytes(self._take(8), "little")

    def blob(self) -> bytes:
        return self._take(self.u32())

    def string(self) -> str:
        return self.blob().decode(errors="replace")


@dataclass(frozen=True)
class Hello:
    protocol: int
    release: str
    cpus: int  # possible ones
    libbpf: str

    @classmethod
    def read(cls, payload: bytes) -> "Hello":
        r = Reader(payload)
        return cls(r.u32(), r.string(), r.u32(), r.string())


@dataclass(frozen=True)
class LoadedProgram:
    """One program as the kernel answered it; sizes in bytes, `log` is the verifier's."""

    name: str
    loaded: bool
    instructions: int
    verified: int
    xlated: int
    jited: int
    log: str

    @classmethod
    def read(cls, payload: bytes) -> "LoadedProgram":
        r = Reader(payload)
        return cls(r.string(), bool(r.u32()), r.u32(), r.u32(), r.u32(), r.u32(), r.string())


@dataclass(frozen=True)
class CodeLine:
    """From `address` on, machine code of this place of the source."""

    address: int
    line: int
    column: int
    file: str


@dataclass(frozen=True)
class ProgramLines:
    """Where a program's machine code lies, as (start, bytes) per subprogram, and what source it came from."""

    program: str
    lines: tuple[CodeLine, ...]
    ranges: tuple[tuple[int, int], ...]

    @classmethod
    def read(cls, payload: bytes) -> "ProgramLines":
        r = Reader(payload)
        program = r.string()
        lines = []
        for _ in range(r.u32()):
            address, place = r.u64(), r.u32()
            # line_col of struct bpf_line_info: line in the upper 22 bits
            lines.append(CodeLine(address, place >> 10, place & 1023, r.string()))
        ranges = tuple((r.u64(), r.u32()) for _ in range(r.u32()))
        return cls(program, tuple(lines), ranges)

    def at(self, address: int) -> CodeLine | None:
        """The line of a return address on the stack: of the instruction before it, hence the minus one."""
        for start, size in self.ranges:
            if start < address <= start + size:
                inside = [c for c in self.lines if start <= c.address <= address - 1]
                return max(inside, key=lambda c: c.address, default=None)
        return None


@dataclass(frozen=True)
class WorkerReading:
    """A worker of the load so far: CPU time in ns, rounds of its role."""

    role: Role
    cpu: int  # -1: not pinned
    nice: int
    cpu_time: int
    rounds: int
    alive: bool

    @classmethod
    def read(cls, payload: bytes) -> "WorkerReading":
        r = Reader(payload)
        return cls(Role(r.u32()), r.i32(), r.i32(), r.u64(), r.u64(), bool(r.u32()))


@dataclass(frozen=True)
class Cost:
    """What the kernel counted of one program: total run time in ns and calls. On an emulated CPU the time is qemu's, not a machine's."""

    program: str
    nanoseconds: int
    calls: int

    @classmethod
    def read(cls, payload: bytes) -> "Cost":
        r = Reader(payload)
        return cls(r.string(), r.u64(), r.u64())
