# SPDX-License-Identifier: GPL-2.0-only
"""The C text of BTF types, in the form that `ctype` reads back."""

from .btf import Btf
from .btf_types import Array, Const, Enum, FuncProto, Fwd, Ptr, Restrict, Struct, Typedef, TypeTag, Void, Volatile

ANONYMOUS = "(anonymous)"


def spell(btf: Btf, id: int, inner: str = "") -> str:
    """The C text of a BTF type; `inner` is the declarator built so far (a name, or empty for the bare type)."""
    t = btf[id]
    match t:
        case Void():
            return _join("void", inner)
        case Const() | Volatile() | Restrict():
            word = type(t).__name__.lower()
            if isinstance(btf.strip(t.target), Ptr) and not isinstance(btf[t.target], Typedef):
                return spell(btf, t.target, _join(word, inner))
            return f"{word} {spell(btf, t.target, inner)}"
        case TypeTag():
            return spell(btf, t.target, inner)
        case Ptr():
            target, tags = t.target, ""
            while isinstance(found := btf[target], TypeTag):
                tags += f"__{found.name} "
                target = found.target
            declarator = f"*{tags}{inner}".rstrip()
            if isinstance(found, (FuncProto, Array)):
                declarator = f"({declarator})"
            return spell(btf, target, declarator)
        case Array():
            return spell(btf, t.element, f"{inner}[{t.length}]")
        case FuncProto():
            args = ", ".join(spell(btf, p.type) for p in t.params) + (", ..." if t.variadic else "")
            return spell(btf, t.returns, f"{inner}({args or 'void'})")
        case Struct():
            return _join(f"{t.kind} {t.name or ANONYMOUS}", inner)
        case Fwd():
            return _join(f"{'union' if t.union else 'struct'} {t.name}", inner)
        case Enum():
            return _join(f"enum {t.name or ANONYMOUS}", inner)
        case _:
            return _join(t.name, inner)  # type: ignore[union-attr]


def _join(left: str, right: str) -> str:
    if not right or right[0] == "[":
        return left + right
    return f"{left} {right}"


def spell_proto(btf: Btf, id: int, names: tuple[str, ...] = ()) -> str:
    """A prototype with names before types; `names` go before those of BTF."""
    proto = btf[id]
    assert isinstance(proto, FuncProto)
    args = [
        f"{(names[i] if i < len(names) else p.name) or f'arg{i}'}: {spell(btf, p.type)}" for i, p in enumerate(proto.params)
    ]
    return f"({', '.join(args + ['...'] * proto.variadic)}) -> {spell(btf, proto.returns)}"
