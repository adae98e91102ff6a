# SPDX-License-Identifier: GPL-2.0-only
"""A machine for BPF bytecode, with memory that knows where each pointer comes from. Knows nothing of the language."""
