# SPDX-License-Identifier: GPL-2.0-only
"""Flags of the test run, and the kernels that guest tests share."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

IN_CI = ("6.18", "7.3")  # installed from packages in seconds
BUILT = "6.12"  # compiled from its source package first, some ten minutes: only with --sweep
ALL = ("6.12", "6.16", "6.17", "6.18", "6.19", "7.0", "7.2", "7.3")  # 7.1's builds hide kernel functions


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sweep", action="store_true", help="also run the slow, wide sweeps, on all kernels (hours, not minutes)")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with the argument `kernel` runs on each kernel: two in CI, all with --sweep."""
    if "kernel" in metafunc.fixturenames and not _has_own(metafunc):
        metafunc.parametrize("kernel", ALL if metafunc.config.getoption("--sweep") else IN_CI, scope="session")


def _has_own(metafunc: pytest.Metafunc) -> bool:
    return any("kernel" in str(mark.args[0]) for mark in metafunc.definition.iter_markers("parametrize") if mark.args)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--sweep"):
        return
    wide = [item for item in items if item.get_closest_marker("sweep") or (item.get_closest_marker("guest") and _needs_building(item))]
    if wide:
        config.hook.pytest_deselected(items=wide)
        items[:] = [item for item in items if item not in wide]


def _needs_building(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    return callspec is not None and BUILT in callspec.params.values()


class _Counted(logging.Handler):
    """What guests had to begin anew, which tests pass over."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.seen: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        if not record.getMessage().startswith("a stand-in: "):  # those are made to end (tests/guest/test_qemu.py)
            self.seen[record.getMessage()] += 1


_AGAIN = _Counted()
logging.getLogger("scxdsl.guest").addHandler(_AGAIN)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _AGAIN.seen:
        terminalreporter.section("guests that had to begin anew")
        for said, times in _AGAIN.seen.most_common():
            terminalreporter.line(f"{times} x {said}")


@pytest.fixture(scope="session")
def boot() -> Iterator[Callable]:
    """Gives a running guest of a kernel; the last two stay up for the tests that follow."""
    from scxdsl.guest import Guest

    running: dict[str, Guest] = {}

    def get(kernel: str) -> Guest:
        if kernel in running:
            running[kernel] = running.pop(kernel)
            return running[kernel]
        while len(running) >= 2:
            running.pop(next(iter(running))).__exit__(None, None, None)
        guest = Guest(kernel, cpus=2)
        guest.__enter__()
        running[kernel] = guest
        return guest

    yield get
    for guest in running.values():
        guest.__exit__(None, None, None)


@pytest.fixture
def guest(boot: Callable, kernel: str):
    """A running guest of the kernel at hand."""
    return boot(kernel)
