# SPDX-License-Identifier: GPL-2.0-only
"""Every diagnostic there is: those that a class of the compiler declares become known when its module is imported."""

from importlib import import_module
from pkgutil import walk_packages

from scxdsl.source.diagnostic import CATALOGUE, Diagnostic

# Folders whose modules declare diagnostics, and the commands' own.
_FOLDERS = ("scxdsl.syntax", "scxdsl.typing", "scxdsl.ir", "scxdsl.rules", "scxdsl.lowering", "scxdsl.codegen")


def catalogue() -> dict[str, type[Diagnostic]]:
    """Code -> class, in the order of the codes."""
    for folder in _FOLDERS:
        for module in walk_packages(import_module(folder).__path__, f"{folder}."):
            import_module(module.name)
    import_module("scxdsl.cli.findings")
    import_module("scxdsl.cli.findings_tests")
    import_module("scxdsl.cli.findings_replay")
    return dict(sorted(CATALOGUE.items()))
