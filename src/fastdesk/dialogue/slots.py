"""Read the value of a slot out of what a visitor wrote: found inside a sentence, checked, in one canonical form."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import UNSET

from fastdesk._core import is_bordered
from fastdesk.dialogue.dates import read_date
from fastdesk.dialogue.phrases import means_other
from fastdesk.model.flow import Choice, Slot
from fastdesk.model.folding import exact_key, fold, widen
from fastdesk.model.pattern import Pattern

__all__ = ["MAX_TEXT", "SlotReader", "today"]

MAX_TEXT = 500
"""Characters of a text that a slot may take."""

_MOBILE = re.compile(r"(?<![\d+])(?:(?:\+|00)?86[-\s]?)?(1[3-9]\d)[-\s]?(\d{4})[-\s]?(\d{4})(?!\d)")
_ABROAD = re.compile(r"(?<!\d)\+(\d[\d\-\s()]{6,18}\d)(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3})[-\s]?(\d{7,8})(?!\d)")
_ORDER = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9][A-Za-z0-9\-]{4,38}[A-Za-z0-9](?![A-Za-z0-9])")
_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}(?![\w-])"
)
_NUMBER = re.compile(
    r"(?<![\d.A-Za-z])-?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d.])|(?<![\d.A-Za-z])-?\d{1,15}(?:\.\d{1,6})?(?!\d|\.\d)"
)
_ZH_NUMBER = re.compile(r"[零〇一二两三四五六七八九十百千万]+")
_ZH_DIGITS = {sign: number for number, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_ZH_UNITS = {"十": 10, "百": 100, "千": 1000}
_ORDINAL = re.compile(
    r"^(?:第|选项?|选择|option|number|no\.?|the)?\s*([1-9]\d?|[一二三四五六七八九十])(?:个|项|种|号)?$"
)
_WORDED = {
    **dict.fromkeys(("第一个", "first", "first one", "the first", "the first one"), 0),
    **dict.fromkeys(("第二个", "second", "second one", "the second", "the second one"), 1),
    **dict.fromkeys(("第三个", "third", "third one", "the third", "the third one"), 2),
    **dict.fromkeys(("最后一个", "last", "last one", "the last", "the last one"), -1),
    **dict.fromkeys(("前者", "前一个", "the former"), 0),
    **dict.fromkeys(("后者", "后一个", "the latter"), -1),
}
_NEGATED = re.compile(r"(?:不要|不是|别要|不选|不想要|\bnot|don'?t want|no)\s*(?:the\s+)?$")


def today(now_ms: int, zone: str) -> date:
    """Give the calendar day of a moment in a time zone."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=now_ms)
    return moment.astimezone(ZoneInfo(zone)).date()


