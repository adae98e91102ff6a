# SPDX-License-Identifier: GPL-2.0-only
"""Every example, ten seconds under each load that exercises it, and what it claims, on every kernel (long_runs.py says what is run).

`python tests/examples/record_runs.py` runs the same and writes it down: docs/runs.md."""

from itertools import groupby

import pytest
from long_runs import ALL, done, went_well

from scxdsl.guest import Guest


@pytest.mark.guest
@pytest.mark.sweep
def test_ten_seconds_of_everything(kernel: str) -> None:
    for topology, cases in groupby(sorted(ALL, key=lambda case: repr(case.topology)), lambda case: case.topology):
        with Guest(kernel, topology=topology) as guest:
            for case in cases:
                run, words, holds = done(guest, case)
                assert went_well(case, run) and holds, (case.key, words, run)
