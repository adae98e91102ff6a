# SPDX-License-Identifier: GPL-2.0-only
"""What an edit that a diagnostic offers makes of a policy, as a program does it that reads the JSON."""

from collections.abc import Iterator
from dataclasses import dataclass

from scxdsl.compiler import check
from scxdsl.fuzz.maker import load
from scxdsl.source.diagnostic import Severity
from scxdsl.source.render_json import diagnostic_json


@dataclass(frozen=True)
class Mending:
    """An edit: the code of the error that offers it, its words, and the policy after it and nothing else."""

    code: str
    words: str
    text: str


def mendings(text: str) -> Iterator[Mending]:
    """One for each help of an error that has edits."""
    for item in (diagnostic_json(d) for d in check(text, "policy.scx", load=load).diagnostics if d.severity is Severity.ERROR):
        for hint in item["help"]:
            if hint["edits"]:
                yield Mending(item["code"], hint["text"], applied(text, hint["edits"]))


def applied(text: str, edits: list[dict]) -> str:
    """Edits as they stand in the JSON: spans of lines and columns that count from 1."""
    starts = [0, *(i + 1 for i, c in enumerate(text) if c == "\n")]

    def at(position: dict) -> int:
        return starts[position["line"] - 1] + position["column"] - 1

    for edit in sorted(edits, key=lambda e: at(e["span"]["start"]), reverse=True):
        text = text[: at(edit["span"]["start"])] + edit["text"] + text[at(edit["span"]["end"]) :]
    return text
