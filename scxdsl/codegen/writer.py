# SPDX-License-Identifier: GPL-2.0-only
"""Writes the body of one function: instructions with their source lines, basic blocks, names of values and places."""

from scxdsl.ir.lifetimes import lifetimes
from scxdsl.ir.module import Function
from scxdsl.ir.ops import Const, Local, Operand, Value
from scxdsl.ir.types import Array, Pointer, Struct, Type
from scxdsl.ir.walk import operands, operations
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span

from . import kernel_bounds
from .context import Context
from .pointer_tests import ANCHOR, branch_tests, untested
from .stack_slots import SLOT, settled
from .types_llvm import constant, memory, register

# BTF keeps a line and a column in 32 bits (bpf_line_info.line_col): 22 and 10.
LAST_LINE, LAST_COLUMN = (1 << 22) - 1, (1 << 10) - 1


@dataclass(frozen=True)
class Place:
    """What is known of a pointer. `plain`: into this frame or a global, where the kernel's verifier does not mind which."""

    align: int
    plain: bool


@dataclass(frozen=True)
class LoopLabels:
    again: str
    done: str


class Writer:
    """One function in the making. `scope` is its DISubprogram."""

    def __init__(self, context: Context, function: Function, scope: str) -> None:
        self.context = context
        self.function = function
        self.loops: list[LoopLabels] = []
        self.used = {x for op in operations(function.body) for x in operands(op) if isinstance(x, Value)}
        self.lifetimes = lifetimes(function)
        self.settled = settled(function, context.definitions)
        self.branch_tests = branch_tests(function)
        self._untested = untested(function)
        self._anchors: list[dict[Value, str]] = [{}]
        self._forgetful = False
        self.divisors: dict[str, int] = {}  # the number of each value that something is divided by
        self.closed = False  # the current block has its terminator
        self._scope = scope
        self._entry: list[str] = []
        self._lines: list[str] = []
        self._count = 0
        self._names: dict[Value, str] = {}
        self._places: dict[Value, Place] = {}
        self._locals: dict[Local, str] = {}
        self._scopes: dict[object, str] = {function.span.source: scope}
        self._spans: dict[Span, str] = {}
        self._targets: set[str] = set()
        self._debug = self._location(function.span)

    # Text

    def at(self, span: Span) -> None:
        """What follows belongs to this stretch of source."""
        ref = self._spans.get(span)
        if ref is None:
            ref = self._spans[span] = self._location(span)
        self._debug = ref

    def _location(self, span: Span) -> str:
        line, column = span.source.position(span.start)
        md = self.context.metadata
        scope = self._scopes.get(span.source)
        if scope is None:
            scope = self._scopes[span.source] = md.node(
                "DILexicalBlockFile", scope=self._scope, file=self.context.file(span.source), discriminator=0
            )
        return md.node("DILocation", line=min(line, LAST_LINE), column=min(column, LAST_COLUMN), scope=scope)

    def instruction(self, text: str) -> None:
        self._lines.append(f"  {text}, !dbg {self._debug}")

    def fresh(self) -> str:
        self._count += 1
        return f"%v{self._count}"

    def compute(self, text: str) -> str:
        """An instruction with a result; gives the result's name."""
        name = self.fresh()
        self.instruction(f"{name} = {text}")
        return name

    # Values

    def text(self, operand: Operand) -> str:
        """An operand without its type."""
        if isinstance(operand, Const):
            return constant(operand.type, operand.value)
        return self._names[operand]

    def typed(self, operand: Operand) -> str:
        return f"{register(operand.type)} {self.text(operand)}"

    def bind(self, value: Value, text: str, place: Place | None = None) -> None:
        """Names a value, whose instruction stands already."""
        self._names[value] = text
        if place is not None:
            self._places[value] = place

    def define(self, value: Value, text: str, place: Place | None = None) -> None:
        self.bind(value, self.compute(text), place)

    # Places

    def known_place(self, address: Operand) -> Place | None:
        """Of an address that was computed here."""
        return self._places.get(address) if isinstance(address, Value) else None

    def place(self, address: Operand) -> Place:
        """What is known of an address; of a foreign one as much as its type promises."""
        known = self.known_place(address)
        if known is not None:
            return known
        if isinstance(address, Value):
            if isinstance(address.type, Pointer):
                return Place(max(self.whole(address.type.to).align, 1), False)
        return Place(1, False)

    def anchored(self, base: Operand) -> str:
        """A pointer to compute addresses from, here and in the blocks within this one."""
        if isinstance(base, Const) or base in self._places or base in self._untested:
            return self.text(base)
        for scope in reversed(self._anchors):
            if base in scope:
                return scope[base]
        name = self._anchors[-1][base] = self.compute(ANCHOR.format(self.text(base)))
        return name

    def enter(self) -> None:
        """Begins a block within the present one."""
        self._anchors.append({})

    def leave(self) -> None:
        self._anchors.pop()

    def whole(self, t: Type) -> Type:
        """A type with all fields that the module knows of."""
        return self.context.definitions.whole(t)

    def local(self, local: Local) -> str:
        """The stack slot of a variable, made on first use. Slots stand in the entry block only: elsewhere they would be
        dynamic, which BPF has not."""
        name = self._locals.get(local)
        if name is None:
            name = self._locals[local] = f"%s{len(self._locals)}"
            t = self.whole(local.type)
            size = -(-t.size // SLOT) * SLOT if local in self.settled.locals else t.size
            what = f"[{size} x i8]" if isinstance(t, (Array, Struct)) else memory(t)
            self.slot(name, what, self.local_align(local))
        return name

    def slot(self, name: str, kind: str, align: int) -> None:
        """Room on the stack under a name of its own."""
        self._entry.append(f"  {name} = alloca {kind}, align {align}")

    def forgetful(self) -> str:
        """The slot through which values go that the verifier shall forget; one for the whole function."""
        name = "%forgetful"
        if not self._forgetful:
            self._forgetful = True
            self.slot(name, "i64", 8)
        return name

    def local_align(self, local: Local) -> int:
        t = self.whole(local.type)
        return 8 if isinstance(t, (Array, Struct)) else t.align

    # Blocks

    def label(self) -> str:
        self._count += 1
        return f"b{self._count}"

    def start(self, label: str) -> None:
        """Opens a block."""
        self._lines.append(f"{label}:")
        self.closed = False

    def is_target(self, label: str) -> bool:
        """Whether some jump goes there."""
        return label in self._targets

    def jump(self, label: str) -> None:
        self._targets.add(label)
        self.close(f"br label %{label}")

    def branch(self, condition: str, then: str, otherwise: str) -> None:
        self._targets |= {then, otherwise}
        self.close(f"br i1 {condition}, label %{then}, label %{otherwise}")

    def go_on_or_leave(self, label: str) -> None:
        """Goes on, in a new block, until the kernel's patience ends: then it goes there (kernel_bounds.py)."""
        further, way_out = self.label(), self.label()
        told = self.compute(kernel_bounds.READ)
        over = self.compute(f"icmp eq i64 {told}, {kernel_bounds.MARK}")
        self.branch(over, way_out, further)
        self.start(way_out)
        self.instruction(kernel_bounds.LEAVE.format(kernel_bounds.WAY_OUT))
        self.jump(label)
        self.start(further)

    def close(self, text: str) -> None:
        """Ends the block by a terminator."""
        self.instruction(text)
        self.closed = True

    def body(self) -> list[str]:
        """The finished lines, entry block first."""
        return ["entry:", *self._entry, *self._lines]
