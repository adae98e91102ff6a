# SPDX-License-Identifier: GPL-2.0-only
"""What `guest verify` and `guest run` share: the policy, the kernels, the guests, and what is said of a refusal."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from scxdsl import guest, objects
from scxdsl.guest import Guest, Kernel
from scxdsl.guest import errors as guest_errors
from scxdsl.rules.kernel_words import codes_of
from scxdsl.source.diagnostic import Diagnostic
from scxdsl.source.records import dataclass
from scxdsl.source.render_json import span_json
from scxdsl.source.text import Span

from .case import save_case
from .faults import CALL, DONE, SURROUNDINGS, BadObject, Fault
from .findings import KernelRefused
from .places import Places
from .policy import Given, common, given, refused
from .printing import say

T = TypeVar("T")

DEFAULT = "6.18"  # the newest series with long support, and its packaged builds are whole


@dataclass(eq=False)
class GuestFault(Fault):
    """A fault of the guest's surroundings, or a kernel that the call names wrongly."""

    cause: guest.GuestError

    @property
    def status(self) -> int:  # type: ignore[override]
        wrong = (guest_errors.UnknownSeries, guest_errors.BadImage)
        return CALL if isinstance(self.cause, wrong) else SURROUNDINGS

    @property
    def message(self) -> str:
        return self.cause.message


