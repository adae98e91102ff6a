# SPDX-License-Identifier: GPL-2.0-only
"""Records of real kernels' runs as files, and their replay in the reference interpreter.

A file is one line of JSON (what ran, where, with what) and the entries, compressed (interp/record.py says what they are).
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from scxdsl.interp.record import Difference
from scxdsl.interp.replay import Replay, Replayed, invocations
from scxdsl.source.text import Span
from scxdsl.typing import typed

VERSION = 1


class BadRecord(ValueError):
    """The file is no record, or one that is cut short."""


@dataclass(frozen=True)
class KernelRecord:
    """One recorded run. `params`: values other than the defaults, as plain values. `lost`: entries that found no room in the ring."""

    path: str
    text: str
    release: str
    series: str
    cpus: int
    params: Mapping[str, Any] = field(default_factory=dict)
    lost: int = 0
    entries: bytes = b""

    def to_bytes(self) -> bytes:
        head = {**asdict(self), "version": VERSION}
        del head["entries"]
        return json.dumps(head).encode() + b"\n" + zlib.compress(self.entries, 6)

    @classmethod
    def from_bytes(cls, data: bytes) -> "KernelRecord":
        """Raises BadRecord."""
        head, newline, rest = data.partition(b"\n")
        try:
            fields = json.loads(head)
            if not newline or fields.pop("version") != VERSION:
                raise BadRecord("this is no record of this version")
            return cls(**fields, entries=zlib.decompress(rest))
        except (ValueError, KeyError, TypeError, zlib.error) as error:
            raise BadRecord(str(error)) from error


@dataclass(frozen=True)
class Found:
    """A difference at its place in the policy."""

    program: str
    invocation: int
    span: Span
    what: str
    difference: Difference


def replay(record: KernelRecord, policy: typed.Policy) -> tuple[Replayed, list[Found]]:
    """Follows a record with the marked tree of its policy. Raises BadRecord where the entries are cut short."""
    try:
        entries = invocations(record.entries)
    except ValueError as error:
        raise BadRecord(str(error)) from error
    done = Replay(policy, record.series, record.cpus, record.params).all(entries)
    assert policy.recording is not None
    found = []
    for program, number, difference in done.differences:
        site = None if difference.site is None else policy.recording.sites[difference.site]
        where = policy.span if site is None else site.span
        found.append(Found(program, number, where, "the end" if site is None else site.what, difference))
    return done, found


