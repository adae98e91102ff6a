# SPDX-License-Identifier: GPL-2.0-only
"""Follows the paths of one function: what is defined where, which loops stand around, what calls what with which types."""

from collections.abc import Iterator

from . import ops
from .definitions import Definitions
from .findings import Finding, Incomplete, Mistyped, NoResult, NoWayHere, OutsideLoop, Undefined, Unknown, WrongCount
from .helpers import HELPERS
from .module import Function, Module
from .ops import Block, Local, Op, Value
from .types import Struct, Type, Void
from .verify_ops import RULES, is_number, passes, returned, shape, sized
from .walk import locals_of, named_operands, operations, result


class Flow:
    """One walk over one function."""

    def __init__(self, module: Module, function: Function, definitions: Definitions) -> None:
        self._function = function
        self._definitions = definitions
        self._functions = {f.name: f for f in module.functions}
        self._places = {x.name for x in (*module.globals, *module.maps)}
        self._found: list[Finding] = []
        self._breaks: list[list[set[Value | Local]]] = []
        # A variable on the stack may be filled through its address: only the others are followed.
        self._on_stack = {op.local for op in operations(function.body) if isinstance(op, ops.LocalAddress)}

    def findings(self) -> list[Finding]:
        f = self._function
        for local in locals_of(f):
            self._size(local.type, f)
        state: set[Value | Local] = set(f.params)
        if self._block(f.body, state) and not isinstance(f.result, Void):
            self._add(NoResult, f, str(f.result))
        return self._found

    def _add(self, kind: type[Finding], at: Op | Function, *rest: object) -> None:
        self._found.append(kind(self._function.name, at.span, *rest))

    def _size(self, t: Type, at: Op | Function) -> None:
        if not sized(t, self._definitions.whole):
            self._add(Incomplete, at, str(t))

    def _block(self, block: Block, state: set[Value | Local]) -> bool:
        """Walks a block, adding to the state. False if no path reaches its end."""
        for at, op in enumerate(block):
            for place, x in named_operands(op):
                if isinstance(x, Value) and x not in state:
                    self._add(Undefined, op, f"{place} of {_name(op)}")
                elif isinstance(x, ops.Const) and not (is_number(x.type) or shape(x.type) in ("bool", "pointer")):
                    self._add(Mistyped, op, _name(op), place, "a scalar", str(x.type))
            for mismatch in RULES.get(type(op), _no_rule)(op):
                self._add(Mistyped, op, _name(op), *mismatch)
            self._special(op, state)
            on = self._control(op, state)
            out = result(op)
            if out is not None:
                state.add(out)
            if not on:
                if at + 1 < len(block):
                    self._add(NoWayHere, block[at + 1], _name(block[at + 1]))
                return False
        return True

    def _control(self, op: Op, state: set[Value | Local]) -> bool:
        match op:
            case ops.If():
                return self._if(op, state)
            case ops.Loop():
                return self._loop(op, state)
            case ops.Break() | ops.Continue():
                if not 0 <= op.depth < len(self._breaks):
                    self._add(OutsideLoop, op, op.depth, len(self._breaks))
                elif isinstance(op, ops.Break):
                    self._breaks[-1 - op.depth].append(set(state))
                return False
            case ops.Return():
                self._return(op)
                return False
        return True

    def _if(self, op: ops.If, state: set[Value | Local]) -> bool:
        ends = []
        for block in (op.then, op.otherwise):
            inner = set(state)
            if self._block(block, inner):
                ends.append(inner)
        return _join(state, ends)

    def _loop(self, op: ops.Loop, state: set[Value | Local]) -> bool:
        self._breaks.append([set(state)] if op.kernel_bounded else [])
        self._block(op.body, set(state))
        return _join(state, self._breaks.pop())

    def _return(self, op: ops.Return) -> None:
        want = self._function.result
        if isinstance(want, Void):
            if op.value is not None:
                self._add(Mistyped, op, "Return", "value", "nothing", str(op.value.type))
        elif op.value is None:
            self._add(Mistyped, op, "Return", "value", str(want), "nothing")
        elif shape(op.value.type) != shape(want):
            self._add(Mistyped, op, "Return", "value", shape(want), str(op.value.type))

    def _special(self, op: Op, state: set[Value | Local]) -> None:
        """What concerns names and paths rather than operands."""
        match op:
            case ops.GetLocal():
                if op.local not in state and op.local not in self._on_stack:
                    self._add(Undefined, op, f"variable {op.local.name}")
            case ops.SetLocal():
                state.add(op.local)
            case ops.GlobalAddress():
                if op.name not in self._places:
                    self._add(Unknown, op, "global or map", op.name)
            case ops.FunctionAddress():
                if op.name not in self._functions:
                    self._add(Unknown, op, "function", op.name)
            case ops.MemberAddress() | ops.KernelMember() | ops.FieldExists():
                self._path(op)
            case ops.Copy() | ops.Clear():
                self._size(op.type, op)
            case ops.IndexAddress():
                self._size(op.array.of, op)
            case ops.CallHelper():
                self._helper(op)
            case ops.CallKfunc():
                params = op.kfunc.proto.params
                self._call(op, op.kfunc.symbol, params, op.kfunc.proto.result)
            case ops.Call():
                callee = self._functions.get(op.function)
                if callee is None:
                    self._add(Unknown, op, "function", op.function)
                else:
                    self._call(op, op.function, tuple(p.type for p in callee.params), callee.result)

    def _path(self, op: ops.MemberAddress | ops.KernelMember | ops.FieldExists) -> None:
        here: Type = op.struct
        for name in op.path:
            here = self._definitions.whole(here)
            if not isinstance(here, Struct) or not any(f.name == name for f in here.fields):
                self._add(Unknown, op, f"field of {here}", name)
                return
            here = here.field(name).type

    def _call(self, op: ops.Call | ops.CallKfunc, name: str, params: tuple[Type, ...], out: Type) -> None:
        if len(op.arguments) != len(params):
            self._add(WrongCount, op, name, str(len(params)), len(op.arguments))
            return
        for at, (x, t) in enumerate(zip(op.arguments, params)):
            if not passes(x.type, t):
                self._add(Mistyped, op, name, f"arguments[{at}]", str(t), str(x.type))
        if op.result is not None and not returned(op.result.type, out):
            self._add(Mistyped, op, name, "the result", str(out), str(op.result.type))

    def _helper(self, op: ops.CallHelper) -> None:
        helper = HELPERS.get(op.helper)
        if helper is None:
            self._add(Unknown, op, "helper", op.helper)
            return
        letters = helper.params.rstrip("*")
        if not (len(letters) <= len(op.arguments) <= (5 if helper.variadic else len(letters))):
            expected = f"{len(letters)} to 5" if helper.variadic else str(len(letters))
            self._add(WrongCount, op, op.helper, expected, len(op.arguments))
            return
        for at, (x, letter) in enumerate(zip(op.arguments, letters)):
            fits = shape(x.type) == "pointer" if letter == "p" else is_number(x.type) and x.type.size <= int(letter)
            if not fits:
                wanted = "a pointer" if letter == "p" else f"a number of at most {letter} bytes"
                self._add(Mistyped, op, op.helper, f"arguments[{at}]", wanted, str(x.type))
        if op.result is None:
            return
        gives_pointer, wants_pointer = helper.result == "p", shape(op.result.type) == "pointer"
        if helper.result == "v" or gives_pointer != wants_pointer:
            wanted = {"v": "nothing", "p": "a pointer"}.get(helper.result, "a number")
            self._add(Mistyped, op, op.helper, "the result", wanted, str(op.result.type))


def _join(state: set[Value | Local], ends: list[set[Value | Local]]) -> bool:
    """What all ends have in common is known afterwards. False where there is no end."""
    if not ends:
        return False
    state |= set.intersection(*ends)
    return True


def _name(op: Op) -> str:
    return type(op).__name__


def _no_rule(op: Op) -> Iterator:
    return iter(())
