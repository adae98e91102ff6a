# SPDX-License-Identifier: GPL-2.0-only
"""Helpers, called by programs; numbers are those of enum bpf_func_id."""

from typing import Any

import pytest
from fake_kernel import FakeKernel, FakeTask, task_region
from hand_made import a_map, an_object

from scxdsl.machine import Machine, Ptr, Region, kernel
from scxdsl.machine.errors import BadArgument, Fault, LoadError, NotAPointer, UnknownCall
from scxdsl.machine.formatting import format_text
from scxdsl.machine.kfuncs.cpumask import CountedRegion

HASH, ARRAY, RING, TASK, USER_RING = 1, 2, 27, 29, 31
LOOKUP = "stw [%r10-4], 0\nmov %r2, %r10\nadd %r2, -4\nlddw %r1, map m\ncall 1\n"


def machine(functions: dict[str, str] | str, *maps: Any, calls: FakeKernel | None = None) -> Machine:
    if isinstance(functions, str):
        functions = {"main": functions}
    return Machine(an_object(functions, *maps), kernel("6.18"), calls or FakeKernel())


def run(functions: dict[str, str] | str, *maps: Any, calls: FakeKernel | None = None, context: Any = None) -> Any:
    made = machine(functions, *maps, calls=calls).programs["main"]
    return made() if context is None else made.on(context)


def signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


@pytest.mark.parametrize("number,value", [(5, 12_000_000_123), (7, 4), (8, 2), (42, 0), (118, 3000)])
def test_time_and_place(number: int, value: int) -> None:
    assert run(f"call {number}\nexit", calls=FakeKernel(current=2, time=12_000_000_123)) == value


def test_the_current_task() -> None:
    task = task_region(kernel("6.18"), FakeTask(pid=77))
    at = kernel("6.18").locate("task_struct", "pid")
    assert at is not None
    assert run(f"call 158\nldxw %r0, [%r0+{at.offset}]\nexit", calls=FakeKernel(task=task)) == 77


def test_unknown_helpers_fail_where_they_are_called() -> None:
    text = "mov %r0, 3\njne %r0, 4, out\ncall 77\nout:\nexit"
    assert run(text) == 3
    with pytest.raises(UnknownCall, match="call of bpf_"):
        run(text.replace("jne %r0, 4", "jne %r0, 3"))


LOOP = {
    "main": "stdw [%r10-8], 0\nmov %r1, 5\nlddw %r2, function turn\nmov %r3, %r10\nadd %r3, -8\nmov %r4, 0\ncall 181\n"
    "ldxdw %r1, [%r10-8]\nlsh %r0, 8\nor %r0, %r1\nexit",
    "turn": "ldxdw %r0, [%r2+0]\nadd %r0, %r1\nadd %r0, 1\nstxdw [%r2+0], %r0\nmov %r0, 0\nexit",
}


def test_loop() -> None:
    assert run(LOOP) == 5 << 8 | 15
    stop = LOOP | {"turn": "mov %r0, 0\nldxdw %r3, [%r2+0]\nadd %r3, 1\nstxdw [%r2+0], %r3\njne %r1, 2, exit\nmov %r0, 1\nexit"}
    assert run(stop) == 3 << 8 | 3


def test_what_may_be_called_back() -> None:
    with pytest.raises(NotAPointer, match="as a function"):
        run("mov %r1, 5\nmov %r2, 7\nmov %r3, 0\nmov %r4, 0\ncall 181\nexit")


def test_recursion_is_refused_at_load() -> None:
    with pytest.raises(LoadError, match="`f` calls itself"):
        machine({"main": "call function f\nexit", "f": "call function f\nexit"})


