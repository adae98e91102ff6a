# SPDX-License-Identifier: GPL-2.0-only
"""An object, loaded for one kernel and ready to run.

    machine = Machine(read(data), kernel("6.18"), calls)
    machine.callbacks["enqueue"](task, 0)

A machine keeps the state that outlives an invocation: maps, globals, timers. `calls` is the kernel that its programs call.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..kernel.ctype import Kind, Proto
from ..objects.object import Function, Object
from .code import FunctionAddress
from .errors import BadArgument, LoadError, NotAPointer, Uninitialised
from .globals import Globals
from .kernel import Kernel, KernelCalls
from .kfuncs import TABLE as KFUNCS
from .link import Link
from .maps import BpfMap, make_map
from .maps.storage import Storage
from .memory import M64, Nothing, Ptr, Region
from .regions import Context, address
from .runtime import TURN_LIMIT


_LINKED: dict[tuple[int, int, bool], Link] = {}
_KEPT = 64


def linked(obj: Object, kernel: Kernel, coverage: bool = False) -> Link:
    """The object translated for that kernel, from the last ones made where it is among them."""
    key = (id(obj), id(kernel), coverage)
    found = _LINKED.pop(key, None) or Link(obj, kernel, coverage)  # which keeps the object, so that its id stays its own
    _LINKED[key] = found
    if len(_LINKED) > _KEPT:
        del _LINKED[next(iter(_LINKED))]
    return found


class Machine:
    """Raises LoadError when libbpf or the verifier would refuse the object on that kernel.

    `params` gives globals of `.rodata` other bytes, by name (objects.encode_all makes them). With `coverage`, `seen` collects
    (function, slot, taken) of every branch; `link.arms` has them all. `turn_limit` ends a call whose loops turn more often. A second
    machine of the same object and kernel costs little.
    """

    def __init__(self, obj: Object, kernel: Kernel, calls: KernelCalls, params: Mapping[str, bytes] = {},
                 coverage: bool = False, turn_limit: int = TURN_LIMIT) -> None:  # fmt: skip
        self.object, self.kernel, self.calls = obj, kernel, calls
        self.maps: dict[str, BpfMap] = {m.name: make_map(m, self) for m in obj.maps}
        self.globals = Globals(obj, params)
        self.turn_limit = turn_limit
        self.seen: set[tuple[str, int, bool]] = set()
        self.references: dict[tuple[int, int], list[Ptr]] = {}
        """What the running program has acquired and not released, by region and offset."""
        self.kept: Counter[Region] = Counter()
        """How often maps own a kernel object: one that is gone for the scheduler lives on as long."""
        self.sections: dict[str, int] = {}
        self.held: Ptr | None = None
        """The lock that the running program holds."""
        self.firing: Any = None
        """The timer whose callback runs."""
        self.spread: dict[int, int] = {}
        self.running = ""
        """Name of the program that runs, for the model."""
        self.link = linked(obj, kernel, coverage)
        self._functions = self.link.instantiate(self)
        self.programs = {f.name: Program(self, f, self._functions[f.section, f.offset]) for f in obj.programs}
        self.callbacks = dict(self._callbacks())

    def _callbacks(self) -> Iterator[tuple[str, "Program"]]:
        """Callbacks of the sched_ext_ops table that this kernel has; a loader zeroes the others."""
        ops = self.object.ops
        for member, name in ops.programs.items() if ops else ():
            proto = self.kernel.callback(member)
            if proto is None:
                continue
            found = self.object.program(name)
            if found is None:
                raise LoadError(f"the table names the program `{name}`, which is not there")
            yield member, Program(self, found, self._functions[found.section, found.offset], proto)

    # what programs and the model call

    def call_back(self, function: Any, *values: Any) -> int:
        """Runs a function of the object for a helper; r0 as an unsigned number."""
        if not isinstance(function, FunctionAddress):
            raise NotAPointer(function, "a function")
        result = function.call(*values)
        if isinstance(result, Nothing) or result is None:
            raise Uninitialised(f"the result of {function.name}")
        return int(result)

    def fire(self, timer: Any) -> None:
        """Runs the callback of an armed timer: (map, key, value)."""
        callback = timer.callback
        timer.armed = False
        if callback is None or timer.region.gone:
            return
        key = Region(f"a key of map {timer.map.name}", timer.map.key_of(timer.region), True)
        outer, self.firing = self.firing, timer
        try:
            self.enter(lambda: callback.call(timer.map, Ptr(key), Ptr(timer.region)), callback.name)
        finally:
            self.firing = outer

    def enter(self, body: Callable[[], Any], name: str) -> Any:
        """Runs one invocation, which must leave with no lock, reference or section of its own. Raises Fault with its place."""
        outer = self.references, self.sections, self.held, self.running
        self.references, self.sections, self.held, self.running = {}, {}, None, name
        try:
            result = body()
            self._left_behind(name)
            return result
        except Exception as cause:
            fault = self.link.origins.fault(cause)
            if fault is None or fault is cause:
                raise
            raise fault from None
        finally:
            self.references, self.sections, self.held, self.running = outer

    def _left_behind(self, name: str) -> None:
        if self.held is not None:
            raise BadArgument(name, f"it ends with the lock at {self.held} held")
        for pointers in self.references.values():
            if pointers:
                raise BadArgument(name, f"it ends without releasing {pointers[0]}")
        for section, depth in self.sections.items():
            if depth:
                raise BadArgument(name, f"it ends inside {section}")

    def acquire(self, pointer: Ptr) -> None:
        """The program owns what it points to, and must release it."""
        self.references.setdefault((id(pointer.region), pointer.offset), []).append(pointer)

    def release(self, pointer: Any, call: str) -> None:
        """Raises BadArgument for what the program does not own."""
        owned = self.references.get((id(pointer.region), pointer.offset)) if isinstance(pointer, Ptr) else None
        if not owned:
            raise BadArgument(call, f"{pointer} is not owned by the program")
        owned.pop()

    def lock(self, lock: Ptr) -> None:
        lock.region.check(lock.offset, 4)
        if self.held is not None:
            raise BadArgument("lock", f"the lock at {self.held} is held already")
        self.held = lock

    def unlock(self, lock: Ptr) -> None:
        if self.held is None or self.held != lock:
            raise BadArgument("unlock", f"the lock at {lock} is not held")
        self.held = None

    def type_size(self, type_id: int) -> int:
        """Bytes of a type of the object."""
        assert self.object.btf is not None
        return self.object.btf.size_of(type_id)

    def builtin(self, name: str) -> Callable[..., Any] | None:
        """A kernel function of BPF itself; its first argument is the machine."""
        return KFUNCS.get(name.removesuffix("_impl"))

    def forget(self, owner: Region) -> None:
        """A task or cgroup is gone: so is its storage."""
        for found in self.maps.values():
            if isinstance(found, Storage):
                found.forget(owner)

    # what maps call

    def cpu(self) -> int:
        return self.calls.cpu()

    def cpus(self) -> int:
        return self.calls.cpus()

    def has_memory(self, owner: Region) -> bool:
        return self.calls.has_memory(owner)

    def dropped(self, region: Region) -> None:
        """A map value is gone: its timers are disarmed, and what it owned is given back."""
        from .helpers.sync import Timer

        for kept in region.pointers.values():
            if isinstance(kept, Ptr) and self.kept[kept.region]:
                self.kept[kept.region] -= 1
            if isinstance(kept, Timer) and kept.armed:
                kept.armed = False
                self.calls.timer_cancel(kept)


class Program:
    """A program of the object: call it with the arguments of its callback, each a number, a region, a pointer or None.

    Returns what the callback's prototype says: None, a bool, or a number, signed where it is; without a prototype r0 itself.
    """

    def __init__(self, machine: Machine, function: Function, run: Callable[..., Any], proto: Proto | None = None) -> None:
        self.machine, self.function, self.proto = machine, function, proto
        self.name = function.name
        self._run = run
        self._returns = self._result(function, proto)

    def _result(self, function: Function, proto: Proto | None) -> Callable[[Any], Any]:
        if proto is not None:
            kind, bits = proto.returns.kind, proto.returns.bits
            if kind is Kind.VOID:
                return lambda r0: None
            if kind is Kind.BOOL:
                return lambda r0: bool(_number(r0, self.name) & 0xFF)
            if proto.returns.signed:
                sign, mask = 1 << bits - 1, (1 << bits) - 1
                return lambda r0: ((_number(r0, self.name) & mask) ^ sign) - sign
        return lambda r0: _number(r0, self.name) if r0 is not None else None

    def __call__(self, *arguments: Any) -> Any:
        values = [a if a.__class__ is int and 0 <= a <= M64 else address(a) for a in arguments]
        return self.on(Context(values))

    def on(self, context: Region) -> Any:
        """Runs it on a context of the caller's making."""
        return self._returns(self.machine.enter(lambda: self._run(Ptr(context)), self.name))


def _number(r0: Any, name: str) -> int:
    if r0.__class__ is int:
        return r0
    if r0 is None or isinstance(r0, Nothing):
        raise Uninitialised(f"the result of {name}")
    raise NotAPointer(r0, f"the result of {name}")
