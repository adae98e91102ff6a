# SPDX-License-Identifier: GPL-2.0-only
"""Names of source files in an object: the last part of the path, so that an object does not tell where it was built."""

from scxdsl.ir.module import Module
from scxdsl.ir.walk import operations
from scxdsl.source.text import Source


def debug_names(module: Module) -> dict[Source, str]:
    """A name for each source that the module's spans point into. Files of one name keep what folders tell them apart."""
    sources: dict[Source, None] = {module.source: None}
    for thing in (*module.globals, *module.maps, *module.functions):
        sources.setdefault(thing.span.source)
    for f in module.functions:
        for op in operations(f.body):
            sources.setdefault(op.span.source)
    parts = {s: s.path.replace("\\", "/").strip("/").split("/") for s in sources}
    names: dict[Source, str] = {}
    for source, own in parts.items():
        depth = 1
        while depth < len(own) and any(
            other is not source and theirs != own and theirs[-depth:] == own[-depth:] for other, theirs in parts.items()
        ):
            depth += 1
        names[source] = "/".join(own[-depth:]) or "policy.scx"
    return names