class SlotReader:
    """Read one slot. Immutable.

    Args:
        slot: the slot; its bounds hold for the value.
        pattern: the slot's compiled pattern, for the type `regex` or as a narrower `order_number`.
        zone: the time zone in which `today` is meant.
    """

    __slots__ = ("_keys", "_pattern", "_slot", "_zone")

    def __init__(self, slot: Slot, pattern: Pattern | None, zone: str) -> None:
        self._slot = slot
        self._pattern = pattern
        self._zone = zone
        self._keys = [(option, sorted(_keys(option), key=len, reverse=True)) for option in slot.options]

    def read(self, text: str, now_ms: int, current: object = None) -> str | int | float | None:
        """Give the value that stands in a text, None when there is none or it is out of bounds.

        `current` is the value to be corrected: `the other one` needs it.
        """
        wide = widen(text).strip()
        match self._slot.type:
            case "phone":
                return _phone(wide)
            case "order_number":
                return self._order_number(wide)
            case "date":
                return self._date(wide, now_ms)
            case "choice":
                return self._choice(wide, current)
            case "number":
                return self._number(wide)
            case "email":
                found = _EMAIL.search(wide)
                return found.group().lower() if found else None
            case "regex":
                return self._regex(wide)
            case "text":
                return self._text(text.strip())

    def names_option(self, text: str) -> bool:
        """Say whether a text is exactly one of the options."""
        key = exact_key(fold(text))
        return any(key in keys for _, keys in self._keys)

    def _text(self, text: str) -> str | None:
        return text if text and len(text) <= MAX_TEXT and self._is_within(len(text)) else None

    def _regex(self, text: str) -> str | None:
        found = self._pattern.search(text[:MAX_TEXT]) if self._pattern else None
        if not found:
            return None
        value = next((group for group in found[1:] if group), found[0])
        return value or None

    def _order_number(self, text: str) -> str | None:
        if self._pattern is not None:
            value = self._regex(text)
            # Eight digits out of eleven are another number.
            whole = re.search(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])", text) if value else None
            return value if whole else None
        for found in _ORDER.finditer(text):
            value = found.group()
            if sum(map(str.isdigit, value)) >= 4 and self._is_within(len(value)):
                return value.upper()
        return None

    def _date(self, text: str, now_ms: int) -> str | None:
        day = today(now_ms, self._zone)
        value = read_date(fold(text), day)
        return value.isoformat() if value and self._is_within((value - day).days) else None

    def _number(self, text: str) -> int | float | None:
        found = _NUMBER.search(text)
        value: int | float | None
        if found:
            digits = found.group().replace(",", "")
            value = float(digits) if "." in digits else int(digits)
        else:
            worded = _ZH_NUMBER.search(text)
            value = _zh_number(worded.group()) if worded else None
        return value if value is not None and self._is_within(value) else None

    def _choice(self, text: str, current: object) -> str | None:
        folded = fold(text)
        key = exact_key(folded)
        for option, keys in self._keys:
            if key in keys:
                return option.value
        if means_other(text):
            others = [option.value for option, _ in self._keys if option.value != current]
            return others[0] if current is not None and len(others) == 1 else None
        place = _place(key, len(self._keys))
        if place is not None:
            return self._keys[place][0].value
        return self._mentioned(folded)

    def _mentioned(self, folded: str) -> str | None:
        """Find the one option that is named inside a sentence; of two that are named, none is meant."""
        named: list[str] = []
        refused: list[str] = []
        rest = folded
        words = sorted(
            ((key, option.value) for option, keys in self._keys for key in keys if key), key=_longest_first
        )
        for key, value in words:
            start = rest.find(key)
            if start < 0 or not is_bordered(rest, start, start + len(key)):
                continue
            (refused if _NEGATED.search(rest[:start]) else named).append(value)
            rest = rest.replace(key, "\0")
        wanted = set(named) - set(refused)
        if not named and refused:
            wanted = {option.value for option, _ in self._keys} - set(refused)
        return wanted.pop() if len(wanted) == 1 else None

    def _is_within(self, size: float) -> bool:
        low, high = self._slot.at_least, self._slot.at_most
        return (low is UNSET or size >= low) and (high is UNSET or size <= high)


def _keys(option: Choice) -> set[str]:
    labels = (
        option.label.values() if isinstance(option.label, dict) else [option.label] if option.label else []
    )
    return {key for text in (option.value, *labels, *option.words) if (key := exact_key(fold(text)))}


def _longest_first(pair: tuple[str, str]) -> int:
    return -len(pair[0])


def _place(key: str, count: int) -> int | None:
    if key in _WORDED:
        place = _WORDED[key]
        return place if -count <= place < count else None
    found = _ORDINAL.match(key)
    if not found:
        return None
    number = _zh_number(found[1]) if not found[1].isdigit() else int(found[1])
    return number - 1 if number is not None and 1 <= number <= count else None


def _phone(text: str) -> str | None:
    if found := _MOBILE.search(text):
        return "".join(found.groups())
    if found := _ABROAD.search(text):
        return "+" + re.sub(r"\D", "", found[1])
    if found := _LANDLINE.search(text):
        return f"{found[1]}-{found[2]}"
    return None


def _zh_number(text: str) -> int | None:
    """Read 二百三十, 两万, 十二; digits in a row (一二三) read as they stand."""
    if all(sign in _ZH_DIGITS for sign in text):
        return int("".join(str(_ZH_DIGITS[sign]) for sign in text))
    total = part = digit = 0
    for sign in text:
        if sign in _ZH_DIGITS:
            digit = _ZH_DIGITS[sign]
        elif sign == "万":
            total, part, digit = (total + part + digit) * 10_000, 0, 0
        else:
            part, digit = part + (digit or 1) * _ZH_UNITS[sign], 0
    return total + part + digit
