# SPDX-License-Identifier: GPL-2.0-only
"""What a diagnostic is: one dataclass per kind of finding, found again by its stable code.

A kind is declared where its check lives:

    @dataclass(frozen=True)
    class UnknownName(Diagnostic):
        '''Why the rule exists and how to mend it: the text of `scxdsl explain`.'''
        code = "E0201"
        title = "nothing is named `{name}` here"
        label = "not declared"
        bad = "..."     # a policy that raises it
        good = "..."    # the same policy mended
        name: str

`title` and `label` are format strings over the fields. Override `message`, `labels` or `helps` for more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from enum import StrEnum
from typing import ClassVar

from scxdsl.source.records import dataclass

from .text import Span


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Label:
    """A second place that explains the first."""

    span: Span
    text: str


@dataclass(frozen=True)
class Edit:
    """Replace the text of `span` by `text`: applying it mends the finding."""

    span: Span
    text: str


@dataclass(frozen=True)
class Help:
    """A hint, with the edits that carry it out where they are certain."""

    text: str
    edits: tuple[Edit, ...] = ()


CATALOGUE: dict[str, type["Diagnostic"]] = {}


@dataclass(frozen=True)
class Diagnostic:
    """Base of all findings; `span` is the place at fault."""

    code: ClassVar[str] = ""
    severity: ClassVar[Severity] = Severity.ERROR
    title: ClassVar[str] = ""
    label: ClassVar[str] = ""
    help: ClassVar[str] = ""
    bad: ClassVar[str] = ""
    good: ClassVar[str] = ""

    span: Span

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not cls.code:
            return
        other = CATALOGUE.setdefault(cls.code, cls)
        if other.__qualname__ != cls.__qualname__ or other.__module__ != cls.__module__:
            raise TypeError(f"{cls.__qualname__} and {other.__qualname__} share the code {cls.code}")
        CATALOGUE[cls.code] = cls

    def _fill(self, template: str) -> str:
        return template.format(**{f.name: getattr(self, f.name) for f in fields(self)})

    @property
    def message(self) -> str:
        return self._fill(self.title)

    @property
    def primary(self) -> str:
        """The words beside the caret."""
        return self._fill(self.label)

    def labels(self) -> Iterable[Label]:
        return ()

    def helps(self) -> Iterable[Help]:
        """`help`, and for a kind with a field `similar` the name that was most likely meant."""
        similar = getattr(self, "similar", None)
        if similar:
            yield Help(f"did you mean `{similar}`?", (Edit(self.span, similar),))
        if self.help:
            yield Help(self._fill(self.help))


class Diagnostics:
    """Collects findings in the order in which they are met; a finding that stands already is not repeated."""

    def __init__(self) -> None:
        self._items: list[Diagnostic] = []
        self._seen: set[tuple[str, str, int, int, str]] = set()

    def add(self, item: Diagnostic) -> None:
        key = (item.code, item.span.source.path, item.span.start, item.span.end, item.message)
        if key not in self._seen:
            self._seen.add(key)
            self._items.append(item)

    @property
    def has_errors(self) -> bool:
        return any(d.severity is Severity.ERROR for d in self._items)

    def sorted(self) -> list[Diagnostic]:
        """By place in the file; findings of one place keep the order in which they were met."""
        return sorted(self._items, key=lambda d: (d.span.source.path, d.span.start))

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)
