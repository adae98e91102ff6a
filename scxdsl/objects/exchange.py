# SPDX-License-Identifier: GPL-2.0-only
"""What passes between a scheduler and user space beside its parameters: hooks that a loader may leave out, commands to call, inboxes to
feed, rings to read. All of it stands in decl tags `scxdsl.hook:{…}`, `scxdsl.command:{…}`, `scxdsl.inbox:{…}`, `scxdsl.ring:{…}`, types in the
form that parameters have (docs/objects.md).
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from .errors import BadCall, BadParameterTag, UnknownChannel
from .layout import Layout, Record
from .object import Object
from .params import Parameter, encode
from .shape_layout import fields_layout, layout_and_align, value_of
from .shapes import Plain, Shape, StructOf, shape_of

_RESULT = "__result"
_CALL = re.compile(r"\s*(\w+)\s*\((.*)\)\s*", re.DOTALL)


@dataclass(frozen=True)
class Hook:
    """A program that hooks into the kernel. `condition`: the parameter that says whether it is loaded, empty where none does;
    `optional`: it is left out where the kernel lacks its target."""

    program: str
    section: str
    condition: str
    optional: bool


@dataclass(frozen=True)
class Command:
    """A command: its parameters by name, and its result, all of them members of one struct."""

    name: str
    parameters: tuple[tuple[str, Shape], ...]
    result: Shape | None
    context: Record


@dataclass(frozen=True)
class Channel:
    """An inbox or a ring: the map's name, the size of the map in bytes, and what an element is."""

    name: str
    size: int
    element: Shape
    layout: Layout


def hooks(obj: Object) -> tuple[Hook, ...]:
    """Raises BadParameterTag, as all of these do, for a tag that the compiler does not write."""
    return tuple(
        Hook(program.name, program.section, str(facts.get("if", "")), bool(facts.get("optional")))
        for program in obj.programs
        for facts in _facts(program.name, program.tags, "scxdsl.hook:")
    )


def commands(obj: Object) -> tuple[Command, ...]:
    found = []
    for program in obj.programs:
        for facts in _facts(program.name, program.tags, "scxdsl.command:"):
            given = tuple((name, _shape(program.name, t)) for name, t in facts.get("parameters", {}).items())
            result = _shape(program.name, facts["result"]) if "result" in facts else None
            context = fields_layout([*given, *([(_RESULT, result)] if result is not None else [])])
            found.append(Command(program.name, given, result, context))
    return tuple(found)


def inboxes(obj: Object) -> tuple[Channel, ...]:
    return _channels(obj, "scxdsl.inbox:")


def rings(obj: Object) -> tuple[Channel, ...]:
    return _channels(obj, "scxdsl.ring:")


def _channels(obj: Object, head: str) -> tuple[Channel, ...]:
    found = []
    for m in obj.maps:
        for facts in _facts(m.name, m.tags, head):
            shape = _shape(m.name, facts.get("type"))
            found.append(Channel(m.name, m.max_entries, shape, layout_and_align(shape)[0]))
    return tuple(found)


def _facts(name: str, tags: tuple[str, ...], head: str) -> list[dict[str, Any]]:
    try:
        return [json.loads(tag[len(head) :]) for tag in tags if tag.startswith(head)]
    except ValueError as cause:
        raise BadParameterTag(name, "it is no JSON") from cause


def _shape(name: str, found: Any) -> Shape:
    try:
        return shape_of(found)
    except ValueError as cause:
        raise BadParameterTag(name, "its shape is none that is known") from cause


# ---- values


def call(obj: Object, text: str) -> tuple[Command, bytes]:
    """`name(1, 5ms)` as a command and the bytes of its context. Raises BadCall, UnknownChannel, BadValue, OutOfRange."""
    taken = _CALL.fullmatch(text)
    if taken is None:
        raise BadCall(text, "NAME(VALUE, …) was expected, such as migrate(17, 2)")
    known = commands(obj)
    command = next((c for c in known if c.name == taken[1]), None)
    if command is None:
        raise UnknownChannel(taken[1], "command", tuple(c.name for c in known))
    values = _split(taken[2])
    if len(values) != len(command.parameters):
        wanted = ", ".join(name for name, _ in command.parameters)
        raise BadCall(text, f"{command.name}({wanted}) was expected")
    out = bytearray(command.context.size)
    for (name, shape), value in zip(command.parameters, values, strict=True):
        part = command.context.part(name)
        assert part is not None
        out[part.offset : part.offset + part.layout.size] = pack(name, shape, part.layout, value)
    return command, bytes(out)


def result_of(command: Command, context: bytes) -> Any:
    """What a command gave, from its context afterwards; None where it gives nothing."""
    part = command.context.part(_RESULT)
    return None if command.result is None or part is None else value_of(command.result, part.layout, context[part.offset :])


def message(obj: Object, text: str) -> tuple[Channel, bytes]:
    """`box=VALUE` as an inbox and the bytes of a message. Raises as `call` does."""
    name, equals, value = text.partition("=")
    if not equals:
        raise BadCall(text, 'INBOX=VALUE was expected, such as box={pid = 7, slice = "5ms"}')
    known = inboxes(obj)
    inbox = next((c for c in known if c.name == name.strip()), None)
    if inbox is None:
        raise UnknownChannel(name.strip(), "inbox", tuple(c.name for c in known))
    return inbox, pack(inbox.name, inbox.element, inbox.layout, value.strip())


def pack(name: str, shape: Shape, layout: Layout, value: Any) -> bytes:
    """The bytes of a value, given as text or as TOML has it. Raises BadValue, OutOfRange."""
    kind = shape.name if isinstance(shape, Plain) else ""
    if kind and isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"':  # quotes hold its commas together
        value = value[1:-1]
    initial = shape.initial if isinstance(shape, StructOf) and shape.initial is not None else bytes(layout.size)
    return encode(Parameter(name, kind, "", 0, layout, None, None, initial, shape), value)


def _split(text: str) -> list[str]:
    """Values between the commas that stand in no bracket and no quotes."""
    out, depth, quote, at = [], 0, "", 0
    for i, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "[{(":
            depth += 1
        elif letter in "]})":
            depth -= 1
        elif letter == "," and not depth:
            out.append(text[at:i].strip())
            at = i + 1
    rest = text[at:].strip()
    return [*out, rest] if rest or out else []
