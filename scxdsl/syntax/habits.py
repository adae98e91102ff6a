# SPDX-License-Identifier: GPL-2.0-only
"""Habits from C and other languages: each function recognises one at the place where the parser can't go on, reports it, and
mends the tokens or gives the statement up. It answers whether it was that habit.
"""

from .errors_habits import (
    Arrow,
    AssignmentInCondition,
    CDeclaration,
    CFor,
    CFunction,
    ChainedComparison,
    ForeignWord,
    IfNeedsElse,
    Increment,
    MissingBraces,
    NamedWithEquals,
    Pointer,
    ReservedWord,
    StructLiteral,
    Ternary,
    WordOperator,
)
from .errors_lexical import BadNumber
from .errors_syntax import Unexpected
from .mistake import Habit, Mistake

_TYPES = frozenset(
    "u8 u16 u32 u64 i8 i16 i32 i64 s8 s16 s32 s64 __u8 __u16 __u32 __u64 __s32 __s64 bool int unsigned long short char void"
    " size_t uint64_t uint32_t int32_t int64_t auto const static inline extern volatile signed struct typedef".split()
)
_STATEMENT_WORDS = {
    "switch": "`match`", "case": "a pattern and `=>` in a `match`", "default": "`else =>` in a `match`",
    "do": "`repeat n` or `while … max n`", "goto": "a function that returns, or `break`", "foreach": "`for`",
    "loop": "`repeat n`", "until": "`while … max n`", "unless": "`if` with `!`", "try": "`if let`", "throw": "`error`",
    "panic": "`error`", "print": "`log`", "printk": "`log`", "bpf_printk": "`log`", "printf": "`log`", "val": "`let`",
}  # fmt: skip
_DECLARATION_WORDS = {
    "function": "fn", "func": "fn", "def": "fn", "fun": "fn", "proc": "fn", "import": "use", "include": "use",
    "from": "use", "type": "struct", "class": "struct", "union": "enum", "let": "var", "global": "var", "module": "use",
}  # fmt: skip
_COMPARISONS = frozenset(["==", "!=", "<", "<=", ">", ">=", "in", "has"])
_BODIED = {"IF": "if", "WHILE": "while", "FOR": "for", "REPEAT": "repeat", "ELSE": "else", "UNDER": "under"}


def arrow(m: Mistake) -> bool:
    if m.text(m.at) != "->" or "DOT" not in m.expected:
        return False
    m.report(Arrow(m.span(m.at)))
    m.replace(m.at, m.at + 1, m.put("DOT", m.at))
    if m.text(m.at + 1) in m.machine.table.words:
        m.tokens.kinds[m.at + 1] = m.machine.table.kinds["NAME"]
    return True


def word_operator(m: Mistake) -> bool:
    word = m.text(m.at)
    if word in ("and", "or") and m.kind(m.at) == "NAME" and _and(m) in m.expected:
        ours = {"and": "&&", "or": "||"}[word]
        m.report(WordOperator(m.span(m.at), word, ours))
        m.replace(m.at, m.at + 1, m.put(m.machine.table.terminals[m.machine.table.operators[ours]], m.at))
        return True
    if m.text(m.at - 1) == "not" and m.kind(m.at - 1) == "NAME" and m.at > m.start:
        m.report(WordOperator(m.span(m.at - 1), "not", "!"))
        m.replace(m.at - 1, m.at, m.put("BANG", m.at - 1))
        return True
    return False


def _and(m: Mistake) -> str:
    return m.machine.table.terminals[m.machine.table.operators["&&"]]


def increment(m: Mistake) -> bool:
    plus, minus = "PLUS", "MINUS"
    if m.kind(m.at) == plus and m.kind(m.at - 1) == plus and m.touches(m.at) and m.at - 1 > m.start:
        return _step(m, m.at - 1, "+")
    if m.kind(m.at - 1) == minus and m.kind(m.at - 2) == minus and m.touches(m.at - 1) and m.at - 2 > m.start:
        return _step(m, m.at - 2, "-")
    if m.kind(m.at) == plus and m.kind(m.at + 1) == plus and m.touches(m.at + 1):
        m.report(Increment(m.span(m.at, m.at + 1), "++", "x += 1"))
        m.replace(m.at, m.at + 2)
        return True
    return False


