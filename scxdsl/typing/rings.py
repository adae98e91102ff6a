# SPDX-License-Identifier: GPL-2.0-only
"""`ring` declarations, `send`, `reserve` and `pending`."""

from collections.abc import Iterable

from scxdsl.source.diagnostic import Diagnostic, Edit, Help
from scxdsl.source.records import dataclass
from scxdsl.syntax import tree

from . import owners, staging, typed
from .checker import Checker, broken, declare, expression
from .convert import fit
from .errors_names import UnknownMember, close_to
from .errors_programs import NotPlain
from .errors_types import WrongArguments
from .type_names import constant_number, resolve
from .types import BOOL, BROKEN, U64, CgroupType, CpumaskType, KernelStruct, Optional, TaskType, Type

_PAGE = 4096
_LARGEST = 1 << 30
_MEMBERS = ["send", "reserve", "pending"]


@dataclass(frozen=True)
class RingSize(Diagnostic):
    """A ring's size is in bytes, a power of two and at least a page (kernel/bpf/ringbuf.c, ringbuf_map_alloc)."""

    code = "E0645"
    title = "a ring cannot have {size} bytes"
    label = "a power of two from 4K to 1G"
    bad = "scheduler s\nring out: u64[1000]\n"
    good = "scheduler s\nring out: u64[4K]\n"
    size: int

    def helps(self) -> Iterable[Help]:
        nearest = max(_PAGE, 1 << max(self.size - 1, 1).bit_length())
        text = f"{min(nearest, _LARGEST) // 1024}K"
        yield Help(f"for instance {text}", (Edit(self.span, text),))


@dataclass(frozen=True)
class ReserveWithoutName(Diagnostic):
    """What `reserve` gives is a place in the ring, which is sent at the end of the block that it was opened in: it needs a name there, by
    `if let` or `let … else`. It is no value that could be kept, for after that it is user space's (kernel/bpf/verifier.c,
    check_reference_leak and, for use after bpf_ringbuf_submit, check_reg_arg)."""

    code = "E0648"
    title = "what `{ring}.reserve()` gives has no name"
    label = "open it where it stands"
    help = "write `if let e = {ring}.reserve() {{ … }}` or `let e = {ring}.reserve() else {{ … }}`; to send a value there is `{ring}.send(e)`"
    bad = "scheduler s\nring out: u64[4K]\non tick(p) { let e = out.reserve() }\n"
    good = "scheduler s\nring out: u64[4K]\non tick(p) { if let e = out.reserve() { e = 1 } }\n"
    ring: str


@declare.register
def _(node: tree.RingDecl, c: Checker) -> None:
    element = _element(node.element, c)
    size = constant_number(node.size, c, "the size of a ring")
    if size is not None and (size < _PAGE or size > _LARGEST or size & (size - 1)):
        c.report(RingSize(node.size.span, size))
    ring = typed.Ring(node.name.text, element, size or _PAGE, node.name.span)
    if c.names.declare(node.name, ring):
        c.policy.rings.append(ring)


def _element(node: tree.TypeExpr, c: Checker) -> Type:
    """What a ring carries: plain data; queues and sets of flags, which are numbers, too."""
    t = owners.forbidden(resolve(node, c), node.span, "a ring", c)
    if isinstance(t, TaskType | CgroupType | CpumaskType | KernelStruct):
        c.report(NotPlain(node.span, "an element of a ring", f"a {t}"))
        return BROKEN
    return t


def ring_named(node: tree.Expr, c: Checker) -> typed.Ring | None:
    if isinstance(node, tree.NameExpr) and c.locals.find(node.name.text) is None:
        found = c.names.known.get(node.name.text)
        return found if isinstance(found, typed.Ring) else None
    return None


def method(node: tree.Call, member: tree.Member, ring: typed.Ring, c: Checker) -> typed.Expr:
    if member.name.text == "take":
        return staging.take(node, member, ring, c)
    if member.name.text == "reserve":
        return _reserve(node, ring, c)
    if member.name.text != "send":
        c.report(UnknownMember(member.name.span, "a ring", member.name.text, close_to(member.name.text, _MEMBERS)))
        return broken(node.span)
    if len(node.arguments) != 1:
        c.report(WrongArguments(node.span, "`send` takes one argument", "send", f"(e: {ring.element})", ring.span))
        return broken(node.span)
    value = expression(node.arguments[0].value, c, ring.element)
    value = fit(value, ring.element, c, ring.span, f"because the ring carries {ring.element}")
    return typed.RingSend(span=node.span, type=BOOL, ring=ring, value=value)


def _reserve(node: tree.Call, ring: typed.Ring, c: Checker) -> typed.Expr:
    if node.arguments:
        c.report(WrongArguments(node.span, "`reserve` takes no arguments", "reserve", "()", ring.span))
        return broken(node.span)
    if c.to_name is not node:
        c.report(ReserveWithoutName(node.span, ring.name))
        return broken(node.span)
    return typed.RingReserve(span=node.span, type=Optional(ring.element), ring=ring)


def pending(node: tree.Member, ring: typed.Ring, c: Checker) -> typed.Expr:
    if node.name.text != "pending":
        c.report(UnknownMember(node.name.span, "a ring", node.name.text, close_to(node.name.text, _MEMBERS)))
        return broken(node.span)
    return typed.RingPending(span=node.span, type=U64, ring=ring)
