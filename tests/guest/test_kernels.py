# SPDX-License-Identifier: GPL-2.0-only
"""The catalogue of kernels, the choice of a build, and the cache."""

import json
from pathlib import Path

import pytest

from scxdsl.guest import installing, kernels
from scxdsl.guest.cache import new_folder, write_file
from scxdsl.guest.defect import refuse_if_hidden
from scxdsl.guest.errors import BadImage, GuestError, KernelHidesFunctions, NoMirror, NoPackage, NotInstalled, UnknownSeries
from scxdsl.guest.kernels import Kernel, Series
from scxdsl.guest.source_build import lacking, merge


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SCXDSL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_catalogue_spans_the_supported_series():
    assert list(kernels.catalogue()) == ["6.12", "6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3"]
    assert [s.series for s in kernels.catalogue().values() if s.built] == ["6.12"]


def test_the_newest_build_comes_first_and_binary_packages_win():
    names = [
        "linux-image-7.2.9+deb13-cloud-amd64", "linux-image-7.2.12+deb13-cloud-amd64", "linux-binary-7.2.12+deb13-cloud-amd64",
        "linux-image-7.2.13+deb14-cloud-amd64", "linux-binary-7.2.13+deb14-cloud-amd64", "linux-binary-unsigned-7.2.14+deb14-cloud-amd64",
        "linux-image-7.2.13+deb14-cloud-amd64-dbg", "linux-image-7.20.1+deb14-cloud-amd64", "linux-image-7.2.13+deb14-amd64",
    ]  # fmt: skip
    assert [b.package for b in installing.builds("7.2", names)] == [
        "linux-binary-7.2.13+deb14-cloud-amd64", "linux-binary-7.2.12+deb13-cloud-amd64", "linux-image-7.2.9+deb13-cloud-amd64",
    ]  # fmt: skip


def test_revisions_of_one_release_are_ordered_as_numbers():
    names = ["linux-image-6.18.9+deb13-cloud-amd64", "linux-image-6.18.9+deb13.10-cloud-amd64", "linux-image-6.18.9+deb13.9-cloud-amd64"]
    assert installing.builds("6.18", names)[0].package == "linux-image-6.18.9+deb13.10-cloud-amd64"


def test_a_series_that_is_not_there_is_told():
    with pytest.raises(NotInstalled, match="kernels install 6.18"):
        installing.find("6.18")
    with pytest.raises(UnknownSeries, match="6.12, 6.16"):
        installing.find("5.10")


def test_a_path_that_is_no_image_is_told(tmp_path: Path):
    with pytest.raises(BadImage, match="no such file"):
        installing.find(str(tmp_path / "vmlinuz"))
    (tmp_path / "text").write_text("not a kernel")
    with pytest.raises(BadImage, match="boot header"):
        installing.find(str(tmp_path / "text"))


def stored(cache: Path, series: str) -> None:
    folder = cache / "kernels" / series
    folder.mkdir(parents=True)
    (folder / "vmlinuz").write_bytes(b"image")
    (folder / "btf").write_bytes(b"btf")
    meta = {"series": series, "release": f"{series}.1", "package": "p", "hidden": ["f"], "exit_kinds": {"SCX_EXIT_UNREG": 64}}
    (folder / "kernel.json").write_text(json.dumps(meta))


def test_what_was_stored_is_found_again(own_cache: Path):
    stored(own_cache, "6.18")
    kernel = installing.find("6.18")
    assert (kernel.release, kernel.hidden, kernel.exit_kinds, kernel.btf()) == ("6.18.1", ("f",), ((64, "SCX_EXIT_UNREG"),), b"btf")


@pytest.mark.parametrize("file", ["vmlinuz", "btf", "kernel.json"])
def test_what_is_not_whole_counts_as_absent(own_cache: Path, file: str):
    stored(own_cache, "6.18")
    (own_cache / "kernels" / "6.18" / file).unlink()
    assert kernels.installed("6.18") is None


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path):
    target = tmp_path / "target"
    with pytest.raises(RuntimeError), new_folder(target) as work:
        (work / "half").write_text("x")
        raise RuntimeError
    assert list(tmp_path.glob("*target*")) == []
    for text in ("one", "two"):
        with new_folder(target) as work:
            (work / "file").write_text(text)
    assert (target / "file").read_text() == "two"
    assert [p.name for p in tmp_path.iterdir() if "target" in p.name] == ["target"]


