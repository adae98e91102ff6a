# SPDX-License-Identifier: GPL-2.0-only
"""Which forms of the language generated policies have: productions of the grammar, nodes of the typed tree, operators, the kernel's
view, callbacks; and which of them the generator owes.

`scxdsl fuzz --examples 1000 --coverage` ends with the table.
"""

import inspect
from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from scxdsl.kernel.facts import Facts
from scxdsl.typing import typed
from scxdsl.typing.view import OPERATIONS, PROPERTIES

from .generate import generate
from .productions import names, taken

_REFUSED = "well-typed policies have none"
_LATER = "the language does not build it yet"
LEFT_OUT: dict[str, str] = {
    **{n: "a stretch of text with an error" for n in (
        "grammar arm: BROKEN", "grammar declaration: BROKEN", "grammar field_line: BROKEN", "grammar member: BROKEN", "grammar property: BROKEN",
        "grammar statement: BROKEN", "grammar variant: BROKEN")},
    'grammar literal: "-" duration': _REFUSED,  # no unit is negative
    'grammar param: "param" names ":" type "in" range': _REFUSED,
    'grammar policy: no_items': _REFUSED,  # a policy has a `scheduler` line
    'grammar type: name "[" ".." expr "]"': _REFUSED,
    'grammar type: name "<" type_list ">"': _REFUSED,  # maps have a place of their own
    'grammar var: storage "var" names': _REFUSED,
    'grammar let: "let" pattern': _REFUSED,
    'grammar let: "let" "mut" pattern': _REFUSED,
    'grammar while: "while" condition body': _REFUSED,
    'grammar while: "while" condition body "else" body': _REFUSED,
    "grammar member: map": _LATER,
    **{f"node {n}": "only in the marked tree of a recorded policy" for n in (
        "Answer", "Decision", "Seen", "Began", "Turn", "TurnsOver", "Passed")},
    **{f"node {n}": "stands in tests, which are no part of the object" for n in (
        "Assert", "InboxFeed", "RingTake", "TestCallback", "TestCommand", "TestSpawn")},
    "property cpu.rq": "the model has no fields of run queues",
    "node EventCount": "the model counts no events of the core",
    "callback init_cids": _LATER, "callback sub_attach": _LATER, "callback sub_caps_updated": _LATER, "callback sub_detach": _LATER,
    "callback sub_ecaps_updated": _LATER,
}  # fmt: skip
"""Forms that no generated policy has, and why."""


def forms(policy: typed.Policy) -> Counter[str]:
    """How often each kind of node, operation and property occurs."""
    found: Counter[str] = Counter()
    seen: set[int] = set()

    def visit(value: Any) -> None:
        if isinstance(value, list | tuple):
            for item in value:
                visit(item)
        elif type(value).__module__.startswith("scxdsl.typing.typed") and hasattr(value, "__dataclass_fields__") and id(value) not in seen:
            seen.add(id(value))
            if isinstance(value, _COUNTED):
                found[f"node {type(value).__name__}"] += 1
                _details(value, found)
            for f in fields(value):
                if f.name not in ("span", "type"):
                    visit(getattr(value, f.name))

    visit([f.body for f in policy.functions])
    visit([t.body for t in policy.timers])
    visit([h.body for h in policy.hooks])
    visit([c.body for c in policy.commands])
    for callback in policy.callbacks:
        found[f"callback {callback.name}"] += 1
        visit(callback.body)
    return found


_COUNTED = (typed.Expr, typed.Stmt, typed.Place)


def _details(node: Any, found: Counter[str]) -> None:
    match node:
        case typed.KernelCall():
            found[f"call {node.operation.key}"] += 1
        case typed.GetProperty() | typed.PropertyPlace():
            found[f"property {node.property.key}"] += 1
        case typed.Binary() | typed.Update():
            found[f"operator {node.op}"] += 1
        case typed.Compare():
            found[f"relation {node.relation}"] += 1
        case typed.AtomicCall():
            found[f"atomic {node.kind}"] += 1
        case typed.MaskAsk():
            found[f"mask {node.question}"] += 1
        case typed.MaskCompare():
            found[f"mask {node.relation}"] += 1
        case typed.MaskAlgebra():
            found[f"mask {node.op}"] += 1
        case typed.LiveMask():
            found[f"mask {node.name}"] += 1
        case typed.ForIndex():
            found[f"over {node.over if node.rows is None else 'a table'}"] += 1
        case typed.MapGet() | typed.MapPut() | typed.MapRemove() | typed.MapHas() | typed.MapPush() | typed.MapPop():
            found[f"map {node.map.kind} {type(node).__name__}"] += 1


def owed() -> set[str]:
    """Every form that generated policies must have."""
    out = {f"grammar {n}" for n in names()}
    bases = {typed.Expr, typed.Stmt, typed.Place, typed.TreeExpr}
    out |= {f"node {n}" for n, c in vars(typed).items() if inspect.isclass(c) and issubclass(c, (typed.Expr, typed.Stmt, typed.Place)) and c not in bases}
    out |= {f"operator {op}" for op in typed.Arithmetic} | {f"relation {r}" for r in typed.Relation} | {f"atomic {k}" for k in typed.AtomicKind}
    out |= {f"property {p.key}" for p in PROPERTIES.values()} | {f"call {o.key}" for o in OPERATIONS.values()}
    out |= {f"mask {x}" for kind in (typed.MaskOp, typed.MaskQuestion, typed.MaskRelation) for x in kind}
    out |= {f"mask {n}" for n in ("online", "possible", "idle_cpus", "idle_cores")}
    out |= {f"over {n}" for n in ("cpus", "possible", "online", "core", "llc", "node", "a table")}
    for kinds, nodes in ((("hash", "lru", "array"), ("MapGet", "MapPut", "MapRemove", "MapHas")), (("queue", "stack"), ("MapPush", "MapPop"))):
        out |= {f"map {kind} {node}" for kind in kinds for node in nodes}
    out |= {f"callback {n}" for n in (*Facts.load().op_names, "custody_end")}
    return out - LEFT_OUT.keys()


def count(check: Callable[..., Any], load: Callable[..., Any], seeds: range) -> Counter[str]:
    """All forms of the policies of these seeds. Raises ValueError where one is refused."""
    total: Counter[str] = Counter()
    for seed in seeds:
        text = str(generate(seed))
        checked = check(text, "policy.scx", load=load)
        if not checked.ok:
            raise ValueError(f"the policy of seed {seed} is refused: {[(d.code, d.span.line) for d in checked.diagnostics]}")
        total.update({f"grammar {n}": times for n, times in taken(text).items()})
        total.update(forms(checked.policy))
    return total


def table(total: Counter[str], policies: int) -> str:
    """Markdown, rarest first."""
    rows = sorted(((total[n], n) for n in owed() | total.keys()))
    lines = [f"{policies} generated policies; {len(owed())} forms are owed, {len(LEFT_OUT)} left out.", "", "| times | form |", "|---:|---|"]
    lines += [f"| {times} | `{name.replace('|', '¦')}` |" for times, name in rows]
    lines += ["", "| left out | why |", "|---|---|", *(f"| `{n}` | {why} |" for n, why in sorted(LEFT_OUT.items()))]
    return "\n".join(lines) + "\n"
