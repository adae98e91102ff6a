# SPDX-License-Identifier: GPL-2.0-only
"""Policies recorded without a kernel: their objects run as bytecode while a script plays on the model."""

from dataclasses import dataclass

from scxdsl.compiler import Built, build
from scxdsl.fuzz.compare import run
from scxdsl.fuzz.maker import load
from scxdsl.fuzz.script import generate
from scxdsl.interp.record import Entry
from scxdsl.interp.replay import Replay, Replayed, invocations
from scxdsl.machine.on_model import Bytecode
from scxdsl.objects import read


@dataclass
class Recorded:
    built: Built
    series: str
    cpus: int
    raw: bytes
    entries: dict[int, list[Entry]]

    def replay(self) -> Replayed:
        return Replay(self.built.checked.policy, self.series, self.cpus).all(self.entries)


def recorded(text: str, name: str, seed: int, series: str = "6.18", length: int = 60) -> Recorded:
    """A policy, recorded while a script plays on the model."""
    made = build(text, f"{name}.scx", load=load, record=True)
    assert made.object is not None, [(d.code, d.message, d.span.line) for d in made.diagnostics]
    script, obj = generate(seed, length), read(made.object)
    engines: list[Bytecode] = []

    def engine(ops) -> Bytecode:
        engines.append(Bytecode(obj, ops))
        return engines[0]

    out = run(script, series, engine, lambda program, model: {})
    assert not out.fault or "livelock" in out.fault, out.fault
    raw = b"".join(engines[0].machine.maps["__record"].take())
    return Recorded(made, series, script.cpus, raw, invocations(raw))
