# SPDX-License-Identifier: GPL-2.0-only
"""Text to tokens. Words and operators are the grammar's; numbers, strings, comments and newlines are read here.

A newline becomes a token where it may end something: not inside () and [] and {expr} of strings, not before `.`, `??`, `&&`,
`||`, `else` or `}`. Directly inside the braces of a `match` a line may begin with `.name` or `else =>`: there the newline
counts. The parser skips a newline where nothing can end.
"""

import re
from typing import Any

from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.text import Source

from .literals import LOOK_ALIKE, instead_of, number_problem, number_terminal
from .table import table
from .tokens import Tokens

MAX_DEPTH = 200
MAX_FINDINGS = 100  # more would help nobody

_OPENERS = {"(": ")", "[": "]", "{": "}"}
_CLOSERS = {closer: opener for opener, closer in _OPENERS.items()}
_TEXT = re.compile(r'(?:[^"\\{}\n]|\\[^\n]|\{\{|\}\}?)+')
_PLAIN = re.compile(r'(?:[^"\\\n]|\\[^\n])*')
_DECLARATION = re.compile(
    r"(?:(?:pure )?fn|on|per|table|struct|enum|hook|command|test|timer|const|param|dsq|stat|hist|map|lock|tree|ring|inbox"
    r"|(?:atomic |percpu )*var|scheduler|use)\b(?! *[:=(.,;])"
)
_WHOLE_LINE = re.compile(r"[^\n]*")
_LINE_ENDS = re.compile(r"[ \t\r]*(?://|\n|\Z)")
_ELSE_ARM = re.compile(r"[ \t]*=>")

# what takes the place of a word that other languages have here
_ELSE_IF = {"elif", "elsif", "elseif"}

_SCANNER: re.Pattern[str] | None = None


def _scanner() -> re.Pattern[str]:
    """One expression for the next token; the group's name says what it is. Blanks before it are skipped."""
    global _SCANNER
    if _SCANNER is None:
        operators = sorted(table().operators, key=len, reverse=True)
        _SCANNER = re.compile(
            r"[ \t\r\ufeff]*(?:(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
            r"|(?P<newline>\n)"
            r"|(?P<doc>///[^\n]*)|(?P<comment>//[^\n]*)|(?P<block>/\*)"
            rf"|(?P<op>{'|'.join(map(re.escape, operators))})"
            r"|(?P<number>[0-9]+(?:\.[0-9]+)+[A-Za-z0-9_]*|[0-9][A-Za-z0-9_]*)"
            r'|(?P<quote>")|(?P<single>\')|(?P<hash>\#)|(?P<other>[^\n])|(?P<end>\Z))'
        )
    return _SCANNER


def errors() -> Any:
    """The lexical errors, imported for the first finding: a clean text need not wait for their classes."""
    from . import errors_lexical

    return errors_lexical


def tokenize(source: Source, diagnostics: Diagnostics) -> Tokens | None:
    """The tokens of a source; None where it is nested too deep to go on. Never raises."""
    found = Diagnostics()
    first = Lexer(source, found, frozenset(), False)
    result = first.run()
    if result is not None and (first.unclosed or first.open_brace):
        # Brackets don't fit: once more, knowing which, so that newlines after an unclosed ( count again.
        found = Diagnostics()
        result = Lexer(source, found, frozenset(first.unclosed), first.open_brace).run()
    for item in list(found)[:MAX_FINDINGS]:
        diagnostics.add(item)
    return result


