# SPDX-License-Identifier: GPL-2.0-only
"""`scxdsl test`."""

import pytest

from scxdsl.cli import findings_tests, test

from .conftest import Run

GOOD = """\
scheduler s
use weight
const N = 3
param limit: u64 = 5
var count: u64
stat seen
fn twice(x: u64) -> u64 { count += 1; seen += 1; x * 2 }
fn fussy(x: u64) -> u64 { if x > limit { error "{x} is too much" }; x }
test "twice" {
    assert twice(N) == 6 && count == 1 && seen == 1
    count = 10
    twice(1)
    assert count == 11
}
test "each starts anew" { assert count == 0 && limit == 5 }
test "the standard library" { assert weight.of_nice(0) == 1024 }
"""
ENGINES = ["interp", "machine", "all"]


@pytest.mark.parametrize("engine", ENGINES)
def test_tests_that_hold(scxdsl: Run, policy, engine: str) -> None:
    path = policy(GOOD)
    done = scxdsl("test", path, "--engine", engine)
    assert (done.status, done.err, done.out) == (0, "", f"{path}: 3 tests passed\n")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("body", "column", "words"),
    [
        ("assert twice(2) == 4 && twice(3) == 7", 33, "left is 6, right is 7"),
        ("assert count > 0", 16, "left is 0, right is 0"),
        ("let mut b = twice(1) == 3\n    assert b", 12, "does not hold"),
        ("for i in 0 .. 9 { assert twice(i) < 10 }", 34, "left is 10, right is 10"),
        ("assert fussy(9) == 9", 6, "p.scx:8: 9 is too much"),
    ],
)
def test_one_that_fails_is_told_with_its_place_and_values(scxdsl: Run, policy, engine: str, body: str, column: int, words: str) -> None:
    path = policy(GOOD + f'test "wrong" {{\n        {body}\n}}\ntest "right" {{ assert true }}\n')
    done = scxdsl("test", path, "--engine", engine)
    assert done.status == 1 and "1 of 5 tests failed" in done.out
    assert done.err.count("E0920") == 1 and "the test `wrong` fails" in done.err
    assert f":{column}\n" in done.err
    assert words in done.err if engine != "machine" or "p.scx" in words else "does not hold" in done.err


def test_modules_have_tests_too(scxdsl: Run, policy) -> None:
    path = policy('use bits\nfn f(x: u64) -> u64 { bits.log2(x) }\ntest "f" { assert f(8) == 3 }\n')
    assert scxdsl("test", path, "--engine", "all").out == f"{path}: 1 test passed\n"
    assert scxdsl("check", path).status == 1, "a policy it is not"


def test_errors_of_the_policy_come_first(scxdsl: Run, policy) -> None:
    done = scxdsl("test", policy('scheduler s\ntest "a" { assert 1 }\n'))
    assert done.status == 1 and "E0301" in done.err and "no test ran" in done.err


def test_only_some_by_their_title(scxdsl: Run, policy) -> None:
    path = policy(GOOD)
    assert scxdsl("test", path, "--only", "library").out == f"{path}: 1 test passed\n"
    assert scxdsl("test", path, "--only", "zzz").out == f"{path}: no tests\n"


def test_as_json(scxdsl: Run, policy) -> None:
    path = policy(GOOD + 'test "wrong" { assert count == 1 }\n')
    done = scxdsl("test", path, "--engine", "all", "--format", "json")
    assert done.status == 1 and done.json["version"] == 1 and done.json["ok"] is False
    tests = done.json["files"][0]["tests"]
    assert [t["passed"] for t in tests] == [True, True, True, False]
    assert tests[3] == {"title": "wrong", "passed": False, "engines": {"interp": False, "machine": False}}
    assert done.json["diagnostics"][0]["code"] == "E0920"


def test_engines_that_differ_are_the_compilers_fault(scxdsl: Run, policy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test, "_on_machine", lambda number, t, built: test.Result("machine", False, t.span, "does not hold"))
    done = scxdsl("test", policy(GOOD), "--engine", "all", "--only", "anew")
    assert done.status == 1 and "only machine says so" in done.err and findings_tests.TestFailed.code in done.err


def test_an_object_has_no_tests(scxdsl: Run, policy, tmp_path) -> None:
    """Tests, and what only they use of modules, leave no trace in what is loaded."""
    with_tests, without = policy(GOOD), GOOD[: GOOD.index('test "')]
    assert scxdsl("build", with_tests, "-o", "a.o").status == 0
    (tmp_path / "p.scx").write_text(without)
    assert scxdsl("build", "p.scx", "-o", "b.o").status == 0
    names = {p.name for p in _read(tmp_path / "a.o").programs}
    assert names == {p.name for p in _read(tmp_path / "b.o").programs}
    assert b"weight_TABLE" not in (tmp_path / "a.o").read_bytes()


def _read(path):
    from scxdsl.objects import read

    return read(path.read_bytes())
