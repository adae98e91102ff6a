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


def _files(file: Path) -> set[Path]:
    """The files of its own folder that a file needs when it runs, also where it asks for them late; names in types are no need."""
    tree = ast.parse(file.read_text())
    typing = [n for n in ast.walk(tree) if isinstance(n, ast.If) and isinstance(n.test, ast.Name) and n.test.id == "TYPE_CHECKING"]
    skipped = {id(n) for block in typing for n in ast.walk(block)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1 and id(node) not in skipped:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found |= {file.parent / f"{name}.py" for name in names if name and "." not in name}
    return {f for f in found if f.is_file() and f != file}


def test_no_file_needs_itself_by_way_of_others() -> None:
    needs = {file: _files(file) for file in sorted(ROOT.rglob("*.py")) if file.name != "__init__.py"}
    circles: list[set[Path]] = []
    for file in needs:
        if file in (reached := _reach(needs, file)) and not any(file in circle for circle in circles):
            circles.append({f for f in reached if file in _reach(needs, f)})
    named = [{str(f.relative_to(ROOT)) for f in circle} for circle in circles]
    assert [sorted(c) for c in named] == [], "a circle of imports"


def _reach(needs: dict[Path, set[Path]], file: Path) -> set[Path]:
    reached: set[Path] = set()
    todo = [file]
    while todo:
        for other in needs.get(todo.pop(), set()) - reached:
            reached.add(other)
            todo.append(other)
    return reached