class Lexer:
    """One run over a text. `unclosed` are the offsets of ( and [ that an earlier run found without partner; with
    `close_early` a declaration at the margin closes all braces that are open."""

    def __init__(
        self, source: Source, diagnostics: Diagnostics, ignored: frozenset[int], close_early: bool
    ) -> None:
        self.source = source
        self.text = source.text
        self.diagnostics = diagnostics
        self.tokens = Tokens(source, unclosed=ignored)
        self.ignored = ignored
        self.close_early = close_early
        self.unclosed: set[int] = set()
        self.open_brace = False
        self.stack: list[tuple[str, int]] = []  # bracket ("m" for that of a match, "i" within a string), token index
        self.strings: list[int] = []  # token index of the opening quotes around the place
        self.match_depths: list[int] = []
        self.doc: tuple[int, int] | None = None
        self.newline = -1
        self.too_deep = False

    def run(self) -> Tokens | None:
        scan = _scanner().match
        words = table().words
        kinds = table().kinds
        operators = table().operators
        name, dot, match = kinds["NAME"], operators["."], words["match"]
        tokens = self.tokens
        push_kind, push_start, push_end = tokens.kinds.append, tokens.starts.append, tokens.ends.append
        text, at = self.text, 0
        while True:
            found = scan(text, at)
            assert found is not None
            what = found.lastgroup
            start, at = found.span(what)
            if what == "newline":
                if self.newline < 0:
                    self.newline = start
                if self.strings and (escape := self._string_at_line_end(start, self.strings[0])) >= 0:
                    at = escape
                continue
            if what == "comment" or what == "doc":
                tokens.comments.append((start, at))
                if what == "doc" and not text.startswith("////", start):
                    self.doc = (self.doc[0] if self.doc else start, at)
                continue
            value = text[start:at]
            if self.newline >= 0 and what != "end":
                self._line_begins(value, start, at)
            if self.doc and what != "end":
                tokens.docs[start] = self.doc
                self.doc = None
            if what == "word":
                kind = words.get(value, name)
                if kind != name and tokens.kinds and tokens.kinds[-1] == dot:
                    kind = name  # any word may stand behind a dot
                elif kind == match:
                    self.match_depths.append(len(self.stack))
                elif value in _ELSE_IF and tokens.kinds and tokens.kinds[-1] == operators["}"]:
                    self._else_if(value, start, at)
                    continue
                push_kind(kind)
                push_start(start)
                push_end(at)
            elif what == "op":
                if value in _OPENERS:
                    if not self._open(value, start):
                        return None
                elif value in _CLOSERS:
                    at = self._close(value, start, at)
                    continue
                elif value == ";" and not self.stack and self._useless(start, at):
                    continue
                push_kind(operators[value])
                push_start(start)
                push_end(at)
            elif what == "number":
                at = self._number(start, at)
            elif what == "quote":
                self.strings.append(len(tokens.kinds))
                self._push("_QUOTE", start, at)
                at = self._string(at)
            elif what == "end":
                if self.too_deep:
                    return None
                self._finish(at)
                return tokens
            else:
                at = self._odd(what or "", start)

    def _push(self, kind: str, start: int, end: int) -> None:
        self.tokens.kinds.append(table().kinds[kind])
        self.tokens.starts.append(start)
        self.tokens.ends.append(end)

    # ---- newlines

    def _line_begins(self, value: str, start: int, end: int) -> None:
        """A token follows one or more newlines: does the newline count?"""
        newline, self.newline = self.newline, -1
        if self.close_early and self.stack and self._at_margin(start) and _DECLARATION.match(self.text, start):
            self._close_all(start)
        if not self.tokens.kinds:
            return
        self._decrement()
        kind = self.stack[-1][0] if self.stack else ""
        if kind in "([i" and kind:
            return
        if value in ("}", "??", "&&", "||"):
            return
        if value == "." and kind != "m":
            return
        if value == "else" and not _ELSE_ARM.match(self.text, end):
            return
        if value in _ELSE_IF and self.tokens.kinds[-1] == table().operators["}"]:
            return
        self._push("_NL", newline, newline + 1)

    def _decrement(self) -> None:
        """`n--` at the end of a line would be `n - -` and what the next line holds: said here, where the line is known."""
        tokens, minus = self.tokens, table().operators["-"]
        if tokens.kinds[-1] != minus or tokens.kinds[-2:] != [minus, minus] or tokens.ends[-2] != tokens.starts[-1]:
            return
        from .errors_habits import Increment

        start, end = tokens.starts[-2], tokens.ends[-1]
        self.diagnostics.add(Increment(self.source.span(start, end), "--", "-= 1"))
        del tokens.kinds[-2:], tokens.starts[-2:], tokens.ends[-2:]
        self._push(table().terminals[table().operators["-="]], start, end)
        self._push("INT", start, end)

    def _at_margin(self, start: int) -> bool:
        return start == 0 or self.text[start - 1] == "\n"

    # ---- brackets

    def _open(self, bracket: str, start: int) -> bool:
        if start in self.ignored:
            self.diagnostics.add(
                errors().UnclosedBracket(self.source.span(start, start + 1), bracket, _OPENERS[bracket], None)
            )
            return True
        if len(self.stack) >= MAX_DEPTH:
            self.diagnostics.add(errors().NestedTooDeep(self.source.span(start, start + 1), MAX_DEPTH))
            return False
        kind = bracket
        if bracket == "{" and self.match_depths and self.match_depths[-1] >= len(self.stack):
            kind = "m"
            self.match_depths.pop()
        self.stack.append((kind, len(self.tokens.kinds)))
        return True

    def _close(self, bracket: str, start: int, end: int) -> int:
        """Deal with a closing bracket; gives the offset to go on from."""
        fitting = {")": "(", "]": "[", "}": "{mi"}[bracket]
        depth = len(self.stack)
        while depth and self.stack[depth - 1][0] not in fitting:
            depth = depth - 1 if self.stack[depth - 1][0] in "([" else 0
        if not depth:
            self.diagnostics.add(errors().StrayBracket(self.source.span(start, end), bracket, _CLOSERS[bracket]))
            self.tokens.damaged.append(start)
            return end
        for _, index in self.stack[depth:]:
            self.unclosed.add(self.tokens.starts[index])
        del self.stack[depth:]
        kind, _ = self.stack.pop()
        while self.match_depths and self.match_depths[-1] > len(self.stack):
            self.match_depths.pop()
        if kind == "i":
            self._push("_CLOSE", start, end)
            return self._string(end)
        self._push("RBRACE" if bracket == "}" else "RPAR" if bracket == ")" else "RSQB", start, end)
        return end

    def _close_all(self, start: int) -> None:
        """End of the text, or a declaration at the margin: what is open is closed."""
        suspect = self._suspect()
        for kind, index in reversed(self.stack):
            opener = self.tokens.starts[index]
            if kind in "([":
                self.unclosed.add(opener)
            elif kind in "{m":
                self.open_brace = True
                self._push("RBRACE", start, start)
        if suspect is not None:
            before = self.source.span(start, start + 1) if start < len(self.text) else None
            self.diagnostics.add(errors().UnclosedBracket(self.source.span(suspect, suspect + 1), "{", "}", before))
        self.stack.clear()
        self.strings.clear()
        self.match_depths.clear()

    def _suspect(self) -> int | None:
        """The offset of the brace that is most likely the one not closed: the innermost that is open, or within it a later
        one whose `}` is indented less than the line that opened it."""
        braces = [index for kind, index in self.stack if kind in "{m"]
        if not braces:
            return None
        tokens, operators = self.tokens, table().operators
        opened: list[int] = []
        for i in range(braces[-1] + 1, len(tokens.kinds)):
            if tokens.kinds[i] == operators["{"]:
                opened.append(i)
            elif tokens.kinds[i] == operators["}"] and opened:
                j = opened.pop()
                if self._indent(tokens.starts[i]) < self._indent(tokens.starts[j]) and self._leads(tokens.starts[i]):
                    return tokens.starts[j]
        return tokens.starts[braces[-1]]

    def _indent(self, offset: int) -> int:
        line = self.text.rfind("\n", 0, offset) + 1
        rest = self.text[line:offset]
        return len(rest) - len(rest.lstrip()) if rest.strip() else len(rest)

    def _leads(self, offset: int) -> bool:
        return not self.text[self.text.rfind("\n", 0, offset) + 1 : offset].strip()

    def _finish(self, end: int) -> None:
        self._close_all(end)
        while self.tokens.kinds and self.tokens.kinds[-1] == table().kinds["_NL"]:
            self.tokens.kinds.pop()
            self.tokens.starts.pop()
            self.tokens.ends.pop()
        self._push("$END", end, end)

    def _useless(self, start: int, end: int) -> bool:
        """The `;` of C after the `}` of a declaration, at the end of its line."""
        kinds = self.tokens.kinds
        if not kinds or kinds[-1] != table().operators["}"] or not _LINE_ENDS.match(self.text, end):
            return False
        from .errors_habits import SemicolonAfterBrace

        self.diagnostics.add(SemicolonAfterBrace(self.source.span(start, end)))
        return True

    # ---- strings

    def _string(self, at: int) -> int:
        """The text of a string from `at` up to its end or the next `{`; gives the offset to go on from."""
        found = _TEXT.match(self.text, at)
        if found:
            self._push("_TEXT", at, found.end())
            at = found.end()
        if self.text.startswith('"', at):
            self._push("_UNQUOTE", at, at + 1)
            self.strings.pop()
            return at + 1
        if self.text.startswith("{", at):
            if len(self.stack) < MAX_DEPTH:
                self.stack.append(("i", len(self.tokens.kinds)))
                self._push("_OPEN", at, at + 1)
                return at + 1
            self.diagnostics.add(errors().NestedTooDeep(self.source.span(at, at + 1), MAX_DEPTH))
            self.too_deep = True
            return len(self.text)
        opening = self.strings.pop()
        if self.strings:
            return self._string_at_line_end(at, self.strings[0])
        self.diagnostics.add(errors().UnterminatedString(self.tokens.span(opening)))
        return self._give_up_string(opening)

    def _string_at_line_end(self, newline: int, opening: int) -> int:
        """A line ends within {…} of a string: the whole string is read again as plain text."""
        brace = next(index for kind, index in self.stack if kind == "i" and index > opening)
        self.diagnostics.add(
            errors().BadText(self.tokens.span(brace), "{", "opens a value that `}` does not close; write `{{` for a brace")
        )
        return self._give_up_string(opening)

    def _give_up_string(self, opening: int) -> int:
        """Read the string at token `opening` as plain text, up to its quote or the end of the line."""
        tokens = self.tokens
        start = tokens.starts[opening]
        if self.strings:
            opening = self.strings[0]
            start = tokens.starts[opening]
        self.strings.clear()
        while self.stack and self.stack[-1][1] > opening:
            self.stack.pop()
        del tokens.kinds[opening:], tokens.starts[opening:], tokens.ends[opening:]
        found = _PLAIN.match(self.text, start + 1)
        end = found.end() if found else start + 1
        self._push("_QUOTE", start, start + 1)
        if end > start + 1:
            self._push("_TEXT", start + 1, end)
        closed = self.text.startswith('"', end)
        self._push("_UNQUOTE", end, end + closed)
        self.newline = -1
        return end + closed

    # ---- numbers

    def _number(self, start: int, end: int) -> int:
        tokens = self.tokens
        if tokens.kinds and tokens.kinds[-1] == table().operators["."]:
            while end > start and not self.text[start:end].isdigit():  # pair.0.1 holds no fraction
                end -= 1
            self._push("INT", start, end)
            return end
        text = self.text[start:end]
        self._push(number_terminal(text), start, end)
        problem = number_problem(text)
        if problem:
            self.diagnostics.add(errors().BadNumber(self.source.span(start, end), text, *problem))
        return end

    # ---- the rest

    def _else_if(self, value: str, start: int, end: int) -> None:
        from .errors_habits import ForeignWord

        self.diagnostics.add(ForeignWord(self.source.span(start, end), value, "`else if`"))
        self._push("ELSE", start, end)
        self._push("IF", end, end)

    def _odd(self, what: str, start: int) -> int:
        text, source = self.text, self.source
        if what == "block":
            end = text.find("*/", start + 2)
            end = len(text) if end < 0 else end + 2
            self.diagnostics.add(errors().BlockComment(source.span(start, end)))
            return end
        if what == "single":
            end = start + 1
            while end < len(text) and text[end] not in "'\n":
                end += 1
            closed = end < len(text) and text[end] == "'"
            self.diagnostics.add(errors().SingleQuotes(source.span(start, end + closed)))
            self._push("_QUOTE", start, start + 1)
            self._push("_UNQUOTE", end, end + closed)
            return end + closed
        if what == "hash":
            found = _WHOLE_LINE.match(text, start)
            end = found.end() if found else start + 1
            word = "#" + text[start + 1 : end].strip().split(" ")[0]
            self.tokens.damaged.append(start)
            self.diagnostics.add(errors().Preprocessor(source.span(start, end), word, instead_of(word)))
            return end
        ours = LOOK_ALIKE.get(text[start], "")
        end = start + 1
        while not ours and end < len(text) and text[end] not in LOOK_ALIKE and (
            text[end] == text[start] or not text[end].isascii()
        ):
            end += 1
        shown = text[start:end]
        if not shown.isprintable():
            shown = " ".join(f"U+{ord(c):04X}" for c in shown[:4])
        self.diagnostics.add(errors().UnknownCharacter(source.span(start, end), f"`{shown[:20]}`", ours))
        if ours in table().operators:
            self._push(table().terminals[table().operators[ours]], start, end)
        else:
            self.tokens.damaged.append(start)
        return end
