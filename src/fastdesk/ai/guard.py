"""Personal data is masked in what goes to a model and in what comes back.

Masked are mobile and land-line numbers, Chinese identity cards (only with a right check digit, GB 11643),
bank cards (only with a right Luhn digit and a known prefix), and e-mail addresses. Order numbers and prices
stay.
"""

import re
from collections.abc import Collection
from typing import Literal

from fastdesk._core import has_long_number

__all__ = ["Masked", "PersonalData", "mask_personal", "may_be_personal"]

PersonalData = Literal["phone", "id_card", "bank_card", "email"]

_LABELS: dict[PersonalData, tuple[str, str]] = {
    "phone": ("[手机号]", "[phone]"),
    "id_card": ("[身份证号]", "[ID card]"),
    "bank_card": ("[银行卡号]", "[bank card]"),
    "email": ("[邮箱]", "[email]"),
}

_EMAIL = re.compile(r"[A-Za-z0-9_.+%\-]{1,64}[@＠](?:[A-Za-z0-9\-]{1,63}\.){1,8}[A-Za-z]{2,24}")
#: Digits that people group with spaces, dots, dashes or brackets.
_DIGITS = re.compile(
    r"(?<![A-Za-z\d_])(?<![A-Za-z\d_]-)\(?\+?\d(?:[ \-.()–]{0,2}\d){6,21}[Xx]?(?![A-Za-z\d])"
)
_SEPARATORS = re.compile(r"[^\dXx+]")

_ID_CARD = re.compile(r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
#: UnionPay, Visa, Mastercard, American Express, JCB, Diners, Discover, Mir.
_CARD = re.compile(r"(?:62|4|5[1-5]|2[2-7]|3[47]|35|3[068]|60|64|65|220)\d+")
_MOBILE = re.compile(r"(?:\+?86|0086)?1[3-9]\d{9}")
_LAND_LINE = re.compile(r"0(?:10|2\d|[3-9]\d{2})[1-9]\d{6,7}")
_HOTLINE = re.compile(r"[48]00\d{7}")
_INTERNATIONAL = re.compile(r"\+\d{8,15}")
_NORTH_AMERICAN = re.compile(r"\(?\d{3}\)?[ .\-]\d{3}[ .\-]\d{4}")


class Masked:
    """A text without personal data, and which kinds were in it."""

    def __init__(self, text: str, kinds: tuple[PersonalData, ...] = ()) -> None:
        self.text = text
        self.kinds = kinds


def may_be_personal(text: str) -> bool:
    """Tell whether a closer look is worth while: almost every text fails this one, which is all it then costs."""
    return "@" in text or "＠" in text or has_long_number(text)


def mask_personal(text: str, kinds: Collection[PersonalData], *, known: str = "") -> Masked:
    """Replace personal data of these kinds by a label.

    Args:
        known: text whose values are left, as the shop's own hotline.
    """
    if not kinds or not may_be_personal(text):
        return Masked(text)
    found: list[PersonalData] = []
    # The label is Chinese when the text is.
    column = 0 if re.search(r"[\u3400-\u9fff]", text) else 1

    def replace(kind: PersonalData | None, value: str) -> str:
        if kind is None or kind not in kinds or value in known:
            return value
        if kind not in found:
            found.append(kind)
        return _LABELS[kind][column]

    if "email" in kinds:
        text = _EMAIL.sub(lambda match: replace("email", match[0]), text)
    text = _DIGITS.sub(lambda match: replace(kind_of_number(match[0]), match[0]), text)
    return Masked(text, tuple(found))


def kind_of_number(written: str) -> PersonalData | None:
    """Return what a run of digits is, with the separators people write between them; None for any other number."""
    number = _SEPARATORS.sub("", written)
    digits = number.translate(_TO_ASCII)
    if _ID_CARD.fullmatch(digits) and _is_id_card(digits):
        return "id_card"
    if 13 <= len(digits) <= 19 and _CARD.fullmatch(digits) and _is_luhn(digits):
        return "bank_card"
    if _MOBILE.fullmatch(digits) or _LAND_LINE.fullmatch(digits) or _INTERNATIONAL.fullmatch(digits):
        return "phone"
    if _NORTH_AMERICAN.fullmatch(written):
        return "phone"
    return None


#: Full-width and other decimal digits that people's keyboards write.
_TO_ASCII = {0xFF10 + value: str(value) for value in range(10)}


def _is_id_card(digits: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(digits[:17], _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[total % 11] == digits[17].upper()


def _is_luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
