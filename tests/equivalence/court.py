# SPDX-License-Identifier: GPL-2.0-only
"""Tries changed compilers, one at a time, on the corpus (reached.py), each in a process of its own.

A change is caught where the compiler falls over or does not end, where LLVM refuses what it wrote, or where the engines disagree on what
came of it and agree on the right object with the same script.
"""

import os
import pickle
import resource
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from random import Random
from tempfile import gettempdir
from typing import Any

from reached import ROOT, Example, module_of
from source_mutants import Mutant, in_place

from scxdsl.codegen.backend import Backend, BackendError
from scxdsl.codegen.elf import without_debug
from scxdsl.codegen.module import emit
from scxdsl.codegen.pipeline import build
from scxdsl.fitting.fit import fit
from scxdsl.fuzz.compare import Subject, run
from scxdsl.fuzz.script import generate as generate_script
from scxdsl.fuzz.told import wrong
from scxdsl.fuzz.wide import fresh
from scxdsl.interp.replay import Replay, invocations
from scxdsl.interp.unit_tests import run_test as interpreted
from scxdsl.lowering.unit_tests import name as name_of_test
from scxdsl.machine.on_model import Bytecode
from scxdsl.machine.on_model.unit_tests import run_test as on_machine
from scxdsl.model import Model
from scxdsl.model.attach import attach
from scxdsl.objects import parameters, read

CAUGHT = ("raises", "does not end", "refused", "differs")
REFUSED = "a kernel refuses"
"""Where both engines agree, which have no verifier."""
SETTLED = (*CAUGHT, REFUSED)
"""What needs no reason."""
ASKED = 6  # changed objects of which a kernel is asked
SERIES = ("6.12", "6.18", "7.3")
SCRIPTS, LENGTH = 4, 40
SLOWEST = 15  # seconds for one policy, which takes 0.3 at most
WIDE = 30  # scripts more, of every event, for a policy that was written for mutants
AFTER_TEXT = ("codegen/elf.py", "codegen/kernel_bounds.py", "codegen/pipeline.py")  # they come after the LLVM text

Change = Callable[[], AbstractContextManager[None]]
"""While it is entered, the compiler is another one."""


@dataclass(frozen=True)
class Fate:
    """`how`: one of CAUGHT, or "not reached" (no policy runs the line), "same text" (all policies have the same LLVM text), "same objects"
    (LLVM makes the same of it), "engines agree". `example` caught it, after so many `tried`; `objects` of which differed from the right ones."""

    how: str
    example: str = ""
    tried: int = 0
    objects: int = 0
    note: str = ""


class Endless(BaseException):
    """Lowering takes more time than any policy needs."""


class Court:
    """Some examples and LLVM, ready to try changes."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples
        self.backend = Backend()
        self._store = Path(gettempdir()) / "scxdsl-mutants-objects"
        self._store.mkdir(exist_ok=True)

    def mutant(self, m: Mutant, seconds: float) -> Fate:
        """What becomes of an automatic mutant."""
        late = m.file in AFTER_TEXT
        reached = [e for e in self.examples if late or e.lines.get(m.file, set()).intersection(m.lines)]
        return self.fate(lambda: in_place(m), reached, seconds, late) if reached else Fate("not reached")

    def on_kernel(self, m: Mutant, verify: Callable[[bytes], Sequence[Any]], series: str) -> Fate | None:
        """Whether a kernel refuses what becomes of one of the examples, and not the right object. `verify`: what it says of each program."""
        tried = objects = 0
        for e in self.examples:
            if objects == ASKED or not e.lines.get(m.file, set()).intersection(m.lines) or series not in e.checked.target.kernels:
                continue
            tried += 1
            with in_place(m):
                text = emit(e.lower())
            made, right = self._object(e, text), self._object(e, e.text)
            if isinstance(made, BackendError) or made == right:
                continue
            objects += 1
            refused = [f"{v.program}: {v.reason}" for v in verify(made) if not v.accepted]
            if refused and all(v.accepted for v in verify(right)):
                return Fate(REFUSED, e.name, tried, objects, f"{series}, {refused[0]}"[:120])
        return None

    def fate(self, change: Change, examples: Sequence[Example], seconds: float, late: bool = False) -> Fate:
        """Tries them in a child process, with so much time of its own for looking. `late`: what is changed comes after the LLVM text."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
            try:
                found = self._fate(change, examples, seconds, late)
            except MemoryError:
                found = Fate("does not end")
            except BaseException as error:
                found = error
            with os.fdopen(writing, "wb") as out:
                pickle.dump(found, out)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as answer:
            data = answer.read()
        os.waitpid(child, 0)
        if not data:  # it died, perhaps in the middle of a request
            self.backend.close()
            return Fate("raises", note="the process died")
        found = pickle.loads(data)
        if isinstance(found, BaseException):
            raise found
        return found

    def _fate(self, change: Change, examples: Sequence[Example], seconds: float, late: bool) -> Fate:
        texts = objects = tried = 0
        begin = _used()
        for e in examples:
            if _used() - begin > seconds:
                break
            tried += 1
            with change():  # what goes wrong in planting is none of the compiler's faults
                try:
                    with limit(SLOWEST):
                        text = emit(e.lower())
                        if text == e.text and not late:
                            continue
                        made = self._anew(e) if late else self._object(e, text)
                except Endless:
                    return Fate("does not end", e.name, tried)
                except Exception as error:
                    return Fate("raises", e.name, tried, note=f"{type(error).__name__}: {error}"[:120])
            texts += 1
            right = self._object(e, e.text)
            assert not isinstance(right, BackendError), e.name
            if isinstance(made, BackendError):
                return Fate("refused", e.name, tried, note=made.message[:120])
            if made == right:
                continue
            objects += 1
            seen = difference(e, made, right)
            if seen:
                return Fate("differs", e.name, tried, objects, seen[:200])
        how = "engines agree" if objects else "same objects" if texts else "same text"
        return Fate(how, "", tried, objects, "" if tried == len(examples) else f"of {len(examples)}")

    def _anew(self, e: Example) -> bytes | BackendError:
        """From the policy to the object, with nothing that is kept."""
        made = build(e.lower(), self.backend)
        if isinstance(made, BackendError) and made.over_stack:
            made = fit(e.lower, self.backend).built
        return made if isinstance(made, BackendError) else made.object

    def _object(self, e: Example, text: str) -> bytes | BackendError:
        """What LLVM makes of a text is kept beside other temporary files; what has too much on the stack is rewritten as for users."""
        path = self._store / sha256(text.encode()).hexdigest()[:32]
        if not path.exists():
            made = self.backend.compile(text)
            if isinstance(made, BackendError):
                fitted = fit(e.lower, self.backend).built if made.over_stack else made
                return fitted if isinstance(fitted, BackendError) else fitted.object
            path.with_suffix(f".{os.getpid()}").write_bytes(made)
            path.with_suffix(f".{os.getpid()}").replace(path)
        return without_debug(path.read_bytes())


