# SPDX-License-Identifier: GPL-2.0-only
"""Structs and arrays that own are not copied, and a local that names what another owns is no owner.

Source: kernel/bpf/verifier.c, check_map_kptr_access: an owned pointer in a map is read, or exchanged by bpf_kptr_xchg, never stored
("store to referenced kptr disallowed") nor copied out.
"""

from scxdsl.kernel.target import Target
from scxdsl.source.diagnostic import Diagnostics
from scxdsl.typing import typed
from scxdsl.typing.errors_owners import NotAnOwner, OwnerCopied
from scxdsl.typing.owners import owning
from scxdsl.typing.types import ArrayType, is_owner, owns
from scxdsl.typing.walk import Node, walk


def apply(policy: typed.Policy, target: Target, diagnostics: Diagnostics) -> None:
    bodies = [body for _, body in policy.programs()] + [f.body for f in policy.functions if f.body is not None]
    bodies += [t.body for t in policy.tests]
    for body in bodies:
        for node in walk(body):
            _look(node, diagnostics)


def _look(node: Node, diagnostics: Diagnostics) -> None:
    match node:
        case typed.Read(type=t) | typed.StructValue(type=t) | typed.ArrayValue(type=t) if owns(t) and not is_owner(t):
            diagnostics.add(OwnerCopied(node.span, f"a {t}"))
        case typed.GetElement(place=typed.Place(type=ArrayType(of))) if owns(of):
            diagnostics.add(OwnerCopied(node.span, f"a {of}"))
        case typed.ForArray(array=typed.Place(type=ArrayType(of), span=span)) if owns(of) and not is_owner(of):
            diagnostics.add(OwnerCopied(span, f"a {of}"))
        case typed.CallFunction(arguments=arguments):
            for argument in arguments:
                if isinstance(argument, typed.Place) and is_owner(argument.type) and not owning(argument):
                    diagnostics.add(NotAnOwner(argument.span, argument.span.text, "a local names what another owns"))
