# SPDX-License-Identifier: GPL-2.0-only
"""`inbox` declarations and `for m in box`."""

from scxdsl.syntax import tree

from . import typed
from .checker import Checker, declare
from .commands import exchanged
from .errors_programs import InboxSize
from .type_names import constant_number, resolve
from .walking import bound, looped

_PAGE, _LARGEST = 4096, 1 << 30


@declare.register
def _(node: tree.InboxDecl, c: Checker) -> None:
    element = exchanged(resolve(node.element, c), node.element, "a message", c)
    size = constant_number(node.size, c, "the size of an inbox")
    if size is not None and (size < _PAGE or size > _LARGEST or size & (size - 1)):
        c.report(InboxSize(node.size.span, size))
    inbox = typed.Inbox(node.name.text, element, size or _PAGE, node.name.span)
    if c.names.declare(node.name, inbox):
        c.policy.inboxes.append(inbox)


def inbox_named(node: tree.Expr, c: Checker) -> typed.Inbox | None:
    if isinstance(node, tree.NameExpr) and c.locals.find(node.name.text) is None:
        found = c.names.known.get(node.name.text)
        return found if isinstance(found, typed.Inbox) else None
    return None


def walk(inbox: typed.Inbox, loop: tree.For, c: Checker) -> list[typed.Stmt]:
    variable = bound(loop.pattern, inbox.element, c)
    body, otherwise = looped(loop, c)
    return [typed.ForInbox(span=loop.span, inbox=inbox, variable=variable, body=body, otherwise=otherwise)]
