# SPDX-License-Identifier: GPL-2.0-only
"""The result of the lexer."""

from scxdsl.source.records import dataclass, field
from scxdsl.source.text import Source, Span

from .table import table

# words that may be names where they mean nothing
SOFT = frozenset(
    "ATOMIC BY COMMAND COUNT DSQ DUMP EVERY EXIT FROM GUARDS HIST HOOK INBOX KEEPING LOCK LOG MAP MAX ON OPTIONAL PER PERCPU"
    " PURE RESTART RING STAT TABLE TEST TIMER TREE".split()
)


@dataclass
class Tokens:
    """Three lists of one length, for speed: the kind (a terminal's number), first and last offset of each token.

    The last token is `$END`. `comments` holds all comments (docs too) as (start, end); `docs` the `///` lines before a
    token, by the token's start; `unclosed` the offsets of ( and [ that nothing closes;
    `damaged` those of other places where the lexer has reported something and left it out.
    """

    source: Source
    kinds: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    comments: list[tuple[int, int]] = field(default_factory=list)
    docs: dict[int, tuple[int, int]] = field(default_factory=dict)
    unclosed: frozenset[int] = frozenset()
    damaged: list[int] = field(default_factory=list)

    def text(self, index: int) -> str:
        return self.source.text[self.starts[index] : self.ends[index]]

    def span(self, first: int, last: int | None = None) -> Span:
        return Span(self.source, self.starts[first], self.ends[first if last is None else last])

    def kind(self, index: int) -> str:
        return table().terminals[self.kinds[index]]

    def replace(self, first: int, end: int, words: "list[tuple[str, int, int]]") -> None:
        """Put tokens (kind, start, end) in the place of those from `first` to before `end`."""
        numbers = table().kinds
        self.kinds[first:end] = [numbers[kind] for kind, _, _ in words]
        self.starts[first:end] = [start for _, start, _ in words]
        self.ends[first:end] = [stop for _, _, stop in words]
