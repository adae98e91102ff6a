# SPDX-License-Identifier: GPL-2.0-only
"""A machine that hangs, dies or lies: a program of our own stands in for qemu."""

import sys
import time
from pathlib import Path

import pytest

from scxdsl.guest import boot
from scxdsl.guest.errors import AgentRefused, BootFailed, GuestDied, GuestHung
from scxdsl.guest.kernels import Kernel
from scxdsl.guest.link import Link
from scxdsl.guest.qemu import Machine, Topology, options

# Answers each command with what `behave` says; the real agent is tested by the tests that boot kernels.
STAND_IN = '''#!{python}
import os, re, socket, struct, sys, time
arguments = " ".join(sys.argv)
channel = socket.socket(fileno=int(re.search(r"fd=(\\d+)", arguments)[1]))
open(re.search(r"id=console,path=(\\S+)", arguments)[1], "w").write("booting\\nKernel panic - not syncing\\n")
def text(s): return struct.pack("<I", len(s)) + s
def send(kind, body): channel.sendall(struct.pack("<IHH", len(body), kind, 0) + body)
def take(n):
    data = b""
    while len(data) < n:
        part = channel.recv(n - len(data))
        if not part: sys.exit(0)
        data += part
    return data
while True:
    length, kind, _ = struct.unpack("<IHH", take(8))
    body = take(length)
    {behave}
'''
HELLO = 'send(1, struct.pack("<I", 2) + text(b"6.18.1") + struct.pack("<I", 2) + text(b"v1.4")); send(0, struct.pack("<i", 0) + text(b""))'


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def write(behave: str) -> None:
        program = tmp_path / "qemu-system-x86_64"
        program.write_text(STAND_IN.format(python=sys.executable, behave=behave))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return write


def machine() -> Machine:
    return Machine(Path("vmlinuz"), b"initrd", name="6.18.1", topology=Topology())


def test_a_conversation(stand_in):
    stand_in(HELLO)
    with machine() as running:
        greeting = Link(running).hello(10)
        assert (greeting.release, greeting.cpus) == ("6.18.1", 2)
    assert not running.alive


def test_silence_is_a_hang_and_the_machine_is_killed(stand_in):
    stand_in("time.sleep(60)")
    running = machine()
    start = time.monotonic()
    with pytest.raises(GuestHung, match="within 1 s during hello"):
        Link(running).hello(1)
    assert time.monotonic() - start < 5
    assert not running.alive


def test_an_end_is_told_with_the_console(stand_in):
    stand_in("sys.exit(1)")
    running = machine()
    with pytest.raises(GuestDied, match="(?s)died during hello.*Kernel panic"):
        Link(running).hello(10)
    with pytest.raises(GuestDied):
        Link(running).close()


def test_an_errno_is_the_agents_refusal(stand_in):
    stand_in('send(2, text(b"libbpf: no such thing")); send(0, struct.pack("<i", -2) + text(b"open: missing"))')
    with machine() as running, pytest.raises(AgentRefused, match="open: open: missing") as told:
        Link(running).open(b"", 4)
    assert told.value.errno == 2
    assert told.value.notes == ("libbpf: no such thing",)


def test_nothing_is_left_behind(stand_in, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    stand_in(HELLO)
    with machine() as running:
        Link(running).hello(10)
        assert list(tmp_path.glob("scxdsl-guest-*"))
    running.kill()
    assert not list(tmp_path.glob("scxdsl-guest-*"))
    assert "booting" in running.console()


KERNEL = Kernel("6.18", "a stand-in", Path("vmlinuz"), Path("btf"))


def test_boots_that_end_are_tried_again_and_told_of(stand_in, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    monkeypatch.setattr(boot, "initramfs", lambda: b"initrd")
    tries = tmp_path / "tries"
    stand_in(f"""f = open({str(tries)!r}, 'a'); f.write('.'); f.close()
    if os.path.getsize({str(tries)!r}) < {boot.BOOTS_THAT_END}: sys.exit(1)
    {HELLO}""")
    running, _, greeting, seconds = boot.boot(KERNEL, Topology(), 512, "tcg", 10)
    running.kill()
    assert greeting.release == "6.18.1" and seconds < 10
    assert caplog.messages == ["a stand-in: the machine ended while it booted; once more (Kernel panic - not syncing)"] * (boot.BOOTS_THAT_END - 1)


def test_boots_that_all_end_are_a_fault_of_the_surroundings(stand_in, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(boot, "initramfs", lambda: b"initrd")
    stand_in("sys.exit(1)")
    with pytest.raises(BootFailed, match="(?s)did not boot: the machine ended.*Kernel panic"):
        boot.boot(KERNEL, Topology(), 512, "tcg", 10)


def test_boots_that_hang_are_given_up_sooner(stand_in, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(boot, "initramfs", lambda: b"initrd")
    stand_in("time.sleep(60)")
    with pytest.raises(BootFailed, match="did not boot: no answer within 1 s"):
        boot.boot(KERNEL, Topology(), 512, "tcg", 1)


def test_kvm_that_hangs_is_not_used_and_not_tried_twice(stand_in, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SCXDSL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(boot, "initramfs", lambda: b"initrd")
    monkeypatch.setattr(boot, "kvm_is_offered", lambda: True)
    monkeypatch.setattr(boot, "KVM_SECONDS", 1.0)
    stand_in("time.sleep(60)")
    assert not boot.kvm_works(KERNEL)
    stand_in(HELLO)
    assert not boot.kvm_works(KERNEL)


def test_topologies_become_qemus_words():
    words = " ".join(options(Topology(sockets=2, cores=2, threads=2, nodes=2), 1025, "tcg"))
    assert "-smp 8,sockets=2,cores=2,threads=2" in words
    assert "node,nodeid=0,cpus=0-3,memdev=ram0" in words and "node,nodeid=1,cpus=4-7,memdev=ram1" in words
    assert "id=ram0,size=513M" in words and "id=ram1,size=512M" in words
    assert "tcg,thread=multi" in words and "-accel kvm" in " ".join(options(Topology(), 512, "kvm"))


@pytest.mark.parametrize("wrong", [{"cores": 0}, {"cores": 3, "nodes": 2}])
def test_impossible_topologies_are_refused(wrong):
    with pytest.raises(ValueError):
        Topology(**wrong)
