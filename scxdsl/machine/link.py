# SPDX-License-Identifier: GPL-2.0-only
"""What the instructions of an object mean on one kernel: relocations, helpers, kernel functions, CO-RE."""

from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from ..kernel.btf_types import Enum, Func, FuncProto, Int, Void
from ..kernel.btf_types import Ptr as PtrType
from ..objects.helpers import helper_name
from ..objects.instruction import Instruction
from ..objects.object import Extern, Function, Object, Refers
from .code import Code, External, Unit
from .core import prototype_compatible, relocate
from .errors import BadArgument, LoadError, NotAPointer, UnknownCall
from .flow import ARGUMENTS, Callee
from .helpers import TABLE
from .kernel import Kernel, PerCpu
from .memory import Nothing, Ptr
from .regions import address
from .runtime import Origins


OF_TESTS = "scxdsl_test_"
"""Functions that no kernel has: only programs made of a policy's tests call them (on_model/staging.py)."""


class KernelFunction:
    """The address of a kernel function: opaque, and not null."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"the kernel function {self.name}"


_LOCK = "bpf_spin_lock"
# kernel/bpf/verifier.c, kfunc_spin_allowed
_LISTS = [f"bpf_list_{what}" for what in ("push_front_impl", "push_back_impl", "pop_front", "pop_back", "front", "back")]
_TREES = [f"bpf_rbtree_{what}" for what in ("add_impl", "remove", "first", "root", "left", "right")]
_LOOPS = [f"bpf_iter_num_{what}" for what in ("new", "next", "destroy")]
_UNDER_LOCKS = {_LOCK, "bpf_spin_unlock", "bpf_refcount_acquire_impl", *_LISTS, *_TREES, *_LOOPS}

Factory = Callable[[Any], Any]
"""Makes a value for one machine."""


class Link(External):
    """Every function of an object, translated for one kernel. Raises LoadError where libbpf would refuse.

    It serves any number of machines: what differs between them is kept as factories, by the name that the translated text has for it.
    """

    def __init__(self, obj: Object, kernel: Kernel, coverage: bool = False) -> None:
        self.object, self.kernel = obj, kernel
        self._functions = {(f.section, f.offset): f for f in obj.functions}
        self._poison: dict[tuple[Any, int], str] = {}
        self._factories: dict[str, Factory] = {"seen": lambda m: m.seen, "turn_limit": lambda m: m.turn_limit}
        self._bound: dict[str, Callee] = {}
        self._locks = any(i.operation == "helper" and helper_name(i.imm) == _LOCK for f in obj.functions for i in f.instructions)
        self.origins = Origins()
        self._missing = {e.name for e in obj.externs if not self._has(e)}
        self._check_strong()
        units = [self._unit(f) for f in obj.functions]
        self._code = Code(units, self, self.origins, coverage=coverage)

    def instantiate(self, machine: Any) -> dict[Any, Callable[..., Any]]:
        """The functions for one machine, by section and offset."""
        return self._code.instantiate({name: make(machine) for name, make in self._factories.items()})

    @property
    def arms(self) -> set[tuple[str, int, bool]]:
        """Every way out of every branch, as a machine with coverage records them."""
        return {
            (self._functions[key].name, at, taken) for key, t in self._code.translations.items() for at, taken in t.arms
        }

    @property
    def missing(self) -> frozenset[str]:
        """Symbols of the object that this kernel does not have."""
        return frozenset(self._missing)

    @property
    def text(self) -> str:
        """The Python text of all functions: for people who look for a fault of the machine."""
        return "\n".join(f"# {self._functions[k].name}\n{t.source}" for k, t in self._code.translations.items())

    def _unit(self, f: Function) -> Unit:
        key = (f.section, f.offset)
        instructions = []
        for i in f.instructions:
            core = f.core_at.get(i.at)
            if core is not None:
                assert self.object.btf is not None
                patched = relocate(i, core, self.object.btf, self.kernel)
                if patched is None:
                    self._poison[key, i.at] = core.text
                i = patched or i
            instructions.append(i)
        local = {r.at: (r.section, r.offset) for r in f.relocations if r.kind in (Refers.SUBPROGRAM, Refers.CALLBACK)}

        def line_of(at: int) -> str:
            line = f.line_of(at)
            return f"{line.path}:{line.line}" if line else ""

        return Unit(key, f.name, instructions, 0, returns_value(self.object, f), f.program, local, line_of)

    # kernel symbols

    def _has(self, extern: Extern) -> bool:
        """Whether this kernel has it, with the prototype that the object declares."""
        if extern.name.startswith(OF_TESTS):
            return True
        if not extern.function:
            return self.kernel.variable(extern.kernel_name) is not None
        proto = self.kernel.function(extern.kernel_name)
        if proto is None:
            return False
        assert self.object.btf is not None
        return extern.type is None or prototype_compatible(self.object.btf, extern.type, proto)

    def _check_strong(self) -> None:
        for e in self.object.externs:
            if not e.weak and e.name in self._missing and e.section == ".ksyms":
                raise LoadError(f"kernel {self.kernel.series} has no `{e.kernel_name}` of the declared type")

    # External

    def poisoned(self, unit: Unit, at: int) -> str | None:
        return self._poison.get((unit.key, at))

    def immediate(self, unit: Unit, i: Instruction) -> str:
        refers = self._functions[unit.key].relocation_at.get(i.at)
        if refers is None:
            return str(i.imm)
        match refers.kind:
            case Refers.MAP:
                return self._name(f"map_{refers.name}", lambda m: m.maps[refers.name])
            case Refers.DATA:
                name = f"data{refers.section}_{refers.offset}"
                return self._name(name, lambda m: m.globals.pointer(refers.section, refers.offset))
            case Refers.KSYM:
                return self._symbol(refers.name)
            case _:
                return f"poison({refers.name!r})"

    def _name(self, name: str, factory: Factory) -> str:
        clean = "".join(c if c.isalnum() else "_" for c in name)
        self._factories.setdefault(clean, factory)
        return clean

    def _symbol(self, name: str) -> str:
        extern = self.object.extern(name)
        assert extern is not None
        if name in self._missing:
            return "0"
        kernel_name = extern.kernel_name
        if extern.function:
            return self._name(f"ksym_{name}", lambda m: KernelFunction(kernel_name))
        return self._name(f"ksym_{name}", lambda m: _variable(m, kernel_name))

    def callee(self, unit: Unit, i: Instruction) -> Callee:
        refers = self._functions[unit.key].relocation_at.get(i.at)
        if refers is not None and refers.kind is Refers.KFUNC:
            found = self._bound.get(refers.name)
            if found is None:
                found = self._bound[refers.name] = self._kfunc(refers.name)
            return found
        if i.operation == "helper":
            return self._helper(i.imm)
        return self._no_function("a function through a register")

    def _helper(self, number: int) -> Callee:
        found = TABLE.get(number)
        if found is None:
            return self._no_function(helper_name(number))
        name = self._name(f"helper_{number}", lambda m: self._outside(m, helper_name(number), partial(found.call, m) if found.bound else found.call))
        return Callee(name, tuple(ARGUMENTS)[: found.arguments], found.returns)

    def _kfunc(self, name: str) -> Callee:
        extern, btf = self.object.extern(name), self.object.btf
        assert extern is not None
        proto = btf[extern.type] if btf is not None and extern.type is not None else None
        if name in self._missing or not isinstance(proto, FuncProto):
            return self._no_function(name)
        arguments = [_argument(btf, p.type, n) for n, p in enumerate(proto.params, 1)]
        statement, returns = _result(btf, proto.returns, f"call({', '.join(arguments)})")
        registers = tuple(ARGUMENTS)[: len(arguments)]
        source = f"def bind(call):\n def bound({', '.join(f'r{n}' for n in registers)}):\n  {statement}\n return bound\n"
        scope: dict[str, Any] = {"address": address, "pointer": _pointer, "Ptr": Ptr}
        exec(source, scope)  # conversions by type are chosen here, once
        kernel_name, flags = extern.kernel_name, self._flags(extern.kernel_name)
        return Callee(self._name(f"kfunc_{name}", lambda m: scope["bind"](self._outside(m, kernel_name, _implementation(m, kernel_name, flags)))), registers, returns)

    def _outside(self, machine: Any, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """A call that may not stand where a lock is held (kernel/bpf/verifier.c, do_check: "function calls are not allowed while holding a
        lock"), with a test of that in objects that have locks."""
        if name in _UNDER_LOCKS or not self._locks:
            return call

        def outside(*arguments: Any) -> Any:
            if machine.held is not None:
                raise BadArgument(name, f"it is called while the lock at {machine.held} is held")
            return call(*arguments)

        return outside

    def _no_function(self, name: str) -> Callee:
        def fail() -> NoReturn:
            raise UnknownCall(name)

        return Callee(self._name(f"no {name}", lambda m: fail), ())

    def _flags(self, name: str) -> frozenset[str]:
        known = self.kernel.facts.kfunc(name)
        return (known.flags.on(self.kernel.series) if known else None) or frozenset()


def returns_value(obj: Object, function: Function) -> bool:
    """Whether the function's prototype gives r0 to its caller; yes, where the object does not tell."""
    if obj.btf is None or function.type is None:
        return True
    declared = obj.btf[function.type]
    proto = obj.btf[declared.proto] if isinstance(declared, Func) else None
    return not isinstance(proto, FuncProto) or not isinstance(obj.btf.strip(proto.returns), Void)


def _variable(machine: Any, name: str) -> Any:
    value = machine.calls.variable(name)
    return value if isinstance(value, PerCpu) else Nothing(f"the kernel's {name}") if value is None else address(value)


def _implementation(machine: Any, name: str, flags: frozenset[str]) -> Callable[..., Any]:
    """The model's function of that name, else the machine's own."""
    call = machine.calls.kfunc(name)
    if call is not None:
        return _counted(machine, name, flags, call) if flags & {"acquire", "release"} else call
    builtin = machine.builtin(name)
    if builtin is not None:
        return partial(builtin, machine)

    def fail(*_: Any) -> NoReturn:
        raise UnknownCall(name)

    return fail


def _counted(machine: Any, name: str, flags: frozenset[str], call: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the model that acquires or releases, as the kernel's flags say, keeps the machine's books."""

    def counted(*arguments: Any) -> Any:
        if "release" in flags:
            owned = next((a for a in arguments if isinstance(a, Ptr)), None)
            if owned is None:
                raise BadArgument(name, "there is nothing to release")
            machine.release(owned, name)
        result = call(*arguments)
        if "acquire" in flags and result is not None:
            result = address(result)
            machine.acquire(result)
        return result

    return counted


def _argument(btf: Any, type_id: int, n: int) -> str:
    """The Python value of an argument register by its declared type."""
    found = btf.strip(type_id)
    if isinstance(found, PtrType):
        return f"None if r{n}.__class__ is not Ptr and r{n} == 0 else pointer(r{n})"
    if isinstance(found, Int) and found.boolean:
        return f"(r{n} & 0xff) != 0"
    bits = found.size * 8 if isinstance(found, Int | Enum) else 64
    if isinstance(found, Int | Enum) and found.signed:
        sign = 1 << bits - 1
        return f"((r{n} & {(1 << bits) - 1}) ^ {sign}) - {sign}"
    return f"r{n} & {(1 << bits) - 1}"


def _pointer(value: Any) -> Any:
    """The value, which must be no number."""
    if isinstance(value, int):
        raise NotAPointer(value)
    return value


def _result(btf: Any, type_id: int, call: str) -> tuple[str, bool]:
    """The statement that makes r0 of a call's result, and whether there is one. 32 bits and less come zero-extended."""
    found = btf.strip(type_id)
    if isinstance(found, Void):
        return call, False
    if isinstance(found, PtrType):
        return f"return address({call})", True
    if isinstance(found, Int) and found.boolean:
        return f"return 1 if {call} else 0", True
    bits = found.size * 8 if isinstance(found, Int | Enum) else 64
    return f"return {call} & {0xFFFFFFFF if bits <= 32 else (1 << 64) - 1}", True


