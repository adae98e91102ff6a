# SPDX-License-Identifier: GPL-2.0-only
"""Functions that the kernel renamed or re-typed: one family per meaning, its forms newest first (facts/families.json).

An object for all kernels declares every form it needs as a weak symbol and calls each in a branch of its own behind `symbol != null`;
the loader zeroes the symbols a kernel lacks and the verifier cuts the dead branches. A form whose prototype differs from the kernel's
counts as lacking (tools/lib/bpf/libbpf.c: bpf_object__resolve_ksym_func_btf_id).
"""

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from scxdsl.source.records import dataclass

from .ctype import CType, Kind, Proto, parse_proto
from .permissions import Permission, Why, permission
from .versions import Kernels

if TYPE_CHECKING:
    from .facts import Facts


@dataclass(frozen=True)
class ArgStruct:
    """A struct of the kernel that wraps arguments; `fields` are (name, kernel's type) in order, without gaps but those of C."""

    name: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Form:
    """One function of a family.

    `symbol` is the name to declare: libbpf takes its last ___suffix off and looks for `kfunc`. `args` are the family's arguments in the
    order of the call, "struct" standing for a pointer to `struct`; `extra` constants follow them. `assume` is the result when the
    form returns nothing and the family does. `kernels` have this form.
    """

    kfunc: str
    symbol: str
    kernels: Kernels
    proto: Proto
    args: tuple[str, ...]
    struct: ArgStruct | None
    extra: tuple[tuple[str, int], ...]
    assume: int | None


@dataclass(frozen=True)
class Missing:
    """What to do on kernels without any form. `way` is one of:

    family (call that one), helper (call that BPF helper), store (write `value` to the field of the first argument, the result is
    `gives`), load (read the field of what the family `of` returns), variable (read the per-CPU variable), iterate (the first
    element of that iterator), constant, nothing (do nothing).
    """

    way: str
    what: str
    of: str = ""
    value: str = ""
    gives: int = 0
    note: str = ""


@dataclass(frozen=True)
class Family:
    """`returns` is the C type of the result; `same`: any form that a kernel has will do; `missing` is None when kernels without a form
    cannot do it at all."""

    name: str
    about: str
    args: tuple[str, ...]
    returns: str
    forms: tuple[Form, ...]
    same: bool
    missing: Missing | None

    @property
    def where(self) -> Kernels:
        """The kernels that have some form."""
        mask = 0
        for form in self.forms:
            mask |= form.kernels.mask
        return Kernels(self.forms[0].kernels.names, mask)

    def on(self, series: str) -> Form | None:
        """The form that an object with all of them runs on that kernel: the newest one there."""
        return next((f for f in self.forms if series in f.kernels), None)

    def forms_for(self, kernels: Kernels) -> tuple[Form, ...]:
        """The forms an object for these kernels needs, in the order in which to try them; where all forms mean the same, the fewest."""
        newest_first = _cover(self.forms, kernels)
        oldest_first = _cover(self.forms[::-1], kernels)[::-1]
        return oldest_first if self.same and len(oldest_first) < len(newest_first) else newest_first

    def lacking(self, kernels: Kernels) -> Kernels:
        """Those of the kernels on which there is neither a form nor another way."""
        return kernels - kernels if self.missing else kernels - self.where

    def permission(self, facts: "Facts", context: str, kernels: Kernels, sleepable: bool | None = None) -> Permission:
        """As `Facts.permission`, for the form that each kernel runs; the `missing` way counts as allowed."""
        allowed, late, faults = 0, 0, {}
        rest = kernels
        for form in self.forms:
            answer = permission(facts, form.kfunc, context, rest & form.kernels, sleepable)
            allowed, late, rest = allowed | answer.allowed.mask, late | answer.at_load.mask, rest - form.kernels
            for why, where in answer.faults:
                faults[why] = faults.get(why, 0) | where.mask
        if rest and self.missing:
            allowed |= rest.mask
        elif rest:
            faults[Why.MISSING], late = faults.get(Why.MISSING, 0) | rest.mask, late | rest.mask
        rows = tuple((why, Kernels(kernels.names, mask)) for why, mask in faults.items())
        return Permission(self.name, context, Kernels(kernels.names, allowed), rows, Kernels(kernels.names, late))


