# SPDX-License-Identifier: GPL-2.0-only
"""The parse table as it ships: read once, its rows decoded when first used."""

import json
import os
from functools import cache

TABLE_PATH = os.path.join(os.path.dirname(__file__), "scx.table.json")  # pathlib would be a tenth of what `check` imports


class Rule:
    """`left` gets `length` symbols; see make_table for `action` and `recipe`."""

    __slots__ = ("left", "length", "action", "recipe", "plain")

    def __init__(self, left: int, length: int, action: str, recipe: str) -> None:
        self.left = left
        self.length = length
        self.action = action
        self.recipe = recipe
        self.plain = recipe == "k" * length  # every value is kept, none is added


class Table:
    """`kinds` gives the number of a terminal by its name, `words` and `operators` by their text."""

    def __init__(self, text: str) -> None:
        data = json.loads(text)
        self.digest: str = data["grammar"]
        self.start: int = data["start"]
        self.end: int = data["end"]
        self.terminals: list[str] = [name for name, _ in data["terminals"]]
        self.texts: list[str | None] = [text for _, text in data["terminals"]]
        self.kinds = {name: i for i, name in enumerate(self.terminals)}
        fixed = {text: i for i, text in enumerate(self.texts) if text}
        self.words = {text: i for text, i in fixed.items() if text[0].isalpha()}
        self.operators = {text: i for text, i in fixed.items() if not text[0].isalpha()}
        self.symbols = {name: len(self.terminals) + i for i, name in enumerate(data["nonterminals"])}
        self.rules = [Rule(*rule) for rule in data["rules"]]
        self._coded: list[str] = data["states"]
        self.rows: list[dict[int, int] | None] = [None] * len(self._coded)
        self._defaults: dict[int, int] = {}

    def row(self, state: int) -> dict[int, int]:
        """Symbol -> n: n > 0 goes to state n - 1, n < 0 reduces by rule -n - 1."""
        row = self.rows[state]
        if row is None:
            pairs = (cell.split(":") for cell in self._coded[state].split())
            row = self.rows[state] = {int(symbol): int(action) for symbol, action in pairs}
        return row

    def default(self, state: int) -> int:
        """The reduction of a state in which nothing else can happen, whatever follows; 0 for other states."""
        found = self._defaults.get(state)
        if found is None:
            actions = set(self.row(state).values())
            found = actions.pop() if len(actions) == 1 else 0
            found = self._defaults[state] = min(found, 0)
        return found


@cache
def table() -> Table:
    with open(TABLE_PATH, encoding="utf-8") as file:
        return Table(file.read())
