# SPDX-License-Identifier: GPL-2.0-only
"""What a search finds, with all that it takes to see it again, as JSON."""

import json
from dataclasses import dataclass
from typing import Any

from scxdsl.source.library import Loader

from .compare import Difference
from .maker import Maker, Refused, load
from .script import Script

VERSION = 1
KINDS = ("difference", "refused", "crash")


class NotAFinding(Exception):
    """The text is no finding that was saved; the message says what is wrong with it."""


@dataclass(frozen=True)
class Found:
    """`kind`: "difference" between the engines, "refused" by the compiler, "crash" of the compiler or an engine. `script` and `series`
    where it took one; `text` says what was seen. `seed` is of the generated policy, or of the script of a given one."""

    kind: str
    seed: int
    policy: str
    script: Script | None
    series: str
    text: str

    def plain(self) -> dict[str, Any]:
        """As JSON has it, without the version."""
        script = self.script.plain() if self.script else None
        return {"kind": self.kind, "seed": self.seed, "series": self.series, "policy": self.policy, "script": script, "text": self.text}

    def to_json(self) -> str:
        return json.dumps({"version": VERSION, **self.plain()}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Found":
        """Raises NotAFinding."""
        try:
            data = json.loads(text)
        except ValueError as error:
            raise NotAFinding(f"no JSON: {error}") from error
        if not isinstance(data, dict) or data.get("version") != VERSION:
            raise NotAFinding(f"not version {VERSION} of a finding")
        try:
            kind, policy, series = str(data["kind"]), data["policy"], str(data["series"])
            script = data["script"]
            made = None if script is None else Script.from_plain(script)
        except (KeyError, TypeError, AttributeError) as error:
            raise NotAFinding(f"something is missing or unknown: {error}") from error
        if kind not in KINDS or not isinstance(policy, str):
            raise NotAFinding(f"`kind` is one of {', '.join(KINDS)}, `policy` a text")
        return cls(kind, int(data.get("seed", 0)), policy, made, series, str(data.get("text", "")))


def again(maker: Maker, found: Found, loader: Loader = load) -> Found | None:
    """The same policy and script once more: what is seen now, None where nothing is."""
    try:
        made = maker.make(found.policy, "policy.scx", loader)
        if isinstance(made, Refused):
            return Found("refused", found.seed, found.policy, None, "", str(made))
        if found.script is None:
            return None
        difference = made.compare(found.script, found.series)
    except Exception as crash:  # whatever falls over is what this looks for
        return Found("crash", found.seed, found.policy, found.script, found.series, f"{type(crash).__name__}: {crash}")
    return None if difference is None else of_difference(found.seed, found.policy, difference)


def of_difference(seed: int, policy: str, seen: Difference) -> Found:
    return Found("difference", seed, policy, seen.script, seen.series, str(seen))
