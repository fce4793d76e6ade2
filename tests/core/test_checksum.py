"""Checksums against published values, and against the specification written down once more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk._core import checksum

MASK = (1 << 64) - 1
P1, P2, P3, P4, P5 = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)


def rotate(value: int, bits: int) -> int:
    value &= MASK
    return (value << bits | value >> (64 - bits)) & MASK


def mix(sum: int, value: int) -> int:
    return rotate(sum + value * P2, 31) * P1 & MASK


def xxh64(content: bytes, seed: int) -> int:
    """Return what the specification of XXH64 says, step by step."""
    whole, rest = seed + P5, content
    if len(content) >= 32:
        sums = [seed + P1 + P2, seed + P2, seed, seed - P1]
        for start in range(0, len(content) // 32 * 32, 32):
            sums = [
                mix(sum, int.from_bytes(content[start + 8 * lane :][:8], "little"))
                for lane, sum in enumerate(sums)
            ]
        whole = sum(rotate(sums[lane], bits) for lane, bits in enumerate((1, 7, 12, 18)))
        for each in sums:
            whole = (whole ^ mix(0, each)) * P1 + P4 & MASK
        rest = content[len(content) // 32 * 32 :]
    whole = whole + len(content) & MASK
    while len(rest) >= 8:
        whole = rotate(whole ^ mix(0, int.from_bytes(rest[:8], "little")), 27) * P1 + P4 & MASK
        rest = rest[8:]
    if len(rest) >= 4:
        whole = rotate(whole ^ int.from_bytes(rest[:4], "little") * P1 & MASK, 23) * P2 + P3 & MASK
        rest = rest[4:]
    for byte in rest:
        whole = rotate(whole ^ byte * P5 & MASK, 11) * P1 & MASK
    whole = (whole ^ whole >> 33) * P2 & MASK
    whole = (whole ^ whole >> 29) * P3 & MASK
    return whole ^ whole >> 32


@pytest.mark.parametrize(
    ("content", "whole"),
    [(b"", 0xEF46DB3751D8E999), (b"a", 0xD24EC4F1A98C6E5B), (b"abc", 0x44BC2CF5AD770999)],
)
def test_it_is_the_lower_half_of_the_published_values(content: bytes, whole: int) -> None:
    assert checksum(content) == whole & 0xFFFF_FFFF


@given(st.binary(max_size=200), st.integers(0, MASK))
def test_it_is_what_the_specification_says(content: bytes, seed: int) -> None:
    assert checksum(content, seed) == xxh64(content, seed) & 0xFFFF_FFFF


@pytest.mark.parametrize("size", [1, 7, 8, 31, 32, 33, 500])
def test_each_flipped_bit_is_found(size: int) -> None:
    content = bytes(number * 37 % 256 for number in range(size))
    sums = {checksum(content)}
    for bit in range(8 * size):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        sums.add(checksum(bytes(changed)))
    assert len(sums) == 8 * size + 1


@pytest.mark.parametrize("wrong", [None, "text", bytearray(b"x")])
def test_only_bytes_are_taken(wrong: object) -> None:
    with pytest.raises(TypeError):
        checksum(wrong)  # type: ignore[arg-type]
