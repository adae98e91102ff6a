# SPDX-License-Identifier: GPL-2.0-only
"""Rings to user space, and inboxes from there."""

from collections import deque
from collections.abc import Iterator
from typing import Any

from scxdsl.typing import typed

from .context import Context
from .control import loop
from .doors import Eval, Exec, Frame, expression, statement
from .state import index_exists
from .values import zero
from .wire import Malformed, decode, encode

_HEAD = 8  # bytes before each element; kernel/bpf/ringbuf.c, BPF_RINGBUF_HDR_SZ


def _room(size: int) -> int:
    return (size + _HEAD + 7) // 8 * 8


class RingStore:
    """What user space has not read yet. One byte at least stays free (kernel/bpf/ringbuf.c, __bpf_ringbuf_reserve)."""

    def __init__(self, ring: typed.Ring) -> None:
        self.ring = ring
        self.records: list[bytes | Reserved] = []
        self.used = 0

    def send(self, value: Any) -> bool:
        data = encode(value, self.ring.element)
        if self.used + _room(len(data)) >= self.ring.size:
            return False
        self.used += _room(len(data))
        self.records.append(data)
        return True

    def reserve(self) -> "Reserved | None":
        """A place for an element, all zero: it has its turn from now on, and room."""
        if not self.send(zero(self.ring.element)):
            return None
        place = self.records[-1] = Reserved(self, zero(self.ring.element))
        return place

    def take(self, most: int | None = None) -> list[bytes]:
        """The oldest; one that is still being filled stops the reader."""
        found: list[bytes] = []
        for record in self.records[:most]:
            if isinstance(record, Reserved):
                break
            found.append(record)
        self.records = self.records[len(found) :]
        self.used -= sum(_room(len(r)) for r in found)
        return found


class Reserved:
    """A place in a ring that is being filled; read and written as what `ref` names (places.py, Reference)."""

    __slots__ = ("store", "value")

    def __init__(self, store: RingStore, value: Any) -> None:
        self.store, self.value = store, value

    def read(self) -> Any:
        return self.value

    def write(self, value: Any) -> None:
        self.value = value

    def send(self) -> None:
        records = self.store.records
        at = next(i for i, r in enumerate(records) if r is self)
        records[at] = encode(self.value, self.store.ring.element)


class InboxStore:
    """Messages that the policy has not taken yet."""

    def __init__(self, inbox: typed.Inbox) -> None:
        self.inbox = inbox
        self.messages: deque[bytes] = deque()
        self.used = 0

    def post(self, message: bytes) -> bool:
        if self.used + _room(len(message)) > self.inbox.size:
            return False
        self.used += _room(len(message))
        self.messages.append(message)
        return True

    def next(self) -> bytes | None:
        if not self.messages:
            return None
        message = self.messages.popleft()
        self.used -= _room(len(message))
        return message


def _store(ring: typed.Ring, c: Context) -> RingStore:
    return c.state.rings[c.policy.rings.index(ring)]


@expression.register
def _(node: typed.RingSend, c: Context) -> Eval:
    value, store = expression(node.value, c), _store(node.ring, c)
    return lambda f: store.send(value(f))


@expression.register
def _(node: typed.RingReserve, c: Context) -> Eval:
    store = _store(node.ring, c)
    lost = statement(node.lost, c) if node.lost is not None else None

    def reserve(f: Frame) -> Reserved | None:
        place = store.reserve()
        if place is None and lost is not None:
            lost(f)
        return place

    return reserve


@expression.register
def _(node: typed.RingPending, c: Context) -> Eval:
    store = _store(node.ring, c)
    return lambda f: store.used


@statement.register
def _(node: typed.ForInbox, c: Context) -> Exec:
    inbox = node.inbox
    store = c.state.inboxes[c.policy.inboxes.index(inbox)]

    def turns(f: Frame) -> Iterator[Any]:
        for _ in range(inbox.most):
            message = store.next()
            if message is None:
                return
            try:
                value = decode(message, inbox.element, lambda kind, i: index_exists(kind, i, c))
            except Malformed:
                continue
            yield value

    room = c.room(node.variable) if node.variable is not None else c.hidden()
    return loop(turns, room, node.body, node.otherwise, c)
