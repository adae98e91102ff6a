# SPDX-License-Identifier: GPL-2.0-only
"""Source text, spans and diagnostics. Knows nothing of the language."""
