# SPDX-License-Identifier: GPL-2.0-only
"""The agent's commands as methods: bytes out, dataclasses in. One command at a time; each has its own time limit."""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .errors import AgentRefused, BadFrame
from .protocol import (
    Command, Cost, Hello, LoadedProgram, ProgramLines, Reader, Reply, Role, VERSION, WorkerReading, blob, string,
)  # fmt: skip
from .qemu import Machine


@dataclass(frozen=True)
class Answer:
    """Everything that came back for one command; `errno` is 0 or positive."""

    frames: tuple[tuple[int, bytes], ...]
    errno: int
    words: str

    def payloads(self, kind: Reply) -> list[bytes]:
        return [payload for k, payload in self.frames if k == kind]

    @property
    def messages(self) -> tuple[str, ...]:
        """What libbpf said."""
        return tuple(Reader(p).string() for p in self.payloads(Reply.MESSAGE))

    def data(self) -> list[bytes]:
        return [Reader(p).blob() for p in self.payloads(Reply.DATA)]

    def number(self) -> int:
        numbers = self.payloads(Reply.NUMBER)
        if not numbers:
            raise BadFrame("a number was due")
        return Reader(numbers[0]).u64()


@dataclass(frozen=True)
class Loaded:
    """Outcome of one load: the programs that took part, in the object's order."""

    errno: int
    words: str
    programs: tuple[LoadedProgram, ...]
    messages: tuple[str, ...]


@dataclass(frozen=True)
class WorkerSpec:
    """A worker of the load to start. `argument`: us of sleep (SLEEP), children at a time (STORM), ms between changes (HOTPLUG).
    `cgroup`: the path below the cgroup root that it runs in; see `cgroup` below."""

    role: Role
    cpu: int = -1
    nice: int = 0
    argument: int = 0
    cgroup: str = ""


