# SPDX-License-Identifier: GPL-2.0-only
"""The vectors of tests/conformance: every program gives its result, every negative one is refused."""

from pathlib import Path
from typing import Any

import pytest
from assembler import AssemblyError, assemble

from scxdsl.machine.bare import Bare
from scxdsl.machine.errors import Fault, LoadError
from scxdsl.machine.memory import Ptr, Region
from scxdsl.objects.errors import ObjectError

VECTORS = Path(__file__).parent.parent / "conformance"
POSITIVE = sorted(VECTORS.glob("*.data"))
NEGATIVE = sorted((VECTORS / "negative").glob("*.data"))


class Refused(Exception):
    """The file is no test that could pass."""


def sections(path: Path) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in path.read_text().splitlines():
        if line.startswith("-- "):
            current = found.setdefault(line[3:].strip(), [])
        else:
            current.append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


def raw_bytes(text: str) -> bytes:
    """Either 8-byte numbers, most significant digit first, or single bytes."""
    words = [w for line in text.splitlines() for w in line.split("#")[0].split()]
    if words and words[0].startswith("0x"):
        return b"".join(int(w, 16).to_bytes(8, "little") for w in words)
    return bytes.fromhex("".join(words))


def programs(found: dict[str, str]) -> list[bytes]:
    made = []
    if "asm" in found:
        made.append(assemble(found["asm"]))
    if "raw" in found:
        made.append(raw_bytes(found["raw"]))
    if not made or not made[0]:
        raise Refused("no program")
    return made


def run(code: bytes, found: dict[str, str]) -> int:
    """r1 points at the memory and r2 is its length; helper 5 gives back its argument."""

    def same(value: Any) -> Any:
        return value

    memory = bytes.fromhex("".join(found.get("mem", "").split()))
    return Bare(code, {5: same}).run(Ptr(Region("mem", memory)), len(memory))


def expected(found: dict[str, str]) -> int:
    if "result" not in found:
        raise Refused("no result")
    return int(found["result"].split()[0], 0)


@pytest.mark.parametrize("path", POSITIVE, ids=lambda p: p.stem)
def test_result(path: Path) -> None:
    found = sections(path)
    made = programs(found)
    assert all(code == made[0] for code in made)
    assert run(made[0], found) == expected(found)


@pytest.mark.parametrize("path", NEGATIVE, ids=lambda p: p.stem)
def test_refused(path: Path) -> None:
    """By the assembler, the decoder, the machine, or a result that is another one."""
    found = sections(path)
    try:
        result = run(programs(found)[0], found)
    except (AssemblyError, Refused, ObjectError, LoadError, Fault):
        return
    assert "result" in found and result != expected(found)


def test_none_is_missing() -> None:
    assert (len(POSITIVE), len(NEGATIVE)) == (313, 60)
