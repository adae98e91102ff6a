# SPDX-License-Identifier: GPL-2.0-only
"""Diagnostics for programs. The shape is part of the interface: docs/commands.md, version 1."""

from collections.abc import Iterable
from typing import Any

from .diagnostic import Diagnostic
from .text import Span

VERSION = 1


def span_json(span: Span) -> dict[str, Any]:
    """`{"start": {"line", "column"}, "end": {...}}`, both from 1, the end excluded."""
    line, column = span.source.position(span.end)
    return {"start": {"line": span.line, "column": span.column}, "end": {"line": line, "column": column}}


def diagnostic_json(item: Diagnostic) -> dict[str, Any]:
    return {
        "code": item.code,
        "severity": str(item.severity),
        "message": item.message,
        "path": item.span.source.path,
        "span": span_json(item.span),
        "labels": [
            {"path": item.span.source.path, "span": span_json(item.span), "text": item.primary},
            *({"path": x.span.source.path, "span": span_json(x.span), "text": x.text} for x in item.labels()),
        ],
        "help": [
            {
                "text": hint.text,
                "edits": [{"path": e.span.source.path, "span": span_json(e.span), "text": e.text} for e in hint.edits],
            }
            for hint in item.helps()
        ],
    }


def diagnostics_json(items: Iterable[Diagnostic]) -> dict[str, Any]:
    return {"version": VERSION, "diagnostics": [diagnostic_json(item) for item in items]}
