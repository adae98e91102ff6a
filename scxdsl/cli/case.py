# SPDX-License-Identifier: GPL-2.0-only
"""What is kept of a policy that check accepted and a kernel refused: all that a report needs, in a folder of its own."""

import os
import re
import tempfile

from scxdsl import __version__

_README = """\
scxdsl {version} accepted this policy and kernel {kernel} refused it:

    {reason}

That is a fault of scxdsl. Please report it to its developers with the files of this folder:

    {policy:<14} the policy
    policy.bpf.o   the object made of it
    kernel.log     what the kernel's verifier and libbpf wrote
    kernel         the kernel's release

To see it again: scxdsl guest verify --kernel {series} {policy}
"""


def save_case(policy: str, text: str, data: bytes, kernel: str, series: str, reason: str, log: str) -> str:
    """Writes the folder below the current one, or below the system's temporary one where that cannot be written; gives its path."""
    name = os.path.basename(policy)
    stem = re.sub(r"[^\w.-]", "_", f"scxdsl-case-{name.removesuffix('.scx')}-{kernel}")
    folder = _folder(stem)
    readme = _README.format(version=__version__, kernel=kernel, series=series, reason=reason.replace("\n", "\n    "), policy=name)
    files = {name: text.encode(), "policy.bpf.o": data, "kernel.log": log.encode(), "kernel": f"{kernel}\n".encode(), "README": readme.encode()}
    for file, content in files.items():
        with open(os.path.join(folder, file), "wb") as out:
            out.write(content)
    return folder


def _folder(stem: str) -> str:
    for number in range(1, 1000):
        path = stem if number == 1 else f"{stem}-{number}"
        try:
            os.mkdir(path)
            return path
        except FileExistsError:
            continue
        except OSError:
            break
    return tempfile.mkdtemp(prefix=f"{stem}-")
