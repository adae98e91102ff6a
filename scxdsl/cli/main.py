# SPDX-License-Identifier: GPL-2.0-only
"""The program `scxdsl`: finds the command, runs it, and turns whatever happens into an exit status and a sentence."""

import gc
import os
import signal
import sys
from argparse import ArgumentParser, HelpFormatter
from collections.abc import Sequence
from importlib import import_module
from types import FrameType
from typing import NoReturn

from .faults import BROKEN_PIPE, CALL, DONE, INTERNAL, INTERRUPTED, Fault, Terminated

# Command -> module of this folder, summary.
COMMANDS: dict[str, tuple[str, str]] = {
    "new": ("new", "start a policy from a template"),
    "check": ("check", "check policies for every kernel that they declare"),
    "build": ("build", "make the object that the kernel loads"),
    "test": ("test", "run the tests that policies and modules hold"),
    "fuzz": ("fuzz", "look for a difference between interpreter and bytecode"),
    "fmt": ("fmt", "write policies in the one style"),
    "explain": ("explain", "tell what a diagnostic's code means"),
    "graph": ("graph", "draw where a policy's tasks go"),
    "dis": ("dis", "show the bytecode with the source lines between"),
    "kernels list": ("kernels_list", "list the kernels that guests can run"),
    "kernels install": ("kernels_install", "install kernels for guests"),
    "kernels facts": ("kernels_facts", "read the facts of a kernel from its BTF"),
    "guest verify": ("guest_verify", "ask real kernels whether they accept a policy"),
    "replay": ("replay", "follow the record of a real kernel's run in the reference interpreter"),
    "guest run": ("guest_run", "run a policy as a real kernel's scheduler"),
}

# These will want LLVM: its import, in a process of its own, runs beside ours.
COMPILING = ("build", "fuzz", "guest verify", "guest run")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command. `argv` without the program's name; gives the exit status (see faults.py)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        old = {number: signal.signal(number, _terminated) for number in (signal.SIGTERM, signal.SIGHUP)}
    except ValueError:  # not the main thread
        old = {}
    try:
        try:
            status = _run(arguments)
        except SystemExit as end:  # argparse, after it has said what is wrong
            status = end.code if isinstance(end.code, int) else CALL
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # what is still buffered must not fail once more when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Fault as fault:
        if fault.message:
            _say(fault.message)
        return fault.status
    except Exception as error:
        if os.environ.get("SCXDSL_TRACEBACK"):
            raise
        _say(f"a fault of scxdsl itself: {type(error).__name__}: {error}\nPlease report it with the policy and the command; "
             "SCXDSL_TRACEBACK=1 in the environment shows where it happened.")  # fmt: skip
        return INTERNAL
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _say(text: str) -> None:
    try:
        sys.stdout.flush()
    except OSError:
        pass
    print(f"scxdsl: {text}", file=sys.stderr, flush=True)


def _terminated(number: int, _: FrameType | None) -> None:
    raise Terminated(128 + number)  # so that guests are ended and half-written files removed


def _run(arguments: list[str]) -> int:
    for words in (2, 1):
        name = " ".join(arguments[:words])
        if name in COMMANDS and len(arguments) >= words:
            # What a compilation makes it keeps: looking for garbage on the way takes a tenth of its time and finds none.
            gc.set_threshold(100_000, 50, 50)
            if name in COMPILING:
                from scxdsl.codegen.process import ahead

                ahead()
            module = import_module(f"scxdsl.cli.{COMMANDS[name][0]}")
            parser = ArgumentParser(prog=f"scxdsl {name}", description=module.__doc__, allow_abbrev=False, formatter_class=_as_wide_as_the_terminal)
            module.arguments(parser)
            return module.run(parser.parse_args(arguments[words:]))
    return _overview(arguments)


def _overview(arguments: list[str]) -> int:
    """`scxdsl`, `scxdsl --help`, `scxdsl --version`, a group such as `scxdsl guest`, and names that no command has."""
    group = arguments[0] if arguments and not arguments[0].startswith("-") else ""
    members = {n: text for n, (_, text) in COMMANDS.items() if not group or n.startswith(group + " ")}
    parser = ArgumentParser(
        prog=f"scxdsl {group}".strip() if members else "scxdsl",
        description=None if group else "CPU-scheduling policies for the kernel's sched_ext.",
        usage=f"scxdsl {group + ' ' if group and members else ''}COMMAND …", epilog=_list(members or COMMANDS),
        formatter_class=_raw(), allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"scxdsl {_version()}")
    if not members:
        parser.error(_unknown(group))
    rest = arguments[1:] if group else arguments
    if rest and not rest[0].startswith("-"):
        parser.error(_unknown(f"{group} {rest[0]}"))
    parser.parse_args(rest)
    parser.print_help(sys.stderr if group or not arguments else sys.stdout)
    return CALL if group or not arguments else DONE


def _list(commands: dict[str, tuple[str, str]] | dict[str, str]) -> str:
    width = max(map(len, commands))
    texts = {n: entry if isinstance(entry, str) else entry[1] for n, entry in commands.items()}
    rows = "\n".join(f"  {name:<{width}}  {text}" for name, text in texts.items())
    return f"commands:\n{rows}\n\n`scxdsl COMMAND --help` tells more of one."


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, n=1) or [c for c in COMMANDS if name in c.split()]
    return f"there is no command `{name}`" + (f"; did you mean `{near[0]}`?" if near else "; `scxdsl --help` lists them")


def _as_wide_as_the_terminal(prog: str) -> HelpFormatter:
    """argparse makes one for every option it is told of; left to itself it imports shutil and all that can be compressed to learn the width."""
    try:
        columns = int(os.environ.get("COLUMNS") or os.get_terminal_size(1).columns or 80)
    except (ValueError, OSError):
        columns = 80
    return HelpFormatter(prog, width=columns - 2)


def _raw() -> type:
    from argparse import RawDescriptionHelpFormatter

    return RawDescriptionHelpFormatter


def _version() -> str:
    from scxdsl import __version__

    return __version__


def entry() -> NoReturn:
    """The process `scxdsl`: ends without taking Python's modules and the trees apart, which took a fifth of a build's time. Nothing here
    waits for that: files are closed and guests ended where they are used, and the output is flushed first."""
    status = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads any more; main has made its status of it
        pass
    os._exit(status)


if __name__ == "__main__":
    entry()
