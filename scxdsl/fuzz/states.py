# SPDX-License-Identifier: GPL-2.0-only
"""What a policy leaves behind, in one form for both engines: variables, counters, queues, tasks."""

from typing import Any

from scxdsl.interp import Interpreter
from scxdsl.interp.wire import decode
from scxdsl.machine.on_model import Bytecode
from scxdsl.model import Model
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.owner_types import all_owner

from . import owner_stores, stores
from .object_view import View
from .plain_values import plain, shaped


def of_model(m: Model) -> dict[str, Any]:
    """Tasks and queues as the kernel has them."""
    out: dict[str, Any] = {f"dsq {id:#x}": [p.pid for p in q.tasks] for id, q in m.dsqs.items()}
    out |= {f"local {c.id}": [p.pid for p in c.local.tasks] for c in m.cpus}
    out |= {f"task {p.pid}": (p.slice, p.vtime, p.cpu, p.weight) for p in m.tasks.values()}
    return out


def of_interpreter(program: Interpreter, m: Model) -> dict[str, Any]:
    out = of_model(m)
    for g in program.policy.globals:
        if g.type == lang.CPUMASK or all_owner(g.type):
            continue
        value = program.value(g.name)
        out[f"var {g.name}"] = [plain(v, g.type) for v in value] if g.percpu else plain(value, g.type)
    for s in program.policy.stats:
        out[f"stat {s.name}"] = program.stat(s.name)
    return out | _rings(program.policy, program) | stores.of_interpreter(program, m) | owner_stores.of_interpreter(program, m)


_BACKTRACE, _REASON, _MESSAGE = 16, 128, 1024
"""What user space is told of the end: addresses; bytes of texts, with their ends."""


def of_exit(program: Any, m: Model) -> dict[str, Any]:
    """The kernel's account of the end, as user space finds it where the policy was told."""
    if m.exit is None or ("call", "exit") not in (step[:2] for step in m.trace or ()):
        return {}
    if isinstance(program, Bytecode):
        told = program.value("uei")
        return {"exit": tuple(told[name] for name in ("kind", "exit_code", "bt_len", "reason", "msg"))}
    info = m.exit
    return {"exit": (info.kind, info.exit_code, min(info.bt_len, _BACKTRACE), info.reason[: _REASON - 1], info.msg[: _MESSAGE - 1])}


def _rings(policy: typed.Policy, program: Interpreter | Bytecode) -> dict[str, Any]:
    """What user space would read. Bytes between the parts of a value mean nothing."""
    return {
        f"ring {r.name}": [plain(decode(data, r.element, lambda kind, i: True), r.element) for data in program.take(r.name)]
        for r in policy.rings
    }


def of_bytecode(policy: typed.Policy, program: Bytecode, m: Model) -> dict[str, Any]:
    view, out = View(program), of_model(m)
    for g in policy.globals:
        if g.type == lang.CPUMASK or all_owner(g.type):  # masks: stores.py; owners: owner_stores.py
            continue
        if g.percpu:
            out[f"var {g.name}"] = [shaped(v, g.type) for v in view.per_cpu(g.name)]
        else:
            out[f"var {g.name}"] = shaped(program.value(g.name), g.type)
    if policy.stats:
        rows = view.per_cpu("stats")
        for s in policy.stats:
            out[f"stat {s.name}"] = [row[s.name] for row in rows]
    return out | _rings(policy, program) | stores.of_bytecode(policy, view, m) | owner_stores.of_bytecode(policy, view, m)
