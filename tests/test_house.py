# SPDX-License-Identifier: GPL-2.0-only
"""No arrow runs up: a folder imports only what stands before it in docs/architecture.md."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent / "scxdsl"
ORDER = ["source", "syntax", "kernel", "typing", "ir", "rules", "lowering", "rewriting", "codegen", "objects", "fitting", "model", "interp", "machine"]
ORDER += ["guest", "compiler", "fuzz", "cli"]
# Beside each other in the order, yet strangers: what executes a policy must not learn from what compiles it.
STRANGERS = {
    ("interp", "lowering"), ("interp", "codegen"), ("interp", "ir"), ("machine", "typing"), ("machine", "interp"), ("codegen", "typing"),
    ("codegen", "syntax"), ("rewriting", "typing"), ("codegen", "rewriting"), ("codegen", "lowering"), ("objects", "typing"), ("guest", "typing"), ("lowering", "rules"), ("lowering", "syntax"), ("model", "typing"),
}  # fmt: skip


def _imports(file: Path) -> set[str]:
    """The folders of scxdsl/ that a file imports from other folders."""
    here = file.relative_to(ROOT).parts
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom):
            if node.level and node.level <= len(here):
                base = ["scxdsl", *here[: len(here) - node.level]]
                names = [".".join([*base, node.module or ""])]
            elif node.module:
                names = [node.module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "scxdsl" and len(parts) > 1 and parts[1] in ORDER:
                found.add(parts[1])
    return found


def _room(file: Path) -> str:
    first = file.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def test_every_folder_imports_only_what_stands_before_it() -> None:
    wrong = []
    for file in sorted(ROOT.rglob("*.py")):
        room = _room(file)
        if room not in ORDER:
            assert room == "__init__", f"{room} has no place in docs/architecture.md"
            continue
        for other in _imports(file) - {room}:
            if ORDER.index(other) > ORDER.index(room) or (room, other) in STRANGERS:
                wrong.append(f"{file.relative_to(ROOT)} imports {other}")
    assert not wrong, "\n".join(wrong)
