# SPDX-License-Identifier: GPL-2.0-only
"""Look for a difference between the reference interpreter and the compiled bytecode, both on the model of the kernel: with policies
made at random, or with one policy on many event scripts. What is found is made smaller and can be replayed from its file."""

import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from scxdsl import compiler
from scxdsl.source.records import dataclass

from .faults import CALL, DONE, POLICY, Fault, NoLlvm
from .files import load, put, read_source, write_file
from .policy import check_source, common, refused
from .printing import count, indented, json_text, show

if TYPE_CHECKING:
    from scxdsl.fuzz.findings import Found
    from scxdsl.fuzz.maker import Maker
    from scxdsl.fuzz.run import Report


@dataclass(eq=False)
class BadFinding(Fault):
    """A file that `--replay` names holds no finding."""

    path: str
    problem: str
    status = CALL

    @property
    def message(self) -> str:
        return f"{self.path} is no saved finding: {self.problem}"


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("policy", nargs="?", metavar="P.scx", help="a policy; without it policies are generated")
    parser.add_argument("--examples", type=_positive, metavar="N", help="how many policies (200), or scripts of the one policy (1000)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="where the search begins: a seed always gives the same")
    parser.add_argument("--minutes", type=float, metavar="M", help="stop after that time, however far it is")
    parser.add_argument("--scripts", type=_positive, default=3, metavar="N", help="scripts for each generated policy")
    parser.add_argument("--length", type=_positive, default=30, metavar="N", help="events of a script")
    parser.add_argument("--save", metavar="FOLDER", help="folder for what is found, a JSON file each")
    parser.add_argument("--replay", nargs="+", metavar="FILE", help="look at saved findings again instead")
    parser.add_argument("--coverage", action="store_true", help="also tell how often each form of the language was generated, as Markdown")
    common(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text} is no number from 1 on")
    return int(text)


def run(args: Namespace) -> int:
    from scxdsl.fuzz.run import Report

    report, found = Report(), []
    with _maker(args) as maker:
        stream = _replayed(args.replay, maker, report) if args.replay else _searched(args, maker, report)
        for finding in stream:
            found.append(finding)
            if args.save:
                folder = Path(args.save)
                _make(folder)
                write_file(str(folder / f"{finding.kind}-{finding.seed}.json"), finding.to_json().encode())
            if args.format == "text":
                put(_shown(finding), None)
    if args.format == "json":
        forms = {"forms": dict(sorted(report.forms.items()))} if args.coverage else {}
        counts = {"policies": report.policies, "scripts": report.scripts, "seconds": round(report.seconds, 1)}
        put(json_text({"ok": not found, **counts, "findings": [f.plain() for f in found], **forms}), None)
        return POLICY if found else DONE
    if args.coverage:
        from scxdsl.fuzz.coverage import table

        put(table(report.forms, report.policies), None)
    words = f"{count(len(found), 'finding')}" if found else "no difference"
    many = "policy" if report.policies == 1 else "policies"
    put(f"{report.policies} {many}, {count(report.scripts, 'script')}, {report.seconds:.0f} s: {words}\n", None)
    return POLICY if found else DONE


@contextmanager
def _maker(args: Namespace) -> "Iterator[Maker]":
    """The compiler as the search takes it. Raises NoLlvm."""
    from importlib.util import find_spec

    if find_spec("llvmlite") is None:
        raise NoLlvm()
    from scxdsl.fuzz.maker import Maker

    with Maker(lambda text, path, **more: compiler.check(text, path, args.kernels, **more), compiler.lower) as maker:
        yield maker


def _make(folder: Path) -> None:
    from .faults import FileFault

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileFault("write", str(folder), error.errno or 0) from error


def _searched(args: Namespace, maker: "Maker", report: "Report") -> "Iterator[Found]":
    from scxdsl.fuzz.run import given, policies

    until = time.monotonic() + args.minutes * 60 if args.minutes else float("inf")
    if args.policy is None:
        yield from policies(maker, range(args.seed, args.seed + (args.examples or 200)), args.scripts, args.length, until, report, args.coverage)
        return
    from scxdsl.fuzz.findings import Found
    from scxdsl.fuzz.maker import Refused

    source = read_source(args.policy)
    checked = check_source(source, args.kernels)
    show(checked.diagnostics)
    if refused(checked, args.werror):
        report.policies = 1
        yield Found("refused", args.seed, source.text, None, "", f"{source.path}: the policy has errors, which are told above")
        return
    made = maker.make(source.text, source.path, load)
    if isinstance(made, Refused):
        yield Found("refused", args.seed, source.text, None, "", str(made))
        return
    yield from given(made, range(args.seed, args.seed + (args.examples or 1000)), args.length, until, report)


def _replayed(paths: list[str], maker: "Maker", report: "Report") -> "Iterator[Found]":
    from scxdsl.fuzz.findings import Found, NotAFinding, again
    from scxdsl.fuzz.maker import load as made_up

    for path in paths:
        try:
            saved = Found.from_json(read_source(path).text)
        except NotAFinding as error:
            raise BadFinding(path, str(error)) from error
        report.policies += 1
        report.scripts += saved.script is not None
        seen = again(maker, saved, lambda name: made_up(name) or load(name))
        if seen is not None:
            yield seen


def _shown(finding: "Found") -> str:
    policy = indented(finding.policy, "    ") if finding.kind == "difference" else ""
    return f"{finding.kind}, seed {finding.seed}\n{finding.text}\n{policy}\n"
