# SPDX-License-Identifier: GPL-2.0-only
"""Dataclasses that cost little to declare.

The compiler has some hundreds of dataclasses, and the standard decorator compiles up to six functions for each when its
module is imported: half of all the time that `scxdsl check` takes. This one gives the same classes (`fields`, `replace`,
`is_dataclass`, patterns and errors work as with the standard one), but shares what needs no code of its own and compiles a
constructor when the first instance is made.

    from scxdsl.source.records import dataclass

Understood are frozen, eq and kw_only, and fields with default, default_factory, compare, repr and kw_only. Whoever needs slots,
order, InitVar or init=False takes the standard decorator.
"""

from dataclasses import _FIELD, MISSING, Field, FrozenInstanceError, field  # type: ignore[attr-defined]
from inspect import get_annotations
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

__all__ = ["dataclass", "field", "slotted"]


class _Params(NamedTuple):
    """What the standard decorator asks of a base class."""

    frozen: bool
    eq: bool


def _declare(cls: type, frozen: bool, eq: bool, kw_only: bool) -> type:
    fields: dict[str, Field] = {}
    for base in cls.__mro__[-1:0:-1]:
        inherited = base.__dict__.get("__dataclass_fields__")
        if inherited:
            if base.__dataclass_params__.frozen != frozen:  # type: ignore[attr-defined]
                raise TypeError(f"{cls.__name__} and its base {base.__name__} must both be frozen, or neither")
            fields |= inherited
    for name, type_ in get_annotations(cls).items():
        if not _is_class_variable(type_):
            fields[name] = _field(cls, name, type_, kw_only)
    cls.__dataclass_fields__ = fields  # type: ignore[attr-defined]
    cls.__dataclass_params__ = _Params(frozen, eq)  # type: ignore[attr-defined]
    own = cls.__dict__
    if "__match_args__" not in own:
        cls.__match_args__ = tuple(f.name for f in fields.values() if not f.kw_only)  # type: ignore[attr-defined]
    if "__init__" not in own:
        cls.__init__ = _init_when_needed(cls, frozen)  # type: ignore[misc]
    if "__repr__" not in own:
        cls.__repr__ = _repr  # type: ignore[assignment]
    if eq:
        _compare(cls, frozen)
    if frozen:
        _freeze(cls)
    return cls


if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, eq=True, kw_only=False):
        """As dataclasses.dataclass. Raises TypeError for a class that is frozen where its base is not, or the reverse, and for
        a field without a default after one that has it."""
        if cls is None:
            return lambda cls: _declare(cls, frozen, eq, kw_only)
        return _declare(cls, frozen, eq, kw_only)


def slotted(cls: type) -> type:
    """The class anew, with slots for what it annotates itself, known to `fields`. Its methods are its own affair, and so are
    its bases: they must have slots too, and no fields."""
    own = {name: type_ for name, type_ in get_annotations(cls).items() if not _is_class_variable(type_)}
    found = {name: _field(cls, name, type_, False) for name, type_ in own.items()}
    namespace = {name: value for name, value in cls.__dict__.items() if name not in ("__dict__", "__weakref__")}
    made = type(cls)(cls.__name__, cls.__bases__, namespace | {"__slots__": tuple(own)})
    made.__qualname__ = cls.__qualname__
    made.__dataclass_fields__ = found  # type: ignore[attr-defined]
    made.__dataclass_params__ = _Params(frozen=True, eq=False)  # type: ignore[attr-defined]
    made.__match_args__ = tuple(own)  # type: ignore[attr-defined]
    return made


def _is_class_variable(type_: Any) -> bool:
    if isinstance(type_, str):
        return type_.removeprefix("typing.").startswith("ClassVar")
    return type_ is ClassVar or getattr(type_, "__origin__", None) is ClassVar


