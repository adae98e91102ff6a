# SPDX-License-Identifier: GPL-2.0-only
"""Rewritings of policies in IR that the kernel's limits ask for, a pass a file: each takes a module and changes it, and says what it did."""
