# SPDX-License-Identifier: GPL-2.0-only
"""Random programs of branches, loops, breaks, lookups, subprograms: on this machine's kernel and in Python, the same."""

import struct
from dataclasses import dataclass

from codegen.builder import SOURCE, Body, program, subprogram, u64
from codegen.meaning import binary, compare
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scxdsl.ir.module import Global, Linkage, Map, Module
from scxdsl.ir.ops import BinaryOp, CompareOp, Const, ConvertOp, Local, Value
from scxdsl.ir.types import I32, U32, U64, Array, Field, Pointer, Struct

VARIABLES = 4
POINTERS = 2
ROWS = 4
ROW = Struct("row", (Field("pad", U64), Field("number", U64)))


@dataclass(frozen=True)
class Assign:
    target: int
    op: BinaryOp
    left: int | str
    right: int | str


@dataclass(frozen=True)
class Branch:
    op: CompareOp
    left: int | str
    right: int | str
    then: tuple
    otherwise: tuple


@dataclass(frozen=True)
class Repeat:
    """At most `times` rounds."""

    times: int
    body: tuple


@dataclass(frozen=True)
class Jump:
    """break or continue, of a loop so far out; without such a loop nothing."""

    leave: bool
    depth: int


@dataclass(frozen=True)
class Find:
    """A pointer to the row of a variable's number, null beyond the last."""

    pointer: int
    key: int


@dataclass(frozen=True)
class Visit:
    """If the pointer is not null, reads the row into a variable and stores another into it."""

    pointer: int
    target: int
    stored: int
    then: tuple
    otherwise: tuple


@dataclass(frozen=True)
class Count:
    """Truths as numbers: which pointers are there, joined by an operator, and a variable besides."""

    target: int
    op: BinaryOp
    variable: int


@dataclass(frozen=True)
class Stop:
    """return"""

    value: int | str


NULL = Const(Pointer(ROW), 0)
VARIABLE = st.integers(0, VARIABLES - 1)
# An operand is the number of a variable, or a constant as text.
OPERANDS = st.integers(0, VARIABLES - 1) | st.sampled_from(["0", "1", "3", "64", "18446744073709551615", "1000000007"])
SIMPLE = (
    st.builds(Assign, st.integers(0, VARIABLES - 1), st.sampled_from(BinaryOp), OPERANDS, OPERANDS)
    | st.builds(Jump, st.booleans(), st.integers(0, 2))
    | st.builds(Stop, OPERANDS)
    | st.builds(Find, st.integers(0, POINTERS - 1), VARIABLE)
    | st.builds(Count, VARIABLE, st.sampled_from([BinaryOp.AND, BinaryOp.OR, BinaryOp.XOR]), VARIABLE)
)


def _blocks(inner):
    block = st.lists(inner, max_size=4).map(tuple)
    return (
        inner
        | st.builds(Branch, st.sampled_from(CompareOp), OPERANDS, OPERANDS, block, block)
        | st.builds(Repeat, st.integers(0, 4), block)
        | st.builds(Visit, st.integers(0, POINTERS - 1), VARIABLE, VARIABLE, block, block)
    )


PROGRAMS = st.lists(st.recursive(SIMPLE, _blocks, max_leaves=25), max_size=8).map(tuple)


