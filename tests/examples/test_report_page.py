# SPDX-License-Identifier: GPL-2.0-only
"""The page of what the examples cost has all of them, with what every verifier walked."""

from report_page import EXAMPLES, PAGE, ROOT, page
from scxdsl.cli.report import report_json
from scxdsl.compiler import build
from scxdsl.guest import Verdict


def test_every_example_has_its_section_with_numbers() -> None:
    text = PAGE.read_text()
    for path in EXAMPLES:
        section = text.partition(f"\n## {path.stem}\n")[2].partition("\n## ")[0]
        rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| ")][1:]
        assert rows and all(cell.strip(" |").replace(",", "").isdigit() for row in rows for cell in row[3:]), path.stem


def test_a_page_is_made_of_reports() -> None:
    path = ROOT / "examples" / "fifo.scx"
    built = build(path.read_text(), path.name)
    said = {"6.18": [Verdict("6.18", "fifo_dispatch", True, 9, 1234)]}
    text = page({"fifo": report_json(built, said)}, ["6.18", "7.3"])
    assert "| [fifo](#fifo) |" in text and "| 1,234 | - | forms 3 |" in text and "| dispatch | 9 | 0 | 1,234 | - |" in text
    assert "- line 24, dispatch (forms): called where the kernel has them: scx_bpf_dsq_move_to_local, scx_bpf_consume" in text