def _cover(forms: tuple[Form, ...], kernels: Kernels) -> tuple[Form, ...]:
    found, left = [], kernels
    for form in forms:
        if left & form.kernels:
            found.append(form)
            left = left - form.kernels
    return tuple(found)


@cache
def _data() -> Mapping[str, Any]:
    with open(os.path.join(os.path.dirname(__file__), "facts", "families.json"), "rb") as file:
        return json.load(file)["families"]


@cache
def _prototypes() -> dict[str, list[str]]:
    """The prototypes under which families use each kernel name."""
    found: dict[str, list[str]] = {}
    for family in _data().values():
        for form in family["forms"]:
            protos = found.setdefault(form["kfunc"], [])
            if form["proto"] not in protos:
                protos.append(form["proto"])
    return found


def family_names() -> tuple[str, ...]:
    """Every family of facts/families.json."""
    return tuple(_data())


def family_row(name: str) -> Mapping[str, Any]:
    """A family as the file has it. Raises KeyError."""
    return _data()[name]


@cache
def family_of(kfunc: str) -> str | None:
    """The family that a kernel name belongs to."""
    return next((n for n, f in _data().items() if any(form["kfunc"] == kfunc for form in f["forms"])), None)


def family(facts: "Facts", name: str) -> Family | None:
    """The family of that name, or the family of one that a kfunc outside all families is. None for unknown names."""
    data = _data().get(name)
    if data is None:
        return _alone(facts, name)
    forms = tuple(_form(facts, row) for row in data["forms"])
    missing = data.get("missing")
    return Family(name, data["about"], tuple(data["args"].split()), data["returns"], forms, data.get("same", False),
                  _missing(missing) if missing else None)  # fmt: skip


def _alone(facts: "Facts", name: str) -> Family | None:
    function = facts.kfunc(name)
    if function is None:
        return None
    forms = []
    for kernels, proto in sorted(function.proto.rows, key=lambda row: -row[0].mask):
        if forms and _shape(forms[-1].proto) == _shape(proto):
            forms[-1] = _plain(name, forms[-1].symbol, forms[-1].kernels | kernels, forms[-1].proto)
        else:
            forms.append(_plain(name, _symbol(name, len(forms), len(function.proto.rows)), kernels, proto))
    newest = forms[0]
    return Family(name, "", newest.args, newest.proto.returns.spelling, tuple(forms), False, None)


def _plain(kfunc: str, symbol: str, kernels: Kernels, proto: Proto) -> Form:
    return Form(kfunc, symbol, kernels, proto, tuple(a.name for a in proto.args), None, (), None)


def _symbol(kfunc: str, place: int, count: int) -> str:
    return f"{kfunc}___form{place}" if "___" in kfunc or place and count > 1 else kfunc


def _shape(proto: Proto) -> tuple[Any, ...]:
    """What libbpf compares: how many arguments, and the kind of each and of the result. All integers are alike to it, bool too
    (tools/lib/bpf/relo_core.c: __bpf_core_types_are_compat)."""
    return tuple(_kind(a.type) for a in proto.args), _kind(proto.returns)


def _kind(type: CType) -> Kind:
    return Kind.INT if type.kind is Kind.BOOL else type.kind


def _form(facts: "Facts", row: Mapping[str, Any]) -> Form:
    protos = _prototypes()[row["kfunc"]]
    symbol = _symbol(row["kfunc"], protos.index(row["proto"]), len(protos))
    newest = facts.set_of(facts.names[-1])
    proto = parse_proto(row["proto"], facts._typedef(newest), facts._width(newest))
    function = facts.kfunc(row["kfunc"])
    has = function.proto.where_is(lambda p: _shape(p) == _shape(proto)) if function else facts.all - facts.all
    struct = row.get("struct")
    wrapped = ArgStruct(struct["name"], tuple(struct["fields"].items())) if struct else None
    extra = tuple((n, int(v, 0)) for n, _, v in (part.partition(": ") for part in row.get("extra", "").split(", ") if part))
    return Form(row["kfunc"], symbol, has, proto, tuple(row["args"].split()), wrapped, extra, row.get("assume"))


_WAYS = ("family", "helper", "store", "load", "variable", "iterate", "constant", "nothing")


def _missing(row: Mapping[str, Any]) -> Missing:
    way = next(w for w in _WAYS if w in row)
    return Missing(way, str(row[way]), row.get("of", ""), row.get("value", ""), row.get("gives", 0), row.get("note", ""))
