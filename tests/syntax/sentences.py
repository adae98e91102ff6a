# SPDX-License-Identifier: GPL-2.0-only
"""Texts drawn from the grammar itself: every rule of the parse table can come up. Also texts of real policies, taken apart
and put together wrongly."""

import random
import re
from functools import cache

from scxdsl.syntax.table import Rule, table

NAMES = ["p", "cpu", "slice", "vtime_now", "Node", "q", "dom", "_x", "LOCAL"]
SOFT = ["max", "from", "by", "count", "test", "on", "lock", "tree", "dsq", "log", "exit"]
TEXTS = {
    "INT": ["0", "64", "1_000", "0xff", "0b101", "0o17", "256K"],
    "DURATION": ["20ms", "5us", "1s", "7ns"],
    "VERSION": ["6.12", "7.2.13"],
    "_TEXT": ["text ", "100 % of {{x}} ", "\\n", "a // b "],
    "_QUOTE": ['"'],
    "_UNQUOTE": ['"'],
    "_OPEN": ["{ "],
    "_CLOSE": ["}"],
    "_NL": ["\n"],
}
# what the grammar lets pass and the language does not, and what the parser alone may write
AVOIDED = {"error_declaration", "error_statement", "bounded_sized_type"}


@cache
def _rules() -> dict[int, list[tuple[Rule, list[int]]]]:
    """Left side -> its rules with their symbols (the table itself no longer has them: they are found by walking it)."""
    from lark import Lark

    from scxdsl.syntax.make_table import GRAMMAR_PATH, analyse

    lark: Lark = analyse(GRAMMAR_PATH.read_text())
    ids = {**table().kinds, **table().symbols}
    out: dict[int, list[tuple[Rule, list[int]]]] = {}
    seen = set()
    for row in lark.parser.parser._parse_table.states.values():  # type: ignore[attr-defined]
        for kind, rule in row.values():
            if kind.name != "Shift" and rule not in seen:
                seen.add(rule)
                symbols = [ids[s.name] for s in rule.expansion]
                made = Rule(ids[rule.origin.name], len(symbols), str(rule.alias or rule.origin.name), "")
                if made.action not in AVOIDED and table().kinds["BROKEN"] not in symbols:
                    out.setdefault(made.left, []).append((made, symbols))
    for rules in out.values():
        rules.sort(key=lambda entry: (entry[0].action, entry[1]))
    return out


@cache
def _depths() -> dict[int, int]:
    """How deep the shallowest derivation of a symbol is."""
    depths = dict.fromkeys(range(len(table().terminals)), 0)
    changed = True
    while changed:
        changed = False
        for left, rules in _rules().items():
            best = min((1 + max([depths.get(s, 999) for s in symbols], default=0) for _, symbols in rules), default=999)
            if best < depths.get(left, 999):
                depths[left] = best
                changed = True
    return depths


class Sentence:
    """One random text. `depth` bounds how far derivations may go before only the shortest are taken."""

    def __init__(self, seed: int, depth: int = 40) -> None:
        self.random = random.Random(seed)
        self.words: list[str] = []
        self.symbols = table().symbols
        self._derive(self.symbols["policy"], depth)

    @property
    def text(self) -> str:
        out, strings, depth = "", 0, 0
        for i, word in enumerate(self.words):
            follows = self.words[i + 1].strip() if i + 1 < len(self.words) else ""
            if word.strip() == '"':
                strings += 1 if word == '"' else -1  # a closing one has a blank behind it
            depth += (word.strip() in ("{", "[", "(")) - (word.strip() in ("}", "]", ")"))
            if word == "\n" and (strings or follows == "."):
                word = ";"  # a string ends on its line; a line that begins with a dot goes on with the one before
            elif word == "; " and depth == 0:
                word = "\n"  # `};` at the end of a line is C's
            out += word
        return out + "\n"

    def _derive(self, symbol: int, depth: int) -> None:
        if symbol < len(table().terminals):
            self._terminal(symbol)
            return
        rules = _rules()[symbol]
        depths = _depths()
        name = next(key for key, value in self.symbols.items() if value == symbol)
        reach = [(r, s) for r, s in rules if max([depths[x] for x in s], default=0) < max(depth, depths[symbol])]
        if self.random.random() < 0.55 and name not in ("declarations", "statements", "members"):
            least = min(max([depths[x] for x in s], default=0) for _, s in reach)
            reach = [(r, s) for r, s in reach if max([depths[x] for x in s], default=0) <= least + 1]
        rule, parts = self.random.choice(reach)
        start = len(self.words)
        for part in parts:
            self._derive(part, depth - 1)
        self._mend(rule.action, start)

    def _mend(self, action: str, start: int) -> None:
        """Turn what the grammar lets pass into what the language takes."""
        made = "".join(self.words[start:])
        if action == "assign":
            depth = 0
            for i in range(start, len(self.words)):
                word = self.words[i].strip()
                depth += (word in ("(", "[", "{")) - (word in (")", "]", "}"))
                if depth == 0 and word in ("=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="):
                    self.words[start:i] = ["p", ".", "x "]
                    return
        if action == "keep":
            self.words[start:] = ["keep ", "p", ".", "x ", "= ", "y "]
        if action == "sized_type":
            self.words[start] = "str "
        if action in ("parameter", "mut_parameter") and ":" not in made:
            self.words += [": ", "u64 "]
        if action == "var" and ":" not in made and "=" not in made:
            self.words += [": ", "u64 "]
        if action == "while":
            self.words[start:] = ["while ", "p ", "max ", "8 ", "{", "}"]

    def _terminal(self, symbol: int) -> None:
        name = table().terminals[symbol]
        text = table().texts[symbol]
        if name == "NAME":
            text = self.random.choice(NAMES + SOFT if self.random.random() < 0.2 else NAMES)
        elif text is None:
            text = self.random.choice(TEXTS[name])
        if name == "INT" and self.words[-1:] == [". "]:
            text = "0"  # pair.0
        blank = "" if name in ("_QUOTE", "_TEXT", "_OPEN", "_NL") or name == "_CLOSE" else " "
        self.words.append(text + blank if text != "\n" else text)


_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_BITS = ["{", "}", "(", ")", "[", "]", '"', "'", "/*", "\n", ";", "#", "\0", "é", "->", "++", "..", "=", "else", "match", "if"]


def mutate(text: str, seed: int) -> str:
    """Characters dropped, doubled, reversed or put in; words swapped, dropped or doubled."""
    rng = random.Random(seed)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 8])):
        kind, i = rng.randrange(7), rng.randrange(len(text) + 1)
        j = min(len(text), i + rng.choice([1, 1, 1, 2, 5, 40]))
        if kind == 0:
            text = text[:i] + text[j:]
        elif kind == 1:
            text = text[:j] + text[i:]
        elif kind == 2:
            text = text[:i] + text[i:j][::-1] + text[j:]
        elif kind == 3:
            text = text[:i] + rng.choice(_BITS) + text[i:]
        else:
            words = _TOKEN.findall(text)
            if len(words) < 2:
                continue
            a, b = rng.randrange(len(words)), rng.randrange(len(words))
            if kind == 4:
                words[a], words[b] = words[b], words[a]
            elif kind == 5:
                del words[a]
            else:
                words.insert(a, words[b])
            text = "".join(words)
    return text
