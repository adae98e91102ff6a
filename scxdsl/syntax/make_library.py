# SPDX-License-Identifier: GPL-2.0-only
"""The table of the standard library in the documentation, from its files:

    python -m scxdsl.syntax.make_library > docs/language/stdlib.md
"""

import sys

from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.library import names, standard

from . import tree
from .parser import parse

_HEAD = """\
# The standard library

Modules that come with the compiler, written in the language itself: `use pelt` brings one, `pelt.update(…)` calls it. What a policy
does not call is not in its object. This page is made from the files by `python -m scxdsl.syntax.make_library`.
"""


def page() -> str:
    """The whole page. Ends in a newline."""
    out = [_HEAD]
    for name in names():
        source = standard(name)
        assert source is not None
        parsed = parse(source, Diagnostics())
        about = " ".join(line.removeprefix("//").strip() for line in _opening(source.text))
        out += [f"## {name}\n", f"{about}\n"]
        documented = [d for d in parsed.declarations if isinstance(d, tree.FnDecl | tree.StructDecl | tree.ConstDecl) and d.doc is not None]
        out.append("| name | what it is |\n|---|---|")
        out += [f"| `{_head(name, d)}` | {_words(d)} |" for d in documented]
        out.append("")
    return "\n".join(out)


def _opening(text: str) -> list[str]:
    """The comment below the license line."""
    lines = text.splitlines()[1:]
    end = next((i for i, line in enumerate(lines) if not line.startswith("//")), len(lines))
    return lines[:end]


def _head(module: str, d: tree.FnDecl | tree.StructDecl | tree.ConstDecl) -> str:
    """The declaration without its body, as a user of the module writes the name."""
    if isinstance(d, tree.ConstDecl):
        return f"{module}.{d.name.text}"
    if isinstance(d, tree.StructDecl):
        return f"{module}.{d.name.text} {{ {'; '.join(' '.join(f.span.text.split()) for f in d.fields)} }}"
    params = ", ".join(" ".join(p.span.text.split()) for p in d.parameters)
    return f"{module}.{d.name.text}({params})" + (f" -> {d.result.span.text}" if d.result is not None else "")


def _words(d: tree.FnDecl | tree.StructDecl | tree.ConstDecl) -> str:
    assert d.doc is not None
    return " ".join(line.strip().removeprefix("///").strip() for line in d.doc.span.text.splitlines()).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
