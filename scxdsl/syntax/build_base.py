# SPDX-License-Identifier: GPL-2.0-only
"""What all actions share: lists, names, docs. An action is the method that makes a node when the parser has read a rule; it
gets the rule's span and the values of its parts. Its name is the rule's, with `do_` before it."""

from typing import Any

from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.text import Span

from .tokens import Tokens
from .tree_base import Doc, Name


class BaseActions:
    def __init__(self, tokens: Tokens, diagnostics: Diagnostics) -> None:
        self.tokens = tokens
        self.source = tokens.source
        self.diagnostics = diagnostics

    # ---- lists; None stands for a stretch that was given up

    def do_none_yet(self, span: Span) -> list[Any]:
        return []

    def do_one(self, span: Span, item: Any) -> list[Any]:
        return [] if item is None else [item]

    def do_more(self, span: Span, items: list[Any], item: Any) -> list[Any]:
        if item is not None:
            items.append(item)
        return items

    def do_flat_one(self, span: Span, item: Any) -> list[Any]:
        return self.do_flat_more(span, [], item)

    def do_flat_more(self, span: Span, items: list[Any], item: Any) -> list[Any]:
        if isinstance(item, list):
            items.extend(item)
        elif item is not None:
            items.append(item)
        return items

    def do_same(self, span: Span, value: Any) -> Any:
        return value

    def do_yes(self, span: Span) -> bool:
        return True

    def do_no(self, span: Span) -> bool:
        return False

    def do_error_declaration(self, span: Span) -> None:
        return None

    def do_error_statement(self, span: Span) -> None:
        return None

    # ---- names

    def do_name(self, span: Span) -> Name:
        return Name(self.source.text[span.start : span.end], span)

    def doc(self, span: Span) -> Doc | None:
        """The `///` lines before the token with which a declaration begins."""
        place = self.tokens.docs.get(span.start)
        if place is None:
            return None
        lines = [line.strip() for line in self.source.text[place[0] : place[1]].split("\n")]
        texts = [line[3:].removeprefix(" ") for line in lines if line.startswith("///") and line[3:4] != "/"]
        return Doc("\n".join(texts), Span(self.source, *place))
