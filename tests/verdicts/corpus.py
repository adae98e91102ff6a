# SPDX-License-Identifier: GPL-2.0-only
"""All policies of the corpus: the written ones, each code's examples, the pages of the language, the examples, those made of
every callback and operation, what offered edits make of the refused ones, and generated ones."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mending import mendings
from places import made

from scxdsl.cli.catalogue import catalogue
from scxdsl.fuzz.generate import generate

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SEED = 400_000  # the first of the generated policies

# What refuses a policy: the verifier or libbpf at load, the kernel when the scheduler runs, or the language alone.
VERIFIER, EJECTED, LANGUAGE = "V", "E", "L"
OF_CODE = {"E0407": VERIFIER, "E0408": VERIFIER}  # of examples that kernels are asked about; of others reject/ has better ones

FILES = {"E0221"}  # of examples that are more than one file, which have tests of their own

# What refuses an operation where it is not E0407: in every callback that refuses it, or in one.
_WHY = {
    ("", "waker"): ("E0412", LANGUAGE), ("", "curr"): ("E0412", VERIFIER), ("", "ours"): ("E0412", VERIFIER),
    ("dispatch", "cancel"): ("E0516", EJECTED), ("update_idle", "claim"): ("E0503", EJECTED), ("update_idle", "idle_cpu"): ("E0503", EJECTED),
}  # fmt: skip

# False accepts that wait to be mended, by name, each with its cause.
KNOWN: dict[str, str] = {}

_HEAD = re.compile(r"^// class: ([VEL])  code: ([EW]\d{4})$", re.MULTILINE)
_SET = re.compile(r"^// set: (\w+)=(\S+)$", re.MULTILINE)
MARK = "// <- at fault"
_BLOCK = re.compile(r"^```scx *(?:error=(\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Case:
    """One policy. `code`: what refuses it, empty where check shall accept; `kind`: V, E or L of what is refused; `settings`: values of
    parameters with which kernels are asked."""

    name: str
    text: str
    code: str = ""
    kind: str = ""
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def marked(self) -> list[int]:
        """The lines that the text itself says are at fault."""
        return [number for number, line in enumerate(self.text.splitlines(), 1) if line.endswith(MARK)]


def written() -> Iterator[Case]:
    """The files of accept/ and reject/."""
    for path in sorted((HERE / "accept").glob("*.scx")):
        yield Case(f"accept/{path.stem}", path.read_text())
    for path in sorted((HERE / "reject").glob("*.scx")):
        text = path.read_text()
        head = _HEAD.search(text)
        if head is None:
            raise ValueError(f"{path.name} has no line `// class: V  code: E0407`")
        yield Case(f"reject/{path.stem}", text, head[2], head[1], tuple(_SET.findall(text)))


def explained() -> Iterator[Case]:
    """The examples of `scxdsl explain`: what raises each code and what does not."""
    for code, kind in catalogue().items():
        if getattr(kind, "files", None) or code in FILES:
            continue
        if kind.bad and code.startswith("E"):
            yield Case(f"explain/{code}-bad", kind.bad, code, OF_CODE.get(code, LANGUAGE))
        if kind.good:
            yield Case(f"explain/{code}-good", kind.good)


def pages() -> Iterator[Case]:
    """The blocks of docs/language."""
    for path in sorted((ROOT / "docs" / "language").glob("*.md")):
        for number, found in enumerate(_BLOCK.finditer(path.read_text()), 1):
            text = found[2] if re.search(r"^scheduler\b", found[2], re.MULTILINE) else "scheduler doc\n" + found[2]
            code = found[1] or ""
            if code in FILES:
                continue
            yield Case(f"docs/{path.stem}-{number}", text, code, OF_CODE.get(code, LANGUAGE) if code else "")


def examples() -> Iterator[Case]:
    for path in sorted((ROOT / "examples").glob("*.scx")):
        yield Case(f"examples/{path.stem}", path.read_text())


def places() -> Iterator[Case]:
    """Every callback with every operation; what the context forbids is E0407, or E0412 where only the meaning forbids it."""
    for policy in made():
        place, refused, operation = policy.name.partition("!")
        if not refused:
            yield Case(f"places/{policy.name}", policy.text)
        else:
            code, kind = _WHY.get((place, operation)) or _WHY.get(("", operation), ("E0407", VERIFIER))
            yield Case(f"places/{place}!{operation}", policy.text, code, kind)


def mended(cases: Sequence[Case]) -> Iterator[Case]:
    """What each edit that a diagnostic offers, alone, makes of a refused policy, where that is not one of the corpus already."""
    seen = {case.text for case in cases if not case.code}
    for case in cases:
        for number, mending in enumerate(mendings(case.text) if case.code else (), 1):
            if mending.text not in seen:
                seen.add(mending.text)
                yield Case(f"mended/{case.name}-{number}", mending.text)


def generated(count: int) -> Iterator[Case]:
    """Policies from seeds, always the same."""
    for seed in range(SEED, SEED + count):
        yield Case(f"generated/{seed}", str(generate(seed)))


def corpus(count: int = 0) -> list[Case]:
    """All of it, with so many generated policies."""
    kept = [*written(), *explained(), *pages(), *examples(), *places()]
    return [*kept, *mended(kept), *generated(count)]
