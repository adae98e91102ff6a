# SPDX-License-Identifier: GPL-2.0-only
"""scxdsl beside C: `python -m benchmarks` builds the same schedulers both ways and prints the tables of docs/benchmarks.md."""
