# SPDX-License-Identifier: GPL-2.0-only
"""`scxdsl guest verify` and `run`: what they say and how they end, for answers that a guest is made to give. Real guests are asked in
test_guest_commands.py."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scxdsl import guest
from scxdsl.cli import guest_common
from scxdsl.guest import Exit, Kernel, Place, Run as GuestRun, Verdict, errors
from scxdsl.guest.load import Worker

from .conftest import EXAMPLE, Run
from .shapes import RUNS, VERIFY, fits

KERNEL = Kernel("6.18", "6.18.99-test", Path("/k"), Path("/k"))
CLEAN = GuestRun(
    KERNEL.name, True, 5.02, stats={"direct": 3, "queued": 4}, events={"SCX_EV_A": 2, "SCX_EV_B": 0},
    globals={"vtime_now": 77, "__text_0": "x"}, workers=(Worker("spin", 1, 0, 100, 2.5, 10, 0.25),),
    exit=Exit("SCX_EXIT_UNREG", 64, 0, "unregistered from user space", ""),
)  # fmt: skip
GOOD = Verdict(KERNEL.name, "simple_enqueue", True, 50, 40, 16)
BAD = Verdict(
    KERNEL.name, "simple_select_cpu", False, 45, 30, None, (), "R1 invalid mem access 'scalar'", "A longer word", "simple.scx", 16, 9,
    log="the log",
)  # fmt: skip


class Guests:
    """Stands for all guests: `answer` is given by verify and run, or raised."""

    def __init__(self) -> None:
        self.answer: Any = None
        self.asked: list[dict[str, Any]] = []
        self.kernels = {"6.18": KERNEL, "6.16": replace(KERNEL, series="6.16", release="6.16.99-test")}

    def find(self, name: str) -> Kernel:
        if name not in self.kernels:
            raise errors.NotInstalled(name)
        return self.kernels[name]

    def boot(self, kernel: Kernel, **options: Any) -> "Guests":
        self.asked.append({"kernel": kernel.series, **options})
        return self

    def __enter__(self) -> "Guests":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def _answer(self) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def verify(self, data: bytes) -> list[Verdict]:
        return self._answer()

    def run(self, data: bytes, seconds: float, load: str, params: dict[str, bytes], calls: list) -> GuestRun:
        self.asked[-1] |= {"seconds": seconds, "load": load, "params": params, "calls": calls}
        return self._answer()


@pytest.fixture
def guests(monkeypatch: pytest.MonkeyPatch) -> Guests:
    made = Guests()
    monkeypatch.setattr(guest, "find", made.find)
    monkeypatch.setattr(guest, "installed", made.kernels.get)
    monkeypatch.setattr(guest, "install", made.find)
    monkeypatch.setattr(guest_common, "Guest", made.boot)
    return made


# --- verify


def test_an_accepted_policy_is_shown_program_by_program(scxdsl: Run, guests: Guests) -> None:
    guests.answer = [GOOD, replace(GOOD, program="simple_exit", stack=None)]
    done = scxdsl("guest", "verify", EXAMPLE)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("kernel 6.18.99-test: accepted\n")
    assert ["simple_enqueue", "50", "40", "16"] in [line.split() for line in done.out.splitlines()]


def test_verdicts_as_json(scxdsl: Run, guests: Guests) -> None:
    guests.answer = [GOOD]
    done = scxdsl("guest", "verify", EXAMPLE, "--format", "json")
    fits(done.json, VERIFY)
    assert done.json["verdicts"][0]["accepted"] is True and done.json["verdicts"][0]["span"] is None


def test_a_refusal_of_what_check_accepted_is_a_fault_of_ours_and_the_case_is_saved(scxdsl: Run, guests: Guests, tmp_path: Path) -> None:
    guests.answer = [GOOD, BAD]
    done = scxdsl("guest", "verify", EXAMPLE)
    assert done.status == 4 and "refused (1 of 2 programs)" in done.out
    assert f"--> {EXAMPLE}:16:9" in done.err and "        LOCAL.insert(p, slice)" in done.err
    assert "refuses `simple_select_cpu`: R1 invalid mem access" in done.err and "the kernel explains: A longer word" in done.err
    assert "this is a fault of scxdsl, not of the policy" in done.err
    assert "the rule behind these words: `scxdsl explain E0702`" in done.err
    (case,) = tmp_path.iterdir()
    assert case.name in done.err
    assert sorted(p.name for p in case.iterdir()) == ["README", "kernel", "kernel.log", "policy.bpf.o", "simple.scx"]
    assert (case / "simple.scx").read_text() == EXAMPLE.read_text() and (case / "kernel.log").read_text() == "the log"
    assert (case / "policy.bpf.o").read_bytes()[:4] == b"\x7fELF" and (case / "kernel").read_text() == "6.18.99-test\n"
    assert "R1 invalid mem access" in (case / "README").read_text()
    scxdsl("guest", "verify", EXAMPLE)
    assert len(list(tmp_path.iterdir())) == 2, "an older case is overwritten"


def test_a_refusal_as_json(scxdsl: Run, guests: Guests) -> None:
    guests.answer = [BAD]
    done = scxdsl("guest", "verify", EXAMPLE, "--format", "json")
    fits(done.json, VERIFY)
    verdict, diagnostic = done.json["verdicts"][0], done.json["diagnostics"][0]
    assert done.status == 4
    assert (verdict["path"], verdict["span"]["start"]) == (str(EXAMPLE), {"line": 16, "column": 9})
    assert diagnostic["code"] == "E0911" and diagnostic["span"] == verdict["span"] and verdict["codes"][0] == "E0702"


def test_of_an_object_no_promise_was_made(scxdsl: Run, guests: Guests, tmp_path: Path) -> None:
    scxdsl("build", EXAMPLE, "-o", "x.bpf.o")
    guests.answer = [BAD]
    done = scxdsl("guest", "verify", "x.bpf.o")
    assert done.status == 4 and "fault of scxdsl" not in done.err
    assert "simple.scx:16:9" in done.err and "LOCAL.insert(p, slice)" in done.err, "the line comes from the object"
    assert [p.name for p in tmp_path.iterdir()] == ["x.bpf.o"]


def test_for_a_kernel_that_the_policy_leaves_out_nothing_was_promised(scxdsl: Run, guests: Guests, policy) -> None:
    path = policy("scheduler s { kernels: 7.0.. }\n")
    guests.answer = [replace(BAD, program="s_init", line=None, file="")]
    done = scxdsl("guest", "verify", path, "--kernel", "6.18")
    assert done.status == 4
    assert "the policy is not for kernel 6.18" in done.err and "fault of scxdsl" not in done.err


def test_a_policy_with_errors_boots_nothing(scxdsl: Run, guests: Guests, policy) -> None:
    path = policy("scheduler s\non tick(p) { nothing() }\n")
    for verb in ("verify", "run"):
        assert scxdsl("guest", verb, path).status == 1
        as_json = scxdsl("guest", verb, path, "--format", "json")
        assert as_json.status == 1 and as_json.json["diagnostics"]
    assert not guests.asked


def test_what_is_no_scheduler(scxdsl: Run, guests: Guests) -> None:
    Path("x.o").write_bytes(b"\x7fELF" + bytes(100))
    assert scxdsl("guest", "verify", "x.o").status == 2


# --- kernels


@pytest.mark.parametrize("verb", ["verify", "run"])
def test_a_kernel_whose_btf_hides_functions_is_told_before_anything_is_loaded(scxdsl: Run, guests: Guests, verb: str) -> None:
    guests.kernels["6.18"] = replace(KERNEL, hidden=("scx_bpf_create_dsq",))
    done = scxdsl("guest", verb, EXAMPLE)
    assert done.status == 3 and "broken BTF" in done.err and "scx_bpf_create_dsq" in done.err
    assert not guests.asked


def test_hidden_functions_that_the_object_does_not_call_do_not_matter(scxdsl: Run, guests: Guests) -> None:
    guests.kernels["6.18"] = replace(KERNEL, hidden=("scx_bpf_dsq_peek",))
    guests.answer = [GOOD]
    assert scxdsl("guest", "verify", EXAMPLE).status == 0


def test_all_means_those_that_the_policy_is_for_and_leaves_out_broken_ones(
    scxdsl: Run, guests: Guests, policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    guests.kernels |= {s: replace(KERNEL, series=s, release=f"{s}.1") for s in guest.catalogue()}
    guests.kernels["7.1"] = replace(guests.kernels["7.1"], hidden=("scx_bpf_create_dsq",))
    guests.answer = [GOOD]
    path = policy(EXAMPLE.read_text().replace("scheduler simple", "scheduler simple { kernels: 6.19.. }"))
    done = scxdsl("guest", "verify", path, "--kernel", "all", "--format", "json")
    assert done.status == 0 and [k["kernel"] for k in guests.asked] == ["6.19", "7.0", "7.2", "7.3"]
    fits(done.json, VERIFY)
    assert done.json["skipped"][0]["kernel"] == "7.1" and "broken BTF" in done.json["skipped"][0]["reason"]


def test_the_usual_kernel_is_one_that_the_policy_is_for(scxdsl: Run, guests: Guests, policy) -> None:
    guests.kernels["7.0"] = replace(KERNEL, series="7.0")
    guests.answer = [GOOD]
    scxdsl("guest", "verify", policy("scheduler s { kernels: 6.19, 7.0 }\n"))
    scxdsl("guest", "verify", EXAMPLE)
    assert [k["kernel"] for k in guests.asked] == ["7.0", "6.18"]


def test_a_fault_of_the_surroundings_is_a_sentence_and_status_3(scxdsl: Run, guests: Guests) -> None:
    guests.answer = errors.ToolsMissing((errors.MissingTool("qemu-system-x86_64", "qemu-system-x86"),), "to boot a guest")
    done = scxdsl("guest", "run", EXAMPLE)
    assert done.status == 3
    assert done.err == "scxdsl: to boot a guest this machine needs qemu-system-x86_64: install the package(s) qemu-system-x86\n"


def test_among_several_kernels_the_others_are_still_tried(scxdsl: Run, guests: Guests) -> None:
    guests.answer = [GOOD]
    done = scxdsl("guest", "verify", EXAMPLE, "--kernel", "7.3", "--kernel", "6.16", "--offline")
    assert done.status == 3 and "7.3: kernel 7.3 is not installed" in done.err and "accepted" in done.out
    guests.answer = [BAD]
    assert scxdsl("guest", "verify", EXAMPLE, "--kernel", "7.3", "--kernel", "6.16", "--offline").status == 4


def test_the_guest_is_shaped_as_asked(scxdsl: Run, guests: Guests) -> None:
    guests.answer = [GOOD]
    scxdsl("guest", "verify", EXAMPLE, "--cpus", "2x4x2", "--nodes", "2", "--memory", "2048", "--accelerator", "tcg")
    assert guests.asked == [{"kernel": "6.18", "topology": guest.Topology(2, 4, 2, 2), "memory": 2048, "accelerator": "tcg"}]


# --- run


def test_a_clean_run(scxdsl: Run, guests: Guests) -> None:
    guests.answer = CLEAN
    done = scxdsl("guest", "run", EXAMPLE, "--seconds", "2", "--load", "spin", "--set", "slice=5ms", "--set", "fifo=true")
    assert (done.status, done.err) == (0, "")
    asked = guests.asked[0]
    assert (asked["seconds"], asked["load"]) == (2.0, "spin")
    assert asked["params"] == {"slice": (5_000_000).to_bytes(8, "little"), "fifo": b"\x01"}
    rows = [line.split() for line in done.out.splitlines()]
    assert ["direct", "3"] in rows and ["vtime_now", "77"] in rows and ["SCX_EV_A", "2"] in rows and rows[-1] == ["clean"]
    assert "SCX_EV_B" not in done.out and "__text_0" not in done.out
    assert "unregistered from user space (SCX_EXIT_UNREG)" in done.out and "25.0%" in done.out


def test_a_run_as_json(scxdsl: Run, guests: Guests) -> None:
    guests.answer = CLEAN
    done = scxdsl("guest", "run", EXAMPLE, "--format", "json")
    fits(done.json, RUNS)
    (run,) = done.json["runs"]
    assert run["clean"] is True and run["stats"] == {"direct": 3, "queued": 4} and run["events"]["SCX_EV_B"] == 0
    assert run["exit"]["kind"] == "SCX_EXIT_UNREG" and run["exit"]["span"] is None


def ejected(message: str, place: Place | None = None) -> GuestRun:
    end = Exit("SCX_EXIT_ERROR_BPF", 1025, 0, "scx_bpf_error", message, place)
    return replace(CLEAN, ejected=True, exit=end, faults=("sched_ext: gone",))


def test_an_ejection_is_quoted_like_a_diagnostic(scxdsl: Run, guests: Guests) -> None:
    guests.answer = ejected("simple.scx:22: too many", Place("simple.scx", 22))
    done = scxdsl("guest", "run", EXAMPLE)
    assert done.status == 4 and "not clean" in done.out and "sched_ext: gone" in done.out
    assert f"--> {EXAMPLE}:22:5\n" in done.err and "22 |     queued += 1\n   |     ^^^^^^^^^^^ here\n" in done.err
    assert "the kernel says: simple.scx:22: too many" in done.err
    as_json = scxdsl("guest", "run", EXAMPLE, "--format", "json")
    fits(as_json.json, RUNS)
    assert as_json.json["runs"][0]["exit"]["span"]["start"] == {"line": 22, "column": 5}
    assert as_json.json["diagnostics"][0]["code"] == "E0912"


def test_an_ejection_without_a_line_says_so(scxdsl: Run, guests: Guests) -> None:
    guests.answer = ejected("p[5] failed to run for 2s")
    done = scxdsl("guest", "run", EXAMPLE)
    assert done.status == 4 and "the kernel does not say at which line" in done.err
    assert done.err.count("-->") == 1 and "scheduler simple" in done.err


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ("dsq(12345).insert(p)", [(3, "here")]),
        ("if p.weight > 5 { dsq(7).insert(p) } else {\n    dsq(12345).insert(p) }", [(4, "here")]),
        ("dsq(n).insert(p)", [(3, "here")]),
        ("if p.weight > 5 { dsq(n).insert(p) } else {\n    dsq(n + 1).insert(p) }", [(3, "this, or one of those"), (4, "or this")]),
    ],
)
def test_an_unknown_queue_is_traced_to_where_its_number_becomes_a_queue(
    scxdsl: Run, guests: Guests, policy: Callable[..., Path], body: str, places: list[tuple[int, str]]
) -> None:
    guests.answer = ejected("non-existent DSQ 0x3039 for x[1]")
    path = policy(f"scheduler s\non enqueue(p, flags) {{\n    {body}\n}}\nvar n: u64\nvar made: i32\non init() {{ made = scx_bpf_create_dsq(dsq(1), -1) }}\n")
    done = scxdsl("guest", "run", path, "--format", "json")
    assert done.status == 4
    labels = next(d for d in done.json["diagnostics"] if d["code"] == "E0912")["labels"]
    assert [(label["span"]["start"]["line"], label["text"]) for label in labels] == places
    assert (done.json["runs"][0]["exit"]["span"] is not None) == (len(places) == 1)


def test_a_scheduler_that_cannot_be_attached(scxdsl: Run, guests: Guests, tmp_path: Path) -> None:
    guests.answer = GuestRun(KERNEL.name, False, 0.0, refusal="load failed: -22\nmore")
    done = scxdsl("guest", "run", EXAMPLE)
    assert done.status == 4 and "simple was not attached" in done.out
    assert "refuses the scheduler: load failed: -22" in done.err and "fault of scxdsl" in done.err
    (case,) = tmp_path.iterdir()
    assert (case / "kernel.log").read_text() == "load failed: -22\nmore"


def test_a_complaint_in_the_kernels_log_is_not_clean(scxdsl: Run, guests: Guests) -> None:
    guests.answer = replace(CLEAN, faults=("WARNING: CPU: 0",))
    done = scxdsl("guest", "run", EXAMPLE)
    assert done.status == 4 and "WARNING: CPU: 0" in done.out and "not clean" in done.out


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("slice=2s", "`2s` is out of range: the parameter `slice` must be 100us to 1s"), ("slice=soon", "a duration such as 5ms"),
        ("slise=5ms", "it has slice, fifo"), ("slice", "is not NAME=VALUE"), ("=5", "is not NAME=VALUE"),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_are_faults_of_the_call(scxdsl: Run, guests: Guests, setting: str, words: str) -> None:
    done = scxdsl("guest", "run", EXAMPLE, "--set", setting)
    assert done.status == 2 and words in done.err and not guests.asked


STRUCTURED = """\
scheduler layered
struct Layer { name: str[8]; slice: duration = 5ms }
param layers: [Layer; ..4]
param slice: duration = 20ms in 1ms ..= 1s
on enqueue(p) { GLOBAL.insert(p, if layers.len > 0 { layers[0].slice } else { slice }) }
"""


def test_parameters_come_from_toml_and_the_command_line_has_the_last_word(scxdsl: Run, guests: Guests, tmp_path: Path) -> None:
    guests.answer = CLEAN
    (tmp_path / "p.scx").write_text(STRUCTURED)
    (tmp_path / "a.toml").write_text('slice = "3ms"\n[[layers]]\nname = "a"\nslice = "1ms"\n[[layers]]\n')
    done = scxdsl("guest", "run", str(tmp_path / "p.scx"), "--params", str(tmp_path / "a.toml"), "--set", "slice=7ms")
    assert done.status == 0, done.err
    params = guests.asked[0]["params"]
    assert params["slice"] == (7_000_000).to_bytes(8, "little") and params["layers"][:4] == b"\x02\0\0\0"
    assert (1_000_000).to_bytes(8, "little") in params["layers"] and (5_000_000).to_bytes(8, "little") in params["layers"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('slice = "3ms"\n[[layers]]\n[[layers]]\nslice = "soon"\n', ":4", "`layers[1].slice`: a duration"),
        ('slice = "3ms"\n[[layers]]\nnam = "a"\n', ":3", "no member `nam`; it has name, slice"),
        ('# one\n\nlayers = [{ name = "toolongname" }]\n', ":3", "text of at most 7 bytes"),
        ('slise = "3ms"\n', ":1", "it has layers, slice"),
        ('slice = "3s"\n', ":1", "must be 1ms to 1s"),
        ("slice = \n", "", "this is no TOML: Invalid value (at line 1, column 9)"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_its_line(scxdsl: Run, guests: Guests, tmp_path: Path, text: str, line: str, words: str) -> None:
    (tmp_path / "p.scx").write_text(STRUCTURED)
    (tmp_path / "a.toml").write_text(text)
    done = scxdsl("guest", "run", str(tmp_path / "p.scx"), "--params", str(tmp_path / "a.toml"))
    assert done.status == 2 and f"a.toml{line}: " in done.err and words in done.err and not guests.asked


def test_a_file_of_parameters_that_is_not_there(scxdsl: Run, guests: Guests) -> None:
    done = scxdsl("guest", "run", EXAMPLE, "--params", "nowhere.toml")
    assert done.status == 2 and "nowhere.toml" in done.err and not guests.asked


SPOKEN_TO = (
    "scheduler talks\nstruct Msg { pid: i32; slice: duration }\ndsq q\nvar n: u64\nring out: Msg[4K]\ninbox box: Msg[4K]\n"
    "on dispatch(cpu) { for m in box { n += m.pid as u64 }; q.move_to_local() }\n"
    "command add(by: u64, m: Msg) -> u64 { n += by + m.slice / 1us; n }\ncommand stop() { fail .ebusy }\n"
)


def test_calls_and_messages_keep_their_order_and_answers_are_shown(scxdsl: Run, guests: Guests, tmp_path: Path) -> None:
    (tmp_path / "p.scx").write_text(SPOKEN_TO)
    context = (3).to_bytes(8, "little") + (7).to_bytes(8, "little") + (5000).to_bytes(8, "little")
    answers = (guest.Answer("add", 0, context + (77).to_bytes(8, "little")), guest.Answer("stop", -16, b""))
    guests.answer = replace(CLEAN, answers=answers, rings={"out": [{"pid": 1, "slice": 2}]}, left_out=("talks_tp_btf_0_x",))
    call = ("--call", "add(3, {pid = 7, slice = \"5us\"})", "--feed", "box={pid = 9}", "--call", "stop()")
    done = scxdsl("guest", "run", str(tmp_path / "p.scx"), *call, "--format", "json")
    assert done.status == 0, done.err
    fits(done.json, RUNS)
    (run,) = done.json["runs"]
    assert run["calls"] == [{"command": "add", "status": 0, "result": 77}, {"command": "stop", "status": -16, "result": None}]
    assert run["rings"] == {"out": [{"pid": 1, "slice": 2}]} and run["left_out"] == ["talks_tp_btf_0_x"]
    asked = guests.asked[0]["calls"]
    assert [(c.name, c.inbox) for c in asked] == [("add", False), ("box", True), ("stop", False)]
    assert asked[0].data == context + bytes(8) and asked[1].data == (9).to_bytes(16, "little")
    shown = scxdsl("guest", "run", str(tmp_path / "p.scx"), *call)
    assert "77" in shown.out and "error 16" in shown.out and "talks_tp_btf_0_x" in shown.out


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--call", "add(3)", "add(by, m) was expected"),
        ("--call", "add 3", "NAME(VALUE, …) was expected"),
        ("--call", "plus(3)", "has no command `plus`; it has add, stop"),
        ("--call", "add(many, {})", "a whole number"),
        ("--call", "add(1, {pidd = 2})", "no member `pidd`"),
        ("--feed", "box", "INBOX=VALUE was expected"),
        ("--feed", "post={}", "has no inbox `post`; it has box"),
        ("--feed", "box={slice = \"soon\"}", "a duration"),
    ],
)
def test_a_call_that_is_none_is_refused_before_a_guest_is_booted(
    scxdsl: Run, guests: Guests, tmp_path: Path, option: str, value: str, words: str
) -> None:
    (tmp_path / "p.scx").write_text(SPOKEN_TO)
    done = scxdsl("guest", "run", str(tmp_path / "p.scx"), option, value)
    assert done.status == 2 and words in done.err and not guests.asked, done.err


def test_a_map_that_the_kernel_does_not_make_is_shown_where_it_is_declared(scxdsl: Run, guests: Guests, policy) -> None:
    words = "Error in bpf_create_map_xattr(seen):Invalid argument(-22). Retrying without BTF.\nmap 'seen': failed to create: Invalid argument(-22)"
    guests.answer = [replace(BAD, program="", reason=words, file="", line=None, column=None)]
    path = policy("scheduler s\nmap seen: hash<u32, u64>[64]\non tick(p) { seen[1] = 2 }\n")
    done = scxdsl("guest", "verify", path)
    assert done.status == 4 and f"--> {path}:2:5" in done.err
    as_json = scxdsl("guest", "verify", path, "--format", "json")
    assert as_json.json["verdicts"][0]["span"]["start"] == {"line": 2, "column": 5}