def guest_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--kernel", action="append", metavar="SERIES|PATH|all",
                        help=f"a series, a kernel image by path, or all series that the policy is for; may be repeated ({DEFAULT})")  # fmt: skip
    parser.add_argument("--cpus", type=topology, default=guest.Topology(), metavar="N|SxCxT",
                        help="CPUs of the guest: a number, or sockets x cores x threads (2)")  # fmt: skip
    parser.add_argument("--nodes", type=int, default=1, metavar="N", help="NUMA nodes that share the CPUs (1)")
    parser.add_argument("--memory", type=int, default=1024, metavar="MiB", help="memory of the guest (1024)")
    parser.add_argument("--accelerator", choices=("auto", "tcg", "kvm"), default="auto", help="how qemu runs it")
    parser.add_argument("--offline", action="store_true", help="do not install kernels that are missing")
    common(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the result there instead of to stdout")


def topology(text: str) -> guest.Topology:
    try:
        numbers = [int(n) for n in text.split("x")]
        if len(numbers) == 1:
            return guest.Topology(cores=numbers[0])
        return guest.Topology(*numbers) if len(numbers) == 3 else _no_topology(text)
    except ValueError:
        return _no_topology(text)


def _no_topology(text: str) -> guest.Topology:
    raise ArgumentTypeError(f"`{text}` is neither a number of CPUs nor sockets x cores x threads, such as 2x4x2")


@dataclass(eq=False)
class BadNodes(Fault):
    why: str

    @property
    def message(self) -> str:
        return f"--nodes: {self.why}"


@dataclass(frozen=True)
class Task:
    """What is to be tried: a policy or object with the object's content read."""

    item: Given
    obj: objects.Object
    data: bytes
    places: Places

    @property
    def name(self) -> str:
        ops = self.obj.ops
        return str(ops.values.get("name")) if ops else self.item.path

    @property
    def diagnostics(self) -> list[Diagnostic]:
        return self.item.built.diagnostics if self.item.built else []

    def promised(self, series: str) -> bool:
        """Whether check accepted the policy for that series."""
        return self.item.built is not None and series in self.item.built.checked.target.kernels


def task_of(path: str, args: Namespace, record: bool = False) -> Task | list[Diagnostic]:
    """The object to try, or the diagnostics of a policy that has none."""
    item = given(path, args.kernels, record)
    if item.object is None or (item.built and refused(item.built.checked, args.werror)):
        assert item.built is not None
        return item.built.diagnostics
    try:
        obj = objects.read(item.object)
    except objects.ObjectError as error:
        raise BadObject(path, str(error)) from error
    if obj.ops is None:
        raise BadObject(path, "the object holds no scheduler (no table of sched_ext_ops)")
    policy = item.built.checked.policy if item.built else None
    return Task(item, obj, item.object, Places(obj, item.source, policy.span if policy else None, policy.sources if policy else ()))


def kernels_of(args: Namespace, task: Task) -> Iterator[str]:
    """The kernels that the call names; `all`: those of the catalogue that the policy is for."""
    for name in args.kernel or [_default(task)]:
        if name != "all":
            yield name
            continue
        yield from (s for s in guest.catalogue() if task.item.built is None or task.promised(s))


class Round:
    """One question to each kernel that the call names. `skipped`: those that could not be asked, and why; `status`: the exit code that
    this comes to. Raises GuestFault where only one kernel is named."""

    def __init__(self, args: Namespace, task: Task) -> None:
        self._args, self._task = args, task
        self.skipped: list[dict[str, str]] = []
        self.status = DONE

    def answers(self, ask: Callable[[Kernel], T]) -> Iterator[tuple[Kernel, T]]:
        args, task = self._args, self._task
        names = list(kernels_of(args, task))
        for name in names:
            try:
                kernel = kernel_of(name, args)
                reason = hidden_reason(kernel, task)
                if reason:
                    say(f"{name} is left out: {reason}")
                    self._skip(name, reason, DONE if "all" in (args.kernel or ()) else SURROUNDINGS)
                    continue
                undeclared(kernel, task)
                answer = ask(kernel)
            except GuestFault as fault:
                if len(names) == 1:
                    raise
                say(f"{name}: {fault.message}")
                self._skip(name, fault.message, fault.status)
                continue
            yield kernel, answer

    def _skip(self, name: str, reason: str, status: int) -> None:
        self.skipped.append({"kernel": name, "reason": reason})
        self.status = max(self.status, status)


def _default(task: Task) -> str:
    """The usual kernel, or the newest that the policy is for where it is not for that one."""
    if task.item.built is None or task.promised(DEFAULT):
        return DEFAULT
    able = [s for s in guest.catalogue() if task.promised(s)]
    return able[-1] if able else DEFAULT


def kernel_of(name: str, args: Namespace) -> Kernel:
    """Raises GuestFault. Installs what is missing, and says so."""
    try:
        if name in guest.catalogue() and not args.offline and guest.installed(name) is None:
            say(f"installing kernel {name} …")
            guest.install(name)
        return guest.find(name)
    except guest.GuestError as error:
        raise GuestFault(error) from error


def guest_for(kernel: Kernel, args: Namespace) -> Guest:
    shape = args.cpus
    try:
        shape = guest.Topology(shape.sockets, shape.cores, shape.threads, args.nodes)
    except ValueError as error:
        raise BadNodes(str(error)) from error
    return Guest(kernel, topology=shape, memory=args.memory, accelerator=args.accelerator)


def hidden_reason(kernel: Kernel, task: Task) -> str:
    """Why nothing need be loaded on this kernel, or empty: its BTF hides functions that the object calls."""
    called = {e.kernel_name for e in task.obj.externs if e.function}
    hit = tuple(n for n in kernel.hidden if n in called)
    return guest_errors.KernelHidesFunctions(kernel.name, hit).message if hit else ""


def undeclared(kernel: Kernel, task: Task) -> None:
    """Says when a kernel is tried that the policy is not for."""
    if task.item.built is not None and not task.promised(kernel.series):
        say(f"the policy is not for kernel {kernel.series}; trying it nevertheless")


def refusal(
    kernel: Kernel, task: Task, what: str, reason: str, log: str, span: Span | None, explanation: str = ""
) -> KernelRefused:
    """The diagnostic for a refusal. Where check had promised better, the case is saved."""
    promised = task.promised(kernel.series)
    case = ""
    if promised and task.item.source is not None:
        source = task.item.source
        case = save_case(source.path, source.text, task.data, kernel.name, kernel.series, f"{what}: {reason}", log)
    return KernelRefused(span or task.places.start(), kernel.name, what, reason, explanation, promised, case, codes_of(reason))


def span_or_none(span: Span | None) -> dict[str, Any] | None:
    return span_json(span) if span is not None else None
