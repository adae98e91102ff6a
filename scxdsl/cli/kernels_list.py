# SPDX-License-Identifier: GPL-2.0-only
"""List the kernels that guests can run: which are installed, and which of them cannot run schedulers because of how they were
built."""

from argparse import ArgumentParser, Namespace
from typing import Any

from scxdsl import guest

from .faults import DONE
from .files import put
from .printing import json_text, table


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("-o", "--output", metavar="FILE", help="write there instead of to stdout")


def run(args: Namespace) -> int:
    entries = [_entry(series) for series in guest.catalogue()]
    if args.format == "json":
        put(json_text({"kernels": entries}), args.output)
        return DONE
    rows = [("series", "release", "from", "")]
    for e in entries:
        some = ", ".join(e["hidden"][:3]) + (", …" if len(e["hidden"]) > 3 else "")
        note = f"runs no scheduler that calls {some}: its BTF hides them" if some else ""
        rows.append((e["series"], e["release"] or "not installed", e["package"] or e["origin"], note))
    put(table(rows), args.output)
    return DONE


def _entry(series: str) -> dict[str, Any]:
    """`{"series", "installed", "release", "origin": "package" or "source", "package", "image", "hidden"}`."""
    known = guest.catalogue()[series]
    kernel = guest.installed(series)
    return {
        "series": series,
        "installed": kernel is not None,
        "release": kernel.release if kernel else None,
        "origin": "source" if known.built else "package",
        "package": kernel.package or None if kernel else None,
        "image": str(kernel.image) if kernel else None,
        "hidden": list(kernel.hidden) if kernel else [],
    }
