"""`StructFields`: which types and fields it takes. What is written of them stands in the tests of the writers."""

from typing import Any

import msgspec
import pytest

from fastdesk._core import JsonForm, PackForm, StructFields


class Pair(msgspec.Struct):
    a: Any
    b: Any = None


class Triple(Pair):
    c: Any = None


class Slots:
    __slots__ = ("a",)


class Plain:
    a = 1


def written(fields: StructFields, struct: object) -> Any:
    return msgspec.msgpack.decode(PackForm("t", fields).write(struct))


def test_fields_come_in_the_order_of_their_names_also_those_of_a_base() -> None:
    assert written(StructFields(Pair, ("b", "a")), Pair(1, "x")) == ["t", "x", 1]
    assert written(StructFields(Triple, ("c", "a")), Triple(1, 2, 3)) == ["t", 3, 1]


def test_encoders_are_asked_for_what_is_there_and_empty_optional_texts_are_none() -> None:
    asked: list[Any] = []

    def encode(value: Any) -> bytes:
        asked.append(value)
        return msgspec.msgpack.encode(value)

    fields = StructFields(Pair, ("a", "b"), encoders={"b": encode}, optional=("a",))
    assert written(fields, Pair("", {"k": [1]})) == ["t", None, {"k": [1]}]
    assert written(fields, Pair("x", None)) == ["t", "x", None]
    assert asked == [{"k": [1]}]
    form = JsonForm((b'{"a":', b',"b":'), b"}", StructFields(Pair, ("a", "b"), optional=("b",)))
    assert form.write_struct(Pair("", "")) == b'{"a":""}'


def test_what_an_encoder_raises_or_returns_wrongly_is_told() -> None:
    with pytest.raises(ZeroDivisionError):
        written(StructFields(Pair, ("a",), encoders={"a": lambda value: bytes(1 // value)}), Pair(0))
    with pytest.raises(TypeError, match="float"):
        written(StructFields(Pair, ("a",), encoders={"a": lambda value: 1.5}), Pair(0))  # type: ignore[dict-item, return-value]


def test_only_slots_of_the_type_itself_are_taken() -> None:
    for type_, names in ((Plain, ("a",)), (Pair, ("__doc__",))):
        with pytest.raises(TypeError, match="no slot"):
            StructFields(type_, names)
    with pytest.raises(AttributeError):
        StructFields(Pair, ("z",))
    with pytest.raises(TypeError, match="no type"):
        StructFields(Pair(1), ("a",))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="fields"):
        StructFields(Pair, ())
    with pytest.raises(ValueError, match="fields"):
        StructFields(Pair, ("a",) * 25)


def test_another_type_and_a_field_that_was_never_set_are_refused() -> None:
    fields = StructFields(Pair, ("a",))
    for other in (Triple(1), None, 1, "a"):
        with pytest.raises(TypeError, match="is not Pair"):
            written(fields, other)
    with pytest.raises(AttributeError, match="never set"):
        written(StructFields(Slots, ("a",)), Slots())
