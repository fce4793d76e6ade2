"""Read a calendar date out of what people write in Chinese and English."""

import re
from collections.abc import Callable
from datetime import date, timedelta

__all__ = ["read_date"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = "|".join(_MONTHS)
_DAY, _YEAR = r"(?P<day{0}>\d{{1,2}})(?:st|nd|rd|th)?", r"(?:,?\s+(?P<year{0}>\d{{4}}))?"
_MONTH_FIRST = rf"(?P<month1>{_MONTH})[a-z]*\.?\s+{_DAY.format(1)}{_YEAR.format(1)}"
_DAY_FIRST = rf"{_DAY.format(2)}\s+(?:of\s+)?(?P<month2>{_MONTH})[a-z]*\.?{_YEAR.format(2)}"
_WEEKDAYS = {"mon": 0, "tue": 1, "wed": 2, "thu": 3, "fri": 4, "sat": 5, "sun": 6}
_ZH_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_ZH_NUMBERS = {sign: number for number, sign in enumerate("零一二三四五六七八九十")} | {"两": 2}
_NEAR = {
    "大后天": 3,
    "大前天": -3,
    "后天": 2,
    "前天": -2,
    "day after tomorrow": 2,
    "day before yesterday": -2,
    "明天": 1,
    "明日": 1,
    "tomorrow": 1,
    "昨天": -1,
    "昨日": -1,
    "yesterday": -1,
    "今天": 0,
    "今日": 0,
    "today": 0,
}


def read_date(folded: str, today: date) -> date | None:
    """Find the first date in a folded text; a date without its year is the nearest to today."""
    for pattern, read in _READERS:
        found = pattern.search(folded)
        if found:
            try:
                return read(found, today)
            except (ValueError, OverflowError):
                return None
    return None


def _full(found: re.Match[str], today: date) -> date:
    return date(int(found[1]), int(found[2]), int(found[3]))


def _month_day(found: re.Match[str], today: date) -> date:
    return _nearest(int(found[1]), int(found[2]), today)


def _english(found: re.Match[str], today: date) -> date:
    first = found.group("month1") is not None
    month = _MONTHS.index(found["month1"] if first else found["month2"]) + 1
    day = int(found["day1"] if first else found["day2"])
    year = found["year1"] if first else found["year2"]
    return date(int(year), month, day) if year else _nearest(month, day, today)


def _near(found: re.Match[str], today: date) -> date:
    return today + timedelta(days=_NEAR[found[0]])


def _counted(found: re.Match[str], today: date) -> date:
    count = _ZH_NUMBERS.get(found[1]) if found[1] in _ZH_NUMBERS else int(found[1])
    return today + timedelta(days=(count or 0) * (1 if found[2] in ("后", "之后", "以后") else -1))


def _counted_english(found: re.Match[str], today: date) -> date:
    return today + timedelta(days=int(found[1])) if found[1] else today - timedelta(days=int(found[2]))


def _weekday(found: re.Match[str], today: date) -> date:
    monday = today - timedelta(days=today.weekday())
    weeks = found[1].count("下") - found[1].count("上")
    day = monday + timedelta(days=_ZH_WEEKDAYS[found[2]] + 7 * weeks)
    return day + timedelta(days=7) if weeks == 0 and found[1] == "" and day < today else day


def _english_weekday(found: re.Match[str], today: date) -> date:
    ahead = (_WEEKDAYS[found[2]] - today.weekday()) % 7
    if found[1] == "last":
        return today - timedelta(days=7 - ahead if ahead else 7)
    if found[1] == "next":
        return today - timedelta(days=today.weekday()) + timedelta(days=7 + _WEEKDAYS[found[2]])
    return today + timedelta(days=ahead)


def _nearest(month: int, day: int, today: date) -> date:
    near = []
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            near.append(date(year, month, day))
        except ValueError:
            continue
    return min(near, key=lambda one: abs((one - today).days))


_Reader = Callable[[re.Match[str], date], date]
_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (re.compile(r"(?<!\d)(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)"), _full),
    (re.compile(r"(?<!\d)((?:19|20)\d\d)([01]\d)([0-3]\d)(?!\d)"), _full),
    (re.compile(r"(?<!\d)(\d{1,2})\s*月\s*(\d{1,2})(?!\d)"), _month_day),
    (re.compile(rf"\b(?:{_MONTH_FIRST}|{_DAY_FIRST})(?!\d)"), _english),
    (re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?![\d/])"), _month_day),
    (re.compile("|".join(_NEAR)), _near),
    (re.compile(r"(\d{1,4}|[一二两三四五六七八九十])\s*天\s*(之后|以后|后|之前|以前|前)"), _counted),
    (re.compile(r"\bin (\d{1,4}) days?\b|\b(\d{1,4}) days? ago\b"), _counted_english),
    (re.compile(r"(下下|上上|下|上|这|本|)(?:个)?(?:周|星期|礼拜)([一二三四五六日天])"), _weekday),
    (re.compile(r"\b(?:(next|last|this|on)\s+)?(mon|tue|wed|thu|fri|sat|sun)[a-z]*\b"), _english_weekday),
)
