# SPDX-License-Identifier: GPL-2.0-only
"""Programs of the host."""

import pytest

from scxdsl.guest import tools
from scxdsl.guest.agent import payload, sources
from scxdsl.guest.errors import CommandFailed, ToolsMissing


def test_what_is_missing_is_said_in_one_sentence_with_its_package():
    with pytest.raises(ToolsMissing) as told:
        tools.need("to boot a guest", (("no-such-qemu", "qemu-system-x86"), ("sh", "dash")), (("no/such.h", "libelf-dev"),))
    assert str(told.value) == (
        "to boot a guest this machine needs no-such-qemu, no/such.h: install the package(s) libelf-dev qemu-system-x86"
    )


def test_what_is_there_is_not_missed():
    assert tools.missing((("sh", "dash"),)) == ()


def test_a_failing_program_is_told_with_its_words():
    with pytest.raises(CommandFailed, match="status 3:\nout of order"):
        tools.run(["sh", "-c", "echo out of order >&2; exit 3"], timeout=10)


def test_a_program_that_does_not_end_is_stopped():
    with pytest.raises(CommandFailed, match="no end within 0 s"):
        tools.run(["sleep", "60"], timeout=0.2)


def test_a_program_that_does_not_exist_is_told():
    with pytest.raises(CommandFailed, match="127"):
        tools.run(["no-such-program"], timeout=1)


def test_every_source_of_the_guest_bears_its_licence():
    files = {**sources(), **{name: payload(name) for name in ("init.sh", "kernel-6.12.config")}}
    assert all(b"SPDX-License-Identifier: GPL-2.0-only" in data[:120] for data in files.values())
