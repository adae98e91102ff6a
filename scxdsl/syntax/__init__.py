# SPDX-License-Identifier: GPL-2.0-only
"""Text to tree: nodes, parser, formatter. Knows nothing of types.

    from scxdsl.syntax.parser import parse
    from scxdsl.syntax import tree
"""