def _field(cls: type, name: str, type_: Any, kw_only: bool) -> Field:
    default = cls.__dict__.get(name, MISSING)
    if isinstance(default, Field):
        if not default.init:
            raise TypeError(f"{cls.__name__}.{name}: init=False needs the standard decorator")
        made = default
        if made.default is MISSING:
            delattr(cls, name)
        else:
            setattr(cls, name, made.default)
    else:
        made = field(default=default)
    if made.default is not MISSING and made.default.__class__.__hash__ is None:
        raise ValueError(f"{cls.__name__}.{name}: a default that can change would be shared; use default_factory")
    made.name, made.type = name, type_
    made._field_type = _FIELD  # type: ignore[attr-defined]
    if made.kw_only is MISSING:
        made.kw_only = kw_only
    return made


# ---- the constructor


def _init_when_needed(cls: type, frozen: bool) -> Any:
    _parameters(cls)  # what is wrong with them is said when the class is declared

    def __init__(self, *values, **named):
        made = _init(cls, frozen)
        if cls.__dict__.get("__init__") is __init__:
            cls.__init__ = made
        made(self, *values, **named)

    __init__.__qualname__ = f"{cls.__qualname__}.__init__"
    return __init__


def _parameters(cls: type) -> str:
    """The constructor's parameters as text; keyword-only ones last. A default is the name of what `_init` holds for it."""
    positional, named, before = [], [], ""
    for f in cls.__dataclass_fields__.values():  # type: ignore[attr-defined]
        has_default = f.default is not MISSING or f.default_factory is not MISSING
        if not f.kw_only:
            if before and not has_default:
                raise TypeError(f"{cls.__name__}: {f.name} has no default and follows {before}, which has one")
            before = f.name if has_default else before
        (named if f.kw_only else positional).append(f"{f.name}=_default_{f.name}" if has_default else f.name)
    return ", ".join(["self", *positional, *(["*", *named] if named else [])])


def _init(cls: type, frozen: bool) -> Any:
    scope: dict[str, Any] = {"_set": object.__setattr__, "_missing": MISSING}
    lines = []
    for name, f in cls.__dataclass_fields__.items():  # type: ignore[attr-defined]
        value = name
        if f.default_factory is not MISSING:
            scope[f"_default_{name}"] = MISSING
            scope[f"_make_{name}"] = f.default_factory
            value = f"_make_{name}() if {name} is _missing else {name}"
        elif f.default is not MISSING:
            scope[f"_default_{name}"] = f.default
        lines.append(f"  _set(self, {name!r}, {value})" if frozen else f"  self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append("  self.__post_init__()")
    text = f"def __init__({_parameters(cls)}):\n" + "\n".join(lines or ["  pass"])
    exec(text, scope)
    made = scope["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made


# ---- what all classes share


@recursive_repr()
def _repr(self: Any) -> str:
    shown = ", ".join(f"{n}={getattr(self, n)!r}" for n, f in self.__dataclass_fields__.items() if f.repr)
    return f"{self.__class__.__qualname__}({shown})"


def _compare(cls: type, frozen: bool) -> None:
    names = [name for name, f in cls.__dataclass_fields__.items() if f.compare]  # type: ignore[attr-defined]
    key: Any = attrgetter(*names) if names else lambda self: ()
    own = cls.__dict__
    has_hash = "__hash__" in own and not (own["__hash__"] is None and "__eq__" in own)

    def __eq__(self, other):
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self):
        return hash(key(self))

    if "__eq__" not in own:
        cls.__eq__ = __eq__  # type: ignore[assignment]
    if not has_hash:
        cls.__hash__ = __hash__ if frozen else None  # type: ignore[assignment]


def _freeze(cls: type) -> None:
    names = cls.__dataclass_fields__  # type: ignore[attr-defined]

    def __setattr__(self, name, value):
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    def __delattr__(self, name):
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    cls.__setattr__, cls.__delattr__ = __setattr__, __delattr__  # type: ignore[assignment,method-assign]
