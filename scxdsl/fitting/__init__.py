# SPDX-License-Identifier: GPL-2.0-only
"""Makes an object that the kernel's limits hold: compiles, looks at what came of it, rewrites where it is too large, compiles again."""