def _step(m: Mistake, first: int, sign: str) -> bool:
    begin = first
    while begin > m.start and (m.is_name(begin - 1) or m.kind(begin - 1) in ("DOT", "LSQB", "RSQB", "INT")):
        begin -= 1
    place = m.tokens.source.text[m.tokens.starts[begin] : m.tokens.ends[first - 1]]
    place = place if 0 < len(place) <= 30 and "\n" not in place else "x"
    table = m.machine.table
    assign = table.terminals[table.operators[sign + "="]]
    ends = m.kind(first + 2) in ("_NL", "SEMICOLON", "RBRACE", "$END") and "LBRACE" not in m.expected
    statement = ends and begin == m.start
    m.report(Increment(m.span(first, first + 1), sign * 2, f"{place} {sign}= 1", statement))
    if statement:
        m.replace(first, first + 2, m.put(assign, first), ("INT", m.tokens.starts[first], m.tokens.ends[first + 1]))
    else:
        m.give_up()
    return True


def struct_literal(m: Mistake) -> bool:
    if m.kind(m.at) != "LBRACE" or "LBRACE" in m.expected or not m.is_name(m.at - 1) or "LPAR" not in m.expected:
        return False
    close = m.closing(m.at)
    if close is None or m.kind(close) != "RBRACE":
        return False
    inner = [i for i in range(m.at + 1, close) if m.kind(i) != "_NL"]
    named = len(inner) > 1 and m.is_name(inner[0]) and m.kind(inner[1]) == "COLON"
    if not (m.text(m.at - 1)[:1].isupper() or named or m.kind(m.at - 2) == "DOT"):
        return False
    m.report(StructLiteral(m.span(m.at), m.text(m.at - 1), m.span(close)))
    m.tokens.kinds[close] = m.machine.table.kinds["RPAR"]
    m.tokens.kinds[m.at] = m.machine.table.kinds["LPAR"]
    depth = 0
    for i in range(close - 1, m.at, -1):
        depth += (m.kind(i) == "RBRACE") - (m.kind(i) == "LBRACE")
        if depth == 0 and m.kind(i) in ("_NL", "SEMICOLON"):
            useless = m.kind(i - 1) in ("COMMA", "LPAR") or m.kind(i + 1) in ("RPAR", "_NL")
            m.tokens.replace(i, i + 1, [] if useless else [m.put("COMMA", i)])
    return True


def assignment_in_condition(m: Mistake) -> bool:
    if m.kind(m.at) != "EQUAL" or "LBRACE" not in m.expected:
        return False
    m.report(AssignmentInCondition(m.span(m.at)))
    table = m.machine.table
    m.replace(m.at, m.at + 1, m.put(table.terminals[table.operators["=="]], m.at))
    return True


def named_with_equals(m: Mistake) -> bool:
    if m.kind(m.at) != "EQUAL" or "RPAR" not in m.expected or not m.is_name(m.at - 1):
        return False
    if m.kind(m.at - 2) not in ("LPAR", "COMMA"):
        return False
    m.report(NamedWithEquals(m.span(m.at)))
    m.replace(m.at, m.at + 1, m.put("COLON", m.at))
    return True


def ternary(m: Mistake) -> bool:
    if m.kind(m.at) != "QMARK" or "PLUS" not in m.expected:
        return False
    m.report(Ternary(m.span(m.at)))
    m.give_up()
    return True


def pointer(m: Mistake) -> bool:
    if m.kind(m.at) not in ("AMPERSAND", "STAR") or "INT" not in m.expected:
        return False
    m.report(Pointer(m.span(m.at), m.text(m.at)))
    m.replace(m.at, m.at + 1)
    return True


def c_for(m: Mistake) -> bool:
    start = next((i for i in range(m.at, max(m.start, m.at - 12) - 1, -1) if m.kind(i) == "FOR"), None)
    if start is None or m.kind(start + 1) != "LPAR":
        return False
    close = m.closing(start + 1)
    if close is None or not start < m.at <= close or not any(m.kind(i) == "SEMICOLON" for i in range(start, close)):
        return False
    m.report(CFor(m.span(start, close)))
    dots = m.machine.table.terminals[m.machine.table.operators[".."]]
    new = [("NAME", start + 1), ("IN", start + 1), ("INT", start + 1), (dots, close), ("INT", close)]
    m.replace(start + 1, close + 1, *(m.put(kind, like) for kind, like in new))
    return True


