# SPDX-License-Identifier: GPL-2.0-only
"""Functions of large programs as subprograms: few instructions, the same meaning, errors that still end the whole invocation."""

import pytest

from scxdsl.codegen.backend import Backend, BackendError, Emit
from scxdsl.codegen.pipeline import build as compile_module
from scxdsl.compiler import Built, build, check, lower
from scxdsl.fitting.fit import fit
from scxdsl.fuzz import states
from scxdsl.fuzz.compare import compare, run
from scxdsl.fuzz.script import generate
from scxdsl.interp import Interpreter
from scxdsl.objects import read
from scxdsl.rewriting.records import Apart
from scxdsl.typing.subprograms import CHAINS, DEEPEST, SMALL, plan


def chain(links: int, task: bool = False, fails: bool = True) -> str:
    """Functions of which each calls the one before twice."""
    more, give = (", p: task", ", p") if task else ("", "")
    odd = "p.weight % 7 == 3" if task else "x % 7 == 0"
    stop = ' if x % 1000003 == 17 { error "gone {x}" }\n' if fails else ""
    lines = ["scheduler chain", "var out, n: u64", "var table: [u64; 16]", "dsq q"]
    lines += [f"fn f0(x: u64{more}) -> u64 {{\n n += 1\n{stop} table[x % 16] += 1\n if {odd} {{ x * 3 }} else {{ x + 1 }}\n}}"]
    lines += [f"fn f{i}(x: u64{more}) -> u64 {{ let a = f{i - 1}(x{give})\n f{i - 1}(a + {i}{give}) }}" for i in range(1, links)]
    lines += ["on enqueue(p, flags) { q.insert(p, SLICE, flags) }\non dispatch(cpu, prev) { q.move_to_local() }"]
    lines += [f"on running(p) {{\n out = f{links - 1}(p.weight as u64 + n{give})\n out += 1\n}}"]
    return "\n".join(lines) + "\n"


def apart(built: Built) -> list[Apart]:
    return [r for r in built.rewritings if isinstance(r, Apart)]


def beside(links: int) -> str:
    """A chain that a hook and a command call, too."""
    call = f"f{links - 1}(n)"
    return chain(links, fails=False) + f"hook tp_btf sched_waking(a) {{ out = {call} }}\ncommand sum() -> u64 {{ {call} + f{links - 1}(out) }}\n"


