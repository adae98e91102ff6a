# SPDX-License-Identifier: GPL-2.0-only
"""The JSON shapes of docs/commands.md, version 1, in a small notation: a type, a tuple of alternatives, `[shape]` for a list, a dict
by member (all of them must be there and no others), `{str: shape}` for free names. What stands here is a promise."""

from typing import Any

POSITION = {"line": int, "column": int}
SPAN = {"start": POSITION, "end": POSITION}
LABEL = {"path": str, "span": SPAN, "text": str}
HELP = {"text": str, "edits": [{"path": str, "span": SPAN, "text": str}]}
DIAGNOSTIC = {
    "code": str, "severity": str, "message": str, "path": str, "span": SPAN, "labels": [LABEL], "help": [HELP],
}  # fmt: skip
COVERAGE = {"checked": [str], "assumed": [str], "unknown": [str], "later": bool}
CHECK = {
    "version": int, "ok": bool, "diagnostics": [DIAGNOSTIC],
    "files": [{"path": str, "ok": bool, "scheduler": (str, None), "kernels": COVERAGE}],
}  # fmt: skip
REFUSED_BUILD = {
    "version": int, "ok": bool, "path": str, "kernels": [str], "diagnostics": [DIAGNOSTIC], "size": (int, None),
    "milliseconds": {str: (float, int)},
}  # fmt: skip
BUILD = {**REFUSED_BUILD, "emit": str, "output": (str, None)}
FUNCTION_REPORT = {
    "name": str, "section": str, "program": bool, "sleepable": bool, "instructions": int, "reachable": int, "stack": int, "chain": int,
    "depth": int, "maps": [str], "kfuncs": [str], "helpers": [str], "calls": [str], "kernels": ([str], None),
}  # fmt: skip
REWRITING = {"kind": str, "function": str, "line": int, "text": str}
REPORT = {
    "size": int, "instructions": int, "functions": [FUNCTION_REPORT], "frame_limit": int, "rewritings": [REWRITING],
    "verified": [{"kernel": str, "programs": [{"program": str, "accepted": bool, "verified": int, "stack": (int, None)}]}],
}  # fmt: skip
DIS = {
    "version": int,
    "functions": [{
        "name": str, "section": str, "program": bool, "instructions": [{"at": int, "text": str, "bytes": str}],
        "lines": [{"at": int, "path": str, "line": int, "column": int, "text": str}],
    }],
}  # fmt: skip
EXPLAIN = {
    "version": int, "codes": [{"code": str, "severity": str, "explanation": str, "bad": (str, None), "good": (str, None)}],
}  # fmt: skip
FMT = {"version": int, "files": [{"path": str, "ok": bool, "changed": bool}], "diagnostics": [DIAGNOSTIC]}
KERNELS = {
    "version": int,
    "kernels": [{
        "series": str, "installed": bool, "release": (str, None), "origin": str, "package": (str, None), "image": (str, None),
        "hidden": [str],
    }],
}  # fmt: skip
SKIPPED = {"kernel": str, "reason": str}
VERDICT = {
    "kernel": str, "program": str, "accepted": bool, "instructions": int, "verified": int, "stack": (int, None), "reason": str,
    "explanation": str, "path": (str, None), "span": (SPAN, None), "log": str, "codes": [str],
}  # fmt: skip
VERIFY = {"version": int, "verdicts": [VERDICT], "skipped": [SKIPPED], "diagnostics": [DIAGNOSTIC]}
EXIT = {
    "kind": str, "number": int, "code": int, "reason": str, "message": str, "path": (str, None), "span": (SPAN, None),
}  # fmt: skip
WORKER = {
    "role": str, "cpu": (int, None), "nice": int, "weight": int, "cpu_time": (float, int), "rounds": int, "share": (float, int),
}  # fmt: skip
RUN = {
    "kernel": str, "attached": bool, "seconds": (float, int), "ejected": bool, "refusal": str, "stats": {str: object},
    "events": {str: int}, "globals": {str: object},
    "calls": [{"command": str, "status": int, "result": (object, None)}], "rings": {str: list}, "left_out": [str],
    "workers": [WORKER], "exit": (EXIT, None), "faults": [str], "clean": bool,
}  # fmt: skip
RUNS = {"version": int, "runs": [RUN], "skipped": [SKIPPED], "diagnostics": [DIAGNOSTIC]}


def fits(value: Any, shape: Any, where: str = "$") -> None:
    """AssertionError at the first place where a value has another shape."""
    if isinstance(shape, tuple):
        for alternative in shape:
            try:
                return fits(value, alternative, where)
            except AssertionError:
                continue
        raise AssertionError(f"{where} is {value!r}")
    if shape is None:
        assert value is None, f"{where} is {value!r}, null expected"
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{where} is no list"
        for i, item in enumerate(value):
            fits(item, shape[0], f"{where}[{i}]")
    elif isinstance(shape, dict):
        assert isinstance(value, dict), f"{where} is no object"
        if str in shape:
            for name, item in value.items():
                fits(item, shape[str], f"{where}.{name}")
            return
        assert value.keys() == shape.keys(), f"{where}: {sorted(value.keys() ^ shape.keys())}"
        for name, inner in shape.items():
            fits(value[name], inner, f"{where}.{name}")
    else:
        right = isinstance(value, shape) and not (shape is int and isinstance(value, bool))
        assert right, f"{where} is {value!r}, {shape.__name__} expected"
