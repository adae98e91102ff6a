# SPDX-License-Identifier: GPL-2.0-only
"""Starting qemu and talking to the agent through its virtio-serial port, with a time limit on everything."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from . import tools
from .errors import GuestDied, GuestHung
from .protocol import Frames, frame

# nokaslr: addresses in logs compare between boots. mitigations=off: they cost much under emulation. panic=-1 with oops=panic
# and -no-reboot: a crash of the kernel ends qemu, so it is noticed at once.
COMMAND_LINE = "console=ttyS0 quiet panic=-1 oops=panic mitigations=off nokaslr random.trust_cpu=on rdinit=/init"

# The oldest version seen to emulate parallel CPUs that rewrite their own code without a fault; 7.2 is not (see run.Session).
STEADY_QEMU = (10, 0)


@cache
def qemu_version() -> tuple[int, int]:
    """Major and minor version of the host's qemu; (0, 0) when it tells none."""
    text = tools.run(["qemu-system-x86_64", "--version"], timeout=20).decode(errors="replace")
    found = re.search(r"version (\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


@dataclass(frozen=True)
class Topology:
    """CPUs as qemu lays them out. `cpus` = sockets * cores * threads; NUMA nodes share them in equal runs."""

    sockets: int = 1
    cores: int = 2
    threads: int = 1
    nodes: int = 1

    @property
    def cpus(self) -> int:
        return self.sockets * self.cores * self.threads

    def __post_init__(self) -> None:
        if min(self.sockets, self.cores, self.threads, self.nodes) < 1:
            raise ValueError("every count of a topology is at least 1")
        if self.cpus % self.nodes:
            raise ValueError(f"{self.cpus} CPUs can't be shared equally by {self.nodes} NUMA nodes")


def options(topology: Topology, memory: int, accelerator: str) -> list[str]:
    """qemu's arguments that describe the machine; memory in MiB."""
    cpus = topology.cpus
    smp = f"{cpus},sockets={topology.sockets},cores={topology.cores},threads={topology.threads}"
    result = ["-accel", "kvm" if accelerator == "kvm" else "tcg,thread=multi", "-cpu", "host" if accelerator == "kvm" else "max"]
    result += ["-m", f"{memory}M", "-smp", smp]
    if topology.nodes > 1:
        share, each = cpus // topology.nodes, memory // topology.nodes
        for node in range(topology.nodes):
            first = node * share
            size = each if node else memory - each * (topology.nodes - 1)
            result += ["-object", f"memory-backend-ram,id=ram{node},size={size}M"]
            result += ["-numa", f"node,nodeid={node},cpus={first}-{first + share - 1},memdev=ram{node}"]
    return result


class Machine:
    """A running qemu. `send` and `receive` carry frames; `kill` ends it and may be called at any time, also twice."""

    def __init__(
        self, kernel: Path, initrd: bytes, *, name: str, topology: Topology, memory: int = 1024, accelerator: str = "tcg",
        extra_command_line: str = "",
    ) -> None:  # fmt: skip
        self.name = name
        self.accelerator = accelerator
        self._folder = Path(tempfile.mkdtemp(prefix="scxdsl-guest-"))
        self._frames = Frames()
        self._channel: socket.socket | None = None
        self._console = self._folder / "console"
        self._process: subprocess.Popen[bytes] | None = None
        self._last_console = ""
        try:
            self._start(kernel, initrd, options(topology, memory, accelerator), extra_command_line)
        except BaseException:
            self.kill()
            raise

    def _start(self, kernel: Path, initrd: bytes, machine: list[str], extra: str) -> None:
        (self._folder / "initrd").write_bytes(initrd)
        # A pair of sockets, one of them inherited by qemu: no path, no port, and the end of qemu is seen at once.
        ours, theirs = socket.socketpair()
        self._channel = ours
        arguments = ["qemu-system-x86_64", *machine, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-net", "none"]
        arguments += ["-chardev", f"file,id=console,path={self._console}", "-serial", "chardev:console"]
        arguments += ["-chardev", f"socket,id=agent,fd={theirs.fileno()}", "-device", "virtio-serial-pci"]
        arguments += ["-device", "virtserialport,chardev=agent,name=scxdsl"]
        arguments += ["-kernel", str(kernel), "-initrd", str(self._folder / "initrd"), "-append", f"{COMMAND_LINE} {extra}".strip()]
        with theirs, open(self._folder / "qemu", "wb") as log:
            self._process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, pass_fds=[theirs.fileno()],
                start_new_session=True,
            )  # fmt: skip

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def console(self) -> str:
        """What the guest wrote to its serial port, and qemu to its output."""
        if not self._folder.exists():
            return self._last_console
        text = ""
        for file in (self._folder / "qemu", self._console):
            if file.exists():
                text += file.read_text(errors="replace")
        return text

    def send(self, kind: int, payload: bytes, timeout: float, doing: str) -> None:
        assert self._channel is not None
        if self._channel.fileno() < 0:  # killed before
            raise GuestDied(self.name, doing, self._last_console)
        self._channel.settimeout(timeout)
        try:
            self._channel.sendall(frame(kind, payload))
        except TimeoutError:
            self._hung(timeout, doing)
        except OSError:
            self._died(doing)

    def receive(self, timeout: float, doing: str) -> tuple[int, bytes]:
        """The next frame; GuestHung after `timeout` seconds, GuestDied when qemu ends."""
        assert self._channel is not None
        limit = time.monotonic() + timeout
        while True:
            got = self._frames.next()
            if got is not None:
                return got
            left = limit - time.monotonic()
            if left <= 0:
                self._hung(timeout, doing)
            self._channel.settimeout(left)
            try:
                data = self._channel.recv(1 << 16)
            except TimeoutError:
                continue
            except OSError:
                data = b""
            if not data:
                self._died(doing)
            self._frames.feed(data)

    def _hung(self, seconds: float, doing: str) -> None:
        self.kill()
        raise GuestHung(self.name, doing, seconds, self._last_console)

    def _died(self, doing: str) -> None:
        if self._process is not None:
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                pass
        self.kill()
        raise GuestDied(self.name, doing, self._last_console)

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._channel is not None:
            self._channel.close()
        if self._folder.exists():
            self._last_console = self.console()
            shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> "Machine":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def kvm_is_offered() -> bool:
    """Whether this process may open /dev/kvm. It says nothing of whether a guest runs with it: see accel.py."""
    return os.access("/dev/kvm", os.R_OK | os.W_OK)
