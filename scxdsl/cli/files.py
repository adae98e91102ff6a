# SPDX-License-Identifier: GPL-2.0-only
"""Reading policies and writing results: a result is there as a whole, or what was there before is untouched."""

import os
import stat
import sys

from scxdsl.source.library import SUFFIX, standard
from scxdsl.source.text import Source

from .faults import FileFault, NotText

STDIN = "-"
STDIN_NAME = "stdin.scx"  # how diagnostics, and messages of the loaded policy, call what came from stdin


def read_bytes(path: str) -> bytes:
    """The content of a file, or of stdin for `-`. Raises FileFault."""
    try:
        if path == STDIN:
            return sys.stdin.buffer.read()
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise FileFault("read", _called(path), error.errno or 0) from error


def source_of(data: bytes, path: str) -> Source:
    """Text in UTF-8 as a source; a byte order mark is dropped. Raises NotText."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return Source(STDIN_NAME if path == STDIN else path, data.decode())
    except UnicodeDecodeError as error:
        raise NotText(_called(path), data.count(b"\n", 0, error.start) + 1, data[error.start]) from error


def read_source(path: str) -> Source:
    """Raises FileFault, NotText."""
    return source_of(read_bytes(path), path)


def load(name: str) -> Source | None:
    """The loader of commands: modules of the standard library, and files from where the command runs. Raises NotText."""
    if not name.endswith(SUFFIX):
        return standard(name)
    try:
        return read_source(name)
    except FileFault:
        return None


def _called(path: str) -> str:
    return "stdin" if path == STDIN else path


def write_file(path: str, data: bytes) -> None:
    """Writes the whole file or leaves what was there: first a file beside it, then a rename. Links are followed; what is no
    regular file (/dev/null, a pipe) is written to as it is. Raises FileFault."""
    target = os.path.realpath(path)
    try:
        old = os.stat(target)
    except FileNotFoundError:
        old = None
    except OSError as error:
        raise FileFault("write", path, error.errno or 0) from error
    try:
        if old is not None and not stat.S_ISREG(old.st_mode):
            with open(target, "wb", buffering=0) as file:
                _write_all(file.fileno(), data)
            return
        _replace(target, data, stat.S_IMODE(old.st_mode) if old else None)
    except OSError as error:
        raise FileFault("write", path, error.errno or 0) from error


def _replace(target: str, data: bytes, mode: int | None) -> None:
    folder, name = os.path.split(target)
    beside = os.path.join(folder, f".{name[:200]}.{os.getpid()}.tmp")
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        try:
            if mode is not None:
                os.fchmod(number, mode)
            _write_all(number, data)
        finally:
            os.close(number)
        os.replace(beside, target)
    except BaseException:
        os.unlink(beside)
        raise


def _write_all(number: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(number, view) :]


def put_text(text: str) -> None:
    """Text to stdout, whatever the terminal's encoding makes of it."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode(errors="replace"))
    sys.stdout.buffer.flush()


def put_bytes(data: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def put(text: str, output: str | None) -> None:
    """A result to the file that -o named, or to stdout for none and `-`. Raises FileFault."""
    if output in (None, "-"):
        put_text(text)
    else:
        write_file(output, text.encode(errors="replace"))
