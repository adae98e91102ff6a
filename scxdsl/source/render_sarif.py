# SPDX-License-Identifier: GPL-2.0-only
"""Diagnostics as SARIF 2.1.0 (OASIS), which code hosts and editors show beside the code."""

import inspect
import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from scxdsl import __version__

from .diagnostic import Diagnostic, Help
from .text import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"


def render_sarif(items: Iterable[Diagnostic]) -> str:
    """One run. Columns count Unicode characters from 1 and the end is excluded, as SARIF has it too. Ends in a newline."""
    found = list(items)
    kinds = {item.code: type(item) for item in found}
    order = {code: i for i, code in enumerate(sorted(kinds))}
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "scxdsl", "version": __version__, "rules": [_rule(kinds[c]) for c in order]}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(item, order[item.code]) for item in found],
            }
        ],
    }
    return json.dumps(log, indent=1, ensure_ascii=False) + "\n"


def _rule(kind: type[Diagnostic]) -> dict[str, Any]:
    text = " ".join(inspect.cleandoc(kind.__doc__ or "").split())
    return {"id": kind.code, "name": kind.__name__, "fullDescription": {"text": text}, "defaultConfiguration": {"level": str(kind.severity)}}


def _result(item: Diagnostic, rule: int) -> dict[str, Any]:
    hints = list(item.helps())
    words = ". ".join([item.message, *(h.text for h in hints)])
    result: dict[str, Any] = {
        "ruleId": item.code,
        "ruleIndex": rule,
        "level": str(item.severity),
        "message": {"text": words},
        "locations": [_location(item.span, item.primary)],
    }
    others = [_location(label.span, label.text) for label in item.labels()]
    if others:
        result["relatedLocations"] = others
    fixes = [_fix(hint) for hint in hints if hint.edits]
    if fixes:
        result["fixes"] = fixes
    return result


def _uri(span: Span) -> dict[str, str]:
    return {"uri": quote(span.source.path.replace("\\", "/"))}


def _region(span: Span) -> dict[str, int]:
    line, column = span.source.position(span.end)
    return {"startLine": span.line, "startColumn": span.column, "endLine": line, "endColumn": column}


def _location(span: Span, words: str) -> dict[str, Any]:
    place: dict[str, Any] = {"physicalLocation": {"artifactLocation": _uri(span), "region": _region(span)}}
    if words:
        place["message"] = {"text": words}
    return place


def _fix(hint: Help) -> dict[str, Any]:
    changes: dict[str, dict[str, Any]] = {}
    for edit in hint.edits:
        change = changes.setdefault(edit.span.source.path, {"artifactLocation": _uri(edit.span), "replacements": []})
        change["replacements"].append({"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}})
    return {"description": {"text": hint.text}, "artifactChanges": list(changes.values())}
