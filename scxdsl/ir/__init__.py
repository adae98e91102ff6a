# SPDX-License-Identifier: GPL-2.0-only
"""The policy IR: structured code over C-shaped types. Knows nothing of text; rewriting passes read and write it."""
