"""Which invitation fits a visitor who looks at a page and says nothing. Pure."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from msgspec import Struct

from fastdesk.model.invitation import Invitation

__all__ = ["Looking", "choose"]

_HOUR_MS = 3_600_000


class Looking(Struct, frozen=True, kw_only=True):
    """A visitor on a page. Times are wall-clock milliseconds."""

    site: str
    url: str
    since: int
    is_returning: bool
    is_open: bool
    invited_at: int = 0


def choose(invitations: Iterable[Invitation], looking: Looking, now_ms: int) -> Invitation | None:
    """Return the first invitation that fits now."""
    return next((each for each in invitations if _fits(each, looking, now_ms)), None)


def _fits(invitation: Invitation, looking: Looking, now_ms: int) -> bool:
    return (
        invitation.enabled
        and invitation.site in ("", looking.site)
        and (not invitation.only_open or looking.is_open)
        and invitation.returning in (None, looking.is_returning)
        and now_ms - looking.since >= invitation.seconds * 1000
        and (not looking.invited_at or now_ms - looking.invited_at >= invitation.pause_hours * _HOUR_MS)
        and (not invitation.page or fnmatchcase(looking.url, f"*{invitation.page}*"))
    )
