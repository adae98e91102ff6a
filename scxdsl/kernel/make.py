# SPDX-License-Identifier: GPL-2.0-only
"""Makes the data files of this package: one per kernel from its BTF, and the index over all of them.

    python -m scxdsl.kernel.make RELEASE BTF        adds or replaces the kernel's file, then the index
    python -m scxdsl.kernel.make                    the index alone, after source.json was edited
"""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .btf import Btf
from .extract import facts_from_btf
from .merge import dump, merge

FOLDER = Path(__file__).parent / "facts"
_SERIES_FILE = re.compile(r"\d+\.\d+\.json")


def series_files(folder: Path = FOLDER) -> list[Path]:
    """The data files of single kernels."""
    return sorted(p for p in folder.glob("*.json") if _SERIES_FILE.fullmatch(p.name))


def render(facts: dict[str, Any]) -> str:
    """The text of one kernel's data file."""
    return dump(facts, 3)


def remake(folder: Path = FOLDER) -> str:
    """The text of merged.json from the other files of the folder."""
    facts = [json.loads(p.read_text()) for p in series_files(folder)]
    return dump(merge(facts, json.loads((folder / "source.json").read_text())), 3)


def main(arguments: Sequence[str]) -> int:
    if len(arguments) == 2:
        release, path = arguments
        facts = facts_from_btf(Btf.parse(Path(path).read_bytes()), release)
        (FOLDER / f"{facts['series']}.json").write_text(render(facts))
    elif arguments:
        print(__doc__, file=sys.stderr)
        return 2
    (FOLDER / "merged.json").write_text(remake())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
