# SPDX-License-Identifier: GPL-2.0-only
"""The policies that try a topic on real kernels mean the same to the interpreter and to the machine that runs their bytecode."""

import importlib.util
import sys
from pathlib import Path

import pytest

from scxdsl.fuzz.compare import Subject
from scxdsl.fuzz.maker import Maker
from scxdsl.fuzz.compare import SERIES
from scxdsl.fuzz.script import generate

LANGUAGE = Path(__file__).parent.parent / "language"
sys.path[:0] = [str(LANGUAGE), str(LANGUAGE.parent)]  # what those tests import, also where they do not run themselves
POLICIES = [
    ("cpumask", "LAWS"), ("cpumask", "AMONG"), ("queues", "WALKS"), ("cgroups", "GROUPS"), ("texts", "TEXTS"), ("custody", "CUSTODY"),
    ("params", "PARAMS"), ("kernel_names", "NAMES"), ("kernel_names", "EVENTS"), ("owners", "OWNERS"), ("map_rows", "ROWS"), ("queue_rows", "GRID"), ("row_timers", "BEATS"),
]  # fmt: skip
KERNELS = [s for s in SERIES if s != "7.1"]  # whose builds hide kernel functions that the object calls
SCRIPTS = 60


def policy(topic: str, name: str) -> str:
    """The policy that stands in the tests of a topic."""
    spec = importlib.util.spec_from_file_location(f"topic_{topic}", LANGUAGE / f"test_{topic}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


@pytest.mark.parametrize(("topic", "name"), POLICIES)
def test_both_do_the_same_call_by_call(maker: Maker, topic: str, name: str) -> None:
    subject = maker.make(policy(topic, name), f"{topic}.scx")
    assert isinstance(subject, Subject), subject
    for seed in range(SCRIPTS):
        difference = subject.compare(generate(seed), KERNELS[seed % len(KERNELS)])
        assert difference is None, f"seed {seed}: {difference}"
