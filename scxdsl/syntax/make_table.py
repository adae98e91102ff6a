# SPDX-License-Identifier: GPL-2.0-only
"""Turn grammar/scx.lark into the parse table that ships with the package: `python -m scxdsl.syntax.make_table`.

lark analyses the grammar (LALR(1), strict: any conflict is an error). Its parse-time half is not used: importing lark and
loading its serialised parser would cost more than all of `scxdsl check` may take. A test keeps the table current.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .table import TABLE_PATH

GRAMMAR_PATH = Path(__file__).parents[2] / "grammar" / "scx.lark"


def analyse(grammar: str) -> Any:
    """The grammar as lark sees it. Raises lark's GrammarError where it is malformed or has a conflict."""
    from lark import Lark
    from lark.lexer import Lexer

    class NoLexer(Lexer):
        """The lexer is ours; lark only has to know that it need not make one."""

        def __init__(self, _conf: Any) -> None: ...

        def lex(self, _state: Any, _parser: Any = None) -> Iterator[Any]:
            raise NotImplementedError

    # debug=True keeps lark's own descriptions of rules out of the cache; the analysis is the same
    return Lark(grammar, parser="lalr", strict=True, lexer=NoLexer)


def render(grammar: str) -> str:
    """The table as JSON, one rule and one state a line so that a diff can be read."""
    lark = analyse(grammar)
    table = lark.parser.parser._parse_table
    texts = {t.name: t.pattern.value for t in lark.terminals if t.pattern.type == "str"}
    used = {symbol for row in table.states.values() for symbol in row}
    terminals = sorted(s for s in used if s.isupper())
    others = sorted(used - set(terminals))
    ids = {name: i for i, name in enumerate(terminals + others)}
    rules: dict[Any, int] = {}
    for row in table.states.values():
        for kind, rule in row.values():
            if kind.name != "Shift":
                rules.setdefault(rule, len(rules))
    ordered = _in_order(rules)
    rules = {rule: i for i, rule in enumerate(ordered)}
    numbers = _state_numbers(table, terminals + others)
    rows: list[str] = [""] * len(numbers)
    for state, row in table.states.items():
        if state not in numbers:
            continue
        cells = {}
        for symbol, (kind, target) in row.items():
            cells[ids[symbol]] = numbers[target] + 1 if kind.name == "Shift" else -(rules[target] + 1)
        rows[numbers[state]] = " ".join(f"{symbol}:{cells[symbol]}" for symbol in sorted(cells))
    head = {
        "grammar": digest(grammar),
        "terminals": [[name, texts.get(name)] for name in terminals],
        "nonterminals": others,
        "start": numbers[table.start_states["start"]],
        "end": numbers[table.end_states["start"]],
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    empty = _without_values(ordered)
    lines.append('"rules": [\n' + ",\n".join(json.dumps(_rule(rule, ids, empty)) for rule in ordered) + "\n]")
    lines.append('"states": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _in_order(rules: Iterable[Any]) -> list[Any]:
    """The order of lark's sets differs from run to run; that of the text must not."""
    return sorted(rules, key=lambda r: (r.origin.name, r.order, [s.name for s in r.expansion]))


def productions(grammar: str) -> list[str]:
    """Each rule of the table as one line: `for: "for" pattern "in" expr body`, what an optional part leaves out being left out."""
    lark = analyse(grammar)
    texts = {t.name: f'"{t.pattern.value}"' for t in lark.terminals if t.pattern.type == "str"}
    rules = {rule for row in lark.parser.parser._parse_table.states.values() for kind, rule in row.values() if kind.name != "Shift"}
    return [f"{r.origin.name}: {' '.join(texts.get(s.name, s.name) for s in r.expansion)}".rstrip() for r in _in_order(rules)]


def digest(grammar: str) -> str:
    return hashlib.sha256(grammar.encode()).hexdigest()


def _state_numbers(table: Any, symbols: list[str]) -> dict[Any, int]:
    """States numbered in the order in which a walk from the start meets them: the same in every run."""
    numbers = {table.start_states["start"]: 0}
    queue = [table.start_states["start"]]
    for state in queue:
        row = table.states[state]
        for symbol in symbols:
            kind, target = row.get(symbol, (None, None))
            if kind is not None and kind.name == "Shift" and target not in numbers:
                numbers[target] = len(numbers)
                queue.append(target)
    return numbers


def _without_values(rules: list[Any]) -> set[str]:
    """The names of inlined rules (`_sep`) that hold terminals and each other only."""
    inlined = {rule.origin.name for rule in rules if rule.origin.name.startswith("_")}
    kept = {
        rule.origin.name for rule in rules for s in rule.expansion if not s.is_term and s.name not in inlined
    }
    return inlined - kept


def _rule(rule: Any, ids: dict[str, int], empty: set[str]) -> list[Any]:
    """`[left side, length, action, recipe]`.

    The recipe says what becomes of the symbols, one letter each: `k` its value is kept, `x` its values are (a rule whose
    name begins with `_`), `.` it is dropped (terminals). `n` stands for None where an optional part is absent. The action is
    empty where the only value kept is passed on as it is.
    """
    gaps = _gaps(rule)
    recipe = "n" * gaps[0]
    for symbol, gap in zip(rule.expansion, gaps[1:], strict=True):
        recipe += "." if symbol.is_term or symbol.name in empty else "x" if symbol.name.startswith("_") else "k"
        recipe += "n" * gap
    action = rule.alias or rule.origin.name
    if not rule.alias and rule.options.expand1 and recipe.replace(".", "") == "k":
        action = ""
    return [ids[rule.origin.name], len(rule.expansion), str(action), recipe]


def _gaps(rule: Any) -> list[int]:
    """How many absent optional values stand before, between and after the symbols of a rule."""
    empty = rule.options.empty_indices
    if not empty:
        return [0] * (len(rule.expansion) + 1)
    return [len(run) for run in "".join(str(int(bit)) for bit in empty).split("0")]


def main() -> None:
    Path(TABLE_PATH).write_text(render(GRAMMAR_PATH.read_text()))


if __name__ == "__main__":
    main()
