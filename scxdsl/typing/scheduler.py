# SPDX-License-Identifier: GPL-2.0-only
"""The block of `scheduler`: flags, timeout, batch, kernels."""

from scxdsl.kernel.facts import Facts
from scxdsl.kernel.versions import BadRange, as_written
from scxdsl.source.diagnostic import Diagnostics
from scxdsl.syntax import tree

from . import typed
from .checker import Checker, expression
from .convert import fit
from .errors_declarations import BadProperty, UnknownKernels, UnknownProperty
from .errors_names import close_to
from .literals import kernel_constant
from .operators import truth
from .scope import once
from .type_names import constant_number
from .typed import FLAG_TYPES
from .types import DURATION, Broken

_KNOWN = ("flags", "timeout", "batch", "kernels")
_LARGEST = 0xFFFFFFFF  # of the u32 in the ops table; what the kernel takes of it: rules/settings.py
_LONGEST_NAME = 127  # include/linux/sched/ext.h, SCX_OPS_NAME_LEN: 128 with the NUL


def declared_kernels(policy: tree.Policy, diagnostics: Diagnostics) -> str | None:
    """The ranges that the policy declares, as text for the kernel facts; None where it says nothing. Reads the tree
    alone, because the facts of these kernels are needed before anything can be checked."""
    if policy.scheduler is None:
        return None
    for p in policy.scheduler.properties:
        if p.name.text != "kernels":
            continue
        facts = Facts.load()
        parts = []
        for item in p.items:
            if not isinstance(item.value, tree.KernelRange):
                diagnostics.add(BadProperty(item.span, "`kernels` lists series of the kernel", "a range such as 6.12.."))
                return None
            try:
                parts.append(_range_text(item.value))
            except BadRange as error:
                diagnostics.add(BadProperty(item.span, str(error), "a range such as 6.12.."))
                return None
        text = ",".join(parts)
        known = facts.choose(text).kernels
        if known:
            return text
        diagnostics.add(UnknownKernels(p.items[0].span, text, str(facts.all)))
    return None


def _range_text(node: tree.KernelRange) -> str:
    """In the form of the data. Raises BadRange."""
    low = ".".join(map(str, node.low))
    if node.high is None:
        return as_written(f"{low}..")
    high = ".".join(map(str, node.high))
    return as_written(low if node.high == node.low else f"{low}..{'=' if node.inclusive else ''}{high}")


def properties(node: tree.SchedulerDecl, c: Checker) -> None:
    """Fills in what the block says, but for `kernels`, which was read before."""
    if len(node.name.text) > _LONGEST_NAME:
        c.report(BadProperty(node.name.span, f"the kernel keeps {_LONGEST_NAME} letters of a scheduler's name", "a shorter name"))
    once((p.name for p in node.properties), c.diagnostics)
    for p in node.properties:
        match p.name.text:
            case "flags":
                for item in p.items:
                    _flag(item, c)
            case "timeout":
                _timeout(p, c)
            case "batch":
                _batch(p, c)
            case "kernels":
                pass
            case other:
                c.report(UnknownProperty(p.name.span, other, close_to(other, _KNOWN)))


def _flag(item: tree.PropertyItem, c: Checker) -> None:
    if not isinstance(item.value, tree.DotName):
        c.report(BadProperty(item.span, "`flags` lists scheduler flags", "for instance .enq_last"))
        return
    found = kernel_constant(item.value.span, item.value.name.text, FLAG_TYPES["ops"], c)
    if isinstance(found.type, Broken) or not isinstance(found, typed.KernelConstant):
        return
    condition = None
    if item.condition is not None:
        value = truth(item.condition, c)
        match value:
            case typed.Read(place=typed.ParamPlace(param=param)):
                condition = param
            case _ if not isinstance(value.type, Broken):
                c.report(BadProperty(item.condition.span, "a flag's condition is fixed at load", "a parameter"))
    c.policy.flags.append(typed.OpsFlag(found.name, item.span, condition))


def _timeout(p: tree.Property, c: Checker) -> None:
    value = p.items[0].value
    if isinstance(value, tree.KernelRange):
        c.report(BadProperty(p.span, "`timeout` is a duration", "for instance 5s"))
        return
    found = fit(expression(value, c, DURATION), DURATION, c)
    if isinstance(found.type, Broken):
        return
    if not isinstance(found, typed.Literal):
        c.report(BadProperty(value.span, "`timeout` is known when the policy is compiled", "a constant"))
        return
    ms = int(found.value) // 1_000_000
    if not 0 < ms <= _LARGEST:
        c.report(BadProperty(value.span, "the kernel takes timeouts of 1 ms to 30 s", "1ms to 30s"))
        return
    c.policy.timeout_ms = ms
    c.policy.setting_spans["timeout"] = value.span


def _batch(p: tree.Property, c: Checker) -> None:
    value = p.items[0].value
    number = None if isinstance(value, tree.KernelRange) else constant_number(value, c, "`batch`")
    if number is None:
        return
    if not 0 < number <= _LARGEST:
        c.report(BadProperty(value.span, "`batch` is a number of tasks", "1 or more"))
        return
    c.policy.batch = number
    c.policy.setting_spans["batch"] = value.span
