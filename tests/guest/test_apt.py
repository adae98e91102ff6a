# SPDX-License-Identifier: GPL-2.0-only
"""Where packages come from: the machine's own mirror, in an apt of our own."""

from pathlib import Path

import pytest

from scxdsl.guest import apt
from scxdsl.guest.errors import NoMirror

DEB822 = """\
# the system's
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
  contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main
Enabled: no
"""
ONE_LINE = """\
# deb http://commented.example/debian trixie main
deb-src http://source.example/debian trixie main
deb [arch=amd64 signed-by=/k.gpg] mirror+file:/etc/apt/mirrors/debian.list trixie main contrib # comment
deb https://packages.example/apt tool-bookworm main
deb http://security.example/debian-security trixie-security main
"""


def test_stanzas_give_one_source_per_uri_and_suite():
    sources = apt.parse_deb822(DEB822)
    assert [(s.uri, s.suite) for s in sources] == [
        ("http://mirror.example/debian", "bookworm"),
        ("http://mirror.example/debian", "bookworm-updates"),
        ("http://security.example/debian-security", "bookworm-security"),
    ]
    assert sources[0].components == ("main", "contrib")


def test_lines_give_sources_without_comments_and_source_packages():
    sources = apt.parse_one_line(ONE_LINE)
    assert sources[0] == apt.Source(
        "mirror+file:/etc/apt/mirrors/debian.list", "trixie", ("main", "contrib"), (("arch", "amd64"), ("signed-by", "/k.gpg"))
    )
    assert [s.suite for s in sources] == ["trixie", "tool-bookworm", "trixie-security"]


@pytest.mark.parametrize("text", [apt.parse_deb822(DEB822), apt.parse_one_line(ONE_LINE)], ids=["stanzas", "lines"])
def test_a_suite_comes_from_the_mirror_of_its_kind(text):
    assert apt.mirror("sid", text) in ("http://mirror.example/debian", "mirror+file:/etc/apt/mirrors/debian.list")
    assert apt.mirror("trixie-security", text) == "http://security.example/debian-security"


def test_a_machine_without_debian_sources_has_no_mirror():
    assert apt.mirror("sid", apt.parse_one_line("deb https://packages.example/apt tool-bookworm main")) is None
    assert apt.mirror("sid", apt.parse_one_line("deb http://archive.example/ubuntu noble main")) is None


def test_the_machines_sources_are_read_in_apts_order(tmp_path: Path):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://first.example/debian trixie main\n")
    (tmp_path / "sources.list.d" / "debian.sources").write_text(DEB822)
    (tmp_path / "sources.list.d" / "old.list.disabled").write_text("deb http://never.example/debian sid main\n")
    uris = [s.uri for s in apt.machine_sources(tmp_path)]
    assert uris[0] == "http://first.example/debian"
    assert "http://never.example/debian" not in uris


def test_everything_of_the_apt_root_lies_inside_it(tmp_path: Path):
    text = apt.configuration(tmp_path)
    for setting in ("Dir::State", "Dir::State::lists", "Dir::State::status", "Dir::Cache", "Dir::Etc::sourcelist", "Dir::Etc::sourceparts"):
        value = next(line.split('"')[1] for line in text.splitlines() if line.startswith(f"{setting} "))
        assert value.startswith(str(tmp_path))
    assert "AllowUnauthenticated" not in text


def test_the_hosts_suites_follow_its_release(tmp_path: Path):
    release = tmp_path / "os-release"
    release.write_text('ID=debian\nVERSION_CODENAME=trixie\nPRETTY_NAME="Debian"\n')
    assert apt.host_suites(release) == ("trixie", "trixie-updates", "trixie-backports")
    release.write_text("ID=ubuntu\nVERSION_CODENAME=noble\n")
    with pytest.raises(NoMirror):
        apt.host_suites(release)


@pytest.mark.network
def test_the_mirror_has_kernels_and_their_signatures_hold():
    root = apt.AptRoot("kernels", ("trixie-backports", "sid"))
    root.update()
    assert root.names(r"linux-(image|binary)-7\.\d+\..*-cloud-amd64")


@pytest.mark.network
def test_lists_without_a_known_signature_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from scxdsl.guest.errors import CommandFailed

    monkeypatch.setenv("SCXDSL_CACHE", str(tmp_path))
    empty = tmp_path / "empty.gpg"
    empty.write_bytes(b"")
    monkeypatch.setattr(apt, "KEYRING", empty)
    with pytest.raises(CommandFailed, match="not signed|NO_PUBKEY|couldn't be verified|sqv|signature"):
        apt.AptRoot("kernels", ("trixie-backports",)).update()
