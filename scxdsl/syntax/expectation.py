# SPDX-License-Identifier: GPL-2.0-only
"""What was expected and what was found, in the words of the language."""

from typing import TYPE_CHECKING

from .tokens import SOFT

if TYPE_CHECKING:
    from .mistake import Mistake

# What can begin at a place, from the widest to the narrowest: a nonterminal of the grammar and how people call it.
_BEGINNINGS = [
    ("declaration", "a declaration"),
    ("statement", "a statement"),
    ("arm", "a pattern and `=>`"),
    ("member", "a member"),
    ("field_line", "a field"),
    ("variant", "a variant"),
    ("property", "a property such as `flags:` or `timeout:`"),
    ("condition", "a condition"),
    ("argument", "an argument"),
    ("item_list", "an expression"),
    ("let_value", "an expression"),
    *((symbol, "an expression") for symbol in (
        "expr", "or", "and", "comparison", "range_expr", "coalesce", "bit_or", "bit_xor", "bit_and", "shift", "sum", "product",
        "cast", "unary",
    )),
    ("postfix", "a place such as `p.field`"),
    ("option", "a pattern"),
    ("pattern", "a pattern"),
    ("bound", "a value"),
    ("type", "a type"),
    ("path_type", "a type"),
    ("parameter", "a parameter"),
    ("string", "a text in double quotes"),
    ("body", "a block `{ … }`"),
    ("version", "a kernel's version such as `6.12`"),
    ("path", "a name"),
    ("names", "a name"),
    ("name", "a name"),
]

# Operators can follow almost any expression; naming them all would hide what is missing.
_OPERATORS = frozenset(
    "PLUS MINUS STAR SLASH PERCENT AMPERSAND VBAR CIRCUMFLEX LESSTHAN MORETHAN AS HAS QMARK DOT LPAR LSQB __ANON".split()
)
_CLOSING = ("RPAR", "RSQB", "RBRACE", "_CLOSE", "COMMA", "LBRACE", "COLON", "EQUAL", "IN")

_FORMS = {
    "scheduler": "scheduler name { flags: .enq_last; timeout: 5s; kernels: 6.12.. }",
    "const": "const NAME = value",
    "param": "param name: T = default in low ..= high",
    "var": "var name: T = value",
    "per": "per task { field: T }",
    "table": "table name[capacity] count n { field: T }",
    "dsq": "dsq name",
    "stat": "stat name, name",
    "hist": "hist name",
    "map": "map name: hash<K, V>[n]",
    "tree": "tree name[n]: Node by key keeping least = min(v)",
    "lock": "lock name guards a, b",
    "timer": "timer name every 10ms { … }",
    "ring": "ring name: T[256K]",
    "inbox": "inbox name: T[64K]",
    "struct": "struct Name { field: T }",
    "enum": "enum Name { a, b(T), c(x: T) }",
    "fn": "fn name(x: T) -> T { … }",
    "pure": "pure fn name(x: T) -> T { … }",
    "on": "on callback(p, flags) { … }",
    "hook": "hook fexit name(args) if param optional { … }",
    "command": "command name(x: T) -> T { … }",
    "use": 'use name` or `use "path" as name',
    "test": 'test "title" { … }',
    "let": "let name: T = value",
    "for": "for name in 0 .. n { … }",
    "while": "while condition max n { … }",
    "repeat": "repeat n { … }",
    "keep": "keep place = value",
    "error": 'error "text {value}"',
    "log": 'log "text {value}"',
    "dump": 'dump "text {value}"',
    "exit": 'exit restart "text"',
}
_NEEDS_NO_FORM = frozenset(["declaration", "statement"])


def describe_expected(mistake: "Mistake") -> str:
    table = mistake.machine.table
    expected = mistake.expected
    row = table.row(mistake.machine.states[-1])
    parts = []
    for symbol, words in _BEGINNINGS:
        if table.symbols.get(symbol) in row:
            parts.append(words)
            break
    if not parts and not {"_NL", "SEMICOLON"}.isdisjoint(expected) and "FN" not in expected:
        parts.append("the end of the declaration" if mistake.at_top() else "the end of the statement")
    closing = [kind for kind in _CLOSING if kind in expected and not (kind == "IN" and "PLUS" in expected)]
    if parts and parts[0] in ("a statement", "a declaration"):
        closing = [kind for kind in closing if kind == "RBRACE"]
    elif parts:
        closing = [kind for kind in closing if kind in ("RPAR", "RSQB")][:1]
    for kind in closing:
        parts.append(f"`{_text_of(mistake, kind)}`")
    if not parts:
        hidden = _OPERATORS | {"IN"} if "PLUS" in expected else frozenset()
        rest = [kind for kind in sorted(expected) if kind not in hidden and _text_of(mistake, kind)]
        parts = [f"`{_text_of(mistake, kind)}`" for kind in rest[:6]]
    if not parts:
        parts = ["an operator" if expected else "the end of the file"]
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " or " + parts[-1]


def _text_of(mistake: "Mistake", kind: str) -> str:
    table = mistake.machine.table
    if kind == "_CLOSE":
        return "}"
    return table.texts[table.kinds[kind]] or ""


def describe_found(mistake: "Mistake") -> str:
    kind = mistake.kind(mistake.at)
    if kind == "$END":
        return "the end of the file"
    if kind == "_NL":
        return "the end of the line"
    if kind == "_QUOTE":
        return "a string"
    if kind == "_UNQUOTE":
        return "the end of the string"
    text = mistake.text(mistake.at)
    if not text:
        return "the end of the block"
    return f"`{text if len(text) <= 40 else text[:37] + '...'}`"


def hint_for(mistake: "Mistake") -> str:
    """The form of the declaration or statement that could not be read."""
    if mistake.at == mistake.start:
        return _hint_at_beginning(mistake)
    if mistake.kind(mistake.at) == "_CLOSE" and mistake.kind(mistake.at - 1) == "_OPEN":
        return "write `{{}}` for braces in a text"
    word = mistake.text(mistake.start)
    if mistake.kind(mistake.start) == "NAME" or (
        mistake.kind(mistake.start) in SOFT and mistake.kind(mistake.start + 1) in ("DOT", "LPAR", "EQUAL", "LSQB")
    ):
        return ""
    form = _FORMS.get(word)
    if form is None and word in ("atomic", "percpu"):
        form = _FORMS["var"]
    # far behind the head something else is wrong
    if form is None or any(mistake.kind(i) in ("LBRACE", "_NL") for i in range(mistake.start, mistake.at)):
        return ""
    return f"the form is `{form}`"


def _hint_at_beginning(mistake: "Mistake") -> str:
    kind = mistake.kind(mistake.at)
    if kind in ("FN", "ON", "STRUCT", "ENUM", "PARAM", "VAR", "CONST", "USE", "SCHEDULER") and not mistake.at_top():
        return "declarations do not stand within each other: is a `}` missing above?"
    if mistake.at_top() and kind in ("LET", "IF", "FOR", "WHILE", "RETURN", "MATCH", "REPEAT"):
        return "statements stand in `on`, `fn`, `timer`, `hook`, `command` or `test`: is there a `}` too many above?"
    return ""
