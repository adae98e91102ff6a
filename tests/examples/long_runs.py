# SPDX-License-Identifier: GPL-2.0-only
"""What every example is to go through on a real kernel: ten seconds under each load, and what it claims, looked at.

A claim is a figure of a run and whether it holds; none looks at how fast the host was, only at shares, orders and counts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from scxdsl.compiler import build
from patience import RUNS
from scxdsl.guest import Guest
from scxdsl.guest.link import WorkerSpec
from scxdsl.guest.load import NESTED, Group, nice_of, shares
from scxdsl.guest.protocol import Role
from scxdsl.guest.qemu import Topology
from scxdsl.guest.run import Run
from spying import EXAMPLES, spied, values
from test_flatcg import CROWD, off
from test_llc import LOAD as UNEVEN
from test_maximal import CALLED
from test_nest import LIGHT, on_two
from test_pair import watched
from test_qmap import in_order

SECONDS = 10
NAMES = tuple(sorted(path.stem for path in EXAMPLES.glob("*.scx")))

WIDE = Topology(sockets=2, cores=1, threads=2, nodes=2)  # siblings, two caches, two NUMA nodes
FLAT, TWO, ONE = Topology(cores=4), Topology(cores=2), Topology(cores=1)

# What a kernel says by itself of a policy that is right: 6.12 asks for flags that later kernels warn of; deprecated callbacks. And what 6.12 says of
# a CPU that goes under load, without any scheduler of sched_ext (the second) and under the C original of qmap (the first).
GOING = (" sub_running_bw+", " sched_cpu_dying+")
EXPECTED = ("does not implement cgroup cpu.weight", "->cpu_acquire/release() are deprecated")


@dataclass(frozen=True)
class Long:
    """One run. `says`: the figure of the example's claim, in words, and whether it holds; `against`: another object that runs under the same
    load first, for `says` to compare with."""

    name: str
    load: str
    topology: Topology
    data: Callable[[], bytes]
    workers: Sequence[WorkerSpec] | None = None
    groups: tuple[Group, ...] = ()
    params: dict[str, str] = field(default_factory=dict)
    says: Callable[[Run, Run | None], tuple[str, bool]] = lambda run, other: ("", True)
    against: Callable[[], bytes] | None = None
    ended: bool = False  # the kernel ends it, because a CPU went

    @property
    def key(self) -> str:
        return f"{self.name} {self.load}"

    def given(self) -> dict[str, bytes]:
        return values(self.data(), self.params)


@cache
def plain(name: str) -> bytes:
    """With the longest timeout: how long an emulated CPU stands still while another is taken away depends on the host."""
    text = (EXAMPLES / f"{name}.scx").read_text(encoding="utf-8").replace("timeout: 5s", "timeout: 30s")
    made = build(text, f"{name}.scx")
    assert made.object is not None, [d.message for d in made.diagnostics]
    return made.object


def unexpected(run: Run) -> list[str]:
    known = (*EXPECTED, *GOING) if run.kernel.startswith("6.12") else EXPECTED
    left = [fault for fault in run.faults if not any(words in fault for words in known)]
    explained = sum(fault.startswith("WARNING: ") for fault in run.faults if fault not in left)
    traces = left.count("Call Trace:")
    return [fault for fault in left if fault != "Call Trace:"] if traces <= explained else left


def went_well(case: Long, run: Run) -> bool:
    """The kernel took it, kept it and complained of nothing; or ended it for the one reason that was to be expected."""
    if not run.attached or run.exit is None:
        return False
    if case.ended:
        return run.ejected and run.exit.kind == "SCX_EXIT_UNREG_KERN" and "offline" in run.exit.message
    return not run.ejected and run.exit.kind == "SCX_EXIT_UNREG" and not unexpected(run)


def once(guest: Guest, case: Long, data: bytes, seconds: float, params: dict[str, bytes]) -> Run:
    load = case.workers if case.workers is not None else NAMED.get(case.load, case.load)
    return guest.run(data, seconds=seconds, load=load, groups=case.groups, params=params, counting=True)


def done(guest: Guest, case: Long) -> tuple[Run, str, bool]:
    """The run, the figure of its claim, and whether that holds. A busy host can spoil a figure: a longer run decides then, as
    patience.run_until has it; a fault is final."""
    data, seconds = case.data(), float(SECONDS)
    for _ in range(RUNS):
        other = once(guest, case, case.against(), seconds, {}) if case.against else None
        run = once(guest, case, data, seconds, case.given())
        if case.ended:
            words, holds = "", run.ejected
        else:
            words, holds = case.says(run, other) if run.attached and not run.ejected else ("", False)
        if holds or run.ejected or not run.attached:
            break
        seconds *= 2
    return run, words, holds


# ---- claims


def _ratio(run: Run) -> float:
    """CPU time of the heavy spinners to that of the light ones."""
    light, heavy = (sum(w.share for w in run.workers if (w.weight > 100) == above) for above in (False, True))
    return heavy / light if light else float("inf")


def by_weight(run: Run, other: Run | None) -> tuple[str, bool]:
    return f"two spinners of weight 305 got {_ratio(run):.2f} times what two of 100 got", 2.7 <= _ratio(run) <= 3.36


def alike(run: Run, other: Run | None) -> tuple[str, bool]:
    return f"two spinners of weight 305 got {_ratio(run):.2f} times what two of 100 got", 0.9 <= _ratio(run) <= 1.1


def strict(run: Run, other: Run | None) -> tuple[str, bool]:
    light = sum(w.share for w in run.workers if w.weight == 100)
    return f"beside two heavy spinners two light ones got {light:.1%}", light < 0.1


def one_cpu_decides(run: Run, other: Run | None) -> tuple[str, bool]:
    counts = run.globals["handed_out"]
    return f"{counts[2]} tasks handed out by the chief, {sum(counts) - counts[2]} by others", counts[2] > 100 and sum(counts) == counts[2]


def nested_shares(run: Run, other: Run | None) -> tuple[str, bool]:
    return f"the worst share is {off(run):.1%} off what it is due", off(run) < 0.1


def near_and_stolen(run: Run, other: Run | None) -> tuple[str, bool]:
    local, stolen = run.stats["local"], run.stats["stolen"]
    return f"{local} taken at home, {stolen} stolen", local > stolen > 0


def few_cores(run: Run, other: Run | None) -> tuple[str, bool]:
    assert other is not None
    return f"the two busiest CPUs had {on_two(run):.0%} of all runs, with simple {on_two(other):.0%}", on_two(run) > on_two(other) + 0.1


def never_mixed(run: Run, other: Run | None) -> tuple[str, bool]:
    breaches = sum(run.stats[name] for name in ("outside", "beside", "wrong"))
    words = f"{breaches} breaches at switches and ticks; siblings ran together {run.stats['together']} times in {run.stats['turns']} turns"
    return words, breaches == 0 and run.stats["together"] > 5


def rounds_of_levels(run: Run, other: Run | None) -> tuple[str, bool]:
    return "left levels 0, 1, 2: {}, {}, {}".format(*run.globals["head"][:3]), in_order(run)


def all_called(run: Run, other: Run | None) -> tuple[str, bool]:
    missing = sorted(name for name in CALLED if not run.stats[name])
    return f"{len(CALLED) - len(missing)} of {len(CALLED)} counters moved, {run.stats['starts']} tasks started", not missing


def outlives_cpus(run: Run, other: Run | None) -> tuple[str, bool]:
    ups, downs = run.stats["ups"], run.stats["downs"]
    return f"a CPU went {downs} times and came {ups} times", ups > 0 and downs > 0


def everybody_runs(run: Run, other: Run | None) -> tuple[str, bool]:
    idle = sum(w.share == 0 for w in run.workers)
    return f"{len(run.workers)} workers, {idle} of them without CPU time", idle == 0


_RAN_ON = ("if !p.is_kthread { ran_on[p.cpu.index] += 1 }", "var ran_on: [u64; 8]")
_LEVELS = [WorkerSpec(Role.SPIN, nice=nice_of(weight)) for weight, n in ((15, 4), (40, 5), (100, 8)) for _ in range(n)]
_BOTH = shares((100, 300, 100, 300))

CLAIMS = (
    Long("simple", "shares", ONE, lambda: plain("simple"), _BOTH, says=by_weight),
    Long("fifo", "shares", ONE, lambda: plain("fifo"), _BOTH, says=alike),
    Long("prio", "shares", ONE, lambda: plain("prio"), _BOTH, says=strict),
    Long("qmap", "levels", ONE, lambda: plain("qmap"), _LEVELS, says=rounds_of_levels),
    Long("flatcg", "crowds", TWO, lambda: plain("flatcg"), CROWD, NESTED, says=nested_shares),
    Long("maximal", "hotplug", TWO, lambda: plain("maximal"), says=outlives_cpus),
    Long("central", "chief", FLAT, lambda: spied("central", r"^fn feed", "handed_out[this_cpu.index] += 1", "var handed_out: [u64; 8]"),
         params={"chief": "2"}, workers=None, says=one_cpu_decides),
    Long("nest", "light", FLAT, lambda: spied("nest", r"^on running", *_RAN_ON), LIGHT, params={"p_remove": "25ms"}, says=few_cores,
         against=lambda: spied("simple", r"^on running", *_RAN_ON)),
    Long("maximal", "hotplug, 4 CPUs", FLAT, lambda: plain("maximal"), says=outlives_cpus),
    Long("llc", "uneven", WIDE, lambda: plain("llc"), UNEVEN, says=near_and_stolen),
    Long("pair", "watched", WIDE, watched, says=never_mixed),
    Long("maximal", "all", WIDE, lambda: plain("maximal"), says=all_called),
    Long("minimal", "all", WIDE, lambda: plain("minimal"), says=everybody_runs),
)  # fmt: skip

# The loads of scxdsl.guest.load that these names stand for.
NAMED = {"hotplug, 4 CPUs": "hotplug", "chief": "mix", "watched": "groups", "all": "mix"}

LOADED = tuple(Long(name, load, WIDE, lambda name=name: plain(name)) for name in NAMES for load in ("mix", "storm", "groups"))
# The kernel ends what has no callbacks for CPUs that come and go.
GONE = tuple(Long(name, "hotplug", TWO, lambda name=name: plain(name), ended=True) for name in NAMES if name != "maximal")
ALL = (*LOADED, *GONE, *CLAIMS)
