# SPDX-License-Identifier: GPL-2.0-only
"""The interpreter: a policy as closures, its state, and the way in from the model."""

from collections.abc import Callable, Mapping
from typing import Any

from scxdsl.kernel.facts import Facts
from scxdsl.model import KernelOps, Settings
from scxdsl.model.constants import constant
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.sizes import size_of

from . import cgroups, control, cpumasks, cpusets, data, derived, endings, expressions, kernel_calls, marks, match, messages, owners, places, programs, properties, queues, rings, state, statements  # noqa: F401
from .context import Context, Failed, Stop
from .derived import Refused
from .locks import Waiting
from .maps import MapStore
from .record import Record
from .rings import InboxStore, RingStore
from .statements import body
from .timers import TimerState, prepare
from .trees import Store
from .values import from_plain

_EINVAL, _ENODEV = -22, -19


class State:
    """What a policy keeps between invocations, in the order of its declarations."""

    def __init__(self, policy: typed.Policy, cpus: int, params: Mapping[str, Any]) -> None:
        self.params = [from_plain(params.get(p.name, p.default), p.type) for p in policy.params]
        self.globals = [from_plain(g.initial, g.type) for g in policy.globals]
        self.percpu = [[from_plain(g.initial, g.type) for _ in range(cpus)] if g.percpu else [] for g in policy.globals]
        self.stats = [[0] * cpus for _ in policy.stats]
        self.hists = [[[0] * typed.HIST_BUCKETS for _ in range(cpus)] for _ in policy.hists]
        self.maps = [[MapStore(m) for _ in m.symbols] for m in policy.maps]
        self.running = False  # between init and exit
        self.held: Waiting | None = None  # effects that wait for the release of a lock
        self.trees: dict[Any, Store] = {}
        self.serials = [0]  # insertions into trees so far
        self.timers = [[TimerState() for _ in range(state.row_count(t.rows, cpus))] for t in policy.timers]
        self.rings = [RingStore(r) for r in policy.rings]
        self.inboxes = [InboxStore(box) for box in policy.inboxes]
        kinds = {k: r for k, r in policy.rows.items() if (r.fields or r.trees) and k != "task"}
        tasks = state.task_rows(policy)
        if tasks is not None:
            kinds["task"] = tasks
        self.rows = {kind: state.Rows(rows, cpus) for kind, rows in kinds.items()}


