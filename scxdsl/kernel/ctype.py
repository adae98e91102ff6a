# SPDX-License-Identifier: GPL-2.0-only
"""C types as kernel facts write them: spelled in C without a name ("const struct cpumask *", "char[16]").

`spelling.spell` makes the text from BTF, `parse_type` and `parse_proto` read it back. Prototypes are written with the names before the
types, "(p: struct task_struct *, dsq_id: u64) -> void", which needs no C parser to split.
"""

import re
from collections.abc import Callable
from enum import StrEnum

from scxdsl.source.records import dataclass


class Kind(StrEnum):
    VOID = "void"
    INT = "int"
    BOOL = "bool"
    ENUM = "enum"
    FLOAT = "float"
    POINTER = "pointer"
    ARRAY = "array"
    STRUCT = "struct"
    UNION = "union"
    FUNCTION = "function"


@dataclass(frozen=True)
class CType:
    """One type, typedefs seen through.

    `spelling` is the kernel's own text; `bits` the width of int, bool and enum; `name` the tag of a struct, union or enum;
    `target` what a pointer points to, what an array holds; `length` an array's; `tags` BTF type tags such as "address_space(1)".
    """

    spelling: str
    kind: Kind
    bits: int = 0
    signed: bool = False
    name: str = ""
    target: "CType | None" = None
    length: int = 0
    const: bool = False
    tags: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.spelling

    def points_to(self, name: str) -> bool:
        """Whether this is a pointer to the struct or union of that name."""
        t = self.target
        return self.kind is Kind.POINTER and t is not None and t.kind in (Kind.STRUCT, Kind.UNION) and t.name == name


# Width in bits and signedness of what BTF calls an INT, on 64-bit kernels.
BASE_TYPES = {
    "char": (8, True), "signed char": (8, True), "unsigned char": (8, False), "short int": (16, True),
    "short unsigned int": (16, False), "int": (32, True), "unsigned int": (32, False), "long int": (64, True),
    "long unsigned int": (64, False), "long long int": (64, True), "long long unsigned int": (64, False),
    "__int128": (128, True), "__int128 unsigned": (128, False),
}  # fmt: skip

@dataclass(frozen=True)
class Arg:
    """An argument as programs see it. `nullable`: the kernel passes or takes NULL; `suffix` is the kernel's annotation in the
    argument's name (`__sz`, `__iter`, `__arena`, …), already taken off `name`."""

    name: str
    type: CType
    nullable: bool = False
    suffix: str = ""


@dataclass(frozen=True)
class Proto:
    args: tuple[Arg, ...]
    returns: CType
    variadic: bool = False

    def c(self, name: str) -> str:
        """The prototype as C would declare it."""
        args = [declaration(a.type.spelling, a.name + a.suffix) for a in self.args] + ["..."] * self.variadic
        return declaration(self.returns.spelling, f"{name}({', '.join(args) or 'void'})")


def declaration(spelling: str, name: str) -> str:
    """C's `type name` for a spelled type: the name goes inside pointers to functions and before array brackets."""
    if "(*)" in spelling:
        return spelling.replace("(*)", f"(*{name})", 1)
    base, bracket, rest = spelling.partition("[")
    return f"{base}{'' if base.endswith('*') else ' '}{name}{bracket}{rest}"


# What a typedef, an enum's name or a struct's name stands for: None when it is not known.
Resolve = Callable[[str], str | None]
EnumWidth = Callable[[str], tuple[int, bool]]

_POINTER = re.compile(r"\*\s*(const|volatile|restrict)?\s*((?:__\w+(?:\(\d+\))?\s*)*)(const|volatile|restrict)?$")
_ARRAY = re.compile(r"\[(\d+)\]")
_SUFFIX = re.compile(r"(?<=\w)((?:__[a-z][a-z_]*?)+)$")
# Annotations that the verifier reads in names of kfunc arguments (kernel/bpf/verifier.c: is_kfunc_arg_*), and stubs' `__nullable`.
SUFFIXES = (
    "__sz", "__szk", "__k", "__ign", "__map", "__const_map", "__prog", "__opt", "__nullable", "__iter", "__str", "__uninit",
    "__alloc", "__refcounted_kptr", "__irq_flag", "__arena", "__rdonly", "__rdwr", "__nonown_allowed", "__const_str",
)  # fmt: skip
NULLABLE = ("__nullable", "__opt", "__ign")


