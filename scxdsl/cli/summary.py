# SPDX-License-Identifier: GPL-2.0-only
"""For which kernels a check speaks: the answer to "accepted where?"."""


from scxdsl.compiler import Checked
from scxdsl.kernel.versions import Kernels, Series
from scxdsl.source.diagnostic import Diagnostics
from scxdsl.source.records import dataclass
from scxdsl.typing.scheduler import declared_kernels


@dataclass(frozen=True)
class Coverage:
    """`checked`: series that the check was made for; of these `assumed`: those whose source was not read, so that what BTF does not
    say is taken from an older series; `unknown`: declared, but no facts are held of them; `later`: the declaration goes on beyond
    the newest known series."""

    checked: tuple[str, ...]
    assumed: tuple[str, ...]
    unknown: tuple[str, ...]
    later: bool
    words: str


def coverage(checked: Checked, kernels: str | None = None) -> Coverage:
    facts, chosen = checked.target.facts, checked.target.kernels
    declared = kernels or declared_kernels(checked.tree, Diagnostics())
    choice = facts.choose(declared) if declared else None
    assumed = tuple(k.series for k in facts.assumed(chosen))
    return Coverage(
        tuple(chosen), assumed, choice.unknown if choice else (), bool(choice and choice.later), series_words(chosen)
    )  # fmt: skip


def series_words(kernels: Kernels) -> str:
    """"6.12 and 6.16 to 7.3": a stretch only where facts are held of all that was released between."""
    runs: list[list[str]] = []
    for name in kernels:
        if runs and str(Series.parse(runs[-1][-1]).next()) == name:
            runs[-1].append(name)
        else:
            runs.append([name])
    parts = [r[0] if len(r) == 1 else f"{r[0]} to {r[-1]}" for r in runs]
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + f" and {parts[-1]}"


def verdict_line(checked: Checked, kernels: str | None = None) -> str:
    """One line for people: "P.scx: accepted for kernels 6.12 and 6.16 to 7.3; …"."""
    c = coverage(checked, kernels)
    line = f"{checked.source.path}: accepted for kernel{'s' if len(c.checked) > 1 else ''} {c.words}"
    if c.unknown:
        line += f"; no facts of {', '.join(c.unknown)}"
    if c.later:
        line += f"; {Kernels.all(checked.target.facts.names).newest} is the newest known"
    return line + "\n"