class Link:
    """Conversation with the agent of a running machine. Methods raise GuestHung, GuestDied, and AgentRefused on an errno."""

    def __init__(self, machine: Machine, patience: float = 60.0) -> None:
        self._machine = machine
        self._patience = patience

    def ask(self, command: Command, payload: bytes = b"", timeout: float | None = None, accept: bool = False) -> Answer:
        """Sends a command and collects its answer; `accept` gives an answer with an errno instead of raising."""
        limit = timeout or self._patience
        doing = command.name.lower().replace("_", " ")
        self._machine.send(command, payload, limit, doing)
        frames = []
        while True:
            kind, body = self._machine.receive(limit, doing)
            if kind == Reply.END:
                reader = Reader(body)
                answer = Answer(tuple(frames), -reader.i32(), reader.string())
                break
            frames.append((kind, body))
        if answer.errno and not accept:
            raise AgentRefused(doing, answer.errno, answer.words, answer.messages)
        return answer

    def hello(self, timeout: float) -> Hello:
        greeting = Hello.read(self.ask(Command.HELLO, timeout=timeout).payloads(Reply.HELLO)[0])
        if greeting.protocol != VERSION:
            raise BadFrame(f"protocol {greeting.protocol}, not {VERSION}")
        return greeting

    def open(self, data: bytes | None, level: int, config: str = "") -> tuple[str, ...]:
        """Opens an object, None: the last one again; gives the ops members zeroed because the kernel lacks them. `config`: what libbpf
        is to take for the kernel's configuration, for objects with `__kconfig` variables."""
        answer = self.ask(Command.OPEN, struct.pack("<I", level) + blob(data or b"") + string(config))
        return tuple(Reader(p).string() for p in answer.payloads(Reply.ZEROED))

    def skip(self, programs: Iterable[str]) -> None:
        self.ask(Command.SKIP, b"".join(string(name) for name in programs))

    def include(self, programs: Iterable[str]) -> tuple[str, ...]:
        """Programs to load, too, though their sections say that they are left out; gives those whose target the kernel lacks."""
        answer = self.ask(Command.INCLUDE, b"".join(string(name) for name in programs))
        return tuple(Reader(p).string() for p in answer.payloads(Reply.LACKING))

    def post(self, inbox: str, message: bytes) -> None:
        """Adds a message to an inbox. Raises AgentRefused where it has no room."""
        self.ask(Command.POST, string(inbox) + blob(message))

    def take(self, ring: str, most: int) -> list[bytes]:
        """The records of a ring, oldest first; more than `most` are left where they are, but for one that is lost."""
        return self.ask(Command.TAKE, string(ring) + struct.pack("<I", most)).data()

    def patch(self, section: str, offset: int, data: bytes) -> None:
        """Changes a section of globals of the open object, before it is loaded."""
        self.ask(Command.PATCH, string(section) + struct.pack("<I", offset) + blob(data))

    def resize(self, map_name: str, entries: int = 0, value: int = 0) -> None:
        """Gives a map of the open object another number of entries, or values of another size in bytes; 0 leaves it as it is."""
        self.ask(Command.RESIZE, string(map_name) + struct.pack("<II", entries, value))

    def fill(self, map_name: str, kind: int, key: int, value: int, entries: int) -> None:
        """Puts a new map into every place of a map of maps of the loaded object. `kind`: its BPF_MAP_TYPE; `key`, `value`: bytes."""
        self.ask(Command.FILL, string(map_name) + struct.pack("<IIII", kind, key, value, entries))

    def cgroup(self, path: str, weight: int) -> None:
        """Makes a cgroup below the root with a weight (1 to 10000), or changes the weight of one; 0 removes it."""
        self.ask(Command.CGROUP, string(path) + struct.pack("<I", weight))

    def load(self, timeout: float) -> Loaded:
        answer = self.ask(Command.LOAD, timeout=timeout, accept=True)
        programs = tuple(LoadedProgram.read(p) for p in answer.payloads(Reply.PROGRAM))
        return Loaded(answer.errno, answer.words, programs, answer.messages)

    def lines(self) -> tuple[ProgramLines, ...]:
        return tuple(ProgramLines.read(p) for p in self.ask(Command.LINES).payloads(Reply.LINES))

    def attach(self) -> Answer:
        return self.ask(Command.ATTACH, accept=True)

    def detach(self) -> None:
        self.ask(Command.DETACH)

    def costs(self, on: bool = True) -> tuple[Cost, ...]:
        """What the programs cost so far (zero before counting began); the kernel counts from now on, or no longer."""
        return tuple(Cost.read(p) for p in self.ask(Command.COST, struct.pack("<I", on)).payloads(Reply.COST))

    def close(self) -> None:
        self.ask(Command.CLOSE)

    def map(self, name: str) -> list[tuple[bytes, bytes]] | None:
        """All entries as (key, value); None when the object has no such map."""
        answer = self.ask(Command.MAP, string(name), accept=True)
        if answer.errno:
            return None
        entries = []
        for payload in answer.payloads(Reply.ENTRY):
            reader = Reader(payload)
            entries.append((reader.blob(), reader.blob()))
        return entries

    def file(self, path: str) -> str | None:
        """The content of a file of the guest; None when it can't be read."""
        answer = self.ask(Command.FILE, string(path), accept=True)
        return None if answer.errno else answer.data()[0].decode(errors="replace")

    def kmsg(self, since: int) -> tuple[list[str], int]:
        """The kernel's log from a sequence number on, as raw records, and the number to go on with."""
        answer = self.ask(Command.KMSG, struct.pack("<Q", since))
        return [record.decode(errors="replace") for record in answer.data()], answer.number()

    def watch(self, seconds: float, path: str, text: str) -> float:
        """Waits while a file of the guest holds `text`, at most so long; seconds that it did."""
        payload = struct.pack("<I", int(seconds * 1000)) + string(path) + string(text)
        return self.ask(Command.WATCH, payload, timeout=seconds + self._patience).number() / 1000

    def load_start(self, workers: Iterable[WorkerSpec]) -> None:
        specs = list(workers)
        body = b"".join(struct.pack("<IiiI", w.role, w.cpu, w.nice, w.argument) + string(w.cgroup) for w in specs)
        self.ask(Command.LOAD_START, struct.pack("<I", len(specs)) + body)

    def load_read(self) -> tuple[WorkerReading, ...]:
        return tuple(WorkerReading.read(p) for p in self.ask(Command.LOAD_READ).payloads(Reply.WORKER))

    def load_stop(self) -> None:
        self.ask(Command.LOAD_STOP)

    def test_run(self, program: str, contexts: Sequence[bytes]) -> list[tuple[int, bytes]]:
        """Runs a syscall program once on each context, all of one size: its return values, and the contexts afterwards."""
        size = len(contexts[0])
        answer = self.ask(Command.TEST_RUN, string(program) + struct.pack("<II", len(contexts), size) + blob(b"".join(contexts))).data()[0]
        steps = range(0, len(answer), 4 + size)
        return [(int.from_bytes(answer[at : at + 4], "little", signed=True), answer[at + 4 : at + 4 + size]) for at in steps]