def c_function(m: Mistake) -> bool:
    """At the top: `static u64 f(u64 x) {`, `u64 x;`, `function f() {`."""
    if not m.at_top() or m.at != m.start or m.kind(m.at) not in ("NAME", "FROM", "LET"):
        return False
    word = m.text(m.at)
    if word in _DECLARATION_WORDS:
        m.report(ForeignWord(m.span(m.at), word, f"`{_DECLARATION_WORDS[word]}`"))
        if _DECLARATION_WORDS[word] in ("fn", "var"):
            m.replace(m.at, m.at + 1, m.put(_DECLARATION_WORDS[word].upper(), m.at))
        else:
            m.give_up()
        return True
    last = m.at
    while m.is_name(last + 1) or m.kind(last + 1) in ("STAR", "STRUCT", "CONST"):
        last += 1
    if last == m.at or not m.is_name(last):
        return False
    name = m.text(last)
    head = m.tokens.source.text[m.tokens.starts[m.at] : m.tokens.ends[last]]
    if m.kind(last + 1) == "LPAR":
        m.report(CFunction(m.span(m.at, last), head if len(head) < 60 else word, f"fn {name}(…)"))
    elif word in _TYPES or m.kind(last + 1) in ("EQUAL", "SEMICOLON", "_NL", "LSQB"):
        type_ = m.text(last - 1) if m.is_name(last - 1) else "T"
        m.report(CDeclaration(m.span(m.at, last), type_, name, f"var {name}: {_ours(type_)}"))
    else:
        return False
    m.give_up()
    return True


def _ours(type_: str) -> str:
    """Our name of a C type."""
    known = {"int": "i32", "unsigned": "u32", "long": "i64", "char": "u8", "size_t": "u64", "uint64_t": "u64", "s32": "i32",
             "s64": "i64", "__u64": "u64", "__u32": "u32", "uint32_t": "u32", "int32_t": "i32", "int64_t": "i64"}  # fmt: skip
    return "T" if type_ in ("auto", "const", "static", "void", "struct") else known.get(type_, type_)


def c_declaration(m: Mistake) -> bool:
    """In a block: `u64 x = 5`, `struct task_struct *p = …`; in a head: `u64 x`."""
    if m.kind(m.at) == "STRUCT" and m.at == m.start and not m.at_top():
        last = m.at + 1
        while m.is_name(last) or m.kind(last) == "STAR":
            last += 1
        name = m.text(last - 1)
        m.report(CDeclaration(m.span(m.at, last - 1), "struct " + m.text(m.at + 1), name, f"let {name} = …"))
        m.give_up()
        return True
    if m.kind(m.at) == "CONST" and m.at == m.start and not m.at_top() and m.is_name(m.at + 1):
        if m.is_name(m.at + 2):
            type_, name = m.text(m.at + 1), m.text(m.at + 2)
            m.report(CDeclaration(m.span(m.at, m.at + 2), type_, name, f"let {name}: {_ours(type_)}"))
            m.replace(m.at, m.at + 2, m.put("LET", m.at))
            return True
        m.report(ForeignWord(m.span(m.at), "const", "`let` in a block"))
        m.replace(m.at, m.at + 1, m.put("LET", m.at))
        return True
    if not m.is_name(m.at) or not m.is_name(m.at - 1) or m.at - 1 < m.start:
        return False
    type_, name = m.text(m.at - 1), m.text(m.at)
    ends = m.kind(m.at + 1) in ("EQUAL", "SEMICOLON", "_NL", "RBRACE", "COMMA", "NAME")
    if m.at - 1 == m.start and not m.at_top() and ends:
        if type_ not in _TYPES and m.kind(m.at + 1) != "EQUAL":
            return False
        if m.kind(m.at + 1) == "EQUAL":
            m.report(CDeclaration(m.span(m.at - 1, m.at), type_, name, f"let mut {name}: {_ours(type_)} ="))
            m.replace(m.at - 1, m.at, m.put("LET", m.at - 1), m.put("MUT", m.at - 1))
        else:
            m.report(CDeclaration(m.span(m.at - 1, m.at), type_, name, f"let mut {name}: {_ours(type_)}"))
            m.give_up()
        return True
    in_head = m.kind(m.at - 2) in ("LPAR", "COMMA") and m.kind(m.at + 1) in ("COMMA", "RPAR")
    if in_head and {"COLON", "RPAR"} <= m.expected:
        m.report(CDeclaration(m.span(m.at - 1, m.at), type_, name, f"{name}: {_ours(type_)}"))
        m.replace(m.at - 1, m.at + 1, m.put("NAME", m.at), m.put("COLON", m.at), m.put("NAME", m.at - 1))
        return True
    return False


def foreign_statement(m: Mistake) -> bool:
    if m.at_top() or m.at - m.start > 4 or m.kind(m.start) != "NAME" or m.at == m.start:
        return False
    word = m.text(m.start)
    if word not in _STATEMENT_WORDS:
        return False
    ours = _STATEMENT_WORDS[word]
    m.report(ForeignWord(m.span(m.start), word, ours))
    m.give_up()
    return True


