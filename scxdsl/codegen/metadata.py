# SPDX-License-Identifier: GPL-2.0-only
"""LLVM's metadata as text: numbered nodes, equal ones shared, cycles by reserving a number first.

Debug metadata is what LLVM's BPF backend writes BTF from, and it is cyclic: a function names its parameters, each of
which names the function. A node is known by its reference, `!7`.
"""


def quoted(text: str) -> str:
    """A string in LLVM's syntax."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(_BYTES[b] for b in text.encode()) + '"'


_BYTES = [chr(b) if 32 <= b < 127 and chr(b) not in '"\\' else f"\\{b:02X}" for b in range(256)]


def byte_string(data: bytes) -> str:
    """A constant array of bytes in LLVM's syntax."""
    return 'c"' + "".join(_BYTES[b] for b in data) + '"'


class Metadata:
    """The numbered nodes of one module."""

    def __init__(self) -> None:
        self._nodes: list[str] = []
        self._known: dict[str, str] = {}

    def add(self, text: str) -> str:
        """The reference of a node with this text; equal nodes are one."""
        ref = self._known.get(text)
        if ref is None:
            ref = self._known[text] = self.reserve()
            self._nodes[-1] = text
        return ref

    def node(self, kind: str, **fields: object) -> str:
        """A specialised node: `node("DISubrange", count=4)`. Fields that are None are left out."""
        return self.add(spelled(kind, fields))

    def group(self, *items: str) -> str:
        """A list of references and `!"strings"`."""
        return self.add("!{" + ", ".join(items) + "}")

    def pairs(self, kind: str, values: tuple[str, ...]) -> str | None:
        """Annotations of one kind (`btf_decl_tag`, `btf_type_tag`), or None where there are none."""
        if not values:
            return None
        return self.group(*(self.group(f"!{quoted(kind)}", f"!{quoted(v)}") for v in values))

    def reserve(self) -> str:
        """A reference whose node is given later, by `fill`."""
        self._nodes.append("")
        return f"!{len(self._nodes) - 1}"

    def fill(self, ref: str, kind: str, distinct: bool = False, **fields: object) -> None:
        self._nodes[int(ref[1:])] = ("distinct " if distinct else "") + spelled(kind, fields)

    def lines(self) -> list[str]:
        return [f"!{number} = {text}" for number, text in enumerate(self._nodes)]


def spelled(kind: str, fields: dict[str, object]) -> str:
    words = []
    for name, value in fields.items():
        if value is None:
            continue
        if value is True or value is False:
            value = "true" if value else "false"
        words.append(f"{name}: {value}")
    return f"!{kind}({', '.join(words)})"
