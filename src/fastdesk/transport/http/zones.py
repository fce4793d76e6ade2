"""Time zones and moments as callers name them."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from fastdesk.errors import Refused

__all__ = ["moment_of", "zone_of"]


def zone_of(name: str) -> tzinfo:
    """Return the time zone of this name, or refuse it."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        hint = "Zones are called Asia/Shanghai, Europe/Berlin, UTC …"
        raise Refused("invalid", "There is no such time zone.", hint=hint) from None


def moment_of(text: str, zone: tzinfo, *, days: int = 0) -> int:
    """Read a time in milliseconds, or a day of `zone`; `days` is added to a day, so that a last one counts whole."""
    if text.isascii() and text.isdigit() and len(text) < 15:
        return int(text)
    try:
        day = date.fromisoformat(text) + timedelta(days=days)
        return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Refused("invalid", "A time is a day such as 2026-01-31, or milliseconds since 1970.") from None
