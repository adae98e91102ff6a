# SPDX-License-Identifier: GPL-2.0-only
"""What the emitters of one module share: metadata, types, declarations made on first use."""

from scxdsl.ir.definitions import Definitions
from scxdsl.ir.module import Function, Global, Module
from scxdsl.ir.types import Struct
from scxdsl.source.text import Source

from .files import debug_names
from .metadata import Metadata, byte_string, quoted
from .pointer_tests import MARK_ATTRIBUTES
from .types_di import DebugTypes
from .types_llvm import memory, struct_name

PLAIN = "attributes #0 = { nounwind }"
ASM = "attributes #1 = { nounwind willreturn memory(none) }"
DEFINED = 'attributes #2 = { nounwind "no-builtins" "no-jump-tables"="true" }'
ATTRIBUTES = [PLAIN, ASM, DEFINED, MARK_ATTRIBUTES]
CALL, BARRIER, BODY, IN_ORDER = "#0", "#1", "#2", "#3"

_FIRST_SEQUENCE = 1 << 20  # LLVM's own passes number their barriers from 0


def symbol(name: str) -> str:
    """A global's name in LLVM's syntax."""
    return "@" + quoted(name) if not name.replace("_", "a").replace(".", "a").isalnum() else "@" + name


class Context:
    """State of one module's emission. Raises scxdsl.ir.definitions.Conflict where the module contradicts itself."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.metadata = Metadata()
        self.definitions = Definitions(module)
        self.types = DebugTypes(self.metadata, self.definitions)
        self.functions: dict[str, Function] = {f.name: f for f in module.functions}
        self.global_variables: dict[str, Global] = {g.name: g for g in module.globals}
        self.unit = self.metadata.reserve()
        self.globals: list[str] = []  # references of DIGlobalVariableExpression
        self.declarations: dict[str, str] = {}
        self.strings: dict[str, str] = {}
        self.struct_types: dict[str, str] = {}
        self._names = debug_names(module)
        self._files: dict[Source, str] = {}
        self._sequence = _FIRST_SEQUENCE

    def file(self, source: Source) -> str:
        """The DIFile of a source, its text within it: the kernel's log quotes the author's line from there."""
        ref = self._files.get(source)
        if ref is None:
            text = source.text or "\n"  # without a text LLVM would look for the file on this machine
            ref = self._files[source] = self.metadata.node(
                "DIFile", filename=quoted(self._names[source]), directory='""', source=quoted(text)
            )
        return ref

    def file_name(self, source: Source) -> str:
        return self._names[source]

    def declare(self, name: str, text: str) -> None:
        """A `declare` line, once for each name."""
        self.declarations.setdefault(name, text)

    def sequence(self) -> int:
        """A number used once: makes two intrinsic calls differ, so that LLVM cannot merge them."""
        self._sequence += 1
        return self._sequence

    def text_constant(self, text: str) -> str:
        """The symbol of a private string with its final NUL, for LLVM only: it does not reach the object."""
        name = self.strings.get(text)
        if name is None:
            name = f"@.text.{len(self.strings)}"
            self.strings[text] = name
        return name

    def string_lines(self) -> list[str]:
        return [
            f"{name} = private unnamed_addr constant [{len(text.encode()) + 1} x i8] {byte_string(text.encode() + bytes(1))}"
            for text, name in self.strings.items()
        ]

    def struct_type(self, s: Struct) -> str:
        """The LLVM type of a named struct, defined on first use with the structs within it."""
        assert s.name
        if s.name not in self.struct_types:
            self.struct_types[s.name] = ""
            whole = self.definitions.whole(s)
            assert isinstance(whole, Struct)
            for f in whole.fields:
                self._define_within(f.type)
            fields = ", ".join(memory(f.type) for f in whole.fields)
            self.struct_types[s.name] = f"{struct_name(s.name)} = type {{ {fields} }}"
        return struct_name(s.name)

    def _define_within(self, t: object) -> None:
        while hasattr(t, "of"):
            t = t.of
        if isinstance(t, Struct):
            if t.name:
                self.struct_type(t)
            else:
                for f in t.fields:
                    self._define_within(f.type)
