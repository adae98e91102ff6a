# SPDX-License-Identifier: GPL-2.0-only
"""The commands, a file each. Each has `arguments(parser)` and `run(args) -> exit status`; main.py imports only the one in use."""
