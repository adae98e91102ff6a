# SPDX-License-Identifier: GPL-2.0-only
"""Kernel facts from a kernel's BTF: what it declares, without what only its source says (facts/source.json has that).

A new kernel becomes known by one more data file, made by `facts_from_btf`; its shape:

    {"series": "6.18", "release": "6.18.15+deb13-cloud-amd64",
     "ops": {"select_cpu": "(p: struct task_struct *, …) -> s32", "timeout_ms": "u32", …},     members in the kernel's order
     "ops_cid": {…},                                                                           where there is a cid form
     "kfuncs": {"scx_bpf_dsq_insert": "(p: struct task_struct *, …) -> void", …},              as programs call them
     "implicit": ["scx_bpf_kick_cpu", …],   kfuncs whose last argument (bpf_prog_aux) the verifier adds
     "hidden": [],                          of those, the ones that this build's BTF makes uncallable
     "structs": {"task_struct": {"kind": "struct", "size": 6144, "fields": {"pid": "pid_t", …}}, …},
     "enums": {"scx_enq_flags": {"bits": 64, "signed": false, "values": {"SCX_ENQ_HEAD": 16, …}}, …},
     "typedefs": {"pid_t": "__kernel_pid_t", …}, "variables": {…}, "tracepoints": {…}, "functions": {…}}
"""

import json
import re
from collections.abc import Iterable, Iterator
from fnmatch import translate
from functools import cache
from pathlib import Path

from scxdsl.source.records import dataclass

from .btf import Btf
from .btf_types import DeclTag, Enum, Func, FuncProto, Param, Ptr, Struct, Typedef, Var
from .ctype import BASE_TYPES
from .spelling import spell, spell_proto
from .versions import OLDEST, Series, parse_ranges, standing_series

_FACTS = Path(__file__).parent / "facts"
_KFUNC_PREFIXES = ("scx_bpf_", "__scx_bpf_", "bpf_")
AUX = "const struct bpf_prog_aux *"


@dataclass(eq=False)
class NoSchedExt(Exception):
    """The BTF of `release` knows no `struct sched_ext_ops`: that kernel was built without sched_ext."""

    release: str

    def __str__(self) -> str:
        return f"kernel {self.release} was built without sched_ext (CONFIG_SCHED_CLASS_EXT)"


@dataclass(frozen=True)
class Selection:
    """Which names to take, by shell wildcards; from facts/selection.json."""

    structs: tuple[str, ...]
    structs_without: tuple[str, ...]
    enums: tuple[str, ...]
    kfuncs_without: tuple[str, ...]
    variables: tuple[str, ...]
    tracepoints: tuple[str, ...]
    functions: tuple[str, ...]


@cache
def selection() -> Selection:
    data = json.loads((_FACTS / "selection.json").read_text())
    return Selection(**{name: tuple(data[name]) for name in Selection.__dataclass_fields__})


def series_of(release: str) -> str:
    """The series of a release: "6.18" of "6.18.15+deb13-cloud-amd64". Raises ValueError when there is none."""
    found = re.match(r"(\d+\.\d+)(?!\d)", release)
    if not found:
        raise ValueError(f"`{release}` does not begin with a kernel version")
    return found[1]


def facts_from_btf(btf: Btf, release: str) -> dict:
    """All facts of one kernel that its BTF holds, ready for json.dump. Raises NoSchedExt."""
    if btf.by_name("sched_ext_ops", Struct) is None:
        raise NoSchedExt(release)
    chosen = selection()
    kfuncs, implicit, hidden = _kfuncs(btf, chosen, series_of(release))
    facts = {
        "series": series_of(release),
        "release": release,
        "ops": _ops(btf, "sched_ext_ops"),
        "ops_cid": _ops(btf, "sched_ext_ops_cid"),
        "kfuncs": kfuncs,
        "implicit": implicit,
        "hidden": hidden,
        "structs": _structs(btf, chosen),
        "enums": _enums(btf, chosen),
        "variables": {n: spell(btf, v.type) for n in chosen.variables if (v := btf.by_name(n, Var))},
        "tracepoints": dict(sorted(_tracepoints(btf, chosen))),
        "functions": {n: spell_proto(btf, f.proto) for n in chosen.functions if (f := btf.by_name(n, Func))},
    }
    facts["typedefs"] = _typedefs(btf, facts)
    return facts


