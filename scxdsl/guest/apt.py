# SPDX-License-Identifier: GPL-2.0-only
"""Packages of Debian through apt, signatures checked, without touching the machine's own package lists.

Each set of suites has an apt root of its own in the cache: sources, lists, archives. The mirror is the machine's own,
read from its apt sources; the keys are those of the package debian-archive-keyring. Root is not needed.
"""

import re
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from . import tools
from .cache import cache_dir, locked
from .errors import NoMirror, NoPackage, ToolsMissing, MissingTool

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Lists older than this are fetched again (seconds).
FRESH = 24 * 3600
SUITE = re.compile(r"^(sid|unstable|testing|stable|oldstable|buster|bullseye|bookworm|trixie|forky|duke)(-[a-z-]+)?(/.*)?$")
HOOKS = ("APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success", "DPkg::Post-Invoke")


@dataclass(frozen=True)
class Source:
    """One line of apt's sources: where, and which suite."""

    uri: str
    suite: str
    components: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()


def parse_one_line(text: str) -> list[Source]:
    """Sources in the old form: `deb [option=value] URI suite component…`; see sources.list(5)."""
    result = []
    for line in text.splitlines():
        match = re.match(r"^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)", line)
        if match:
            options = tuple(tuple(o.split("=", 1)) for o in (match[1] or "").split() if "=" in o)
            result.append(Source(match[2], match[3], tuple(match[4].split()), options))
    return result


def parse_deb822(text: str) -> list[Source]:
    """Sources in stanzas of `Field: value`, each perhaps with several URIs and suites; disabled ones are left out."""
    result = []
    for stanza in re.split(r"\n[ \t]*\n", text):
        fields: dict[str, str] = {}
        last = ""
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace():
                fields[last] = fields.get(last, "") + " " + line.strip()
            elif ":" in line:
                last, _, value = line.partition(":")
                last = last.strip().lower()
                fields[last] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in ("no", "false", "0", "off"):
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                result.append(Source(uri, suite, tuple(fields.get("components", "").split())))
    return result


def machine_sources(root: Path = Path("/etc/apt")) -> list[Source]:
    """All package sources of this machine, in apt's order of reading."""
    result = []
    files = [root / "sources.list", *sorted((root / "sources.list.d").glob("*"))]
    for file in files:
        if file.suffix in (".list", ".sources") and file.is_file():
            text = file.read_text(errors="replace")
            result += parse_deb822(text) if file.suffix == ".sources" else parse_one_line(text)
    return result


def mirror(suite: str, sources: Iterable[Source]) -> str | None:
    """The URI from which this machine would take `suite`: of the same kind (security or not) as a source that it has."""
    security = "-security" in suite
    for source in sources:
        known = SUITE.match(source.suite)
        if known and "main" in source.components and ("-security" in source.suite or "/updates" in source.suite) == security:
            return source.uri
    return None


def configuration(folder: Path) -> str:
    """apt.conf of an apt root. Given by --config-file, it is read after the machine's own, whose proxy settings so stay."""
    lines = [f"#clear {hook};" for hook in HOOKS]
    values = {
        "Dir::State": folder,
        "Dir::State::lists": folder / "lists",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": folder / "none",
        "Dir::Etc::preferences": folder / "none" / "file",
        "Dir::Etc::preferencesparts": folder / "none",
        # The cache is in somebody's home, where apt's own user can't write.
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "APT::Architecture": "amd64",
        "Acquire::Retries": "2",
    }
    return "\n".join([*lines, *(f'{name} "{value}";' for name, value in values.items()), 'APT::Architectures { "amd64"; };', ""])


class AptRoot:
    """An isolated apt with only `suites` as sources."""

    def __init__(self, name: str, suites: tuple[str, ...]) -> None:
        self.name = name
        self.suites = suites
        self.folder = cache_dir() / "apt" / name
        self._config = self.folder / "apt.conf"

    def _write(self) -> bool:
        """Writes sources and configuration; whether anything changed."""
        tools.need("to fetch packages", tools.FETCH)
        if not KEYRING.exists():
            raise ToolsMissing((MissingTool(str(KEYRING), "debian-archive-keyring"),), "to check the signatures of packages")
        lines = []
        machine = machine_sources()
        for suite in self.suites:
            uri = mirror(suite, machine)
            if uri is None:
                raise NoMirror(suite)
            lines.append(f"deb [arch=amd64 signed-by={KEYRING}] {uri} {suite} main\n")
        for part in ("lists/partial", "cache/archives/partial", "none"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        changed = False
        for file, text in (("sources.list", "".join(lines)), ("apt.conf", configuration(self.folder)), ("status", "")):
            path = self.folder / file
            if not path.exists() or path.read_text() != text:
                path.write_text(text)
                changed = True
        return changed

    def update(self, refresh: bool = False) -> None:
        """Fetches the package lists when there are none, when they are older than a day, or when told to."""
        with locked(f"apt-{self.name}"):
            changed = self._write()
            stamp = self.folder / "updated"
            fresh = stamp.exists() and time.time() - stamp.stat().st_mtime < FRESH
            if changed or refresh or not fresh:
                # An error of one index is a failure, not a warning to be lived with.
                tools.run(["apt-get", "-c", str(self._config), "-o", "APT::Update::Error-Mode=any", "-qq", "update"], timeout=900)
                stamp.touch()

    def names(self, pattern: str) -> list[str]:
        """Names of packages that match a regular expression as a whole."""
        with locked(f"apt-{self.name}"):
            text = tools.run(["apt-cache", "-c", str(self._config), "pkgnames"], timeout=300).decode()
        return sorted(name for name in text.split() if re.fullmatch(pattern, name))

    def versions(self, package: str) -> list[str]:
        """Versions on offer, the newest first."""
        with locked(f"apt-{self.name}"):
            text = tools.run(["apt-cache", "-c", str(self._config), "madison", package], timeout=300).decode()
        return list(dict.fromkeys(line.split("|")[1].strip() for line in text.splitlines() if line.count("|") >= 2))

    def download(self, package: str, into: Path) -> Path:
        """The package's newest version as a .deb in `into`; apt has checked its hash against the signed lists."""
        versions = self.versions(package)
        if not versions:
            raise NoPackage(package, self.suites)
        command = ["apt-get", "-c", str(self._config), "-qq", "download", f"{package}={versions[0]}"]
        with locked(f"apt-{self.name}"), tempfile.TemporaryDirectory(dir=into) as work:
            tools.run(command, timeout=1800, folder=Path(work))
            files = list(Path(work).glob("*.deb"))
            if not files:
                raise NoPackage(package, self.suites)
            return files[0].rename(into / files[0].name)


def unpack(package: Path, into: Path) -> None:
    """The files of a .deb."""
    tools.run(["dpkg-deb", "-x", str(package), str(into)], timeout=600)


def host_suites(os_release: Path = Path("/etc/os-release")) -> tuple[str, ...]:
    """The suites of this machine's own release, its updates and backports; NoMirror when it is not a Debian."""
    fields = dict(line.split("=", 1) for line in os_release.read_text().splitlines() if "=" in line)
    name = fields.get("VERSION_CODENAME", "").strip('"')
    if fields.get("ID", "").strip('"') != "debian" or not name:
        raise NoMirror("of this machine's release")
    return (name, f"{name}-updates", f"{name}-backports")
