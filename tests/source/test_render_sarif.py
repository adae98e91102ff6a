# SPDX-License-Identifier: GPL-2.0-only
"""SARIF 2.1.0: what the standard demands, and that places, second places and edits come through."""

import json
from typing import Any

from scxdsl import __version__
from scxdsl.compiler import check
from scxdsl.source.render_sarif import render_sarif

TEXT = "scheduler s\nvar a: u32\non tick(p) {\n    a = p.slice\n    b = 1\n    c = 1\n}\n"


def sarif(text: str = TEXT, path: str = "dir/a policy.scx") -> dict[str, Any]:
    return json.loads(render_sarif(check(text, path).diagnostics))


def test_the_log_has_version_tool_and_one_run() -> None:
    log = sarif()
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("scxdsl", __version__)
    assert run["columnKind"] == "unicodeCodePoints"


def test_each_code_is_one_rule_and_results_point_at_it() -> None:
    (run,) = sarif()["runs"]
    rules, results = run["tool"]["driver"]["rules"], run["results"]
    assert [r["id"] for r in rules] == sorted({r["ruleId"] for r in results})
    assert len(results) > len(rules)
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in results)
    assert all(r["defaultConfiguration"]["level"] in ("error", "warning") and r["fullDescription"]["text"] for r in rules)


def test_a_result_has_its_place_second_places_and_edits() -> None:
    first = sarif()["runs"][0]["results"][0]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "dir/a%20policy.scx"
    assert place["region"] == {"startLine": 4, "startColumn": 9, "endLine": 4, "endColumn": 16}
    assert first["level"] == "error" and first["message"]["text"].startswith("u32 expected, found duration")
    assert first["relatedLocations"][0]["message"]["text"] == "because this is u32"
    replacement = first["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replacement["insertedContent"]["text"] == "p.slice as u32"
    assert replacement["deletedRegion"] == place["region"]


def test_a_policy_without_findings_gives_an_empty_run() -> None:
    (run,) = sarif("scheduler s\n")["runs"]
    assert run["results"] == [] and run["tool"]["driver"]["rules"] == []


def test_columns_count_characters() -> None:
    first = sarif("scheduler s\n/* é */\n")["runs"][0]["results"][0]
    assert first["locations"][0]["physicalLocation"]["region"]["startLine"] == 2
