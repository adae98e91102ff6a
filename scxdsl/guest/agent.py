# SPDX-License-Identifier: GPL-2.0-only
"""The static agent of the guest: compiled on the host when first needed, kept by the hash of its sources."""

import hashlib
import platform
import shutil
import tempfile
from importlib import resources
from pathlib import Path

from . import apt, tools
from .cache import cache_dir, locked, write_file
from .errors import CommandFailed, MissingTool, ToolsMissing

# What the agent is linked with. libbpf before 1.4 lacks what struct_ops of sched_ext needs.
PACKAGES = ("libbpf-dev", "libelf-dev", "zlib1g-dev", "libzstd-dev")
LIBBPF = (1, 4)
FLAGS = ("-O2", "-std=gnu11", "-static", "-s", "-D_GNU_SOURCE", "-w")
# What of libbpf goes by way of payload/kernel_btf.c.
WRAPPED = ("btf__load_vmlinux_btf", "btf__free", "btf__find_by_name_kind", "btf__find_by_name_kind_own")
TRIPLE = "x86_64-linux-gnu"


def payload(name: str) -> bytes:
    """A file of the package's payload."""
    return (resources.files(__package__) / "payload" / name).read_bytes()


def sources() -> dict[str, bytes]:
    """The agent's C files by name."""
    folder = resources.files(__package__) / "payload"
    return {f.name: f.read_bytes() for f in sorted(folder.iterdir(), key=lambda f: f.name) if f.name.endswith((".c", ".h"))}


def _probe(folder: Path, root: Path | None) -> bool:
    """Whether the libraries under `root` (None: the host's own) do for the agent."""
    text = (
        "#include <bpf/libbpf.h>\n"
        f"#if LIBBPF_MAJOR_VERSION < {LIBBPF[0]} || (LIBBPF_MAJOR_VERSION == {LIBBPF[0]} && LIBBPF_MINOR_VERSION < {LIBBPF[1]})\n"
        "#error old\n#endif\nint main(void) { return !libbpf_version_string(); }\n"
    )
    (folder / "probe.c").write_text(text)
    (folder / "libelf_search.c").write_bytes(payload("libelf_search.c"))
    try:
        _compile(folder, ["probe.c", "libelf_search.c"], "probe", root)
    except CommandFailed:
        return False
    return True


def _compile(folder: Path, files: list[str], output: str, root: Path | None, *flags: str) -> None:
    where = [] if root is None else [f"-I{root}/usr/include", f"-I{root}/usr/include/{TRIPLE}", f"-L{root}/usr/lib/{TRIPLE}"]
    last: CommandFailed | None = None
    # libelf needs libzstd from 0.189 on
    for libraries in (["-lbpf", "-lelf", "-lz"], ["-lbpf", "-lelf", "-lz", "-lzstd"]):
        try:
            tools.run(["gcc", *FLAGS, *flags, *where, "-o", output, *files, *libraries], timeout=300, folder=folder)
            return
        except CommandFailed as error:
            last = error
    assert last is not None
    raise last


def libraries() -> Path | None:
    """Where libbpf and its companions are: None for the host's own, else a folder made from the distribution's packages."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        if _probe(folder, None):
            return None
        root = cache_dir() / "libraries"
        if root.exists() and _probe(folder, root):
            return root
        source = apt.AptRoot("host", apt.host_suites())
        source.update()
        parts = folder / "root"
        for package in PACKAGES:
            # the newest version on offer, which on bookworm is that of backports
            apt.unpack(source.download(package, folder), parts)
        if not _probe(folder, parts):
            raise ToolsMissing((MissingTool("a static libbpf of 1.4 or newer", "libbpf-dev"),), "to build the guest's agent")
        shutil.rmtree(root, ignore_errors=True)
        shutil.move(parts, root)
        return root


def build() -> bytes:
    """The agent's executable; compiles it when its sources have changed. Some seconds then, nothing otherwise."""
    files = sources()
    key = hashlib.sha256(repr((sorted(files.items()), FLAGS, WRAPPED, platform.machine())).encode()).hexdigest()[:20]
    target = cache_dir() / "agent" / key
    with locked("agent"):
        if target.exists():
            return target.read_bytes()
        tools.need("to build the guest's agent", (("gcc", "gcc"),), (("stdio.h", "libc6-dev"),))
        root = libraries()
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work)
            for name, data in files.items():
                (folder / name).write_bytes(data)
            _compile(folder, [n for n in files if n.endswith(".c")], "agent", root, *(f"-Wl,--wrap={name}" for name in WRAPPED))
            write_file(target, (folder / "agent").read_bytes(), 0o755)
        return target.read_bytes()
