# SPDX-License-Identifier: GPL-2.0-only
"""Makes docs/coverage.md: callback by callback, function by function, field by field, how each is written, from which kernels, or why
it cannot be. What the page says was compiled: a form is told only where the compiler takes it.

    python tests/coverage/coverage_page.py            # prints the page
    python tests/coverage/coverage_page.py --page     # writes docs/coverage.md
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from asked import callback, errors, field, forms, names
from facts_of import FACTS, functions, left_out, used, where

from scxdsl.typing.typed import FLAG_TYPES

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
HEAD = """\
# What of the kernel can be written, and how

Made by `python tests/coverage/coverage_page.py --page` from the kernels' facts (scxdsl/kernel/facts), from what the schedulers of the public scx collection and of the
kernel's tools/sched_ext use (tests/coverage/collection.json), and by asking the compiler: a form stands here only if a policy with it compiles and
calls that function. `tests/coverage` loads these policies on real kernels. "used" counts schedulers.
"""
_SETTINGS = {
    "name": "`scheduler name`", "flags": "`scheduler s { flags: .enq_last }`", "timeout_ms": "`timeout: 5s`", "dispatch_max_batch": "`batch: 512`",
    "exit_dump_len": "the kernel's default", "hotplug_seq": "the loader's", "priv": "the kernel's", "sub_cgroup_id": "no: sub-schedulers",
    "cid_shard_size": "no: the cid form", "rescue_bandwidth_ppt": "no: sub-schedulers", "rescue_quantum_us": "no: sub-schedulers",
}  # fmt: skip


def page() -> str:
    parts = [HEAD, *_summary(), *_callbacks(), *_settings(), *_functions("scx"), *_functions("bpf"), *_fields(), *_constants()]
    return "\n".join(parts) + "\n"


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(c).replace("|", "\\|") for c in cells) + " |"


def _head(*names: str) -> list[str]:
    return [_row(*names), "|" + "---|" * len(names)]


def _code(text: str) -> str:
    return f"`{text}`"


def _count(part: str, name: str) -> str:
    return str(len(used(part).get(name, ()))) if name in used(part) else ""


# ---- what is missing


def missing() -> dict[str, list[str]]:
    """What schedulers use and the language has no form of, by part."""
    told = {w.of[0] for w in names() if not errors(w.policy)} | {n for w in forms() for n in (*w.of, *w.instead)}
    return {
        "callbacks": [n for n in used("callbacks") if (op := FACTS.op(n)) is None or not op.where - op.refused or errors(callback(n))],
        "functions": [n for n in used("functions") if n not in told],
        "fields": [n for n in used("fields") if errors(field(n)[1])],
    }


def _summary() -> Iterator[str]:
    yield from _head("part", "known to some kernel", "used by schedulers", "of these without a form")
    known = {"callbacks": len(FACTS.op_names), "functions": len(functions()), "fields": "", "constants": ""}
    for part, rows in missing().items():
        yield _row(part, known[part], len(used(part)), ", ".join(map(_code, rows)) or "none")
    yield "\nWhy these have none stands at their rows below.\n"


# ---- callbacks and settings


def _callbacks() -> Iterator[str]:
    yield "\n## Callbacks\n"
    yield from _head("callback", "kernels", "used", "how")
    for name in FACTS.op_names:
        op = FACTS.op(name)
        assert op is not None and op.proto.newest is not None
        if not op.where - op.refused:
            how = "no: sub-schedulers, which the CPU form of the table refuses"
        elif errors(callback(name)):
            how = "no: " + errors(callback(name))[0][1]
        else:
            how = _code(callback(name).splitlines()[1].partition(" {")[0])
            how += f"; {op.deprecated} warn of it" if op.deprecated else ""
            how += f"; {op.refused} refuse it" if op.refused else ""
        yield _row(_code(name), op.where, _count("callbacks", name), how)
    cid = [n for n in used("callbacks") if FACTS.op(n) is None]
    yield _row(", ".join(map(_code, cid)), "7.2 to 7.3", 1, "no: callbacks of the cid form of the table, see scx_bpf_cid_curr below")


def _settings() -> Iterator[str]:
    yield "\n## Other members of the ops table\n"
    yield from _head("member", "kernels", "how")
    for name in FACTS._index["ops"]:
        setting = FACTS.setting(name)
        if setting is not None:
            yield _row(_code(name), setting.type.where, _SETTINGS.get(name, "no"))


# ---- functions


def _functions(kind: str) -> Iterator[str]:
    mine = [n for n in functions() if ("scx_bpf" in n) == (kind == "scx")]
    yield "\n## Functions of sched_ext\n" if kind == "scx" else "\n## Functions and helpers of BPF\n"
    yield from _head("function", "kernels", "used", "how it is written")
    short = {n: w.form for w in reversed(forms()) for n in w.of}
    instead = {n: w.form for w in reversed(forms()) for n in w.instead}
    by_name = {w.of[0]: (w.form, errors(w.policy)) for w in names()}
    for name in mine:
        if name in short:
            how = _code(short[name])
        elif name in instead:
            how = f"not needed: {_code(instead[name])}"
        elif name in by_name and not by_name[name][1]:
            how = "by name: " + _code(by_name[name][0])
        else:
            how = "no: " + (left_out(name) or (by_name[name][1][0][1] if name in by_name else "no callback may call it"))
        yield _row(_code(name), where(name) or "a macro of C", _count("functions", name), how)


# ---- fields and constants


def _fields() -> Iterator[str]:
    yield "\n## Fields that schedulers read\n"
    yield "Every other field of these structs is written the same way; what a kernel lacks is refused at the line (E0408) unless `kernel has` asks first.\n"
    yield from _head("field", "kernels", "used", "how")
    for path in used("fields"):
        text, policy = field(path)
        known = FACTS.field(path)
        wrong = errors(policy)
        how = _code(_SHORT.get(path, text)) if not wrong else "no: a struct of the kernel's own; its members are reached one by one"
        yield _row(_code(path), known.where if known else "", _count("fields", path), how)


_SHORT = {
    "task_struct.pid": "p.pid", "task_struct.tgid": "p.tgid", "task_struct.comm": "p.comm", "task_struct.cpus_ptr": "p.cpus_allowed",
    "task_struct.scx.slice": "p.slice", "task_struct.scx.dsq_vtime": "p.vtime", "task_struct.scx.weight": "p.weight",
    "task_struct.static_prio": "p.nice, p.static_prio", "task_struct.flags": "p.is_kthread, p.flags", "task_struct.scx.flags": "p.queued, p.scx.flags",
    "cgroup.kn.id": "cg.id", "cgroup.level": "cg.level", "task_struct.cgroups.dfl_cgrp": "p.cgroup of the callback's own task, p.cgroups.dfl_cgrp",
}  # fmt: skip


def _constants() -> Iterator[str]:
    yield "\n## Flags and constants\n"
    yield from _head("set", "how")
    for flags in FLAG_TYPES.values():
        words = sorted(n.removeprefix(flags.prefix).lower() for n in FACTS.constants_of(flags.enum) if n.startswith(flags.prefix) and not n.startswith("__"))
        yield _row(f"{flags.title} ({_code(flags.prefix + '…')})", " ".join(_code("." + w) for w in words))
    plain = [n for n in used("constants") if not n.startswith(tuple(f.prefix for f in FLAG_TYPES.values()))]
    special = {"SCX_DSQ_LOCAL": "LOCAL", "SCX_DSQ_LOCAL_ON": "LOCAL(c)", "SCX_DSQ_GLOBAL": "GLOBAL", "SCX_SLICE_DFL": "SLICE", "SCX_SLICE_INF": "INF",
               "SCX_DSQ_INVALID": "none of a dsq?", "SCX_ECODE_ACT_RESTART": "exit restart"}  # fmt: skip
    yield _row("constants that schedulers use in numbers", " ".join(_code(special.get(n, n)) for n in plain))


if __name__ == "__main__":
    text = page()
    if "--page" in sys.argv[1:]:
        PAGE.write_text(text)
    else:
        print(text, end="")
