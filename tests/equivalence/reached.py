# SPDX-License-Identifier: GPL-2.0-only
"""What mutants are asked about: policies of the repository and generated ones, checked and lowered once, at most 500 together.

Kinds: `plain` policies run on both engines; `recorded` ones write down what they meet, and the interpreter follows (tests/replay); `tests`
are modules whose own tests run on both engines; `values` has parameters of every type, and bytes for them that are none of their values.
"""

import importlib.util
import json
import re
import sys
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from time import process_time
from types import FrameType, ModuleType
from typing import Any

from scxdsl.codegen.module import emit
from scxdsl.compiler import Checked, check, lower, recorded
from scxdsl.fuzz.generate import generate
from scxdsl.fuzz.maker import load
from scxdsl.ir.module import Module
from scxdsl.typing.subprograms import DEEPEST

ROOT = Path(__file__).parents[2]
MOST = 500
GENERATED = 60
RECORDED = ("central", "fifo", "llc", "nest", "prio", "qmap", "simple")


@dataclass
class Example:
    """`text` is the right LLVM text; `seconds` what lowering and writing it took; `lines` those of each file of lowering/ and codegen/ that this ran."""

    name: str
    kind: str
    policy: str
    checked: Checked
    text: str = ""
    seconds: float = 0.0
    lines: dict[str, set[int]] = field(default_factory=dict)

    def lower(self, deepest: int = DEEPEST) -> Module:
        return lower(self.checked, tests=self.kind == "tests", deepest=deepest)

    def again(self) -> str:
        return emit(self.lower())


def module_of(path: Path) -> ModuleType:
    """A file of the tests as a module; what it imports lies beside it, or beside the tests' folders."""
    sys.path += [str(folder) for folder in (ROOT / "tests", path.parent) if str(folder) not in sys.path]
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sources() -> Iterator[tuple[str, str, str]]:
    """Name, kind and text, the hand-written ones first."""
    tests = ROOT / "tests"
    for path in sorted((ROOT / "examples").glob("*.scx")):
        yield path.stem, "plain", path.read_text(encoding="utf-8")
        if path.stem in RECORDED:
            yield f"{path.stem}, recorded", "recorded", path.read_text(encoding="utf-8")
    others = [tests / "stdlib/whole.scx", tests / "language/eevdf_shaped.scx", tests / "syntax/forms/everything.scx"]
    for path in [*others, *sorted((tests / "verdicts/accept").glob("*.scx"))]:
        yield path.stem, "plain", path.read_text(encoding="utf-8")
    docs = module_of(tests / "language/test_docs.py")
    for block in docs._blocks():
        if block.values[1] is None:
            yield f"docs {block.id}", "plain", docs.whole(block.values[0])
            if re.search(r'^test "', block.values[0], re.MULTILINE):
                yield f"docs {block.id}, its tests", "tests", docs.whole(block.values[0])
    yield "params", "values", module_of(tests / "language/test_params.py").PARAMS
    topics = module_of(tests / "equivalence/test_topics.py")
    for topic, name in topics.POLICIES:
        yield f"{topic} {name}", "plain", topics.policy(topic, name)
    for path in sorted((tests / "equivalence/regressions").glob("*.json")):
        yield path.stem, "plain", json.loads(path.read_text(encoding="utf-8"))["policy"]
    for path in sorted((ROOT / "stdlib").glob("*.scx")):
        yield f"{path.stem}, its tests", "tests", path.read_text(encoding="utf-8")
    for path in sorted((tests / "equivalence/policies").glob("*.scx")):
        for kind in ("plain", "recorded") if path.stem.startswith("recorded") else ("plain",):
            yield f"policies {path.stem}{', recorded' * (kind == 'recorded')}", kind, path.read_text(encoding="utf-8")
    for seed in range(GENERATED):
        yield f"seed {seed}", "plain", str(generate(seed))


def corpus(only: Container[str] | None = None) -> list[Example]:
    """All of them that check accepts, or those of these names, those that were written for mutants first, then the cheap ones. What each runs of the compiler is kept beside the other
    temporary files; of a few it is not asked."""
    store = Path(gettempdir()) / f"scxdsl-mutants-{_digest()}.json"
    known = json.loads(store.read_text()) if store.exists() else {}
    out: list[Example] = []
    for name, kind, text in sources():
        if only is not None and name not in only:
            continue
        tests = kind == "tests"
        checked = check(text, "policy.scx", load=load, module=tests, tests=tests)
        if checked.ok and kind == "recorded":
            checked = recorded(checked)
        if not checked.ok:
            continue
        example = Example(name, kind, text, checked)
        key = sha256(f"{kind} {text}".encode()).hexdigest()[:16]
        if only is None and key not in known:
            known[key] = _traced(example)
        example.lines = {file: set(lines) for file, lines in known.get(key, {}).items()}
        begin = process_time()
        example.text = example.again()
        example.seconds = process_time() - begin
        out.append(example)
    if only is None:
        store.write_text(json.dumps(known))
    assert len(out) <= MOST
    return sorted(out, key=lambda e: (not e.name.startswith("policies"), len(e.text)))


def _digest() -> str:
    """Of the code on which that depends."""
    files = [f for room in ("lowering", "codegen", "ir", "typing") for f in sorted((ROOT / "scxdsl" / room).glob("*.py"))]
    return sha256(b"".join(f.read_bytes() for f in files)).hexdigest()[:16]


def _traced(example: Example) -> dict[str, list[int]]:
    folder = str(ROOT / "scxdsl") + "/"
    found: dict[str, set[int]] = {}

    def line(frame: FrameType, event: str, _: Any) -> Any:
        found[frame.f_code.co_filename].add(frame.f_lineno)
        return line

    def call(frame: FrameType, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        if not name.startswith((folder + "lowering/", folder + "codegen/")):
            return None
        found.setdefault(name, set()).add(frame.f_lineno)
        return line

    sys.settrace(call)
    try:
        example.again()
    finally:
        sys.settrace(None)
    return {name.removeprefix(folder): sorted(lines) for name, lines in found.items()}
