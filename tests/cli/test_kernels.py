# SPDX-License-Identifier: GPL-2.0-only
"""`scxdsl kernels`, as far as it needs no network and no installed kernel."""

import json
import struct
import sys
from pathlib import Path

import pytest

from scxdsl import guest
from scxdsl.guest import errors
from scxdsl.guest.kernels import Kernel

from .conftest import Run
from .shapes import KERNELS, fits

WHOLE = Kernel("6.18", "6.18.15-test", Path("/k/vmlinuz"), Path("/k/btf"), (), (), "linux-image-test")
BROKEN = Kernel("7.1", "7.1.1-test", Path("/k/vmlinuz"), Path("/k/btf"), ("scx_bpf_a", "scx_bpf_b"), (), "linux-image-test")


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> dict[str, Kernel]:
    """An imagined cache with two kernels."""
    kernels = {"6.18": WHOLE, "7.1": BROKEN}
    monkeypatch.setattr(guest, "installed", kernels.get)
    return kernels


def test_the_list_has_every_series_and_what_is_installed(scxdsl: Run, cache: dict[str, Kernel]) -> None:
    rows = {line.split()[0]: line for line in scxdsl("kernels", "list").out.splitlines()}
    assert list(rows)[1:] == list(guest.catalogue())
    assert "6.18.15-test" in rows["6.18"] and "not installed" in rows["6.12"]
    assert "scx_bpf_a, scx_bpf_b: its BTF hides them" in rows["7.1"]


def test_list_as_json(scxdsl: Run, cache: dict[str, Kernel]) -> None:
    done = scxdsl("kernels", "list", "--format", "json")
    fits(done.json, KERNELS)
    entries = {k["series"]: k for k in done.json["kernels"]}
    assert entries["6.18"]["installed"] and not entries["7.3"]["installed"]
    assert entries["6.12"]["origin"] == "source" and entries["6.18"]["origin"] == "package"


def test_install_tells_on_stderr_and_gives_the_release(scxdsl: Run, cache: dict[str, Kernel], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, bool]] = []

    def install(series: str, refresh: bool = False) -> Kernel:
        asked.append((series, refresh))
        if series not in cache:
            raise errors.NoMirror("sid")
        return cache[series]

    monkeypatch.setattr(guest, "install", install)
    done = scxdsl("kernels", "install", "6.18", "7.3")
    assert asked == [("6.18", False), ("7.3", False)]
    assert done.status == 3 and done.out == "6.18  6.18.15-test\n"
    assert "6.18: 6.18.15-test is installed" in done.err and "7.3: this machine's apt sources name no Debian mirror" in done.err
    assert scxdsl("kernels", "install", "--refresh", "6.18").status == 0 and asked[-1] == ("6.18", True)
    asked.clear()
    scxdsl("kernels", "install", "all")
    assert [s for s, _ in asked] == list(guest.catalogue())


@pytest.fixture
def btf() -> bytes:
    """BTF of a kernel that has a struct sched_ext_ops with nothing but its name."""
    strings = b"\0sched_ext_ops\0name\0char\0unsigned int\0"

    def name(text: bytes) -> int:
        return strings.index(b"\0" + text + b"\0") + 1

    types = struct.pack("<IIIII", name(b"char"), 1 << 24, 1, 1 << 24, 0)[:12] + struct.pack("<I", 8)
    types += struct.pack("<III", name(b"unsigned int"), 1 << 24, 4) + struct.pack("<I", 32)
    types += struct.pack("<III", 0, 3 << 24, 0) + struct.pack("<III", 1, 2, 128)
    types += struct.pack("<III", name(b"sched_ext_ops"), 4 << 24 | 1, 128) + struct.pack("<III", name(b"name"), 3, 0)
    return struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(types), len(types), len(strings)) + types + strings


def test_facts_of_raw_btf_need_the_release(scxdsl: Run, btf: bytes) -> None:
    Path("btf").write_bytes(btf)
    done = scxdsl("kernels", "facts", "btf")
    assert done.status == 2 and "--release" in done.err
    facts = scxdsl("kernels", "facts", "btf", "--release", "6.20.1-mine")
    assert facts.status == 0
    assert facts.json["series"] == "6.20" and list(facts.json["ops"]) == ["name"]
    assert scxdsl("kernels", "facts", "btf", "--release", "mine").status == 2


def test_facts_go_where_o_says(scxdsl: Run, btf: bytes) -> None:
    Path("btf").write_bytes(btf)
    done = scxdsl("kernels", "facts", "btf", "--release", "6.20.1", "-o", "6.20.json")
    assert (done.status, done.out) == (0, "")
    assert json.loads(Path("6.20.json").read_text())["release"] == "6.20.1"


def test_facts_of_what_is_no_kernel(scxdsl: Run, btf: bytes) -> None:
    Path("a").write_bytes(b"hello")
    Path("b").write_bytes(btf[:30])
    Path("c").write_bytes(btf.replace(b"sched_ext_ops", b"sched_int_ops"))
    for path, words in (("a", "neither BTF nor a kernel image"), ("b", ""), ("c", "without sched_ext"), (sys.executable, "")):
        done = scxdsl("kernels", "facts", path, "--release", "6.20")
        assert done.status == 2 and words in done.err and len(done.err.splitlines()) == 1
