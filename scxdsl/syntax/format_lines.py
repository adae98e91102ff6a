# SPDX-License-Identifier: GPL-2.0-only
"""Items to lines: where lines break, how far they are indented, and what stands between two items of a line."""

from dataclasses import dataclass

from .format_items import CLOSERS, OPENERS, Item
from .table import table

WIDTH = 100
INDENT = 4


@dataclass
class Line:
    """`code` with its indentation; `anchors` are (what, position in code, column in the source) of what may be aligned with
    its like in the lines around."""

    code: str
    comment: str
    comment_column: int  # in the source
    anchors: list[tuple[str, int, int]]
    blank_before: bool = False


def lay_out(items: list[Item], column_of: dict[int, int]) -> list[Line]:
    """The lines of a text. Blocks that the author wrote on one line stay so where the line fits."""
    open_blocks: set[int] = set()  # one-line blocks that do not fit
    while True:
        layout = _Layout(items, open_blocks, column_of)
        lines = layout.run()
        wide = layout.blocks_of_wide_lines()
        if not wide:
            return lines
        open_blocks |= wide


class _Layout:
    def __init__(self, items: list[Item], open_blocks: set[int], column_of: dict[int, int]) -> None:
        self.items = items
        self.open_blocks = open_blocks
        self.column_of = column_of
        self.lines: list[Line] = []
        self.line_items: list[list[int]] = []
        self.indents: dict[int, int] = {-1: -INDENT}  # of brackets: the indentation of what stands before them
        self.base = 0  # indentation of the statement that the line belongs to
        self.text = ""
        self.current: list[int] = []
        self.anchors: list[tuple[str, int, int]] = []
        self.joined = [self._one_line(i) for i in range(len(items))]

    def _one_line(self, i: int) -> bool:
        """For `{`: the block stands on one line."""
        opener = self.items[i]
        if opener.text != "{" or opener.comment:
            return False
        if opener.partner == i + 1:
            return True
        inner = self.items[i + 1 : opener.partner + 1]
        return not opener.has_comment and i not in self.open_blocks and not any(x.newlines for x in inner)

    def run(self) -> list[Line]:
        previous = -1
        for i, item in enumerate(self.items):
            if self._dropped(i):
                continue
            breaks = self._breaks(previous, i)
            if breaks or previous < 0:
                self._end_line()
                if breaks > 1 and self.lines and not self._opens(previous) and item.text != "}":
                    self._next_blank = True
                self._begin_line(i)
            elif item.comment:
                self._trailing(item)
                previous = i
                continue
            elif self._space(previous, i):
                self.text += " "
            self._put(i)
            previous = i
        self._end_line()
        return self.lines

    _next_blank = False

    # ---- breaks

    def _dropped(self, i: int) -> bool:
        """A `;` where a line ends anyway."""
        item = self.items[i]
        if item.text != ";" or item.comment or (item.parent >= 0 and self.items[item.parent].text != "{"):
            return False
        following = self._after(i)
        if following is not None and following.text == ";" and following.parent == item.parent:
            following.useful = following.useful or item.useful
            return True
        last = following is None or following.text == "}"
        if last:
            return not item.useful or item.parent < 0
        return item.parent < 0 or not self.joined[item.parent]

    def _breaks(self, before: int, i: int) -> int:
        """The number of line breaks before an item, 2 for an empty line."""
        items, item = self.items, self.items[i]
        if before < 0:
            return 0
        previous = items[before]
        newlines = min(max((x.newlines for x in items[before + 1 : i + 1]), default=0), 2)
        if item.comment:
            return newlines
        if previous.comment:
            return max(newlines, 1)
        if previous.text == "{" and previous.partner > before:
            return 0 if self.joined[before] else 1
        if item.text == "}" and item.partner >= 0:
            return 0 if self.joined[item.partner] else 1
        if (item.text == "{" and not item.begins) or (item.text == "else" and previous.text == "}" and not item.begins):
            return 0
        if item.begins:
            separated = any(x.text == ";" for x in items[before : i] if x.parent == item.parent and not x.comment)
            block = item.parent
            if block < 0 or not self.joined[block]:
                if separated or item.arm or block in self.open_blocks or block < 0:
                    return max(newlines, 1)
            return newlines
        return min(newlines, 1)

    def _after(self, i: int) -> Item | None:
        """The next item that is no comment."""
        while i + 1 < len(self.items):
            i += 1
            if not self.items[i].comment:
                return self.items[i]
        return None

    def _opens(self, i: int) -> bool:
        """Nothing but a bracket stands before: no empty line may follow."""
        while i >= 0 and self.items[i].comment and self.items[i].newlines == 0:
            i -= 1
        return i >= 0 and self.items[i].text in OPENERS and not self.items[i].comment

    # ---- lines

    def _begin_line(self, i: int) -> None:
        item = self.items[i]
        inner = self.indents.get(item.parent, 0) + INDENT
        if item.text in CLOSERS and not item.comment:
            indent = self.indents.get(item.partner, 0)
            self.base = indent
        else:
            indent = inner
            block = item.parent < 0 or self.items[item.parent].text == "{"
            continued = block and not item.begins and not item.comment and item.text != "else"
            if item.comment:
                following = self._after(i)
                continued = bool(
                    block and following and not following.begins and following.text not in ("}", "else", ";")
                    and following.parent == item.parent
                )  # fmt: skip
            if continued:
                indent += INDENT
            self.base = inner
        self.text = " " * indent

    def _put(self, i: int) -> None:
        item = self.items[i]
        if item.comment:
            self.text += item.text
            self.current.append(i)
            return
        if item.text in OPENERS:
            self.indents[i] = self.base
        anchor = item.text == "=>" or (item.text == "{" and self.joined[i] and item.partner > i + 1)
        if anchor:
            self.anchors.append((item.text, len(self.text), self.column_of.get(item.start, -1)))
        self.text += item.text
        self.current.append(i)

    def _trailing(self, item: Item) -> None:
        self._finish(item.text, self.column_of.get(item.start, -1))

    def _end_line(self) -> None:
        if self.current:
            self._finish("", -1)

    def _finish(self, comment: str, column: int) -> None:
        if not self.current and not comment:
            return
        self.lines.append(Line(self.text.rstrip(), comment, column, self.anchors, self._next_blank))
        self.line_items.append(self.current)
        self.text, self.current, self.anchors = "", [], []
        self._next_blank = False

    # ---- blanks

    def _space(self, before: int, i: int) -> bool:
        a, b = self.items[before], self.items[i]
        if a.text == "{" and b.text == "}":
            return False
        if b.text == "." and a.text[0].isdigit() and (before == 0 or self.items[before - 1].text != "."):
            return True  # `0 .5` is not `0.5`
        wants = self._wants_space(a, b)
        return wants or _would_merge(a.text, b.text)

    def _wants_space(self, a: Item, b: Item) -> bool:
        if b.text in (",", ";", ":", "?", ")", "]") or a.text in ("(", "["):
            return False
        if b.text == "}" or b.text == "=>":
            return True
        if a.tight or b.tight or a.unary:
            return a.tight and a.text == ">" and b.text not in ("[", ">", ".", "(") or (
                b.tight and b.text in ("..", "..=") and not a.operand_end
            )
        if a.text == ".":
            return False
        if b.text == ".":
            return b.prefix_dot or not a.operand_end
        if b.text == "(":
            return not (a.name or a.text in (")", "]"))
        if b.text == "[":
            return not (a.name or a.text in (")", "]", "?", ">"))
        if a.text == "/" or b.text == "/":
            return not (a.name and b.text == "/" and self._in_target(b)) and not (a.text == "/" and self._in_target(a))
        return True

    def _in_target(self, slash: Item) -> bool:
        """The slash of `hook tracepoint syscalls/sys_enter_futex`: a declaration has no division before its `(`."""
        return slash.parent < 0 and self._head_of(slash) == "hook"

    def _head_of(self, item: Item) -> str:
        for i in range(len(self.current) - 1, -1, -1):
            if self.items[self.current[i]].begins:
                return self.items[self.current[i]].text
        return ""

    # ---- what does not fit

    def blocks_of_wide_lines(self) -> set[int]:
        """The outermost one-line blocks of lines that are too wide; of an `if` with its `else`, all of them."""
        wide: set[int] = set()
        for line, indices in zip(self.lines, self.line_items, strict=True):
            if len(line.code) <= WIDTH:
                continue
            end = -1
            for i in indices:
                if i > end and self.items[i].text == "{" and self.joined[i] and self.items[i].partner > i + 1:
                    wide.add(i)
                    end = self.items[i].partner
        return wide


def _would_merge(a: str, b: str) -> bool:
    """Without a blank the two would be read as something else."""
    if not a or not b:
        return False
    if (a[-1].isalnum() or a[-1] == "_") and (b[0].isalnum() or b[0] == "_"):
        return True
    operators = table().operators
    if a in operators and b[0] not in "\"" and not b[0].isalnum():
        return a + b[0] in operators or (a + b)[:2] in ("//", "/*")
    return False
