# SPDX-License-Identifier: GPL-2.0-only
"""Cgroups: of a task, by id, above and below."""

from collections.abc import Iterator

from scxdsl.model import Cgroup
from scxdsl.typing import typed
from scxdsl.typing import types as lang

from .context import Context
from .control import loop
from .doors import Eval, Exec, Frame, expression, statement


@expression.register
def _(node: typed.TaskCgroup, c: Context) -> Eval:
    base, kernel = expression(node.base, c), c.kernel
    return lambda f: kernel.task_cgroup(base(f))


@expression.register
def _(node: typed.CgroupById, c: Context) -> Eval:
    id, model = expression(node.id, c), c.kernel.m
    return lambda f: model.cgroups.get(id(f))


@expression.register
def _(node: typed.CgroupAncestor, c: Context) -> Eval:
    base = expression(node.base, c)
    level = expression(node.level, c) if node.level is not None else None

    def ancestor(f: Frame) -> Cgroup | None:
        group = base(f)
        wanted = group.level - 1 if level is None else level(f)
        while group is not None and group.level > wanted:
            group = group.parent
        return group if group is not None and group.level == wanted else None

    return ancestor


@expression.register
def _(node: typed.CgroupId, c: Context) -> Eval:
    base = expression(node.base, c)
    return lambda f: base(f).id


@expression.register
def _(node: typed.CgroupName, c: Context) -> Eval:
    base = expression(node.base, c)
    size = node.type.size if isinstance(node.type, lang.TextType) else 0
    return lambda f: base(f).name[: size - 1]


@expression.register
def _(node: typed.CgroupPath, c: Context) -> Eval:
    base = expression(node.base, c)

    def path(f: Frame) -> str:
        group, names = base(f), []
        while group.level > 0:
            names.append(group.name[: typed.PART_SIZE - 1])
            group = group.parent
        return ("/" + "/".join(reversed(names)))[: typed.PATH_SIZE - 1]

    return path


@statement.register
def _(node: typed.ForCgroup, c: Context) -> Exec:
    """All below it, each before those below it."""
    base = expression(node.base, c)

    def below(group: Cgroup) -> Iterator[Cgroup]:
        for child in list(group.children):
            yield child
            yield from below(child)

    room = c.room(node.variable) if node.variable is not None else c.hidden()
    return loop(lambda f: below(base(f)), room, node.body, node.otherwise, c)
