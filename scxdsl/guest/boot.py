# SPDX-License-Identifier: GPL-2.0-only
"""From a kernel to a machine whose agent answers: initramfs, accelerator, the boot and its retries."""

import json
import logging
import time
from pathlib import Path

from . import agent, tools
from .cache import cache_dir, locked, write_file
from .errors import BootFailed, GuestDied, GuestHung
from .initramfs import guest_root
from .kernels import Kernel
from .kmsg import first_fault
from .link import Link
from .protocol import Hello
from .qemu import Machine, Topology, kvm_is_offered

_log = logging.getLogger(__name__)

# A boot takes 3 to 8 s under emulation on an idle machine, several times that on a busy one.
BOOT_SECONDS = 180.0
KVM_SECONDS = 15.0
# A kernel patches its own text while it boots, and qemu before 10.0 now and then runs what stood there before: the machine ends
# within seconds. On a host where a boot takes thrice its time, two boots in a row met it in one run of two hundred guests.
BOOTS_THAT_END = 5
BOOTS_THAT_HANG = 2  # each costs the time limit


def initramfs() -> bytes:
    """The guest's root; compiles the agent when that is due."""
    tools.need("to boot a guest", tools.BOOT)
    busybox = tools.busybox()
    assert busybox is not None
    return guest_root(busybox.read_bytes(), agent.build(), agent.payload("init.sh"))


def _try(kernel: Kernel, topology: Topology, memory: int, accelerator: str, seconds: float) -> tuple[Machine, Link, Hello]:
    machine = Machine(
        kernel.image, initramfs(), name=kernel.name, topology=topology, memory=memory, accelerator=accelerator
    )  # fmt: skip
    try:
        link = Link(machine)
        return machine, link, link.hello(seconds)
    except BaseException:
        machine.kill()
        raise


def kvm_works(kernel: Kernel) -> bool:
    """Whether a guest boots with KVM here: tried once and remembered until this machine itself boots again.

    A /dev/kvm that opens may still hang a guest, a nested one does.
    """
    if not kvm_is_offered():
        return False
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    note = cache_dir() / "kvm.json"
    with locked("kvm"):
        try:
            known = json.loads(note.read_text())
            if known["boot"] == boot:
                return bool(known["works"])
        except (OSError, ValueError, KeyError):
            pass
        try:
            machine, _, _ = _try(kernel, Topology(), 1024, "kvm", KVM_SECONDS)
            machine.kill()
            works = True
        except (GuestHung, GuestDied):
            works = False
        write_file(note, json.dumps({"boot": boot, "works": works}).encode())
    return works


def boot(
    kernel: Kernel, topology: Topology, memory: int, accelerator: str = "auto", seconds: float = BOOT_SECONDS
) -> tuple[Machine, Link, Hello, float]:
    """A machine with its agent answering, and the seconds that the boot took which came through. Raises BootFailed after
    BOOTS_THAT_END tries in which the machine ended, or BOOTS_THAT_HANG without an answer."""
    if accelerator == "auto":
        accelerator = "kvm" if kvm_works(kernel) else "tcg"
    ended = hung = 0
    while True:
        start = time.monotonic()
        try:
            machine, link, hello = _try(kernel, topology, memory, accelerator, seconds)
            return machine, link, hello, time.monotonic() - start
        except GuestDied as error:
            ended += 1
            if ended == BOOTS_THAT_END:
                raise BootFailed(kernel.name, "the machine ended", error.console) from None
            _log.warning("%s: the machine ended while it booted; once more (%s)", kernel.name, first_fault(error.console) or "no word of why")
        except GuestHung as error:
            hung += 1
            if hung == BOOTS_THAT_HANG:
                raise BootFailed(kernel.name, f"no answer within {seconds:.0f} s", error.console) from None
            _log.warning("%s: no answer within %.0f s; booted once more", kernel.name, seconds)
