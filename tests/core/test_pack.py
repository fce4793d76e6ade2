"""Rows in MessagePack against a general encoder."""

from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastdesk._core import PackForm, StructFields, pack_plain_dict

EDGES = [0, 1, 127, 128, 255, 256, 2**16 - 1, 2**16, 2**31, 2**32 - 1, 2**32, 2**63 - 1]
EDGES += [-1, -32, -33, -127, -128, -129, -(2**15), -(2**15) - 1, -(2**31), -(2**31) - 1, -(2**63)]
VALUES = st.text(max_size=70) | st.integers(-(2**63), 2**63 - 1) | st.sampled_from(EDGES) | st.none()


def pack(values: tuple[Any, ...]) -> bytes:
    """Write a struct that has these values."""
    names = tuple(f"field_{number}" for number in range(len(values)))
    struct = msgspec.defstruct("Row", names)
    return PackForm("row", StructFields(struct, names)).write(struct(*values))


def expected(values: tuple[Any, ...]) -> bytes:
    """Write the same array the general way."""
    rest = [msgspec.Raw(each) if type(each) is bytes else each for each in values]
    return msgspec.msgpack.encode(["row", *rest])


@given(st.lists(VALUES | st.just(b"\x93\x01\xc0\xa1x"), min_size=1, max_size=24).map(tuple))
@example(tuple(EDGES))
@example(("",) * 14)
@example(("",) * 15)
@example(("中" * 10, "é" * 16, "x" * 31, "x" * 32, "x" * 255, "x" * 256) * 4)
def test_an_array_is_what_a_general_encoder_writes(values: tuple[Any, ...]) -> None:
    try:
        wanted = expected(values)
    except UnicodeEncodeError:
        with pytest.raises(UnicodeEncodeError):
            pack(values)
        return
    assert pack(values) == wanted


@pytest.mark.parametrize("size", [32_700, 32_768, 65_535, 65_536, 1_000_000])
def test_long_texts_have_room(size: int) -> None:
    assert pack(("x" * size, 1, "中" * size)) == expected(("x" * size, 1, "中" * size))


@pytest.mark.parametrize("wrong", [1.5, False, {}, object()])
def test_other_values_are_refused(wrong: Any) -> None:
    with pytest.raises(TypeError):
        pack(("a", wrong))


def test_too_large_numbers_and_other_structs_are_refused() -> None:
    for number in (2**63, -(2**63) - 1):
        with pytest.raises(OverflowError):
            pack((number,))
    one, other = msgspec.defstruct("One", ("a",)), msgspec.defstruct("Other", ("a",))
    with pytest.raises(TypeError, match="Other is not One"):
        PackForm("row", StructFields(one, ("a",))).write(other(1))


NAMES = st.text(max_size=40) | st.sampled_from(["by", "model"])


@given(st.dictionaries(NAMES, VALUES | st.booleans(), max_size=15))
@example({"a": True, "b": False, "c": None, "d": -(2**63), "e": "中" * 100})
def test_a_plain_dict_is_what_a_general_encoder_writes(plain: dict[str, Any]) -> None:
    try:
        wanted = msgspec.msgpack.encode(plain)
    except UnicodeEncodeError:
        with pytest.raises(UnicodeEncodeError):
            pack_plain_dict(plain)
        return
    assert pack_plain_dict(plain) == wanted


class Word(str):
    """A text of another type."""

    __slots__ = ()


@pytest.mark.parametrize(
    "other",
    [
        {"a": 1.5}, {"a": []}, {"a": {}}, {"a": b"x"}, {"a": 2**63}, {"a": -(2**63) - 1}, {1: "a"}, {Word("a"): 1}, {"a": Word("b")},
        {str(number): 1 for number in range(16)}, {"a": "x" * 32_768}, {"x" * 32_768: 1}, {"a": "x" * 20_000, "b": "x" * 20_000},
    ],
)  # fmt: skip
def test_other_dicts_are_left_to_it(other: dict[Any, Any]) -> None:
    assert pack_plain_dict(other) is None


@pytest.mark.parametrize("size", range(32_700, 32_768))
def test_a_dict_never_outgrows_its_room(size: int) -> None:
    plain = {"a": "x" * size, "b": 2**40}
    assert pack_plain_dict(plain) in (None, msgspec.msgpack.encode(plain))
