# SPDX-License-Identifier: GPL-2.0-only
"""What kernels offer, one frozen dataclass per kind of thing; `Facts` makes them from the data files."""

from scxdsl.source.records import dataclass

from .ctype import CType, Proto
from .versioned import Versioned
from .versions import Kernels


@dataclass(frozen=True)
class Kernel:
    """A kernel that facts are held of. `assumed` is the series whose source-only facts stand for it: its own, or where its source
    was not read, the newest older one."""

    series: str
    release: str
    assumed: str

    @property
    def source_read(self) -> bool:
        return self.series == self.assumed


@dataclass(frozen=True)
class Op:
    """A callback of the ops table. `proto` has the nullable arguments marked; `may_sleep`: the program may be made sleepable;
    `contexts`: the groups of kfuncs it may call (see Kfunc.callers); `private_stack`: each of its functions has 512 bytes of its own;
    `deprecated`: the kernel warns; `refused`: the kernel has the member but does not take it in this form of the table."""

    name: str
    proto: Versioned[Proto]
    contexts: Versioned[frozenset[str]]
    may_sleep: Kernels
    private_stack: Kernels
    deprecated: Kernels
    refused: Kernels

    @property
    def where(self) -> Kernels:
        return self.proto.where


@dataclass(frozen=True)
class Setting:
    """A data member of the ops table (`flags`, `timeout_ms`, …); `settable` says where a policy may give it a value."""

    name: str
    type: Versioned[CType]
    settable: Kernels

    @property
    def where(self) -> Kernels:
        return self.type.where


@dataclass(frozen=True)
class Kfunc:
    """A kernel function that programs may call.

    `proto` is what a program calls; where the function is `implicit`, the verifier adds a last argument (struct bpf_prog_aux *)
    that BTF shows only at the twin NAME_impl, which no program may call. `flags`: acquire, release, ret_null, rcu, rcu_protected,
    sleepable, trusted_args, iter_new, …; `programs`: ops, syscall, tracing; `callers`: the groups of callbacks it may be called from
    (`any`, or those of Op.contexts); `under_lock`: allowed while a bpf_spin_lock is held; `hidden`: the build that these facts were
    made from refuses every call, by a fault of that build; `cpu_form_only`: not for the cid form of the ops table.
    """

    name: str
    proto: Versioned[Proto]
    flags: Versioned[frozenset[str]]
    programs: Versioned[frozenset[str]]
    callers: Versioned[frozenset[str]]
    implicit: Kernels
    hidden: Kernels
    under_lock: Kernels
    deprecated: Kernels
    cpu_form_only: Kernels

    @property
    def where(self) -> Kernels:
        return self.proto.where

    def has(self, flag: str) -> Kernels:
        """The kernels on which it bears that flag."""
        return self.flags.where_is(lambda flags: flag in flags)


@dataclass(frozen=True)
class Helper:
    """A BPF helper open to sched_ext programs; `number` is part of the kernel's ABI; `capability` what the loader must hold."""

    name: str
    number: int
    where: Kernels
    capability: Versioned[str]
    under_lock: Kernels


@dataclass(frozen=True)
class FieldType:
    """`bits` is not 0 for a bitfield. Offsets are not kept: CO-RE finds them at load."""

    type: CType
    bits: int = 0


@dataclass(frozen=True)
class Field:
    """A field reached from a struct by a path ("task_struct.scx.slice"), through pointers too.

    `writable`: "yes", "deprecated" (works, the kernel warns) or "init_task" (there only). `trust` is for pointers: what one loaded from
    a trusted or RCU-protected struct is worth inside an RCU section: "rcu", "rcu_or_null" or "untrusted" (readable, not passable).
    """

    path: str
    type: Versioned[FieldType]
    writable: Versioned[str]
    trust: Versioned[str]

    @property
    def where(self) -> Kernels:
        return self.type.where


@dataclass(frozen=True)
class Struct:
    """A struct or union: `size` in bytes, and the names of its fields on any kernel (anonymous members dissolved)."""

    name: str
    kind: str
    size: Versioned[int]
    fields: tuple[str, ...]
    is_typedef: bool

    @property
    def where(self) -> Kernels:
        return self.size.where


@dataclass(frozen=True)
class Constant:
    """An enumerator: `enum` is the enum that holds it (CO-RE asks for both names); negative values only where that is signed."""

    name: str
    enum: Versioned[str]
    values: Versioned[int]

    @property
    def where(self) -> Kernels:
        return self.values.where

    @property
    def same(self) -> bool:
        """Whether every kernel that has it gives it the same value."""
        return len(set(self.values.values())) <= 1


@dataclass(frozen=True)
class Condition:
    """A check beside the callback's: `rule` names it (own_task, once, user_queue, builtin_idle, …), `contexts` the callbacks where it
    holds (empty: everywhere); a breach ends the scheduler with `message` (a printf format). `where` is the kernel's function."""

    rule: str
    kfuncs: tuple[str, ...]
    contexts: tuple[str, ...]
    kernels: Kernels
    message: str
    where: str
    about: str
