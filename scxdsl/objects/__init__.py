# SPDX-License-Identifier: GPL-2.0-only
"""Reading BPF objects: programs, maps, globals, parameters; disassembly, stack depth, size. Knows nothing of the language."""

from .disassemble import disassemble, disassemble_function
from .errors import ObjectError
from .exchange import Channel, Command, Hook, call, commands, hooks, inboxes, message, result_of, rings
from .object import Object
from .params import Parameter, encode, encode_all, parameters
from .reader import read
from .shape_layout import value_of
from .report import Report, report

__all__ = [
    "Channel",
    "Command",
    "Hook",
    "Object",
    "ObjectError",
    "Parameter",
    "Report",
    "call",
    "commands",
    "disassemble",
    "disassemble_function",
    "encode",
    "encode_all",
    "hooks",
    "inboxes",
    "message",
    "parameters",
    "read",
    "report",
    "result_of",
    "rings",
    "value_of",
]