def parse_type(text: str, typedef: Resolve = lambda _: None, enum: EnumWidth = lambda _: (32, False)) -> CType:
    """Read a spelled type. `typedef` looks typedefs up, `enum` gives width and sign of a named enum."""
    whole = text.strip()
    if "(*" in whole:
        return CType(whole, Kind.POINTER, 64, target=CType(whole.replace("*", "", 1), Kind.FUNCTION))
    if bracket := _ARRAY.search(whole):
        element = parse_type(whole[: bracket.start()] + whole[bracket.end() :], typedef, enum)
        return CType(whole, Kind.ARRAY, target=element, length=int(bracket[1]))
    if star := _POINTER.search(whole):
        tags = tuple(tag.removeprefix("__") for tag in star[2].split())
        return CType(whole, Kind.POINTER, 64, target=parse_type(whole[: star.start()], typedef, enum), tags=tags,
                     const="const" in (star[1], star[3]))  # fmt: skip
    words = [w for w in whole.split() if w not in ("const", "volatile")]
    const = "const" in whole.split()
    name = " ".join(words)
    if name == "void":
        return CType(whole, Kind.VOID, const=const)
    if name == "_Bool":
        return CType(whole, Kind.BOOL, 8, const=const)
    if name in BASE_TYPES:
        bits, signed = BASE_TYPES[name]
        return CType(whole, Kind.INT, bits, signed, const=const)
    if words and words[0] in ("struct", "union"):
        return CType(whole, Kind(words[0]), name=words[-1], const=const)
    if words and words[0] == "enum":
        bits, signed = enum(words[-1])
        return CType(whole, Kind.ENUM, bits, signed, words[-1], const=const)
    if name in ("float", "double", "long double"):
        return CType(whole, Kind.FLOAT, {"float": 32, "double": 64}.get(name, 80), True, const=const)
    behind = typedef(name)
    if behind is None:
        raise ValueError(f"C type `{whole}` is not known")
    found = parse_type(behind, typedef, enum)
    return CType(whole, found.kind, found.bits, found.signed, found.name, found.target, found.length, const or found.const,
                 found.tags)  # fmt: skip


def split_name(name: str) -> tuple[str, str]:
    """An argument's name and the kernel's annotation at its end ("cpus__sz" -> "cpus", "__sz")."""
    rest, suffix = name, ""
    while found := next((s for s in SUFFIXES if rest.endswith(s) and len(rest) > len(s)), None):
        rest, suffix = rest.removesuffix(found), found + suffix
    return rest, suffix


def parse_proto(text: str, typedef: Resolve = lambda _: None, enum: EnumWidth = lambda _: (32, False)) -> Proto:
    """Read "(a: T, b: U) -> R"."""
    head, _, returns = text.rpartition(" -> ")
    args, variadic = [], False
    for part in split_top(head[1:-1]):
        if part == "...":
            variadic = True
            continue
        name, _, spelled = part.partition(": ")
        name, suffix = split_name(name)
        nullable = any(s in suffix for s in NULLABLE)
        args.append(Arg(name, parse_type(spelled, typedef, enum), nullable, suffix))
    return Proto(tuple(args), parse_type(returns, typedef, enum), variadic)


def split_top(text: str) -> list[str]:
    """Split at commas outside parentheses."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        if c in "()":
            depth += 1 if c == "(" else -1
        elif c == "," and not depth:
            parts.append(text[start:i].strip())
            start = i + 1
    last = text[start:].strip()
    return parts + [last] if last else parts
