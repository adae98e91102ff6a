# SPDX-License-Identifier: GPL-2.0-only
"""What each kernel offers to a policy, as data, and the questions that the compiler asks of it."""
