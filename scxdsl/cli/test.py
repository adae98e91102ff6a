# SPDX-License-Identifier: GPL-2.0-only
"""Run the `test` blocks of policies and modules, on the reference interpreter (interp), as bytecode (machine), or both (all). Each
test starts with a policy just loaded on a modelled kernel without tasks."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from scxdsl import compiler
from scxdsl.compiler import Built, Checked
from scxdsl.kernel.versions import BadRange
from scxdsl.source.records import dataclass
from scxdsl.typing import typed

from .faults import DONE, POLICY, BadKernels
from .files import load, put, read_source
from .findings_tests import TestFailed
from .policy import common, refused
from .printing import count, json_text, say, show

if TYPE_CHECKING:
    from scxdsl.source.diagnostic import Diagnostic
    from scxdsl.source.text import Span

__test__ = False  # pytest, this is none of yours
SERIES = "6.18"


@dataclass(frozen=True)
class Result:
    """One test on one engine; `span` and `what` where it fails."""

    engine: str
    passed: bool
    span: "Span | None" = None
    what: str = ""


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("policy", nargs="+", metavar="P.scx", help="a policy or a module; - for stdin")
    parser.add_argument("--engine", choices=("interp", "machine", "all"), default="interp", help="what runs the tests")
    parser.add_argument("--only", metavar="TEXT", default="", help="only tests whose title has this text")
    common(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(args: Namespace) -> int:
    bad, lines, files = False, "", []
    found: list[Diagnostic] = []
    for path in args.policy:
        source = read_source(path)
        machine = args.engine != "interp"
        try:
            if machine:
                built = compiler.build(source.text, source.path, args.kernels, load, tests=True)
            else:
                built = Built(compiler.check(source.text, source.path, args.kernels, load, module=True, tests=True))
        except BadRange as error:
            raise BadKernels(str(error)) from error
        checked = built.checked
        found += checked.diagnostics
        if refused(checked, args.werror):
            bad = True
            files.append({"path": source.path, "ok": False, "tests": []})
            continue
        tests = [(i, t) for i, t in enumerate(checked.policy.tests) if args.only in t.title]
        outcomes = [(t, _results(i, t, args.engine, built)) for i, t in tests]
        failures = [f for t, results in outcomes for f in _failures(t, results)]
        failed = sum(not all(r.passed for r in results) for _, results in outcomes)
        found += failures
        bad = bad or failed > 0
        files.append({"path": source.path, "ok": not failed, "tests": [_test_json(t, r) for t, r in outcomes]})
        words = f"{failed} of {count(len(tests), 'test')} failed" if failed else f"{count(len(tests), 'test')} passed"
        lines += f"{source.path}: {words}\n" if tests else f"{source.path}: no tests\n"
    if args.format == "json":
        from scxdsl.source.render_json import diagnostic_json

        put(json_text({"ok": not bad, "files": files, "diagnostics": [diagnostic_json(d) for d in found]}), None)
    else:
        show(found)
        put(lines, None)
        if bad and not lines:
            say("no test ran")
    return POLICY if bad else DONE


def _results(number: int, test: typed.Test, engine: str, built: Built) -> list[Result]:
    out = []
    if engine != "machine":
        out.append(_interpreted(test, built.checked))
    if engine != "interp":
        out.append(_on_machine(number, test, built))
    return out


def _interpreted(test: typed.Test, checked: Checked) -> Result:
    from scxdsl.interp.unit_tests import run_test

    done = run_test(checked.policy, test, SERIES)
    if done.passed:
        return Result("interp", True)
    if done.span is None:
        return Result("interp", False, test.span, f"ended by an error: {done.error}")
    what = "does not hold" if done.values is None else f"left is {_shown(done.values[0])}, right is {_shown(done.values[1])}"
    return Result("interp", False, done.span, what)


def _on_machine(number: int, test: typed.Test, built: Built) -> Result:
    from scxdsl.lowering.unit_tests import name
    from scxdsl.machine import Fault
    from scxdsl.machine.on_model.unit_tests import run_test
    from scxdsl.objects import read
    from scxdsl.typing.walk import walk

    assert built.object is not None
    try:
        code, error = run_test(read(built.object), name(number), SERIES)
    except Fault as fault:
        return Result("machine", False, test.span, f"the bytecode fails: {fault}")
    if code == 0:
        return Result("machine", True)
    if code < 0:
        return Result("machine", False, test.span, f"ended by an error: {error}")
    span = next((n.span for n in walk(test.body) if isinstance(n, typed.Assert) and n.number == code - 1), test.span)
    return Result("machine", False, span, "does not hold")


def _failures(test: typed.Test, results: list[Result]) -> list[TestFailed]:
    """One finding where the engines agree on the place, else one for each."""
    wrong = [r for r in results if not r.passed]
    if not wrong:
        return []
    first = wrong[0]
    assert first.span is not None
    if len(results) > 1 and len({(r.passed, r.span) for r in results}) > 1:
        return [TestFailed(r.span, test.title, r.what, r.engine) for r in wrong if r.span is not None]
    return [TestFailed(first.span, test.title, first.what, "")]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "none"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return str(value)


def _test_json(test: typed.Test, results: list[Result]) -> dict[str, Any]:
    """`{"title", "passed", "engines": {"interp": true, …}}`."""
    return {"title": test.title, "passed": all(r.passed for r in results), "engines": {r.engine: r.passed for r in results}}
