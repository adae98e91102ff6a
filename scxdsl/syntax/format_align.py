# SPDX-License-Identifier: GPL-2.0-only
"""Columns: what the author has put under each other in neighbouring lines stays so. Only one-line bodies, the `=>` of arms and
trailing comments are looked at.

A group is what stood in one column of the source. `{` and `=>` move to the least column where all of their group have room;
comments keep theirs. So formatting a second time finds the same groups in the same columns.
"""

from .format_lines import Line

FAR = 50  # so many blanks before a comment tear it from its line


def align(lines: list[Line]) -> list[str]:
    """The finished lines, empty ones included."""
    _align_anchors(lines)
    columns = _comment_columns(lines)
    out: list[str] = []
    for line, column in zip(lines, columns, strict=True):
        if line.blank_before:
            out.append("")
        if line.comment and line.code:
            out.append(line.code + " " * (column - len(line.code)) + line.comment)
        else:
            out.append(line.code or line.comment)
    return out


def _align_anchors(lines: list[Line]) -> None:
    run: list[Line] = []
    for line in [*lines, None]:
        fits = bool(run) and line is not None and bool(line.anchors) and not line.blank_before
        if fits and line is not None and line.anchors[0][0] == run[-1].anchors[0][0] and _indent(line) == _indent(run[-1]):
            run.append(line)
            continue
        _align_run(run)
        run = [line] if line is not None and line.anchors else []


def _align_run(run: list[Line]) -> None:
    groups: dict[int, list[Line]] = {}
    for line in run:
        groups.setdefault(line.anchors[0][2], []).append(line)
    for group in groups.values():
        column = max(line.anchors[0][1] for line in group)
        for line in group:
            at = line.anchors[0][1]
            if column - at <= 40:
                line.code = line.code[:at] + " " * (column - at) + line.code[at:]


def _indent(line: Line) -> int:
    return len(line.code) - len(line.code.lstrip())


def _comment_columns(lines: list[Line]) -> list[int]:
    """For each line the column of its trailing comment. Two lines of a file are enough to make a column of comments; one
    that stands alone, or has no room there, comes two blanks after its code."""
    columns = [len(line.code) + 2 for line in lines]
    groups: dict[int, list[int]] = {}
    for i, line in enumerate(lines):
        if line.comment and line.code and columns[i] <= line.comment_column <= columns[i] + FAR:
            groups.setdefault(line.comment_column, []).append(i)
    for column, group in groups.items():
        if len(group) > 1:
            for i in group:
                columns[i] = column
    return columns
