# SPDX-License-Identifier: GPL-2.0-only
"""Install kernels for guests into the cache, from the distribution's packages with their signatures checked. 6.12 is built from the
distribution's source, which takes some minutes. Nothing outside the cache changes."""

from argparse import ArgumentParser, Namespace
from time import monotonic
from typing import Any

from scxdsl import guest

from .faults import DONE
from .files import put
from .guest_common import GuestFault
from .printing import json_text, say


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("series", nargs="+", metavar="SERIES|all", help="such as 6.18; all that the catalogue has")
    parser.add_argument("--refresh", action="store_true", help="take the newest build even if one is installed")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the result there instead of to stdout")


def run(args: Namespace) -> int:
    names = [n for s in args.series for n in (guest.catalogue() if s == "all" else [s])]
    unknown = [n for n in names if n not in guest.catalogue()]
    if unknown:  # before anything is fetched
        from scxdsl.guest.errors import UnknownSeries

        raise GuestFault(UnknownSeries(unknown[0], tuple(guest.catalogue())))
    results: list[dict[str, Any]] = []
    worst: GuestFault | None = None
    for name in dict.fromkeys(names):
        try:
            results.append(_install(name, args.refresh))
        except guest.GuestError as error:
            worst = GuestFault(error)
            say(f"{name}: {worst.message}")
            results.append({"series": name, "release": None, "hidden": [], "error": worst.message})
    if args.format == "json":
        put(json_text({"kernels": results}), args.output)
    else:
        put("".join(f"{r['series']}  {r['release']}\n" for r in results if r["release"]), args.output)
    return worst.status if worst else DONE


def _install(series: str, refresh: bool) -> dict[str, Any]:
    """`{"series", "release", "hidden", "error": None}`. Tells on stderr what it does. Raises GuestError."""
    begin = monotonic()
    if refresh or guest.installed(series) is None:
        how = "building it from source, some minutes" if guest.catalogue()[series].built else "from the distribution's packages"
        say(f"{series}: {how} …")
        kernel = guest.install(series, refresh)
        say(f"{series}: {kernel.release}, {monotonic() - begin:.0f} s")
    else:
        kernel = guest.install(series)
        say(f"{series}: {kernel.release} is installed")
    if kernel.hidden:
        say(f"{series}: its BTF hides {', '.join(kernel.hidden)}; schedulers that call them cannot run on it")
    return {"series": series, "release": kernel.release, "hidden": list(kernel.hidden), "error": None}