def hidden_kfuncs(btf: Btf) -> tuple[str, ...]:
    """Kfuncs that this kernel offers by name but whose every call its verifier refuses, because of how its BTF was made.

    Since 7.0 the verifier adds the last argument of some kfuncs itself and looks for their full prototype under NAME_impl, which
    resolve_btfids makes for each function that bears the tag bpf_kfunc. A build that lost the tag has neither tag nor twin: loading
    ends with "cannot find function NAME_impl in BTF" (kernel/bpf/verifier.c: fetch_kfunc_meta). Seen in Debian's 7.1 and 7.2.
    """
    return tuple(_kfuncs(btf, selection(), OLDEST)[2])


def matches(name: str, patterns: Iterable[str]) -> bool:
    return bool(_pattern(tuple(patterns)).match(name))


@cache
def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(p) for p in patterns) or r"(?!)")


def _ops(btf: Btf, name: str) -> dict[str, str]:
    """Members of an ops table; a callback's argument names and `__nullable` come from the kernel's own stub of it, which is where
    the verifier looks as well (kernel/bpf/bpf_struct_ops.c: prepare_arg_info)."""
    ops = btf.by_name(name, Struct)
    if ops is None:
        return {}
    found = {}
    for member in btf.members(ops.id):
        pointer = btf.strip(member.type)
        target = btf.strip(pointer.target) if isinstance(pointer, Ptr) else None
        if not isinstance(target, FuncProto):
            found[member.name] = spell(btf, member.type)
            continue
        stub = btf.by_name(f"{name}__{member.name}", Func) or btf.by_name(f"sched_ext_ops__{member.name}", Func)
        proto = btf[stub.proto] if stub else target
        assert isinstance(proto, FuncProto)
        found[member.name] = spell_proto(btf, target.id, tuple(p.name for p in proto.params))
    return found


def _kfuncs(btf: Btf, chosen: Selection, series: str) -> tuple[dict[str, str], list[str], list[str]]:
    """Prototypes as programs see them, the kfuncs with an implicit argument, and those that this build hides."""
    functions = {f.name: f for f in btf.of_kind(Func)}
    tagged = {t.target for t in btf.of_kind(DeclTag) if t.name == "bpf_kfunc"}
    known = _known_kfuncs(series)
    protos, implicit, hidden = {}, [], []
    for name, func in sorted(functions.items()):
        if not (func.id in tagged or name in known or name.startswith(_KFUNC_PREFIXES)) or matches(name, chosen.kfuncs_without):
            continue
        twin = functions.get(f"{name}_impl")
        if func.id in tagged:
            if twin is not None and len(_params(btf, twin)) > len(_params(btf, func)):
                implicit.append(name)
            protos[name] = spell_proto(btf, func.proto)
        elif twin is None and not name.endswith("_impl") and _ends_in_aux(btf, func):
            implicit.append(name)
            hidden.append(name)
            proto = spell_proto(btf, func.proto)
            protos[name] = proto.replace(f", aux: {AUX})", ")").replace(f"(aux: {AUX})", "()")
        elif name in known or name.startswith("scx_bpf_") and not name.endswith("_impl"):
            # Tags are no proof: pahole before 1.26 makes none, and some of Debian's builds lost a part. The kernel does not
            # need them for kfuncs without an implicit argument.
            protos[name] = spell_proto(btf, func.proto)
    return protos, implicit, hidden


def _ends_in_aux(btf: Btf, func: Func) -> bool:
    params = _params(btf, func)
    return bool(params) and params[-1].name == "aux" and spell(btf, params[-1].type) == AUX


def _params(btf: Btf, func: Func) -> tuple[Param, ...]:
    proto = btf[func.proto]
    return proto.params if isinstance(proto, FuncProto) else ()


def _known_kfuncs(series: str) -> frozenset[str]:
    """The kfuncs that source.json knows of a series (or of the newest older one)."""
    source = json.loads((_FACTS / "source.json").read_text())
    standing = Series.parse(standing_series(series, source["series"]))
    covers = {text: any(standing in r for r in parse_ranges(text)) for rows in source["kfuncs"].values() for text, _ in rows}
    return frozenset(name for name, rows in source["kfuncs"].items() if any(covers[text] for text, _ in rows))


