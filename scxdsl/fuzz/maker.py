# SPDX-License-Identifier: GPL-2.0-only
"""From text to a policy that both engines take. Front end and lowering are given (compiler.check, compiler.lower): the
compiler's door stands above this folder. One LLVM process serves all policies of a maker."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from scxdsl.codegen.backend import Backend, BackendError
from scxdsl.fitting.fit import fit
from scxdsl.fitting.verifiable import ENOUGH
from scxdsl.ir.module import Module
from scxdsl.machine.unwritten import unwritten
from scxdsl.objects import Object, read
from scxdsl.source.library import Loader, standard
from scxdsl.source.text import Source

from .compare import SERIES, Subject
from .topics.modules import TEXT


def load(name: str) -> Source | None:
    """The standard library, and the one file that generated policies use."""
    return Source("fuzz/shares.scx", TEXT) if name == "fuzz/shares.scx" else standard(name)


@dataclass(frozen=True)
class Refused:
    """What the compiler said of a policy: code, line and message of each error."""

    reasons: tuple[tuple[str, int, str], ...]

    def __str__(self) -> str:
        return "\n".join(f"{code} line {line}: {message}" for code, line, message in self.reasons)


class Maker:
    """`check(text, path)` gives an object with `ok`, `policy`, `diagnostics`; `lower(checked, deepest=…)` makes a module of it. With `budget` programs keep no
    more than so many bytes of large values on the stack, with an `enough` of 0 the verifier follows no variable (see fitting.fit)."""

    def __init__(self, check: Callable[..., Any], lower: Callable[..., Any], budget: int | None = None, enough: float = ENOUGH) -> None:
        self._check, self._lower = check, lower
        self._backend = Backend()
        self._budget, self._enough = budget, enough

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._backend.close()

    def make(self, text: str, path: str = "policy.scx", load: Loader = load) -> Subject | Refused:
        found = compiled(text, self._check, self._lower, self._backend, path, load, self._budget, self._enough)
        if isinstance(found, Refused):
            return found
        declared = tuple(s for s in SERIES if s in found.checked.target.kernels)
        return Subject(text, found.checked.policy, found.object, declared)


@dataclass(frozen=True)
class Compiled:
    """What check gave, the module in IR, the object's bytes and what they say."""

    checked: Any
    module: Module
    data: bytes
    object: Object


def compiled(
    text: str, check: Callable[..., Any], lower: Callable[..., Any], backend: Backend, path: str = "policy.scx", load: Loader = load,
    budget: int | None = None, enough: float = ENOUGH,
) -> Compiled | Refused:  # fmt: skip
    """`check`, `lower`, `budget`, `enough`: see Maker."""
    checked = check(text, path, load=load)
    if not checked.ok:
        return Refused(tuple((d.code, d.span.line, d.message) for d in checked.diagnostics if d.code.startswith("E")))
    made = fit(lambda deepest: lower(checked, deepest=deepest), backend, budget, enough)
    if isinstance(made.built, BackendError):
        return Refused((("backend", made.built.line or 0, made.built.message),))
    found = read(made.built.object)
    bare = [u for f in found.functions if (u := unwritten(f)) is not None]
    if bare:  # a kernel would say so, if it came that way
        return Refused(tuple(("unwritten", 0, f"{u.function} reads r{u.register} at {u.at}, into which nothing was put") for u in bare))
    return Compiled(checked, made.module, made.built.object, found)
