# SPDX-License-Identifier: GPL-2.0-only
"""Real kernels: what the guest says of schedulers that are sound, refused, ejected or stuck."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import run_until

from scxdsl import compiler, objects
from scxdsl.guest import Guest, Run, catalogue, install
from scxdsl.guest.errors import GuestDied, KernelHidesFunctions
from scxdsl.guest.link import WorkerSpec
from scxdsl.guest.protocol import Role
from scxdsl.guest.run import UnknownGlobal, WrongSize

pytestmark = [pytest.mark.guest, pytest.mark.network]

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "simple.scx"
ROLES = {"spin", "sleep", "pipe", "fork", "affinity"}
SOUND = [series for series in catalogue() if series != "7.1"]  # every 7.1 of Debian's is broken
CHILD = """
import sys
import llvmlite.binding as llvm
llvm.initialize_all_targets()
llvm.initialize_all_asmprinters()
module = llvm.parse_assembly(sys.stdin.read())
machine = llvm.Target.from_triple("bpfel").create_target_machine(cpu="v3", opt=2)
sys.stdout.buffer.write(machine.emit_object(module))
"""


def built(text: str, name: str) -> bytes:
    result = compiler.build(text, name)
    assert result.object is not None, result.diagnostics
    return result.object


@pytest.fixture(scope="module")
def simple() -> bytes:
    return built(EXAMPLE.read_text(), "simple.scx")


@pytest.fixture(scope="module")
def bad_programs() -> bytes:
    done = subprocess.run([sys.executable, "-c", CHILD], input=(HERE / "refused.ll").read_bytes(), capture_output=True, check=True)
    return done.stdout


@pytest.fixture(scope="module", params=["6.18", "7.3"])
def guest(request: pytest.FixtureRequest) -> Iterator[Guest]:
    with Guest(request.param) as running:
        yield running


def busy(run: Run) -> set[str]:
    """Roles of the workers that came to do something."""
    return {w.role for w in run.workers if w.rounds > 0}


@pytest.mark.parametrize("series", SOUND)
def test_one_object_schedules_every_kernel(series: str, simple: bytes):
    with Guest(series) as running:
        verdicts = running.verify(simple)
        assert [v.program for v in verdicts if not v.accepted] == []
        assert all(v.verified > 0 and v.instructions > 0 for v in verdicts)
        run = run_until(running, simple, lambda run: run.stats["queued"] > 100 and busy(run) >= ROLES)
    assert run.clean, run
    assert run.exit is not None and run.exit.reason == "unregistered from user space"
    assert run.stats["queued"] > 100
    assert busy(run) >= ROLES


def test_a_kernel_that_hides_functions_is_told_before_loading(simple: bytes):
    broken = Guest("7.1")
    assert broken.kernel.hidden
    with pytest.raises(KernelHidesFunctions):
        broken.verify(simple)
    assert not broken.alive


def test_each_program_has_its_own_verdict_at_its_line(guest: Guest, bad_programs: bytes):
    # The log quotes the source, so the place comes from there, not from the instruction's number alone.
    sound, wild, beyond = guest.verify(bad_programs)
    assert sound.accepted and sound.program == "sound"
    assert (wild.accepted, wild.file, wild.line, wild.column) == (False, "refused.scx", 4, 9)
    assert "invalid mem access 'scalar'" in wild.reason
    assert "; line 4 @ refused.scx:4" in wild.log
    assert (beyond.accepted, beyond.line, beyond.column) == (False, 6, 7)
    assert beyond.reason and beyond.log


def test_what_is_no_object_is_no_matter_of_the_guest(guest: Guest):
    with pytest.raises(objects.ObjectError):
        guest.verify(b"no object")


@pytest.mark.parametrize("load", ["spin", "storm", "idle"])
def test_every_load_runs_clean(guest: Guest, simple: bytes, load: str):
    assert guest.run(simple, seconds=1, load=load).clean


def test_a_parameter_that_is_not_there_is_told(guest: Guest, simple: bytes):
    with pytest.raises(UnknownGlobal, match="fifo"):
        guest.run(simple, params={"fiifo": b"\1"})
    with pytest.raises(WrongSize, match="1 bytes, 2 were given"):
        guest.run(simple, params={"fifo": b"\1\0"})


STUCK = """\
scheduler stuck { timeout: 2s }
dsq shared
on enqueue(p, flags) { }
on dispatch(cpu, prev) { }
"""
FAILING = """\
scheduler failing
dsq shared
var count: u64
on enqueue(p, flags) {
    count += 1
    if count > 20 { error "counted {count}" }
    shared.insert(p, 20ms, flags)
}
on dispatch(cpu, prev) { shared.move_to_local() }
"""


def test_a_policy_that_loses_tasks_is_ejected_and_the_guest_goes_on(guest: Guest, simple: bytes):
    run = guest.run(built(STUCK, "stuck.scx"), seconds=60)
    assert run.attached and run.ejected and not run.clean
    assert run.exit is not None and run.exit.kind == "SCX_EXIT_ERROR_STALL"
    assert run.exit.reason == "runnable task stall"
    # Of the task, or of the kernel's own watchdog where its work item was among the tasks that were lost.
    assert "failed to run for" in run.exit.message or "watchdog failed to check in" in run.exit.message
    assert run.seconds < 60
    assert guest.read_file("/sys/kernel/sched_ext/state") == "disabled\n"
    assert guest.run(simple, seconds=1).clean


def test_a_worker_holds_nothing_of_the_scheduler(guest: Guest, simple: bytes):
    """Else the kernel would let go of a scheduler only when the last worker has died, and end the next one in its place."""
    # They sleep while it is let go: attaching and detaching must not meet a load under an older qemu (guest/run.py: Session).
    sleepers = [WorkerSpec(Role.SLEEP, argument=2_000_000), WorkerSpec(Role.SLEEP, argument=2_000_000)]

    def let_go() -> None:
        link = guest.link
        link.open(simple, 0)
        assert link.load(300).errno == 0
        assert link.attach().errno == 0
        link.load_start(sleepers)
        for _ in range(600):  # until both have run; how soon that is depends on the machine
            if all(worker.rounds for worker in link.load_read()):
                break
            time.sleep(0.1)
        else:
            pytest.fail("a worker does not run")
        link.detach()
        assert guest.read_file("/sys/kernel/sched_ext/state") == "disabled\n"
        assert all(worker.alive for worker in link.load_read())
        link.load_stop()
        link.close()

    guest.steady(let_go)


def test_an_error_statement_ends_at_its_line(guest: Guest):
    run = guest.run(built(FAILING, "failing.scx"), seconds=60)
    assert run.ejected and run.exit is not None and run.exit.place is not None
    assert (run.exit.place.file, run.exit.place.line) == ("failing.scx", 6)
    assert "counted 2" in run.exit.message


def test_a_guest_that_dies_is_booted_again(simple: bytes):
    with Guest("6.18") as running:
        machine = running._machine
        assert machine is not None and machine._process is not None
        machine._process.kill()
        machine._process.wait()  # it is dead before anybody speaks to it
        assert all(v.accepted for v in running.verify(simple))
        assert running._machine is not machine and running.restarts == 0


def test_a_guest_ends_with_the_process_that_booted_it():
    """However that ended: it need not have been asked, and may have had a question open."""
    code = (
        "import os; from scxdsl.guest import Guest; from scxdsl.guest.protocol import Command; g = Guest('6.18'); g._boot()\n"
        "g._machine.send(Command.HELLO, b'', 10, 'hello'); print(g._machine._process.pid, flush=True); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 9
    pid = int(done.stdout)
    for _ in range(600):
        if not Path(f"/proc/{pid}").exists():
            break
        time.sleep(0.1)
    else:
        pytest.fail("qemu lives on")


def test_a_guest_that_dies_again_and_again_is_a_fault_of_the_surroundings(simple: bytes):
    with Guest("6.18") as running:

        def die() -> None:
            link = running.link
            assert running._machine is not None
            running._machine.kill()
            link.file("/proc/version")

        with pytest.raises(GuestDied):
            running.steady(die)
        assert running.restarts == 2
        assert not running.alive
        assert all(v.accepted for v in running.verify(simple))


def test_cpus_and_nodes_are_laid_out_as_asked(simple: bytes):
    from scxdsl.guest import Topology

    with Guest("6.18", topology=Topology(sockets=2, cores=1, threads=2, nodes=2)) as running:
        assert running.hello is not None and running.hello.cpus == 4
        assert running.read_file("/sys/devices/system/node/node1/cpulist") == "2-3\n"
        assert running.read_file("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list") == "0-1\n"
        assert running.run(simple, seconds=1).clean


def test_an_image_can_be_named_by_path():
    path = install("7.3").image
    with Guest(str(path)) as running:
        assert running.kernel.series == "7.3"
        assert running.hello is not None and running.hello.release == running.kernel.release
