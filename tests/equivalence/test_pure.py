# SPDX-License-Identifier: GPL-2.0-only
"""Pure functions mean the same to the interpreter, the bytecode machine, native code of the same LLVM IR, and real kernels, bit for bit."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from mutants import MUTANTS
from planting import planted
from pure_sweep import one

from scxdsl.codegen.backend import Backend
from scxdsl.compiler import check, lower
from scxdsl.fuzz import engines, native_text
from scxdsl.fuzz.engines import Functions
from scxdsl.fuzz.native import Native, NativeFault
from scxdsl.fuzz.pure import generate

MODULES, CONTEXTS = 10, 12  # of 20 functions each
ON_KERNELS = 2  # how many of them


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    with Backend() as made:
        yield made


@pytest.fixture(scope="module")
def process() -> Iterator[Native]:
    with Native() as made:
        yield made


@pytest.fixture(scope="module")
def made(backend: Backend) -> Callable[[int], Functions]:
    """The functions of a seed, compiled once for all tests here."""

    @cache
    def of(seed: int) -> Functions:
        found = engines.compiled(str(generate(seed)), check, lower, backend)
        assert isinstance(found, Functions), f"seed {seed}: {found}"
        return found

    return of


@pytest.mark.parametrize("seed", range(MODULES))
def test_native_code_answers_as_interpreter_and_machine(made: Callable[[int], Functions], process: Native, seed: int) -> None:
    functions = made(seed)
    calls = functions.calls(seed, CONTEXTS)
    answers = {
        "interpreter": engines.interpreted(functions, calls), "machine": engines.on_machine(functions, calls),
        "native": engines.native(functions, calls, process),
    }  # fmt: skip
    apart = next(engines.differences(calls, answers), None)
    assert apart is None, f"seed {seed}: {apart}\n{functions.text}"


@pytest.mark.guest
def test_a_real_kernel_answers_as_native_code(made: Callable[[int], Functions], process: Native, guest) -> None:
    for seed in range(ON_KERNELS):
        functions = made(seed)
        calls = functions.calls(seed, CONTEXTS)
        calls = engines.without_errors(calls, engines.native(functions, calls, process))
        answers = {"native": engines.native(functions, calls, process), "kernel": engines.on_kernel(functions, calls, guest)}
        assert sum(map(len, calls.values())) > 100
        apart = next(engines.differences(calls, answers), None)
        assert apart is None, f"seed {seed}: {apart}\n{functions.text}"


@pytest.mark.sweep
def test_thousands_of_functions(backend: Backend, process: Native) -> None:
    done: Counter[str] = Counter()
    for seed in range(1000, 1200):
        one(seed, CONTEXTS, backend, process, {}, done)
    assert done["functions"] == 4000 and not done["differences"] and not done["refused"], done


@pytest.mark.guest
@pytest.mark.sweep
def test_hundreds_of_functions_on_each_kernel(backend: Backend, process: Native, guest, kernel: str) -> None:
    done: Counter[str] = Counter()
    for seed in range(2000, 2010):
        one(seed, CONTEXTS, backend, process, {kernel: guest}, done)
    assert done[f"calls on {kernel}"] > 2000 and not done["differences"] and not done["refused"], done


# ---- the comparison can fail

DIVISION = "scheduler s\ncommand f(a: u64, b: u64) -> u64 { a / b + a % b }\n"


def division(backend: Backend) -> tuple[Functions, dict[str, list[bytes]]]:
    found = engines.compiled(DIVISION, check, lower, backend)
    assert isinstance(found, Functions)
    return found, {"f": [b"".join(n.to_bytes(8, "little") for n in (a, b, 0)) for a, b in ((7, 2), (7, 0), (0, 0))]}


def test_division_by_zero_is_what_the_kernel_makes_of_it(backend: Backend, process: Native) -> None:
    functions, calls = division(backend)
    answers = [after[16:] for _, after in engines.native(functions, calls, process)["f"]]
    assert [int.from_bytes(a, "little") for a in answers] == [3 + 1, 0 + 7, 0]
    assert engines.on_machine(functions, calls) == engines.native(functions, calls, process)


def test_without_the_kernels_test_native_code_dies_and_that_is_told(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    functions, calls = division(backend)
    guarded = native_text._guarded
    monkeypatch.setattr(native_text, "_guarded", lambda word, kind: guarded(word, kind).replace("icmp eq", "icmp ult"))
    with Native() as process, pytest.raises(NativeFault, match="did not come back"):
        engines.native(functions, calls, process)


@pytest.mark.parametrize("name", ["unsigned_remainder_signed", "operands_swapped"])
def test_a_wrong_compilation_is_seen_by_native_code_alone(backend: Backend, process: Native, name: str) -> None:
    """The interpreter says what is meant; native code, which knows nothing of BPF, what the LLVM IR says."""
    for seed in range(20):
        text = str(generate(seed, 5))
        with planted(MUTANTS[name]):
            wrong = engines.compiled(text, check, lower, backend)
        assert isinstance(wrong, Functions)
        calls = wrong.calls(seed, CONTEXTS)
        answers = {"interpreter": engines.interpreted(wrong, calls), "native": engines.native(wrong, calls, process)}
        if any(engines.differences(calls, answers)):
            return
    raise AssertionError("nothing was seen")


def test_a_wrong_translation_to_bytecode_is_seen(made: Callable[[int], Functions], process: Native) -> None:
    """The IR is right, the object is not: an addition of registers becomes a subtraction. Only engines that do not share LLVM's BPF
    backend can tell."""
    functions = made(0)
    right = functions.object
    for at in range(0, len(right) - 8, 8):
        if right[at] == 0x0F and right[at + 2 : at + 8] == bytes(6):  # BPF_ALU64 | BPF_ADD | BPF_X
            wrong = Functions(functions.text, functions.policy, functions.module, right[:at] + b"\x1f" + right[at + 1 :])
            calls = wrong.calls(0, CONTEXTS)
            if any(engines.differences(calls, {"machine": engines.on_machine(wrong, calls), "native": engines.native(wrong, calls, process)})):
                return
    raise AssertionError("nothing was seen")
