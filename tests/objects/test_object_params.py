# SPDX-License-Identifier: GPL-2.0-only
"""Parameters of an object and values for them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from bpf_objects import sample
from hypothesis import given, settings
from hypothesis import strategies as st

from scxdsl.objects import encode, parameters, read
from scxdsl.objects.errors import BadParameterTag, BadValue, OutOfRange, UnknownMember, UnknownParameter
from scxdsl.objects.layout import Part, Record, Scalar, Sequence, unpack
from scxdsl.objects.durations import INFINITE, read_duration, show_duration
from scxdsl.objects.params import Parameter, encode_all


@pytest.fixture(scope="module")
def params() -> tuple[Parameter, ...]:
    return parameters(read(sample()))


def test_types_bounds_and_defaults(params: tuple[Parameter, ...]) -> None:
    assert [(p.name, p.type, p.least, p.most, p.default) for p in params] == [
        ("slice", "duration", 100_000, 1_000_000_000, 20_000_000),
        ("fifo", "bool", None, None, False),
        ("label", "str[8]", None, None, "none"),
        ("ranks", "[u32; ..4]", None, None, {"len": 1, "items": [7, 0, 0, 0]}),
    ]
    assert params[0].show(params[0].default) == "20ms"


def test_values(params: tuple[Parameter, ...]) -> None:
    assert encode_all(params, {"slice": "5ms", "fifo": "true", "label": "warm", "ranks": "[1, 2]"}) == {
        "slice": (5_000_000).to_bytes(8, "little"),
        "fifo": b"\1",
        "label": b"warm\0\0\0\0",
        "ranks": bytes([2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]) + bytes(8),
    }


@pytest.mark.parametrize(
    "name,value,error,words",
    [
        ("slice", "2s", OutOfRange, "must be 100us to 1s"),
        ("slice", "0", OutOfRange, "must be 100us to 1s"),
        ("slice", "fast", BadValue, "a duration such as 5ms"),
        ("slice", "0.5ns", BadValue, "a duration"),
        ("fifo", "2", BadValue, "true or false"),
        ("fifo", 2, BadValue, "true or false"),
        ("label", "12345678", BadValue, "at most 7 bytes"),
        ("ranks", "[1, 2, 3, 4, 5]", BadValue, "at most 4 values"),
        ("ranks", "[-1]", OutOfRange, "must be 0 to 4294967295"),
        ("ranks", "[", BadValue, "a TOML value"),
    ],
)
def test_bad_values(params: tuple[Parameter, ...], name: str, value: Any, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        encode_all(params, {name: value})


def test_unknown_names(params: tuple[Parameter, ...]) -> None:
    with pytest.raises(UnknownParameter, match="no parameter `slcie`; it has slice, fifo, label, ranks"):
        encode_all(params, {"slcie": "5ms"})


def test_a_bad_tag() -> None:
    found = read(sample())
    changed = replace(found, globals=tuple(replace(g, tags=("scxdsl.param:{}",)) for g in found.globals))
    with pytest.raises(BadParameterTag, match="names no type"):
        parameters(changed)


def _number(signed: bool, size: int) -> Parameter:
    layout = Scalar(size, signed, False, "")
    return Parameter("n", f"{'i' if signed else 'u'}{size * 8}", ".rodata", 0, layout, None, None, bytes(size))


@settings(deadline=None)
@given(st.booleans(), st.sampled_from((1, 2, 4, 8)), st.data())
def test_integers_keep_their_value(signed: bool, size: int, data: st.DataObject) -> None:
    low, high = (-(1 << size * 8 - 1), (1 << size * 8 - 1) - 1) if signed else (0, (1 << size * 8) - 1)
    value = data.draw(st.integers(low, high))
    p = _number(signed, size)
    for text in (str(value), value, hex(value)):
        assert unpack(p.layout, encode(p, text)) == value
    for outside in (low - 1, high + 1):
        with pytest.raises(OutOfRange):
            encode(p, str(outside))


@settings(deadline=None)
@given(st.integers(0, (1 << 64) - 1))
def test_durations_read_back(nanoseconds: int) -> None:
    assert read_duration(show_duration(nanoseconds)) == nanoseconds


@pytest.mark.parametrize(
    "text,value",
    [("1.5s", 1_500_000_000), ("20us", 20_000), ("7ns", 7), ("2m", 120_000_000_000), ("INF", INFINITE), ("1_000", 1000), ("5 ms", 5_000_000),
     ("5min", None), ("ms", None), ("", None), ("nan", None), ("1e3", 1000)],
)  # fmt: skip
def test_durations(text: str, value: int | None) -> None:
    assert read_duration(text) == value


@pytest.mark.parametrize(
    "value,bits",
    [("0-3,8", 0b1_0000_1111), ("5", 1 << 5), ("", 0), ([1, 2], 0b110), ("63", 1 << 63)],
)
def test_cpusets(value: Any, bits: int) -> None:
    p = Parameter("c", "cpuset", ".rodata", 0, Sequence(Scalar(8, False, False, ""), 1), None, None, bytes(8))
    assert encode(p, value) == bits.to_bytes(8, "little")


@pytest.mark.parametrize("value", ["3-1", "a", "1,,2", "-1"])
def test_bad_cpusets(value: str) -> None:
    p = Parameter("c", "cpuset", ".rodata", 0, Sequence(Scalar(8, False, False, ""), 1), None, None, bytes(8))
    with pytest.raises(BadValue):
        encode(p, value)


def test_structs_keep_what_is_left_out() -> None:
    number = Scalar(4, False, False, "")
    layout = Record(8, (Part("x", 0, number), Part("y", 4, number)))
    p = Parameter("s", "S", ".rodata", 0, layout, None, None, bytes([1, 0, 0, 0, 2, 0, 0, 0]))
    assert encode(p, {"y": 9}) == bytes([1, 0, 0, 0, 9, 0, 0, 0])
    assert encode(p, json.dumps({}) ) == p.initial  # an empty table is TOML too
    with pytest.raises(UnknownMember, match="no member `z`; it has x, y"):
        encode(p, {"z": 1})