def test_a_file_is_replaced_whole(tmp_path: Path):
    write_file(tmp_path / "a" / "b", b"1")
    write_file(tmp_path / "a" / "b", b"2", 0o755)
    assert (tmp_path / "a" / "b").read_bytes() == b"2"
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["b"]


def test_a_broken_kernel_is_refused_only_for_objects_that_call_what_it_hides():
    refuse_if_hidden("7.1.3", ("scx_bpf_kick_cpu",), {"scx_bpf_dsq_insert"})
    refuse_if_hidden("7.3.4", (), {"scx_bpf_kick_cpu"})
    with pytest.raises(KernelHidesFunctions, match="scx_bpf_kick_cpu"):
        refuse_if_hidden("7.1.3", ("scx_bpf_kick_cpu",), {"scx_bpf_kick_cpu"})


def test_a_fragment_takes_the_place_of_what_it_names():
    config = "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_AB=y\nCONFIG_C=y\n"
    merged = merge(config, "# a comment\nCONFIG_A=n\nCONFIG_B=y\nCONFIG_D=64\n").splitlines()
    assert sorted(merged) == ["# CONFIG_A is not set", "CONFIG_AB=y", "CONFIG_B=y", "CONFIG_C=y", "CONFIG_D=64"]


def test_what_the_kernels_configuration_dropped_is_found():
    fragment = "CONFIG_A=y\nCONFIG_B=y\nCONFIG_C=n\nCONFIG_D=n\n"
    assert lacking("CONFIG_A=y\nCONFIG_D=y\n", fragment) == ["CONFIG_B=y", "CONFIG_D=n"]


class _Suites:
    """What each suite has: a kernel, None, or an error."""

    def __init__(self, **found: Kernel | GuestError | None) -> None:
        self.found, self.asked = found, []

    def newest(self, series: str, suite: str, refresh: bool, work: Path, best: Kernel | None) -> Kernel | None:
        self.asked.append(suite)
        said = self.found[suite]
        if isinstance(said, GuestError):
            raise said
        return said if said is not None and not said.hidden else best or said


@pytest.mark.parametrize(("first", "second", "asked", "release"), [
    (("7.2.1", ()), ("7.2.9", ()), ["a"], "7.2.1"),  # whole: nobody asks the other
    (("7.2.1", ("f",)), ("7.2.9", ()), ["a", "b"], "7.2.9"),  # the first one hides a function
    (("7.2.1", ("f",)), None, ["a", "b"], "7.2.1"),
    (("7.2.1", ("f",)), NoMirror("b"), ["a", "b"], "7.2.1"),  # what ails the second is no matter then
    (None, NoMirror("b"), ["a", "b"], NoMirror),
    (NoMirror("a"), ("7.2.9", ()), ["a", "b"], "7.2.9"),
    (NoMirror("a"), None, ["a", "b"], NoMirror),
    (None, None, ["a", "b"], NoPackage),
])  # fmt: skip
def test_suites_are_asked_one_by_one(first, second, asked, release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCXDSL_CACHE", str(tmp_path))

    def kernel(found):
        if not isinstance(found, tuple):
            return found
        folder = tmp_path / found[0]
        folder.mkdir()
        image = folder / "vmlinuz"
        image.write_bytes(b"")
        meta = {"series": "7.2", "release": found[0], "package": "", "hidden": found[1], "exit_kinds": {}}
        (folder / "kernel.json").write_text(json.dumps(meta))
        (folder / "btf").write_bytes(b"")
        return Kernel("7.2", found[0], image, folder / "btf", found[1])

    suites = _Suites(a=kernel(first), b=kernel(second))
    monkeypatch.setattr(installing, "_newest", suites.newest)
    series = Series("7.2", ("a", "b"))
    if isinstance(release, str):
        assert installing._from_package(series, False).release == release
    else:
        with pytest.raises(release):
            installing._from_package(series, False)
    assert suites.asked == asked


@pytest.mark.network
@pytest.mark.guest
def test_a_kernel_is_installed_from_signed_packages():
    kernel = installing.install("7.3")
    assert kernel.release.startswith("7.3.") and not kernel.hidden
    assert ("SCX_EXIT_UNREG") in dict((name, value) for value, name in kernel.exit_kinds)
    assert installing.find("7.3") == kernel
    assert installing.find(str(kernel.image)).release == kernel.release