@pytest.mark.parametrize("task", [False, True])
def test_a_chain_that_doubles_stays_small(task: bool) -> None:
    built = build(chain(14, task))
    assert built.ok, built.diagnostics
    assert sum(len(f.code) // 8 for f in read(built.object).functions) < 2000
    assert apart(built) and all(r.alone for r in apart(built))


def test_hooks_and_commands_have_subprograms_as_callbacks_have() -> None:
    built = build(beside(12))
    assert built.ok and sum(len(f.code) // 8 for f in read(built.object).functions) < 6000
    assert {p for r in apart(built) for p in r.program.split(", ")} >= {"running", "tracing", "syscall"}, built.rewritings
    for seed in range(3):
        assert compare(built.checked.policy, read(built.object), generate(seed, 12, exchange=True)) is None


def test_depth_is_that_of_the_kernels_frames() -> None:
    policy = check(chain(18)).policy
    found = plan(policy.callback("running").body)
    assert 0 < len(found.apart) <= DEEPEST and found.laid < 10_000 and found.chains <= CHAINS


def test_what_cannot_be_divided_is_refused_at_the_line_of_the_callback() -> None:
    checked = check(chain(40))
    assert [(d.code, d.span.line) for d in checked.diagnostics] == [("E0650", chain(40).splitlines().index("on running(p) {") + 1)]
    end = len(beside(40).splitlines())
    assert [d.span.line for d in check(beside(40)).diagnostics if d.code == "E0650"][1:] == [end - 1, end]


def test_small_functions_are_laid_in() -> None:
    built = build(chain(1).replace(" out += 1\n", " out += f0(n)\n"))
    assert built.ok and not apart(built) and plan(built.checked.policy.callback("running").body).laid < SMALL


SHARED = """scheduler s
var out, n, m: u64
per cgroup { seen: u64 }
stat hits
fn deep(g: cgroup, x: u64) -> bool {
    g.seen += x
    hits += 1
    for i in 0 .. x % 4 {
        n += i * 3
        if n % 11 == 7 { m += n }
        if n % 13 == 5 { error "at {n}" }
    }
    let up = g.parent else { return false }
    up.seen += n * 5 + m * 7
    m += up.seen
    up.seen % 2 == 0
}
on running(p)            { if deep(p.cgroup, p.weight as u64) { out += 1 } }
on stopping(p, runnable) { if deep(p.cgroup, n) { out += 2 } else { out += 3 } }
"""


def test_what_two_callbacks_make_of_a_function_stands_once() -> None:
    """It takes cgroups that the callbacks acquired, so the kernel verifies it once in each program; an error in it ends both."""
    built = build(SHARED)
    assert built.ok, built.diagnostics
    assert [(r.function, r.program, r.alone) for r in apart(built)] == [("deep", "running, stopping", True)]
    assert [f.name for f in read(built.object).subprograms] == ["s_fn_deep"]
    said = []
    for seed in range(6):
        script = generate(seed, 12)
        assert compare(built.checked.policy, read(built.object), script) is None
        said.append(run(script, "6.18", lambda k: Interpreter(built.checked.policy, k), states.of_interpreter).exit)
    assert any("at " in exit[2] for exit in said), "no script came to the error"


@pytest.mark.parametrize("task", [False, True])
def test_both_engines_agree_and_errors_end_the_invocation(task: bool) -> None:
    built = build(chain(9, task))
    assert built.ok and apart(built)
    for seed in range(4):
        assert compare(built.checked.policy, read(built.object), generate(seed, 12)) is None


def test_an_error_in_a_subprogram_closes_what_its_callers_opened() -> None:
    text = chain(9).replace(" out = f8(p.weight as u64 + n)\n out += 1\n", " for i in 0..3 { for c in cpus { out = f8(p.weight as u64 + n + 1000003 * i) } }\n out += 1\n")
    built = build(text.replace("x % 1000003 == 17", "x % 97 == 17"))
    assert built.ok and apart(built)
    said = []
    for seed in range(4):
        script = generate(seed, 12)
        assert compare(built.checked.policy, read(built.object), script) is None
        said.append(run(script, "6.18", lambda k: Interpreter(built.checked.policy, k), states.of_interpreter).exit)
    assert any("gone" in exit[2] for exit in said), "no script came to the error"


def test_a_function_under_a_lock_is_laid_in() -> None:
    """Effects inside wait for the release, so the code must stand there."""
    text = "scheduler s\nvar m: u64\nlock l guards m\nstat hits\n" + "fn deep(x: u64) -> u64 {\n hits += 1\n" + " let a = x * 3\n" * 60 + " a\n}\n"
    calls = "".join(f" under l {{ m += deep({i}) }}\n" for i in range(30))
    built = build(text.replace(" let a = x * 3\n" * 60, "".join(f" let a{i} = x * {i}\n" for i in range(60)) + " let a = a59\n") + f"on tick(p) {{\n{calls}}}\n")
    assert built.ok and not apart(built)
    assert {r.kind for r in built.rewritings} == {"effects"}


def test_where_llvm_fails_fewer_passes_are_tried_and_told() -> None:
    class Fails(Backend):
        def compile(self, text: str, emit: Emit = Emit.OBJECT, meanwhile=lambda: None):
            return BackendError("a pass failed", line=3) if emit is Emit.OBJECT else super().compile(text, emit, meanwhile)

    with Fails() as backend:
        made = fit(lambda deepest: lower(check(chain(2)), deepest=deepest), backend)
    assert not isinstance(made.built, BackendError)
    assert [(r.kind, r.span.line) for r in made.rewritings] == [("safer", 3)] and "a pass failed" in made.rewritings[0].text
    assert compare(check(chain(2)).policy, read(made.built.object), generate(1, 10)) is None


@pytest.mark.guest
def test_kernels_take_subprograms_and_fewer_passes(guest) -> None:
    for text in (chain(16), chain(16, task=True), beside(12)):
        built = build(text)
        assert built.ok and apart(built)
        assert [v.reason for v in guest.verify(built.object) if not v.accepted] == []
    made = compile_module(lower(check(chain(4))), kind=Emit.SAFER)
    assert not isinstance(made, BackendError)
    assert [v.reason for v in guest.verify(made.object) if not v.accepted] == []
    ran = guest.run(build(chain(10, task=True, fails=False)).object, seconds=2, load="mix")
    assert ran.clean and ran.globals["n"] > 0, ran


def test_what_a_loop_calls_at_one_place_is_walked_once() -> None:
    """A function of some size whose only call stands in a loop; the same one, called once, is laid in."""
    body = "fn look(c: cpu) -> bool {\n" + "".join(f" c.a{i} += c.a{(i + 1) % 5} + {i}\n" for i in range(5)) + " c.a0 % 3 == 0\n}\n"
    text = "scheduler s\ndsq q\nper cpu { a0, a1, a2, a3, a4: u64 }\non enqueue(p, flags) { q.insert(p, SLICE, flags) }\n" + body
    looped = build(text + "on dispatch(c, prev) { repeat 8 { if look(c) { break } }\n q.move_to_local() }\n")
    once = build(text + "on dispatch(c, prev) { look(c)\n q.move_to_local() }\n")
    assert [(r.function, r.alone) for r in apart(looped)] == [("look", True)] and not apart(once)
    for seed in range(3):
        assert compare(looped.checked.policy, read(looped.object), generate(seed, 12)) is None
