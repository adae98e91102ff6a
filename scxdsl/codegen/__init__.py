# SPDX-License-Identifier: GPL-2.0-only
"""Policy IR to LLVM IR with debug metadata to an object, LLVM in a child process. Knows nothing of the language."""