def test_for_each_map_elem() -> None:
    functions = {
        "main": "stdw [%r10-8], 0\nlddw %r1, map m\nlddw %r2, function each\nmov %r3, %r10\nadd %r3, -8\nmov %r4, 0\ncall 164\n"
        "ldxdw %r1, [%r10-8]\nlsh %r0, 8\nor %r0, %r1\nexit",
        "each": "ldxw %r0, [%r2+0]\nldxdw %r1, [%r3+0]\nadd %r0, %r1\nldxdw %r1, [%r4+0]\nadd %r1, %r0\nstxdw [%r4+0], %r1\nmov %r0, 0\nexit",
    }
    made = machine(functions, a_map("m", HASH))
    made.maps["m"].put((3).to_bytes(4, "little"), b"\x0a")  # type: ignore[attr-defined]
    made.maps["m"].put((4).to_bytes(4, "little"), b"\x14")  # type: ignore[attr-defined]
    assert made.programs["main"]() == 2 << 8 | 37


TIMER = {
    "main": LOOKUP + "mov %r6, %r0\nmov %r1, %r6\nlddw %r2, map m\nmov %r3, 1\ncall 169\nmov %r7, %r0\nmov %r1, %r6\n"
    "lddw %r2, function tick\ncall 170\nor %r7, %r0\nmov %r1, %r6\nmov %r2, 5000\nmov %r3, 0\ncall 171\nor %r0, %r7\nexit",
    "tick": "ldxdw %r0, [%r3+16]\nadd %r0, 1\nstxdw [%r3+16], %r0\nldxw %r0, [%r2+0]\nexit",
}


def test_timers() -> None:
    calls = FakeKernel()
    made = machine(TIMER, a_map("m", ARRAY, value=24), calls=calls)
    assert made.programs["main"]() == 0
    ((timer, delay),) = calls.timers
    assert delay == 5000 and timer.armed
    made.fire(timer)
    made.fire(timer)
    assert made.maps["m"].get(0)[16] == 2 and not timer.armed  # type: ignore[attr-defined]
    assert signed(made.programs["main"]()) == -16  # made already


def test_a_timer_goes_with_its_value() -> None:
    calls = FakeKernel()
    text = TIMER["main"].replace(LOOKUP, "stw [%r10-4], 0\n" + LOOKUP)
    made = machine(TIMER | {"main": text}, a_map("m", HASH, value=24), calls=calls)
    made.maps["m"].put(bytes(4), bytes(24))  # type: ignore[attr-defined]
    made.programs["main"]()
    (timer, _), = calls.timers
    made.maps["m"].remove(bytes(4))  # type: ignore[attr-defined]
    assert calls.timers == [] and not timer.armed
    made.fire(timer)  # nothing happens


def test_a_timer_cannot_be_read_as_data() -> None:
    text = TIMER["main"].replace("call 171", "call 171\nldxw %r0, [%r6+0]")
    with pytest.raises(Fault, match="accessed in part or as a number"):
        run(TIMER | {"main": text}, a_map("m", ARRAY, value=24))


def test_locks() -> None:
    lock = LOOKUP + "mov %r6, %r0\nmov %r1, %r6\ncall 93\n"
    assert run(lock + "mov %r1, %r6\ncall 94\nmov %r0, 0\nexit", a_map("m", ARRAY)) == 0
    with pytest.raises(BadArgument, match="ends with the lock"):
        run(lock + "mov %r0, 0\nexit", a_map("m", ARRAY))
    with pytest.raises(BadArgument, match="ktime_get_ns: it is called while the lock"):
        run(lock + "call 5\nmov %r1, %r6\ncall 94\nmov %r0, 0\nexit", a_map("m", ARRAY))
    with pytest.raises(BadArgument, match="held already"):
        run(lock + "mov %r1, %r6\ncall 93\nmov %r0, 0\nexit", a_map("m", ARRAY))
    with pytest.raises(BadArgument, match="is not held"):
        run(lock + "mov %r1, %r6\nadd %r1, 4\ncall 94\nmov %r0, 0\nexit", a_map("m", ARRAY))


def test_a_failed_run_leaves_the_machine_clean() -> None:
    made = machine(LOOKUP + "mov %r1, %r0\ncall 93\nmov %r0, 0\nexit", a_map("m", ARRAY))
    for _ in range(2):
        with pytest.raises(BadArgument, match="ends with the lock"):
            made.programs["main"]()
    assert made.held is None and made.references == {}


