# SPDX-License-Identifier: GPL-2.0-only
"""A guest that stays up between objects: verify and run schedulers on a real kernel.

    with Guest("6.18") as guest:
        for verdict in guest.verify(data): ...
        run = guest.run(data, seconds=5, load="mix", params={"slice": (5_000_000).to_bytes(8, "little")})
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from .. import objects
from ..objects import Object, hooks
from .boot import boot
from .defect import refuse_if_hidden
from .errors import AgentRefused, GuestDied, GuestError, GuestHung
from .installing import find
from .kernels import Kernel
from .kmsg import first_fault
from .link import Link, Loaded, WorkerSpec
from .load import GROUPS, LOADS, Group
from .protocol import Hello
from .qemu import STEADY_QEMU, Machine, Topology, qemu_version
from .run import Call, Run, Session, hooks_of, patches
from .verdict import Verdict, accepted, refused

_log = logging.getLogger(__name__)
T = TypeVar("T")

# Log levels of bpf(2): 4 gives the figures alone, 5 the walk of a failing program as well.
FIGURES, WALK = 4, 5
LOAD_SECONDS = 300.0
BOOTS = 2
"""New boots that a crash or a hang is met with, each with one repetition."""
FAILED = re.compile(r"prog '([^']+)': failed to load: (-?\d+)")


class Guest:
    """A running kernel under qemu, to be used as a context manager.

    `kernel`: a series ("6.18"), the path of an image, or a Kernel. `cpus` or a whole `topology`; `memory` in MiB; `accelerator`:
    "auto", "tcg" or "kvm"; `fetch`: install a series that is missing. A crash or a hang during use, which emulation brings about now
    and then, is met by a new boot and a repetition, twice. Raises the dataclasses of errors.py, all of them faults of the surroundings.
    """

    def __init__(
        self, kernel: str | Kernel, cpus: int = 2, *, topology: Topology | None = None, memory: int = 1024,
        accelerator: str = "auto", fetch: bool = True,
    ) -> None:  # fmt: skip
        self.kernel = kernel if isinstance(kernel, Kernel) else find(kernel, fetch)
        self.topology = topology or Topology(cores=cpus)
        self._memory, self._accelerator = memory, accelerator
        self._machine: Machine | None = None
        self._link: Link | None = None
        self.hello: Hello | None = None
        self.boot_seconds = 0.0
        self.restarts = 0  # new boots after a crash or a hang
        self._kmsg_mark = 0

    def __enter__(self) -> "Guest":
        self._boot()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _boot(self) -> None:
        self.close()
        self._machine, self._link, self.hello, self.boot_seconds = boot(
            self.kernel, self.topology, self._memory, self._accelerator
        )  # fmt: skip
        self._kmsg_mark = 0

    def close(self) -> None:
        """Ends the machine; harmless when it has ended."""
        if self._machine is not None:
            self._machine.kill()
        self._machine = self._link = None

    @property
    def alive(self) -> bool:
        return self._machine is not None and self._machine.alive

    @property
    def calm(self) -> bool:
        """Whether attach and detach must not meet a load here; see run.Session."""
        return self._machine is not None and self._machine.accelerator == "tcg" and qemu_version() < STEADY_QEMU

    @property
    def link(self) -> Link:
        """The conversation with the agent, for what this class has no method for. What is said over it is not repeated when the
        machine dies; see `steady`."""
        if self._link is None or not self.alive:
            self._boot()
        assert self._link is not None
        return self._link

    def steady(self, action: Callable[[], T]) -> T:
        """What the action returns. A crash or a hang in it, which emulation brings about now and then, is met by a new boot and a
        repetition, twice; so the action begins anew each time, with `link`. After that raises GuestDied, GuestHung or BootFailed."""
        for _ in range(BOOTS):
            try:
                return action()
            except (GuestDied, GuestHung) as error:
                said, why = error.message.partition("\n")[0], first_fault(error.console) or "no word of why"
                _log.warning("%s; booted again, and the step begins anew (%s)", said, why)
                self._boot()
                self.restarts += 1
        try:
            return action()
        except GuestError:
            if not self.alive:
                self.close()
            raise

    def read_file(self, path: str) -> str | None:
        """A file of the guest, such as one below /sys/kernel/sched_ext; None when it can't be read."""
        return self.link.file(path)

    # -- verify ---------------------------------------------------------------------------------------------------------------

    def verify(self, data: bytes, *, params: Mapping[str, bytes] | None = None, force: bool = False) -> list[Verdict]:
        """The kernel's verdict on each program of an object, in the object's order.

        One entry without a program when the object is refused as a whole (a strong kernel function is missing, a map can't be made).
        Raises KernelHidesFunctions for a kernel with broken BTF unless `force`; objects.ObjectError for what is no BPF object.
        """
        obj = self._read(data, force)
        given = {h.condition: b"\1" for h in hooks(obj) if h.condition} | dict(params or {})  # every hook is looked at
        values = patches(obj, given)
        return self.steady(lambda: self._verify(obj, data, values, hooks_of(obj, given)[0]))

    def _read(self, data: bytes, force: bool) -> Object:
        obj = objects.read(data)
        if not force:
            refuse_if_hidden(self.kernel.name, self.kernel.hidden, {e.kernel_name for e in obj.externs if e.function})
        return obj

    def _load(
        self, data: bytes | None, level: int, values: Sequence[tuple[str, int, bytes]], include: Sequence[str], skip: Sequence[str]
    ) -> Loaded:
        link = self.link
        try:
            link.open(data, level)
            for section, offset, value in values:
                link.patch(section, offset, value)
        except AgentRefused as error:  # libbpf can't make sense of the object
            return Loaded(error.errno, error.words, (), error.notes)
        if include:
            link.include(include)
        if skip:
            link.skip(skip)
        return link.load(LOAD_SECONDS)

    def _verify(self, obj: Object, data: bytes, values: Sequence[tuple[str, int, bytes]], include: Sequence[str]) -> list[Verdict]:
        """Loads everything; a program that fails is loaded once more alone, for its log, and then left out of the rest."""
        name = self.kernel.name
        order = [p.name for p in obj.programs]
        failures: dict[str, Verdict] = {}
        first: bytes | None = data
        while True:
            outcome = self._load(first, FIGURES, values, include, tuple(failures))
            first = None
            if not outcome.errno or len(failures) == len(order):
                break
            words = "".join(outcome.messages)
            failed = FAILED.findall(words)
            if not failed or failed[-1][0] in failures or failed[-1][0] not in order:
                whole = refused(name, "", "", _last_words(outcome), 0, None)
                self.link.close()
                return [whole]
            program = failed[-1][0]
            alone = self._load(None, WALK, values, include, [p for p in order if p != program])
            seen = next((p for p in alone.programs if p.name == program), None)
            failures[program] = refused(name, program, seen.log if seen else "", words.strip(), seen.instructions if seen else 0, obj)
        passed = {
            p.name: accepted(name, p.name, p.log, p.instructions, p.verified, p.xlated, p.jited) for p in outcome.programs if p.loaded
        }  # fmt: skip
        self.link.close()
        verdicts = failures | passed
        return [verdicts[p] for p in order if p in verdicts]

    # -- run ------------------------------------------------------------------------------------------------------------------

    def run(
        self, data: bytes, seconds: float = 5.0, load: str | Sequence[WorkerSpec] = "mix", *,
        params: Mapping[str, bytes] | None = None, force: bool = False, groups: Sequence[Group] = (), calls: Sequence[Call] = (),
        counting: bool = False,
    ) -> Run:  # fmt: skip
        """Makes the object the kernel's scheduler for so many seconds under a load (a name of load.LOADS, or workers and the `groups`
        that they run in, outer ones first).

        `params`: new content of globals in .rodata, as objects.encode makes it. `calls`: commands to call and messages to post in the
        middle of the run, in this order (objects.call and objects.message make their bytes). `counting`: the kernel counts how often it
        runs each program (Run.called). An object that does not load gives a Run that was not attached, with the reason in `refusal`;
        `verify` tells more. Afterwards the guest has its default scheduler again.
        Raises as `verify` does, and UnknownGlobal, WrongSize.
        """
        obj = self._read(data, force)
        values = patches(obj, params or {})
        workers = LOADS[load](self.topology.cpus) if isinstance(load, str) else load
        made = GROUPS.get(load, ()) if isinstance(load, str) else tuple(groups)
        chosen = hooks_of(obj, params or {})
        return self.steady(lambda: self._run(obj, data, values, chosen, seconds, workers, made, calls, counting))

    def _run(
        self, obj: Object, data: bytes, values: Sequence[tuple[str, int, bytes]], chosen: tuple[list[str], list[str]],
        seconds: float, workers: Sequence[WorkerSpec], groups: Sequence[Group], calls: Sequence[Call],
        counting: bool,
    ) -> Run:  # fmt: skip
        link = self.link
        _, mark = link.kmsg(self._kmsg_mark)
        self._kmsg_mark = mark
        try:
            zeroed = link.open(data, FIGURES)
            for section, offset, value in values:
                link.patch(section, offset, value)
            left_out = link.include(chosen[0]) if chosen[0] else ()
            if chosen[1]:
                link.skip(chosen[1])
            outcome = link.load(LOAD_SECONDS)
        except AgentRefused as error:
            return Run(self.kernel.name, False, 0.0, refusal=error.message)
        if outcome.errno:
            return Run(self.kernel.name, False, 0.0, refusal=_last_words(outcome), zeroed=zeroed)
        try:
            return Session(link, self.kernel, obj, mark, zeroed, self.calm, left_out, counting).run(seconds, workers, groups, calls)
        finally:
            if self.alive:
                link.close()


def _last_words(outcome: Loaded) -> str:
    """Why libbpf or the kernel refused the object: libbpf's messages without its trailing summary."""
    lines = [line.removeprefix("libbpf: ") for message in outcome.messages for line in message.splitlines()]
    telling = [line for line in lines if not line.startswith("failed to load object")]
    return "\n".join(telling or lines or [outcome.words])
