# SPDX-License-Identifier: GPL-2.0-only
"""Where owners lie: taken out of the values around them, each where the kernel holds it on every version.

The kernel keeps at most 11 owned pointers in one value of a map, each at a constant offset (include/linux/btf.h, BTF_FIELDS_MAX;
kernel/bpf/verifier.c, process_kptr_func). So the owners of a declaration are numbered through all its structs and arrays, and

| declared in | owner number n lies in |
|---|---|
| a `var` | entry n of one array, `owned`, behind those of other variables |
| a `percpu var` | the same of a per-CPU array, `owned_here` |
| a table, `per node` | entry row * count + n of an array of its own |
| `per cpu`, `per core`, `per llc` | entry n of a per-CPU array of its own |
| `per task`, `per cgroup` | member n % 10 of storage n / 10; a variable n is compared with each |
| a map | the value of its key |

What is left of a struct in its place is its plain data.
"""

from scxdsl.ir import module as irm
from scxdsl.ir import types as ir
from scxdsl.source.records import dataclass
from scxdsl.source.text import Span
from scxdsl.typing import typed
from scxdsl.typing import types as lang
from scxdsl.typing.owner_types import kind_of, kinds, owners_in
from scxdsl.typing.types import owns

from .row_shape import NO_PREALLOC, PER_CPU, STORAGE, capacity

IN_VALUE = 10
_OBJECTS = {"task": ir.TASK, "cgroup": ir.Struct("cgroup", (), kernel=True)}


@dataclass(frozen=True)
class Store:
    """The owners of one declaration. `first` is the entry of its first one, `kinds` what each owns; `rows` is how many rows there
    are (None: as many as the machine has)."""

    name: str
    place: str  # "array", "percpu_array", or "task" or "cgroup" for storage
    kinds: tuple[str, ...]
    span: Span
    first: int = 0
    rows: int | None = None

    @property
    def title(self) -> str:
        """What the author calls the declaration."""
        kind = self.name.removesuffix("_owned")
        if self.name in ("owned", "owned_here"):
            return "var" if self.name == "owned" else "percpu var"
        return f"per {kind}" if kind in (*PER_CPU, *STORAGE, "node") else f"table {kind}"

    @property
    def value(self) -> ir.Struct:
        """One entry of an array: a pointer of each type that some entry has."""
        return ir.Struct(self.name, tuple(field(kind, kind) for kind in sorted(set(self.kinds))))

    def chunk(self, number: int) -> ir.Struct:
        """The value of one storage."""
        kinds = self.kinds[number * IN_VALUE : (number + 1) * IN_VALUE]
        return ir.Struct(f"{self.name}{number}", tuple(field(f"owner{i}", kind) for i, kind in enumerate(kinds)))

    @property
    def chunks(self) -> range:
        return range(-(-len(self.kinds) // IN_VALUE))


def field(name: str, kind: str) -> ir.Field:
    return ir.Field(name, ir.Pointer(_OBJECTS[kind], tag="kptr"))


def before(fields: list[lang.Type]) -> int:
    """How many owners lie in fields that stand before another."""
    return sum(owners_in(t) for t in fields)


# ---- stores


def of_rows(rows: typed.Rows) -> Store | None:
    """The owners of each row; None where it has none."""
    found = tuple(kind for f in rows.fields for kind in kinds(f.type))
    if not found:
        return None
    name = f"{rows.kind}_owned"
    if rows.kind in STORAGE:
        return Store(name, rows.kind, found, rows.span)
    if rows.kind in PER_CPU:
        return Store(name, "percpu_array", found, rows.span)
    return Store(name, "array", found, rows.span, rows=capacity(rows))


def of_global(policy: typed.Policy, g: typed.Global) -> Store:
    """The owners of one variable, among those of all of its kind."""
    store = of_globals(policy, g.percpu)
    assert store is not None
    same = [v for v in policy.globals if v.percpu == g.percpu]
    return Store(store.name, store.place, store.kinds, store.span, before([v.type for v in same[: same.index(g)]]))


def of_globals(policy: typed.Policy, percpu: bool) -> Store | None:
    owners = [g for g in policy.globals if g.percpu == percpu and owns(g.type)]
    if not owners:
        return None
    found = tuple(kind for g in owners for kind in kinds(g.type))
    return Store("owned_here" if percpu else "owned", "percpu_array" if percpu else "array", found, owners[0].span)


def of_map(m: typed.MapObject) -> ir.Struct:
    """The value of a map of owners."""
    return ir.Struct(f"{m.name}_owner", (field("owner", kind_of(m.value)),))


# ---- maps


def stores(policy: typed.Policy) -> list[Store]:
    found = [of_globals(policy, False), of_globals(policy, True), *(of_rows(rows) for rows in policy.rows.values())]
    return [store for store in found if store is not None]


def maps(policy: typed.Policy) -> list[irm.Map]:
    return [made for store in stores(policy) for made in maps_of(store)]


def maps_of(store: Store) -> list[irm.Map]:
    """Where the owners of one declaration lie."""
    if store.place in STORAGE:
        return [
            irm.Map(
                name=f"{store.name}{i}", kind=STORAGE[store.place], key=ir.I32, value=store.chunk(i), max_entries=0,
                span=store.span, flags=NO_PREALLOC,
            )
            for i in store.chunks
        ]  # fmt: skip
    entries = len(store.kinds) * (store.rows or 1)
    return [irm.Map(name=store.name, kind=store.place, key=ir.U32, value=store.value, max_entries=entries, span=store.span)]