RESERVE = "lddw %r1, map ring\nmov %r2, 8\nmov %r3, 0\ncall 131\njeq %r0, 0, exit\nstdw [%r0+0], 7\n"


def test_rings() -> None:
    ring = a_map("ring", RING, 0, 0, 64)
    made = machine(RESERVE + "mov %r1, %r0\nmov %r2, 0\ncall 132\nmov %r0, 1\nexit", ring)
    assert [made.programs["main"]() for _ in range(4)] == [1, 1, 1, 0]
    assert [r[0] for r in made.maps["ring"].take()] == [7, 7, 7]  # type: ignore[attr-defined]


def test_a_record_must_be_finished() -> None:
    with pytest.raises(BadArgument, match="ends without releasing"):
        run(RESERVE + "mov %r0, 1\nexit", a_map("ring", RING, 0, 0, 64))


def test_a_record_is_gone_once_submitted() -> None:
    text = RESERVE + "mov %r6, %r0\nmov %r1, %r0\nmov %r2, 0\ncall 132\nldxdw %r0, [%r6+0]\nexit"
    with pytest.raises(Fault, match="a record of ring ring, which is gone"):
        run(text, a_map("ring", RING, 0, 0, 64))


def test_messages_of_user_space() -> None:
    functions = {
        "main": "stdw [%r10-8], 0\nlddw %r1, map box\nlddw %r2, function each\nmov %r3, %r10\nadd %r3, -8\nmov %r4, 0\ncall 209\n"
        "ldxdw %r1, [%r10-8]\nlsh %r0, 8\nor %r0, %r1\nexit",
        "each": "mov %r6, %r2\nmov %r3, %r1\nmov %r1, %r10\nadd %r1, -8\nmov %r2, 8\nmov %r4, 0\nmov %r5, 0\ncall 201\n"
        "jne %r0, 0, out\nldxdw %r1, [%r10-8]\nldxdw %r0, [%r6+0]\nadd %r0, %r1\nstxdw [%r6+0], %r0\nout:\nmov %r0, 0\nexit",
    }
    made = machine(functions, a_map("box", USER_RING, 0, 0, 4096))
    for n in (1, 2, 3):
        assert made.maps["box"].post(n.to_bytes(8, "little"))  # type: ignore[attr-defined]
    made.maps["box"].post(b"short")  # type: ignore[attr-defined]
    assert [made.programs["main"](), made.programs["main"]()] == [4 << 8 | 6, 0]


def text_at(content: bytes) -> Region:
    region = Region("context", 16)
    region.store64(0, Ptr(Region("text", content)))
    return region


@pytest.mark.parametrize(
    "content,size,copied", [(b"abc\0", 8, b"abc\0"), (b"abcdefghij\0", 8, b"abcdefg\0"), (b"\0", 8, b"\0"), (b"abc\0", 1, b"\0")]
)
def test_probe_read_text(content: bytes, size: int, copied: bytes) -> None:
    text = f"ldxdw %r3, [%r1+0]\nmov %r1, %r10\nadd %r1, -8\nmov %r2, {size}\ncall 115\nmov %r6, %r0\nldxb %r0, [%r10-8]\nlsh %r0, 8\nor %r0, %r6\nexit"
    assert run(text, context=text_at(content)) == copied[0] << 8 | len(copied)


def test_probe_reads_of_nothing_fail_softly() -> None:
    text = "mov %r3, 0\nmov %r1, %r10\nadd %r1, -8\nmov %r2, 8\ncall 113\nldxdw %r1, [%r10-8]\nadd %r0, %r1\nexit"
    assert signed(run(text)) == -14


def test_snprintf_and_printk() -> None:
    calls = FakeKernel()
    context = text_at(b"n=%d\0")
    text = "ldxdw %r1, [%r1+0]\nmov %r2, 5\nmov %r3, -4\nmov %r4, 0\nmov %r5, 0\ncall 6\nexit"
    assert run(text, calls=calls, context=context) == 4
    assert calls.log == [("printk", "n=-4")]


