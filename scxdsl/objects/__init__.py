# SPDX-License-Identifier: GPL-2.0-only
"""Reading BPF objects: programs, maps, globals, parameters; disassembly, stack depth, size. Knows nothing of the language."""

from .disassemble import disassemble, disassemble_function
from .errors import ObjectError
from .object import Object
from .params import Parameter, encode, encode_all, parameters
from .reader import read
from .report import Report, report

__all__ = [
    "Object",
    "ObjectError",
    "Parameter",
    "Report",
    "disassemble",
    "disassemble_function",
    "encode",
    "encode_all",
    "parameters",
    "read",
    "report",
]
