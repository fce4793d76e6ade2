"""Signs that look like other signs: written plainly, one for one, so that places in the text stay the same.

Source of the Cyrillic and Greek pairs: those of Unicode TR 39 that are hard to tell apart in common fonts.
The compatibility signs (circled, mathematical, radicals …) follow from Unicode NFKC.
"""

import unicodedata

__all__ = ["FOLDS", "LEET", "LOOKALIKES", "plain"]

_PAIRS = (
    ("аеорсухіјѕԁһкмтвнгп", "aeopcyxijsdhkmtbhrn"),
    ("αβεικνορτυχωη", "abeikvoptuxwh"),
    ("ıɩɡɑʏᴀᴄᴇᴏᴜ", "iigayaceou"),
)
_COMPATIBLE = (
    (0x00AA, 0x00BB),  # superscripts
    (0x02B0, 0x02B9),
    (0x1D2C, 0x1D6B),
    (0x2070, 0x209D),
    (0x2100, 0x2150),  # letter-like
    (0x2160, 0x2180),  # Roman numerals
    (0x2460, 0x2500),  # circled
    (0x2E80, 0x2FD6),  # radicals
    (0x3192, 0x31A0),
    (0x3280, 0x32B1),  # circled ideographs
    (0xF900, 0xFB00),  # compatibility ideographs
    (0x1D400, 0x1D800),  # mathematical
    (0x1F110, 0x1F16A),
    (0x2F800, 0x2FA1E),
)


def _table() -> dict[int, str]:
    table: dict[int, str] = {}
    for start, end in _COMPATIBLE:
        for number in range(start, end):
            written = unicodedata.normalize("NFKC", chr(number)).strip("()").lower()
            if len(written) == 1 and written != chr(number) and written.isalnum():
                table[number] = written
    # Squared and negative letters, which NFKC leaves alone: three alphabets, 32 places apart.
    for start in (0x1F130, 0x1F150, 0x1F170):
        table.update((start + place, chr(ord("a") + place)) for place in range(26))
    for strange, common in _PAIRS:
        table.update(zip(map(ord, strange), common, strict=True))
    # A sign may be compatible with one that is itself a look-alike; one that has a lower case is read as that.
    for number, written in table.items():
        table[number] = table.get(ord(written), written)
    return {number: written for number, written in table.items() if chr(number).lower() == chr(number)}


LOOKALIKES = {chr(strange): common for strange, common in _table().items()}
"""Sign, in lower case, to the one that it looks like."""

_PLAIN = str.maketrans(LOOKALIKES)

LEET = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"}
"""Digits and signs that people write for letters; they mean it only beside letters."""

FOLDS = {sign: LEET.get(meaning, meaning) for sign, meaning in LOOKALIKES.items()} | LEET
"""What the matcher takes for equal: more than is meant, so each find is read again."""


def plain(text: str) -> str:
    """Write look-alikes as the signs they stand for, one for one."""
    return text if text.isascii() else text.lower().translate(_PLAIN)
