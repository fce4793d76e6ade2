"""Objects of one shape against a general encoder, and bytes of strangers."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fastdesk._core import JsonForm, StructFields

NAMES = ("t", "second", "drei")
FORM = JsonForm((b'{"t":', b',"second":', b',"drei":'), b',"end":true}')
TEXTS = st.text(max_size=80) | st.text(alphabet='a"\\\n\r\t\b\f\0\x1f\x7f\x80中\U0001f600', max_size=80)
NUMBERS = st.integers(-(2**63), 2**63 - 1)


def expected(values: tuple[Any, ...]) -> bytes:
    """Write the same object the general way."""
    fields = {
        name: msgspec.Raw(each) if type(each) is bytes else each
        for name, each in zip(NAMES, values, strict=True)
    }
    return msgspec.json.encode(
        {**{name: each for name, each in fields.items() if each is not None}, "end": True}
    )


@given(TEXTS, NUMBERS | st.none() | TEXTS, TEXTS | NUMBERS | st.none() | st.just(b'{"a":[1]}'))
@example("", 0, None)
@example("0123456\x1f", -(2**63), 2**63 - 1)
@example("12345678", -1, '1234567"')
@example("\ufffe" * 3, 10**18, "é" * 9)
def test_what_is_written_is_what_a_general_encoder_writes(first: str, second: Any, third: Any) -> None:
    values = (first, second, third)
    try:
        wanted = expected(values)
    except UnicodeEncodeError:
        with pytest.raises(UnicodeEncodeError):
            FORM.write(values)
        return
    assert FORM.write(values) == wanted


@pytest.mark.parametrize("size", [5_000, 6_000, 40_000, 200_000])
def test_long_texts_have_room(size: int) -> None:
    for sign in ("x", "\x01", "中"):
        assert json.loads(FORM.write((sign * size, None, size))) == {
            "t": sign * size,
            "drei": size,
            "end": True,
        }


@pytest.mark.parametrize("wrong", [1.5, True, [], b"1".join, bytearray(b"1")])
def test_other_values_are_refused(wrong: Any) -> None:
    with pytest.raises(TypeError):
        FORM.write(("a", "b", wrong))


def test_too_large_numbers_and_other_counts_are_refused() -> None:
    for number in (2**63, -(2**63) - 1, 10**40):
        with pytest.raises(OverflowError):
            FORM.write(("a", "b", number))
    for values in ((), ("a",), ("a", "b", "c", "d")):
        with pytest.raises(ValueError, match="3 values"):
            FORM.write(values)
    for before in ((), (b"x",) * 25, ("text",)):
        with pytest.raises(ValueError, match="pieces"):
            JsonForm(before, b"}")  # type: ignore[arg-type]


class Three(msgspec.Struct):
    """What a form may be written of."""

    t: Any
    second: Any
    drei: Any


WRITTEN = StructFields(Three, NAMES, encoders={"drei": lambda value: json.dumps(value).encode()})
THREE = JsonForm((b'{"t":', b',"second":', b',"drei":'), b',"end":true}', WRITTEN)


@given(TEXTS, NUMBERS | st.none() | TEXTS)
def test_a_struct_is_written_as_its_values_are(first: str, second: Any) -> None:
    for third in (None, [1, "x"]):
        made = None if third is None else b'[1, "x"]'
        try:
            wanted = FORM.write((first, second, made))
        except UnicodeEncodeError:
            return
        assert THREE.write_struct(Three(first, second, third)) == wanted


def test_a_form_without_fields_and_fields_of_another_count_are_refused() -> None:
    with pytest.raises(ValueError, match="no fields"):
        FORM.write_struct(Three("a", "b", "c"))
    with pytest.raises(ValueError, match="1 fields"):
        JsonForm((b"{",), b"}", StructFields(Three, NAMES))


@given(TEXTS, TEXTS, TEXTS)
def test_what_is_read_is_what_was_written_or_nothing(first: str, second: str, third: str) -> None:
    try:
        payload = FORM.write((first, second, third))
    except UnicodeEncodeError:
        return
    is_plain = not any(sign < " " or sign in '"\\' for sign in first + second + third)
    assert FORM.read(payload) == ((first, second, third) if is_plain else None)
    for cut in range(len(payload)):
        assert FORM.read(payload[:cut]) is None
    assert FORM.read(payload + b" ") is None


@given(st.binary(max_size=60) | TEXTS.map(lambda text: text.encode(errors="surrogatepass")))
@example(b'{"t":"a","second":"\xff","drei":"c","end":true}')
@example(b'{"t":"a","second":"\xed\xa0\x80","drei":"c","end":true}')
@example(b'{"t":"a","second":"\x00","drei":"c","end":true}')
@example(b'{"t":"a","second":1,"drei":"c","end":true}')
@example(b'{"t":')
@example(b'{"t":"a","second":"\xe0\x80\x80abc","drei":"c","end":true}')
@example(b'{"t":"a","second":"\xed\xa0\x80abc","drei":"c","end":true}')
@example(b'{"t":"a","second":"\xe4\xb8","drei":"c","end":true}')
def test_bytes_of_strangers_are_read_as_a_general_decoder_reads_them_or_not_at_all(payload: bytes) -> None:
    found = FORM.read(payload)
    if found is not None:
        assert tuple(msgspec.json.decode(payload)[name] for name in NAMES) == found


GOOD = [
    b"a", b"\x7f", b"\xc3\xa9", b"\xc4\x80", b"\xdf\xbf", b"\xe0\xa0\x80", b"\xe4\xb8\xad", b"\xed\x9f\xbf",
    b"\xee\x80\x80", b"\xef\xbf\xbf", b"\xf0\x9f\x98\x80",
]  # fmt: skip
BAD = [b"\x80", b"\xc1\x80", b"\xe0\x80\x80", b"\xe4\xb8", b"\xed\xa0\x80", b"\xff"]


@given(
    st.lists(st.sampled_from(GOOD) | st.sampled_from(BAD), max_size=12)
    | st.lists(st.sampled_from(GOOD), max_size=40)
)
@example([b"\xe4\xb8\xad", b"\xe4\xb8"])
@example([b"\xe4\xb8\xad", b"\xc4"])
@example([b"\xe4\xb8\xad", b"\x80", b"\xc4\x80"])
@example([b"\xe4\xb8\xad"] * 8192)
@example([b"\xe4\xb8\xad"] * 8193)
@example([b"a"] * 8191 + [b"\xe4\xb8\xad"] * 2)
def test_texts_are_read_as_the_interpreter_reads_them(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = None
    found = FORM.read(b'{"t":"x","second":"' + body + b'","drei":"y","end":true}')
    assert found == (None if text is None else ("x", text, "y"))
    if found is not None:
        assert found[1].isascii() is body.isascii()
        assert found[1] + "\U0001f600" == f"{text}\U0001f600", "it is as good a str as any other"
        assert (found[1].encode(), FORM.write(("", found[1], None))) == (body, FORM.write(("", text, None)))
