# SPDX-License-Identifier: GPL-2.0-only
"""Tell what a diagnostic's code means: the rule, why there is one, an example that breaks it and one that does not."""

import inspect
from argparse import ArgumentParser, Namespace
from typing import Any

from scxdsl.source.diagnostic import Diagnostic

from .catalogue import catalogue
from .faults import DONE, UnknownCode
from .files import put
from .printing import indented, json_text, table


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("code", nargs="*", metavar="CODE", help="such as E0301; without one, all are listed")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there instead of to stdout")


def run(args: Namespace) -> int:
    known = catalogue()
    chosen = [_find(code, known) for code in args.code] or list(known.values())
    if args.format == "json":
        text = json_text({"codes": [_json(kind) for kind in chosen]})
    elif args.code:
        text = "\n".join(_text(kind) for kind in chosen)
    else:
        text = table([(kind.code, str(kind.severity), _summary(kind)) for kind in chosen])
    put(text, args.output)
    return DONE


def _find(code: str, known: dict[str, type[Diagnostic]]) -> type[Diagnostic]:
    found = known.get(code.upper())
    if found is None:
        from difflib import get_close_matches

        raise UnknownCode(code, tuple(get_close_matches(code.upper(), known, n=2)))
    return found


def explanation(kind: type[Diagnostic]) -> str:
    """The class's own docstring, its lines joined to paragraphs."""
    paragraphs = inspect.cleandoc(kind.__dict__.get("__doc__") or "").split("\n\n")
    return "\n\n".join(" ".join(p.split()) for p in paragraphs)


def _summary(kind: type[Diagnostic]) -> str:
    """The first sentence of the explanation."""
    text = explanation(kind).split("\n\n")[0]
    for at, letter in enumerate(text):
        if letter == "." and (at + 1 == len(text) or (text[at + 1] == " " and text[at + 2 : at + 3].isupper())):
            return text[:at]
    return text.rstrip(".:")


def _text(kind: type[Diagnostic]) -> str:
    from textwrap import fill

    out = f"{kind.severity}[{kind.code}]\n\n"
    out += "\n\n".join(fill(p, 96) for p in explanation(kind).split("\n\n")) + "\n"
    for title, example in (("Refused" if kind.severity == "error" else "Warned of", kind.bad), ("Accepted", kind.good)):
        if example:
            out += f"\n{title}:\n\n{indented(example.rstrip() + chr(10), '    ')}"
    return out


def _json(kind: type[Diagnostic]) -> dict[str, Any]:
    """`{"code", "severity", "explanation", "bad", "good"}`; examples null where there are none."""
    return {
        "code": kind.code,
        "severity": str(kind.severity),
        "explanation": explanation(kind),
        "bad": kind.bad or None,
        "good": kind.good or None,
    }
