"""Fragments to messages, against the plain Python twin."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.reference import ReferenceAssembler

from fastdesk._core import MessageAssembler

# Bytes at the borders of what UTF-8 allows, and whole characters, so that both verdicts are frequent.
PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [b"a", b"abcdefgh" * 3, "é".encode(), "€".encode(), "你好".encode(), "\U0010ffff".encode()]
        ),
        st.sampled_from(
            [bytes([byte]) for byte in (0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF)]
        ),
        st.sampled_from(
            [bytes([byte]) for byte in (0xE0, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF)]
        ),
        st.binary(max_size=3),
    ),
    max_size=6,
).map(b"".join)
RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
FRAMES = st.lists(st.tuples(st.sampled_from([0, 0, 1, 1, 2]), st.booleans(), PIECES), max_size=12)


@settings(RELAXED, max_examples=400)
@given(FRAMES, st.integers(1, 60), st.integers(1, 4))
def test_every_frame_gets_the_verdict_of_the_twin(
    frames: list[tuple[int, bool, bytes]], max_bytes: int, max_fragments: int
) -> None:
    native = MessageAssembler(max_bytes=max_bytes, max_fragments=max_fragments)
    twin = ReferenceAssembler(max_bytes=max_bytes, max_fragments=max_fragments)
    for opcode, fin, payload in frames:
        verdict = native.feed(opcode, fin, payload)
        assert verdict == twin.feed(opcode, fin, payload)
        assert (native.is_open, native.is_text) == (twin.is_open, twin.is_text)


@settings(RELAXED, max_examples=400)
@given(st.text(), st.lists(st.integers(0, 400), max_size=5))
def test_valid_text_cut_anywhere_is_put_together(text: str, cuts: list[int]) -> None:
    whole = text.encode()
    ends = [*sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    assembler = MessageAssembler(max_bytes=10_000, max_fragments=100)
    start, result = 0, None
    for i, end in enumerate(ends):
        result = assembler.feed(0 if i else 1, i == len(ends) - 1, whole[start:end])
        start = end
    assert result == whole


@settings(RELAXED, max_examples=400)
@given(st.one_of(st.binary(max_size=40), PIECES))
def test_one_frame_of_text_is_valid_exactly_when_python_can_decode_it(payload: bytes) -> None:
    try:
        payload.decode()
        expected: bytes | int = payload
    except UnicodeDecodeError:
        expected = 1007
    assert MessageAssembler(max_bytes=1000, max_fragments=1).feed(1, True, payload) == expected


def test_every_three_byte_sequence_is_judged_as_python_does() -> None:
    assembler = MessageAssembler(max_bytes=1000, max_fragments=1)
    for first in range(0x7F, 0x100):
        for second in (0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0):
            for third in (0x7F, 0x80, 0xBF, 0xC0):
                for rest in (b"", b"\x80", b"a"):
                    payload = bytes([first, second, third]) + rest
                    try:
                        payload.decode()
                        expected: bytes | int = payload
                    except UnicodeDecodeError:
                        expected = 1007
                    assert assembler.feed(1, True, payload) == expected, payload


@pytest.mark.parametrize(
    "bounds", [{"max_bytes": 0, "max_fragments": 1}, {"max_bytes": 1, "max_fragments": 0}]
)
def test_a_bound_below_one_is_an_error(bounds: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least"):
        MessageAssembler(**bounds)