@pytest.mark.parametrize(
    "form,values,shown",
    [
        ("%d %u", [2**32 - 1, 2**32 - 1], "-1 4294967295"),
        ("%lld %llu %lx", [2**64 - 1, 2**64 - 1, 255], "-1 18446744073709551615 ff"),
        ("%5d|%-5d|%05d", [42, 42, 42], "   42|42   |00042"),
        ("100%% %c", [65], "100% A"),
        ("%#x", [255], "0xff"),
        ("%hhu", [257], "1"),
    ],
)
def test_formats(form: str, values: list[int], shown: str) -> None:
    data = Region("data", b"".join(v.to_bytes(8, "little") for v in values))
    assert format_text(Ptr(Region("format", form.encode() + b"\0")), Ptr(data), data.size) == shown


def test_formats_with_text_and_too_few_values() -> None:
    data = Region("data", 8)
    data.store64(0, Ptr(Region("name", b"cpu\0")))
    assert format_text(Ptr(Region("f", b"<%s>\0")), Ptr(data), 8) == "<cpu>"
    with pytest.raises(BadArgument, match="wants more values"):
        format_text(Ptr(Region("f", b"%d %d\0")), (1,), 8)


XCHG = LOOKUP + "mov %r6, %r0\nmov %r1, %r6\nmov %r2, 0\ncall 194\n"


def test_owned_pointers_are_taken_out_of_values() -> None:
    made = machine(XCHG + "jeq %r0, 0, none\nmov %r1, %r6\nmov %r2, %r0\ncall 194\nmov %r0, 1\nexit\nnone:\nmov %r0, 0\nexit", a_map("m", ARRAY))
    assert made.programs["main"]() == 0
    kept = CountedRegion("mask", 8)
    made.maps["m"].lookup(Ptr(Region("key", 4))).region.store64(0, Ptr(kept))
    assert made.programs["main"]() == 1
    assert made.maps["m"].lookup(Ptr(Region("key", 4))).region.load64(0) == Ptr(kept)


def test_an_owned_pointer_must_not_be_lost() -> None:
    made = machine(XCHG + "mov %r0, 0\nexit", a_map("m", ARRAY))
    made.maps["m"].lookup(Ptr(Region("key", 4))).region.store64(0, Ptr(CountedRegion("mask", 8)))
    with pytest.raises(BadArgument, match="ends without releasing"):
        made.programs["main"]()


def test_an_owned_pointer_that_is_not_the_programs() -> None:
    text = LOOKUP + "mov %r1, %r0\nmov %r2, %r10\ncall 194\nmov %r0, 0\nexit"
    with pytest.raises(BadArgument, match="not owned by the program"):
        run(text, a_map("m", ARRAY))


def test_task_storage() -> None:
    """The context holds the task; flag 1 makes the value."""
    text = ("ldxdw %r2, [%r1+0]\nlddw %r1, map m\nmov %r3, 0\nmov %r4, 1\ncall 156\njeq %r0, 0, exit\n"
            "ldxdw %r1, [%r0+0]\nadd %r1, 1\nstxdw [%r0+0], %r1\nmov %r0, %r1\nexit")  # fmt: skip
    made = machine(text, a_map("m", TASK))
    tasks = [task_region(kernel("6.18"), FakeTask()) for _ in range(2)]
    contexts = []
    for task in tasks:
        context = Region("context", 8)
        context.store64(0, Ptr(task))
        contexts.append(context)
    count = made.programs["main"]
    assert [count.on(contexts[0]), count.on(contexts[0]), count.on(contexts[1])] == [1, 2, 1]
    made.forget(tasks[0])
    assert count.on(contexts[0]) == 1


def test_strncmp() -> None:
    context = text_at(b"idle\0")
    second = Region("other", b"idle\0")
    context.store64(8, Ptr(second))
    text = "ldxdw %r3, [%r1+8]\nldxdw %r1, [%r1+0]\nmov %r2, 5\ncall 182\nexit"
    assert run(text, context=context) == 0
    second.write(0, b"zzzz")
    assert signed(run(text, context=context)) < 0
