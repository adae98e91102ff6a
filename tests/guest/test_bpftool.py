# SPDX-License-Identifier: GPL-2.0-only
"""The object stands alone: bpftool 7.5 of Debian 13 loads and registers it, with nothing of ours beside it in the guest."""

import subprocess
from pathlib import Path

import pytest

from scxdsl.compiler import build
from scxdsl.guest import find, install, tools
from scxdsl.guest.apt import AptRoot, unpack
from scxdsl.guest.initramfs import archive, folder, link, program
from scxdsl.guest.kmsg import FAULT
from scxdsl.guest.qemu import Topology, options

pytestmark = [pytest.mark.guest, pytest.mark.network]
SIMPLE = Path(__file__).parent.parent.parent / "examples" / "simple.scx"
PACKAGES = ("bpftool", "libc6", "libcap2", "libelf1t64", "zlib1g", "libzstd1")
LOADER = "lib64/ld-linux-x86-64.so.2"
APPLETS = ("sh", "mount", "cat", "sleep", "echo", "poweroff")
INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t bpf bpf /sys/fs/bpf
export LD_LIBRARY_PATH=/lib
bpftool version
bpftool struct_ops register /simple.bpf.o /sys/fs/bpf
echo "ops: $(cat /sys/kernel/sched_ext/root/ops)"
sleep 2
echo "state: $(cat /sys/kernel/sched_ext/state)"
bpftool struct_ops unregister name simple_ops || rm -f /sys/fs/bpf/simple_ops
sleep 1
echo "after: $(cat /sys/kernel/sched_ext/state)"
poweroff -f
"""


def _root(tmp_path: Path, data: bytes) -> bytes:
    """An initramfs with bpftool, the libraries that it needs, and the object."""
    apt = AptRoot("bpftool", ("trixie",))
    apt.update()
    tree = tmp_path / "tree"
    for name in PACKAGES:
        unpack(apt.download(name, tmp_path), tree)
    busybox = tools.busybox()
    assert busybox is not None
    entries = [folder(name) for name in ("bin", "dev", "lib", "lib64", "proc", "sys")]
    entries.append(program("bin/busybox", busybox.read_bytes()))
    entries += [link(f"bin/{applet}", "busybox") for applet in (*APPLETS, "rm")]
    entries.append(program("bin/bpftool", next(tree.rglob("sbin/bpftool")).read_bytes()))
    for file in sorted(tree.rglob("*.so*")):
        if file.name.startswith("ld-linux"):
            entries.append(program(LOADER, file.read_bytes()))
        elif file.name.startswith(("libc.so", "libcap.so", "libelf.so", "libelf-", "libz.so", "libzstd.so")):
            entries.append(program(f"lib/{file.name}", file.read_bytes()))
    unique = {entry.name: entry for entry in entries}
    return archive([*unique.values(), program("simple.bpf.o", data), program("init", INIT.encode())])


def test_bpftool_registers_the_object(tmp_path: Path) -> None:
    made = build(SIMPLE.read_text(), SIMPLE.name)
    assert made.object is not None
    install("6.18")
    (tmp_path / "initrd").write_bytes(_root(tmp_path, made.object))
    command = ["qemu-system-x86_64", *options(Topology(), 1024, "tcg"), "-nodefaults", "-nographic", "-no-reboot", "-net", "none"]
    command += ["-serial", "stdio", "-kernel", str(find("6.18").image), "-initrd", str(tmp_path / "initrd")]
    command += ["-append", "console=ttyS0 quiet panic=-1 mitigations=off nokaslr"]
    for _ in range(3):  # an older qemu oopses now and then where code of the kernel is patched, as attaching does (guest/run.py)
        said = subprocess.run(command, capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL).stdout
        if not FAULT.search(said):
            break
    assert "bpftool v7.5" in said
    assert "ops: simple" in said and "state: enabled" in said and "after: disabled" in said, said
    assert "runtime error" not in said and not FAULT.search(said), said