def _structs(btf: Btf, chosen: Selection) -> dict[str, dict]:
    found: dict[str, dict] = {}
    for struct in btf.of_kind(Struct):
        if struct.name and matches(struct.name, chosen.structs) and not matches(struct.name, chosen.structs_without):
            found.setdefault(struct.name, _struct(btf, struct))
    return dict(sorted(found.items()))


def _struct(btf: Btf, struct: Struct) -> dict:
    fields = {
        m.name: spell(btf, m.type) + (f":{m.bit_size}" if m.bit_size else "") for m in btf.members(struct.id)
    }
    return {"kind": struct.kind, "size": struct.size, "fields": fields}


def _enums(btf: Btf, chosen: Selection) -> dict[str, dict]:
    found: dict[str, dict] = {}
    for enum in btf.of_kind(Enum):
        if enum.name and matches(enum.name, chosen.enums):
            # The ids of helpers end with a count, and all enums of the kind with a marker that is not theirs to keep.
            values = {v.name: v.value for v in enum.values if not v.name.startswith("__BPF_FUNC_")}
            found.setdefault(enum.name, {"bits": enum.size * 8, "signed": enum.signed, "values": values})
    return dict(sorted(found.items()))


def _tracepoints(btf: Btf, chosen: Selection) -> Iterator[tuple[str, str]]:
    """Tracepoints with the arguments a tp_btf program gets: those of the typedef btf_trace_NAME after its private first one."""
    for typedef in btf.of_kind(Typedef):
        name = typedef.name.removeprefix("btf_trace_")
        if name == typedef.name or not matches(name, chosen.tracepoints):
            continue
        pointer = btf.strip(typedef.target)
        probe = btf.by_name(f"__bpf_trace_{name}", Func) or btf.by_name(f"__probestub_{name}", Func)
        proto = btf[probe.proto] if probe else btf.strip(pointer.target) if isinstance(pointer, Ptr) else None
        if isinstance(proto, FuncProto):
            text = spell_proto(btf, proto.id)
            first = re.match(r"\(\w+: void \*(, )?", text)
            if first:
                yield name, "(" + text[first.end() :]


_WORDS = re.compile(r"\b[A-Za-z_]\w*\b")
_NOT_TYPEDEFS = {"struct", "union", "enum", "const", "volatile", "restrict", "void", "_Bool"} | {
    w for base in BASE_TYPES for w in base.split()
}


def _typedefs(btf: Btf, facts: dict) -> dict[str, str]:
    """What each typedef stands for that the types above name, and those that these name in turn."""
    found: dict[str, str] = {}
    todo = set(_mentioned(facts))
    while todo:
        name = todo.pop()
        typedef = btf.by_name(name, Typedef)
        if typedef is None or name in found:
            continue
        behind = btf.strip(typedef.target)
        if isinstance(behind, (Struct, Enum)) and not behind.name:
            kind = behind.kind if isinstance(behind, Struct) else "enum"
            found[name] = f"{kind} {name}"
            if isinstance(behind, Struct):
                facts["structs"].setdefault(name, _struct(btf, behind) | {"typedef": True})
                todo |= set(_words(" ".join(facts["structs"][name]["fields"].values())))
            continue
        found[name] = spell(btf, typedef.target)
        todo |= set(_words(found[name]))
    facts["structs"] = dict(sorted(facts["structs"].items()))
    return dict(sorted(found.items()))


def _mentioned(facts: dict) -> Iterator[str]:
    for struct in facts["structs"].values():
        for text in struct["fields"].values():
            yield from _words(text)
    for part in ("ops", "ops_cid", "kfuncs", "variables", "tracepoints", "functions"):
        for text in facts[part].values():
            yield from _words(re.sub(r"\w+: ", "", text))


def _words(text: str) -> Iterator[str]:
    """Words of a spelled type that can be typedefs: no keyword, no tag after struct, union or enum."""
    previous = ""
    for word in _WORDS.findall(text):
        if word not in _NOT_TYPEDEFS and previous not in ("struct", "union", "enum") and not word.startswith("__address"):
            yield word
        previous = word


__all__ = ["NoSchedExt", "facts_from_btf", "hidden_kfuncs", "selection", "series_of"]
