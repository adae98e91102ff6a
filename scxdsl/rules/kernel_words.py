# SPDX-License-Identifier: GPL-2.0-only
"""From what a kernel says of a refusal to the rules that it stands for: which codes `scxdsl explain` has for it.

Data: kernel_words.json. Words of both styles of the verifier's log are searched, and those of libbpf and of sched_ext's own endings
(kernel/bpf/verifier.c, kernel/sched/ext.c; their messages are listed in kernel/facts/messages.json).
"""

import json
import re
from functools import cache
from pathlib import Path


def codes_of(words: str) -> tuple[str, ...]:
    """The codes whose rule the words are about, the likeliest first; empty where none is known."""
    return next((codes for pattern, codes in _table() if pattern.search(words)), ())


@cache
def _table() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    data = json.loads(Path(__file__).with_suffix(".json").read_text())
    return tuple((re.compile(pattern), tuple(codes)) for pattern, codes in data["words"])
