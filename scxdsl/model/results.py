# SPDX-License-Identifier: GPL-2.0-only
"""What callbacks return. Source: kernel/sched/ext.c."""

from . import findings
from .constants import MAX_ERRNO
from .state import State


def sanitized(m: State, op: str, result: int | None) -> int:
    """ops_sanitize_err: what a callback returned as an error number."""
    if not result:
        return 0
    if -MAX_ERRNO <= result < 0:
        return result
    m.eject(findings.InvalidErrno(op, result))
    return -71  # -EPROTO
