# SPDX-License-Identifier: GPL-2.0-only
"""The formatter, `scxdsl fmt`: one style, nothing lost.

Four blanks of indentation, one blank around operators, one statement a line; a block that the author wrote on one line
stays on it while the line has at most 100 columns. Line breaks within brackets and long expressions are the author's.
Comments stay where they are; those that stood under each other still do.
"""

from scxdsl.source.text import Source

from .format_align import align
from .format_items import items_of
from .format_lines import lay_out


def format_source(source: Source) -> str:
    """The text in the one style, ended by a newline. A text with syntax errors comes back as it is."""
    items = items_of(source)
    if items is None:
        return source.text
    aligned = (item.start for item in items if item.comment or item.text in ("{", "=>"))
    column_of = {start: source.position(start)[1] - 1 for start in aligned}
    lines = align(lay_out(items, column_of))
    return "\n".join(lines) + "\n" if lines else ""
