# SPDX-License-Identifier: GPL-2.0-only
"""Names, types, units, optionals and ownership: from the tree to the typed tree."""
