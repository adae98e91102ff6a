# SPDX-License-Identifier: GPL-2.0-only
"""Examples under observation: a counter or two laid into their text, machines of some shape, parameters by their texts."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from scxdsl import objects
from scxdsl.compiler import build
from scxdsl.guest import Guest
from scxdsl.guest.qemu import Topology

EXAMPLES = Path(__file__).parents[2] / "examples"
ON = pytest.mark.parametrize("kernel", ["6.18", "7.3"])


def spied(name: str, head: str, spy: str, declared: str) -> bytes:
    """The object of an example with the statements `spy` first in the block that `head` (a regular expression) opens, and with
    what they count in declared before it."""
    text = (EXAMPLES / f"{name}.scx").read_text(encoding="utf-8")
    made, n = re.subn(head + r"[^\n]*?\{", lambda m: f"{declared}\n{m[0]}\n    {spy}\n", text, count=1, flags=re.MULTILINE)
    assert n == 1, f"{name} has no {head}"
    out = build(made, f"{name}.scx")
    assert out.object is not None, [d.message for d in out.diagnostics]
    return out.object


def values(data: bytes, texts: Mapping[str, str]) -> dict[str, bytes]:
    known = {p.name: p for p in objects.parameters(objects.read(data))}
    return {name: objects.encode(known[name], text) for name, text in texts.items()}


def machine(kernel: str, sockets: int = 1, cores: int = 4) -> Guest:
    return Guest(kernel, topology=Topology(sockets=sockets, cores=cores))
