# SPDX-License-Identifier: GPL-2.0-only
"""What user space does in the middle of a run: commands that are called, messages for inboxes; and the commands' answers."""

from argparse import Action, ArgumentParser, Namespace
from typing import Any

from scxdsl import guest, objects

from .faults import BadSetting


def call_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--call", action=InOrder, default=[], metavar="NAME(VALUES)",
                        help="a command to call in the middle of the run, as 'migrate(17, 2)'; may be repeated")  # fmt: skip
    parser.add_argument("--feed", action=InOrder, default=[], metavar="INBOX=VALUE",
                        help="a message for an inbox at that time, as 'box={pid = 7}'; calls and messages keep their order")  # fmt: skip


class InOrder(Action):
    """--call and --feed, in the order in which they were given."""

    def __call__(self, parser: object, namespace: Namespace, values: object, option_string: str | None = None) -> None:
        namespace.calls = [*getattr(namespace, "calls", []), (self.dest, str(values))]


def calls(args: Namespace, obj: objects.Object) -> list[guest.Call]:
    """Calls and messages for a run. Raises BadSetting."""
    out, items = [], getattr(args, "calls", [])
    try:
        for kind, text in items:
            if kind == "call":
                command, context = objects.call(obj, text)
                out.append(guest.Call(command.name, context))
            else:
                inbox, message = objects.message(obj, text)
                out.append(guest.Call(inbox.name, message, inbox=True))
    except objects.ObjectError as error:
        raise BadSetting(str(error)) from error
    return out


def answers_of(obj: objects.Object, done: guest.Run) -> list[dict[str, Any]]:
    """What each call came to: its `status` (0, or a negative errno) and its `result`, null where it gives none or failed."""
    known = {c.name: c for c in objects.commands(obj)}
    return [
        {"command": a.name, "status": a.status, "result": None if a.status else objects.result_of(known[a.name], a.data)}
        for a in done.answers
    ]