class Lowered:
    """The statements as IR."""

    def __init__(self, body: Body, inputs: list[Value]) -> None:
        self.b = body
        self.variables = [Local(f"v{n}", U64) for n in range(VARIABLES)]
        for n, local in enumerate(self.variables):
            body.set(local, inputs[n % len(inputs)])
        self.pointers = [Local(f"p{n}", Pointer(ROW)) for n in range(POINTERS)]
        for local in self.pointers:
            body.set(local, NULL)

    def present(self, pointer: int):
        return self.b.compare(CompareOp.NE, self.b.get(self.pointers[pointer]), NULL)

    def find(self, s: Find) -> None:
        b = self.b
        key = Local("key", U32)
        b.set(key, b.convert(ConvertOp.TRUNC, b.get(self.variables[s.key]), U32))
        row = b.helper("map_lookup_elem", Pointer(ROW), b.address("rows", ROW), b.address_of(key))
        b.set(self.pointers[s.pointer], row)

    def visit(self, s: Visit, depth: int) -> bool:
        b = self.b
        row = b.get(self.pointers[s.pointer])
        reached = []
        with b.when(b.compare(CompareOp.NE, row, NULL)) as test:
            place = b.member(row, ROW, "number")
            b.set(self.variables[s.target], b.load(place, U64))
            b.store(place, b.get(self.variables[s.stored]))
            reached.append(self.block(s.then, depth))
        with b.otherwise(test):
            reached.append(self.block(s.otherwise, depth))
        return any(reached)

    def value(self, operand: int | str):
        return u64(int(operand)) if isinstance(operand, str) else self.b.get(self.variables[operand])

    def block(self, statements: tuple, depth: int) -> bool:
        """False where nothing behind it is reached: IR has no dead operations."""
        return all(self.statement(s, depth) for s in statements)

    def statement(self, s, depth: int) -> bool:
        b = self.b
        match s:
            case Assign():
                b.set(self.variables[s.target], b.binary(s.op, self.value(s.left), self.value(s.right)))
            case Branch():
                reached = []
                with b.when(b.compare(s.op, self.value(s.left), self.value(s.right))) as test:
                    reached.append(self.block(s.then, depth))
                with b.otherwise(test):
                    reached.append(self.block(s.otherwise, depth))
                return any(reached)
            case Repeat():
                counter = Local("n", U64)
                b.set(counter, u64(0))
                with b.loop():
                    n = b.get(counter)
                    with b.when(b.compare(CompareOp.UGE, n, u64(s.times))):
                        b.leave()
                    b.set(counter, b.binary(BinaryOp.ADD, n, u64(1)))
                    self.block(s.body, depth + 1)
            case Find():
                self.find(s)
            case Visit():
                return self.visit(s, depth)
            case Count():
                some = b.compare(CompareOp.NE, b.get(self.variables[s.variable]), u64(0))
                truth = b.binary(s.op, b.binary(s.op, self.present(0), self.present(1)), some)
                b.set(self.variables[s.target], b.convert(ConvertOp.ZEXT, truth, U64))
            case Jump() if s.depth < depth:
                (b.leave if s.leave else b.again)(s.depth)
                return False
            case Stop():
                self.finish(self.value(s.value))
                return False
        return True

    def finish(self, result) -> None:
        b = self.b
        out = b.address("out", Array(U64, VARIABLES + 1))
        for n, value in enumerate([result, *(b.get(x) for x in self.variables)]):
            b.store(b.element(out, Array(U64, VARIABLES + 1), u64(n)), value)
        b.ret(Const(I32, 0))


class _Leave(Exception):
    def __init__(self, depth: int, leave: bool) -> None:
        self.depth, self.leave = depth, leave


class _Return(Exception):
    def __init__(self, value: int) -> None:
        self.value = value


class Interpreted:
    """The statements run in Python."""

    def __init__(self, inputs: list[int], rows: list[int] | None = None) -> None:
        self.rows = [0] * ROWS if rows is None else rows
        self.p: list[int | None] = [None] * POINTERS
        self.v = [inputs[n % len(inputs)] for n in range(VARIABLES)]

    def value(self, operand: int | str) -> int:
        return int(operand) if isinstance(operand, str) else self.v[operand]

    def run(self, statements: tuple) -> list[int]:
        try:
            self.block(statements, 0)
            result = 0
        except _Return as r:
            result = r.value
        return [result, *self.v]

    def block(self, statements: tuple, depth: int) -> None:
        for s in statements:
            self.statement(s, depth)

    def statement(self, s, depth: int) -> None:
        match s:
            case Assign():
                self.v[s.target] = binary(s.op, self.value(s.left), self.value(s.right), 64)
            case Branch():
                taken = compare(s.op, self.value(s.left), self.value(s.right), 64)
                self.block(s.then if taken else s.otherwise, depth)
            case Repeat():
                for _ in range(s.times):
                    try:
                        self.block(s.body, depth + 1)
                    except _Leave as way:
                        if way.depth:
                            raise _Leave(way.depth - 1, way.leave) from None
                        if way.leave:
                            break
            case Find():
                key = self.v[s.key] & 0xFFFFFFFF
                self.p[s.pointer] = key if key < ROWS else None
            case Visit():
                row = self.p[s.pointer]
                if row is not None:
                    self.v[s.target] = self.rows[row]
                    self.rows[row] = self.v[s.stored]
                self.block(s.otherwise if row is None else s.then, depth)
            case Count():
                there = [int(p is not None) for p in self.p]
                joined = binary(s.op, there[0], there[1], 1)
                self.v[s.target] = binary(s.op, joined, int(self.v[s.variable] != 0), 1)
            case Jump() if s.depth < depth:
                raise _Leave(s.depth, s.leave)
            case Stop():
                raise _Return(self.value(s.value))


