# SPDX-License-Identifier: GPL-2.0-only
"""`scxdsl build --report --kernel K`: what real kernels, booted under qemu, say of each program."""

from collections.abc import Iterator, Sequence

from scxdsl import guest
from scxdsl.compiler import Built
from scxdsl.guest import Guest, Verdict

from .guest_common import GuestFault
from .printing import say


def ask(built: Built, names: Sequence[str]) -> dict[str, list[Verdict]]:
    """Verdicts by kernel. Of `all`, kernels that cannot be had are left out, and said; a kernel that is named raises GuestFault."""
    assert built.object is not None
    found: dict[str, list[Verdict]] = {}
    for name, named in _kernels(built, names):
        try:
            if name in guest.catalogue() and guest.installed(name) is None:
                if not named:
                    say(f"{name} is left out: it is not installed")
                    continue
                say(f"installing kernel {name} …")
                guest.install(name)
            with Guest(guest.find(name)) as running:
                found[name] = running.verify(built.object)
        except guest.GuestError as error:
            if named:
                raise GuestFault(error) from error
            say(f"{name}: {error.message}")
    return found


def _kernels(built: Built, names: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Kernels to ask, and whether the call names them one by one."""
    for name in names:
        if name == "all":
            yield from ((series, False) for series in guest.catalogue() if series in built.checked.target.kernels)
        else:
            yield name, True
