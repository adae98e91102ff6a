# SPDX-License-Identifier: GPL-2.0-only
"""The stages of a policy on its way to the object, as text."""

from scxdsl.compiler import Built

from .faults import Fault, SURROUNDINGS

KINDS = ("obj", "tree", "types", "ir", "llvm", "asm")


class LlvmFailed(Fault):
    """LLVM made an object and no assembly."""

    status = SURROUNDINGS

    def __init__(self, said: str) -> None:
        self.said = said

    @property
    def message(self) -> str:
        return f"LLVM wrote no assembly: {self.said}"


def emitted(kind: str, built: Built) -> str:
    """Text of a stage: the tree, the typed tree, our IR, the IR that LLVM gets, LLVM's assembly. Raises LlvmFailed."""
    match kind:
        case "tree":
            from scxdsl.syntax.dump import dump

            return dump(built.checked.tree)
        case "types":
            from scxdsl.typing.dump import dump as dump_types

            return dump_types(built.checked.policy)
        case "ir":
            from scxdsl.ir.printer import print_module

            assert built.module is not None
            return print_module(built.module)
        case "llvm":
            assert built.llvm is not None
            return built.llvm
        case "asm":
            return _assembly(built)
    raise AssertionError(kind)


def _assembly(built: Built) -> str:
    from scxdsl.codegen.backend import Backend, BackendError, Emit

    assert built.llvm is not None
    with Backend() as backend:
        made = backend.compile(built.llvm, Emit.ASSEMBLY)
    if isinstance(made, BackendError):
        raise LlvmFailed(made.message)
    return made.decode()