def missing_braces(m: Mistake) -> bool:
    body = m.at + (m.kind(m.at) == "_NL")
    if "LBRACE" not in m.expected:
        return False
    begins = m.is_name(body) or m.kind(body) in (
        "RETURN", "BREAK", "CONTINUE", "LET", "IF", "FOR", "WHILE", "REPEAT", "MATCH", "ERROR", "FAIL", "KEEP", "ASSERT"
    )  # fmt: skip
    if not begins:
        return False
    for i in range(m.at - 1, m.start - 1, -1):
        kind = m.kind(i)
        if kind in ("LBRACE", "RBRACE", "SEMICOLON", "_NL"):
            return False
        if kind in _BODIED and not (kind == "IF" and m.kind(i - 1) == "ELSE" and i == m.at - 1):
            m.at = body
            end = m.statement_end(body, ("ELSE",))
            m.report(MissingBraces(m.span(body), _BODIED[kind], m.span(i), m.span(body, end - 1)))
            if m.kind(end) == "SEMICOLON" and m.kind(end + 1) in ("_NL", "ELSE"):
                end += 1
            m.tokens.replace(end, end, [("RBRACE", m.tokens.starts[end], m.tokens.starts[end])])
            m.tokens.replace(m.at, m.at, [("LBRACE", m.tokens.starts[m.at], m.tokens.starts[m.at])])
            return True
    return False


def reserved_word(m: Mistake) -> bool:
    if not m.is_reserved(m.at) or "NAME" not in m.expected or "BANG" in m.expected:
        return False
    if "RBRACE" in m.expected and m.kind(m.at + 1) not in ("COLON", "COMMA", "LPAR"):
        return False
    m.report(ReservedWord(m.span(m.at), m.text(m.at)))
    m.tokens.kinds[m.at] = m.machine.table.kinds["NAME"]
    return True


def if_needs_else(m: Mistake) -> bool:
    if m.expected != {"ELSE"} or m.kind(m.at - 1) != "RBRACE":
        return False
    m.report(IfNeedsElse(m.span(m.at - 1)))
    m.give_up()
    return True


def chained_comparison(m: Mistake) -> bool:
    if m.text(m.at) not in _COMPARISONS or _and(m) not in m.expected:
        return False
    alone = m.text(m.at - 2) in _COMPARISONS and (m.is_name(m.at - 1) or m.kind(m.at - 1) == "INT")
    m.report(ChainedComparison(m.span(m.at), m.text(m.at - 1) if alone else ""))
    m.replace(m.at, m.at + 1, m.put(_and(m), m.at))
    return True


def walrus(m: Mistake) -> bool:
    if m.kind(m.at) != "COLON" or m.kind(m.at + 1) != "EQUAL" or not m.touches(m.at + 1) or m.at - 1 != m.start:
        return False
    m.report(ForeignWord(m.span(m.at, m.at + 1), ":=", f"`let {m.text(m.start)} =`"))
    name = m.put("NAME", m.start)
    m.replace(m.start, m.at + 1, m.put("LET", m.start), name)
    return True


def comma_of_alternatives(m: Mistake) -> bool:
    arrow_ = m.machine.table.terminals[m.machine.table.operators["=>"]]
    if m.kind(m.at) != "COMMA" or arrow_ not in m.expected or "VBAR" not in m.expected:
        return False
    m.report(Unexpected(m.span(m.at), "`|` between the alternatives of a pattern", "`,`", "write `|`"))
    m.replace(m.at, m.at + 1, m.put("VBAR", m.at))
    return True


def unit_apart(m: Mistake) -> bool:
    if m.text(m.at) not in ("ns", "us", "ms", "s") or m.kind(m.at - 1) != "INT":
        return False
    text = m.text(m.at - 1) + m.text(m.at)
    m.report(BadNumber(m.span(m.at - 1, m.at), m.tokens.source.text[m.tokens.starts[m.at - 1] : m.tokens.ends[m.at]],
                       "the unit follows its number at once", f"write `{text}`"))  # fmt: skip
    m.replace(m.at, m.at + 1)
    return True


def fraction(m: Mistake) -> bool:
    if m.kind(m.at) != "VERSION" or "INT" not in m.expected:
        return False
    m.report(BadNumber(m.span(m.at), m.text(m.at), "there are no fractions", "use a smaller unit"))
    m.tokens.kinds[m.at] = m.machine.table.kinds["INT"]
    return True


HABITS: tuple[Habit, ...] = (
    arrow,
    word_operator,
    increment,
    c_for,
    struct_literal,
    assignment_in_condition,
    named_with_equals,
    ternary,
    pointer,
    walrus,
    reserved_word,
    c_function,
    foreign_statement,
    c_declaration,
    missing_braces,
    if_needs_else,
    chained_comparison,
    comma_of_alternatives,
    unit_apart,
    fraction,
)
