# SPDX-License-Identifier: GPL-2.0-only
"""Text to tree: nodes, parser, formatter. Knows nothing of types."""