def _used() -> float:
    times = os.times()
    return times.user + times.system


@contextmanager
def limit(seconds: float) -> Iterator[None]:
    def over(*_: Any) -> None:
        raise Endless

    signal.signal(signal.SIGVTALRM, over)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def difference(e: Example, made: bytes, right: bytes) -> str:
    """What the engines, or what else runs an example of this kind, say of an object and not of the right one; nothing where they agree."""
    for ask in KINDS[e.kind](e):
        if seen := _asked(ask, made):
            if not _asked(ask, right):
                return seen
    return ""


def _asked(ask: Any, data: bytes) -> str:
    try:
        return ask(read(data)) or ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _plain(e: Example) -> Iterator[Any]:
    kernels = [s for s in SERIES if s in e.checked.target.kernels] or list(e.checked.target.kernels)[-1:]
    number = int(sha256(e.name.encode()).hexdigest()[:6], 16)

    def ask(i: int, obj: Any) -> str:
        subject = Subject(e.policy, e.checked.policy, obj)
        if i < SCRIPTS:
            script = generate_script(number * 1000 + i, LENGTH, exchange=subject.exchanges)
        else:
            script = fresh(Random(number * 1000 + i), i, subject)
        found = subject.compare(script, kernels[(number + i) % len(kernels)])
        return f"interpreter {found.interpreter}, machine {found.machine}" if found else ""

    yield lambda obj: wrong(e.checked.policy, obj, kernels[number % len(kernels)])
    for i in range(SCRIPTS + (WIDE if e.name.startswith("policies") else 0)):
        yield partial(ask, i)


def _recorded(e: Example) -> Iterator[Any]:
    def ask(i: int, obj: Any) -> str:
        series = SERIES[i % len(SERIES)]
        script, engines = generate_script(i, 60), []

        def engine(ops: Any) -> Bytecode:
            engines.append(Bytecode(obj, ops))
            return engines[0]

        out = run(script, series, engine, lambda program, model: {})
        if out.fault and "livelock" not in out.fault:
            return out.fault
        entries = invocations(b"".join(engines[0].machine.maps["__record"].take()))
        done = Replay(e.checked.policy, series, script.cpus).all(entries)
        return f"{done.differences[:1]}, {done.incomplete} incomplete" if done.differences or done.incomplete else "" if done.invocations else "nothing recorded"

    for i in range(4):
        yield partial(ask, i)


def _tests(e: Example) -> Iterator[Any]:
    def ask(i: int, obj: Any) -> str:
        code, error = on_machine(obj, name_of_test(i), "6.18")
        passed = interpreted(e.checked.policy, e.checked.policy.tests[i], "6.18").passed
        return "" if (code == 0) == passed else f"the machine gives {code} {error}, the interpreter says {passed}"

    for i in range(len(e.checked.policy.tests)):
        yield partial(ask, i)


def _values(e: Example) -> Iterator[Any]:
    yield from _plain(e)

    def ask(name: str, raw: bytes, words: str, obj: Any) -> str:
        size = next(p.size for p in parameters(obj) if p.name == name)
        m = Model("6.18")
        attach(m, lambda kernel: Bytecode(obj, kernel, {name: raw.ljust(size, b"\0")}))
        return "" if m.exit is not None and words in m.exit.msg else f"{name}: {m.exit}"

    for name, raw, words in module_of(ROOT / "tests/language/test_params.py").BAD_BYTES:
        yield partial(ask, name, raw, words)


KINDS = {"plain": _plain, "recorded": _recorded, "tests": _tests, "values": _values}


