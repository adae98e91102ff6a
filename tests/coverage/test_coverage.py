# SPDX-License-Identifier: GPL-2.0-only
"""docs/coverage.md tells the truth: what it says is compiled, calls what it says, and loads on real kernels."""

import pytest
from asked import Written, callback, calls, errors, field, forms, names
from facts_of import FACTS, functions, left_out, used
from coverage_page import PAGE, missing, page

from scxdsl.codegen.backend import Backend
from scxdsl.codegen.pipeline import build
from scxdsl.compiler import check, lower

# Used by some scheduler, and no form: each stands on the page with its reason.
CALLBACKS_OF_SUB_SCHEDULERS = {"sub_caps_updated", "sub_ecaps_updated"}  # sub-schedulers


def test_the_page_is_what_its_command_makes() -> None:
    assert PAGE.read_text() == page(), "python tests/coverage/coverage_page.py --page"


@pytest.mark.parametrize("written", forms(), ids=lambda w: w.form)
def test_a_form_calls_the_functions_that_it_stands_for(written: Written) -> None:
    assert set(written.of) <= calls(written.policy)


def test_a_function_called_by_its_name_is_called() -> None:
    by_name = [w for w in names() if not errors(w.policy)]
    assert len(by_name) >= 3
    assert [w.form for w in by_name if w.of[0] not in calls(w.policy)] == []


def test_nothing_that_schedulers_use_is_missing_without_a_reason() -> None:
    found = missing()
    assert [n for n in found["functions"] if not left_out(n)] == []
    assert {n for n in found["callbacks"] if FACTS.op(n)} == CALLBACKS_OF_SUB_SCHEDULERS
    assert found["fields"] == ["cgroup.self", "cgroup.self.refcnt", "task_struct.thread_node"]  # structs whose members are read


def test_every_function_of_every_kernel_is_told() -> None:
    text = PAGE.read_text()
    assert [n for n in functions() if f"| `{n}` |" not in text] == []


def together(policies: list[str]) -> list[str]:
    """Policies for the same kernels as one: the head and declarations of the first, callbacks of the same name one after another."""
    groups: dict[str, dict[str, list[str]]] = {}
    for policy in policies:
        head, *rest = policy.strip().splitlines()
        for line in rest:
            begin, _, body = line.partition(" {")
            groups.setdefault(head, {}).setdefault(begin, []).append(body.rstrip().removesuffix("}"))
    return [
        "\n".join([head, *(begin + (f" {{ {'; '.join(bodies)} }}" if begin.startswith("on ") else "") for begin, bodies in parts.items())])
        for head, parts in groups.items()
    ]


def policies() -> list[str]:
    """All of the page, each once."""
    ops = [callback(n) for n in FACTS.op_names if FACTS.op(n).where - FACTS.op(n).refused and n not in ("cpu_acquire", "cpu_release")]
    fields = [policy for path in used("fields") if not errors(policy := field(path)[1])]
    by_name = [w.policy for w in names() if not errors(w.policy)]
    return [*together(ops), *together(fields), *together(by_name), *dict.fromkeys(w.policy for w in forms())]


def test_policies_that_were_laid_together_are_accepted() -> None:
    assert {policy: found for policy in policies() if (found := errors(policy))} == {}


@pytest.mark.guest
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.sweep)])
def test_kernels_take_them(guest, kernel: str, every: int) -> None:
    """A third of the forms in CI, another third on each kernel: most stand in other policies of the tests too."""
    wrong = {}
    laid = policies()
    begin = next(i for i, policy in enumerate(laid) if policy == forms()[0].policy)
    with Backend() as backend:
        for policy in [*laid[:begin], *laid[begin + (kernel == "7.3") :: every]]:
            checked = check(policy, "doc.scx")
            if kernel in checked.target.kernels:
                made = build(lower(checked), backend)
                bad = [(v.program, v.reason) for v in guest.verify(made.object) if not v.accepted]
                if bad:
                    wrong[policy] = bad
    assert not wrong