class Interpreter:
    """One policy on one modelled kernel; a `Program` for the model. `params` gives other values than the defaults; with a `record`
    the answers of the kernel come from there (replay.py).

        model.attach(lambda kernel: Interpreter(checked.policy, kernel))
    """

    def __init__(self, policy: typed.Policy, kernel: KernelOps, params: Mapping[str, Any] = {}, record: Record | None = None) -> None:
        self.policy, self.kernel = policy, kernel
        self.state = State(policy, len(kernel.m.cpus), params)
        self.settings = _settings(policy, kernel)
        self.context = Context(policy, kernel, self.state, record=record)
        if record is not None:
            state.for_everyone(self.context)
        self.bodies = {c.name: self._prepared(c) for c in policy.callbacks}
        self._run = dict(self.bodies)
        _join_custody(self._run, constant(kernel.m.series, typed.TELLS_ALL) is not None)
        self._derived = derived.callbacks(policy)
        for timer in policy.timers:
            prepare(timer, self.context)
        self._hooks = programs.hooks(policy, self.context, kernel.m.series)
        self.hooks = frozenset(self._hooks)
        self._commands = {command.name: programs.command(command, self.context) for command in policy.commands}
        self.commands = {command.name: programs.context_size(command) for command in policy.commands}
        self.inboxes = {box.name: size_of(box.element)[0] for box in policy.inboxes}
        facts = Facts.load()
        names = {*self._run, *derived.callbacks(policy)}
        known = {n: facts.op(n) for n in names}
        self.callbacks = frozenset(n for n, op in known.items() if op is not None and kernel.m.series in op.where)
        self._otherwise = {n: _otherwise(n, known[n], kernel.m.series) for n in self.callbacks}

    def _prepared(self, callback: typed.Callback) -> Callable[[tuple[Any, ...]], Any]:
        c = self.context.inside()
        c.callback = callback.name
        rooms = [c.room(p) for p in callback.params]
        count = len(rooms)
        run = body(callback.body, c)
        if isinstance(callback.result, lang.Nothing):
            inner = run

            def run(frame: list[Any]) -> None:  # type: ignore[misc]
                inner(frame)

        spare = [None] * (len(c.rooms) - count)
        assert rooms == list(range(count))
        return lambda args: run([*args[:count], *spare])

    def call(self, name: str, args: tuple[Any, ...]) -> Any:
        """Runs a callback: what is derived, and what the author wrote."""
        plain, after_error = self._otherwise[name]
        result = None
        try:
            if name == "exit":
                self.state.running = False
            if name in self._derived:
                derived.before(name, args, self.context)
            run = self._run.get(name)
            if run is not None:
                result = run(args)
            if name in self._derived:
                derived.after(name, args, self.context)
            if name == "init":
                self.state.running = True
        except Refused as refused:
            return refused.error
        except Failed as failed:
            return failed.number
        except Stop:
            return args[1] if name == "select_cpu" else after_error
        return plain if result is None or plain is None else result

    def hook(self, tracepoint: str, args: tuple[Any, ...]) -> None:
        if self.state.running:
            for run in self._hooks[tracepoint]:
                run(args)

    # ---- what user space does

    def command(self, name: str, context: bytes) -> tuple[int, bytes]:
        return self._commands[name](context) if self.state.running else (_ENODEV, context)

    def post(self, inbox: str, message: bytes) -> bool:
        return next(box for box in self.state.inboxes if box.inbox.name == inbox).post(message)

    def take(self, ring: str) -> list[bytes]:
        return next(r for r in self.state.rings if r.ring.name == ring).take()

    # ---- what observers see

    def stat(self, name: str) -> list[int]:
        """A counter, by CPU. Raises StopIteration for an unknown name."""
        return list(self.state.stats[next(i for i, s in enumerate(self.policy.stats) if s.name == name)])

    def value(self, name: str) -> Any:
        """A global variable, by its name."""
        index = next(i for i, g in enumerate(self.policy.globals) if g.name == name)
        return self.state.percpu[index] if self.policy.globals[index].percpu else self.state.globals[index]


def _join_custody(run: dict[str, Callable[[tuple[Any, ...]], Any]], tells_all: bool) -> None:
    """`dequeue` and `custody_end` are one callback of the kernel. A kernel that calls it whenever a task leaves custody does so
    without a flag for an ordinary dispatch, which is no withdrawal."""
    withdrawn, end = run.pop("dequeue", None), run.pop("custody_end", None)

    def dequeue(args: tuple[Any, ...]) -> None:
        if withdrawn is not None and (args[1] or not tells_all):
            withdrawn(args)
        if end is not None and tells_all:
            end(args)

    if withdrawn is not None or end is not None:
        run["dequeue"] = dequeue


def _settings(policy: typed.Policy, kernel: KernelOps) -> Settings:
    flags = 0
    for flag in policy.flags:
        if flag.condition is None or flag.condition.default:
            flags |= constant(kernel.m.series, flag.constant) or 0
    return Settings(policy.name, flags, policy.batch or 0, policy.timeout_ms or 0)


def _otherwise(name: str, op: Any, series: str) -> tuple[Any, Any]:
    """What a callback answers where its body gives nothing, and after an `error`."""
    proto = op.proto.on(series)
    if proto.returns.kind == "void":
        return None, None
    if proto.returns.kind == "bool":
        return False, False
    return 0, _EINVAL


__all__ = ["Interpreter", "State", "lang"]
