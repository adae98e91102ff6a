# SPDX-License-Identifier: GPL-2.0-only
"""Pictures of queues: what they show, and that those of docs/examples are of the examples as they are."""

from pathlib import Path

import pytest
from .conftest import Run

from scxdsl.cli.graph import PICTURE, mermaid
from scxdsl.compiler import check
from scxdsl.typing.flow import edges

ROOT = Path(__file__).parents[2]
PAGES = [p for p in sorted((ROOT / "docs" / "examples").glob("*.md")) if (ROOT / "examples" / f"{p.stem}.scx").exists()]  # others are about all examples
EXAMPLES = sorted((ROOT / "examples").glob("*.scx"))

POLICY = """
scheduler g
param fast: bool = true
dsq a
dsq b[4]
map waiting: queue<i32>[64]
fn later(p: task) { if !waiting.push(p.pid) { b[1].insert(p) } }
on enqueue(p, flags) {
    if p.is_kthread {
        LOCAL.insert(p)
        return
    }
    if fast { a.insert(p, vtime: p.vtime) } else { later(p) }
}
on dispatch(cpu, prev) {
    if a.move_to_local() { return }
    if let pid = waiting.pop() && let p = task(pid) { LOCAL(cpu).insert(p) }
}
"""


def found(text: str) -> set[tuple[str, str, tuple[str, ...], str]]:
    checked = check(text, "g.scx")
    assert checked.ok, [d.message for d in checked.diagnostics]
    return {(e.start.name, e.end.name, e.when, e.how) for e in edges(checked.policy)}


def test_edges_have_the_conditions_of_the_text_also_through_functions() -> None:
    rest = "not p.is_kthread"
    assert found(POLICY) == {
        ("enqueue", "LOCAL", ("p.is_kthread",), ""),
        ("enqueue", "a", (rest, "fast"), "by vtime"),
        ("enqueue", "waiting", (rest, "not fast"), ""),
        ("enqueue", "b[…]", (rest, "not fast", "!waiting.push(p.pid)"), ""),
        ("a", "LOCAL", (), "dispatch"),
        ("waiting", "dispatch", ("not a.move_to_local()",), ""),
        ("dispatch", "LOCAL_ON", ("not a.move_to_local()", "let pid = waiting.pop() and let p = task(pid)"), ""),
        ("select_cpu", "LOCAL", ("a CPU is idle",), ""),
        ("LOCAL", "CPU", (), ""),
        ("LOCAL_ON", "CPU", (), ""),
    }


def test_what_a_policy_leaves_to_the_kernel_is_drawn() -> None:
    assert ("GLOBAL", "LOCAL", (), "the kernel, before dispatch") in found("scheduler nothing\n")


def test_text_is_escaped_and_cut() -> None:
    made = mermaid(edges(check('scheduler g\ndsq a\non enqueue(p, flags) { if p.comm == "a" && p.weight < 5 { a.insert(p) } }\n', "g.scx").policy))
    assert '-->|"p.comm == #quot;a#quot; and p.weight #lt; 5"|' in made


def test_every_example_has_a_page_with_a_picture() -> None:
    assert [p.stem for p in PAGES] == [e.stem for e in EXAMPLES]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_the_picture_is_of_the_policy_as_it_is(page: Path, scxdsl: Run) -> None:
    done = scxdsl("graph", ROOT / "examples" / f"{page.stem}.scx")
    shown = PICTURE.search(page.read_text(encoding="utf-8"))
    assert done.status == 0 and shown is not None
    assert shown[0] == f"```mermaid\n{done.out}```\n", f"run scxdsl graph examples/{page.stem}.scx --into docs/examples/{page.stem}.md"


def test_a_page_without_a_picture_is_left_alone(tmp_path: Path, scxdsl: Run) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing\n")
    done = scxdsl("graph", EXAMPLES[0], "--into", page)
    assert done.status != 0 and "no picture" in done.err and page.read_text() == "nothing\n"


def test_a_refused_policy_has_no_picture(tmp_path: Path, scxdsl: Run) -> None:
    policy = tmp_path / "bad.scx"
    policy.write_text("scheduler g\non enqueue(p, flags) { nowhere.insert(p) }\n")
    done = scxdsl("graph", policy)
    assert done.status == 1 and not done.out and "nowhere" in done.err


def test_edges_as_json(scxdsl: Run) -> None:
    got = scxdsl("graph", ROOT / "examples" / "fifo.scx", "--format", "json").json
    assert {"from": {"kind": "callback", "name": "enqueue"}, "to": {"kind": "queue", "name": "shared"}, "when": [], "how": ""} in got["edges"]
