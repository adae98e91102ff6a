# SPDX-License-Identifier: GPL-2.0-only
"""Running commands: in this process for speed, as a process where that is what matters."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scxdsl.cli.main import main

EXAMPLE = Path(__file__).parents[2] / "examples" / "simple.scx"


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Outcome]


@pytest.fixture
def scxdsl(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Outcome:
        status = main([str(a) for a in arguments])
        captured = capfd.readouterr()
        return Outcome(status, captured.out, captured.err)

    return run


@pytest.fixture
def process(tmp_path: Path) -> Run:
    """Runs a command as a process of its own, in an empty folder."""

    def run(*arguments: str | Path, stdin: bytes = b"", **environment: str) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "scxdsl.cli.main", *map(str, arguments)],
            input=stdin, capture_output=True, cwd=tmp_path, env=os.environ | environment, timeout=600,
        )  # fmt: skip
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def policy(tmp_path: Path) -> Callable[..., Path]:
    """Writes a policy and gives its path."""

    def write(text: str, name: str = "p.scx") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write