def lowered(statements: tuple) -> Module:
    module = Module(source=SOURCE)
    module.globals.append(Global(name="out", type=Array(U64, VARIABLES + 1), section=".bss", span=SOURCE.span(0, 0)))
    module.maps.append(Map(name="rows", kind="array", key=U32, value=ROW, max_entries=ROWS, span=SOURCE.span(0, 0)))
    inputs = [Value(U64, "a"), Value(U64, "b")]
    made = Lowered(program(module, "test", inputs, I32, section="syscall"), inputs)
    if made.block(statements, 0):
        made.finish(u64(0))
    return module


@given(PROGRAMS, st.integers(0, (1 << 64) - 1), st.integers(0, 100))
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
def test_structured_code_does_what_it_says(loaded, statements, a, b):
    running = loaded(lowered(statements))
    rows = [0] * ROWS  # they keep what one run leaves for the next
    for inputs in ([a, b], [b, a], [0, 1], [1, 3]):
        running.run(*inputs)
        got = struct.unpack(f"<{VARIABLES + 1}Q", running.read(".bss"))
        assert list(got) == Interpreted(inputs, rows).run(statements)
    running.close()


def test_break_and_continue_name_their_loop(loaded):
    """Loops within loops, left and repeated from the innermost."""
    statements = (
        Repeat(3, (
            Assign(0, BinaryOp.ADD, 0, "1"),
            Repeat(4, (
                Assign(1, BinaryOp.ADD, 1, "1"),
                Branch(CompareOp.EQ, 1, "3", (Jump(False, 1),), ()),
                Branch(CompareOp.EQ, 1, "6", (Jump(True, 1),), ()),
            )),
        )),
    )  # fmt: skip
    running = loaded(lowered(statements))
    running.run(0, 0)
    got = struct.unpack(f"<{VARIABLES + 1}Q", running.read(".bss"))
    assert list(got) == Interpreted([0, 0]).run(statements) == [0, 2, 6, 0, 0]


def test_subprograms_of_every_linkage_give_one_result(loaded):
    for linkage in (Linkage.STATIC, Linkage.NOINLINE, Linkage.GLOBAL):
        module = Module(source=SOURCE)
        module.globals.append(Global(name="out", type=U64, section=".bss", span=SOURCE.span(0, 0)))
        a, b = Value(U64, "a"), Value(U64, "b")
        function, inner = subprogram(module, "mix", [Value(U64, "x"), Value(U64, "y")], U64, linkage)
        x, y = function.params
        with inner.when(inner.compare(CompareOp.ULT, x, y)):
            inner.ret(inner.binary(BinaryOp.SUB, y, x))
        inner.ret(inner.binary(BinaryOp.UDIV, x, y))
        body = program(module, "test", [a, b], I32, section="syscall")
        body.store(body.address("out", U64), body.call(function, a, b))
        body.ret(Const(I32, 0))
        running = loaded(module)
        for one, other, expected in ((3, 10, 7), (10, 3, 3), (5, 0, 0)):
            running.run(one, other)
            assert struct.unpack("<Q", running.read(".bss"))[0] == expected
