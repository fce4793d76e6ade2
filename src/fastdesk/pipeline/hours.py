"""Business hours of sites and teams: from their records to schedules, kept while the records stand."""

from fastdesk.desk.hours import Schedule
from fastdesk.model.agent import Team
from fastdesk.model.conversation import Conversation
from fastdesk.model.hours import Hours
from fastdesk.model.ids import TenantId
from fastdesk.model.site import Site
from fastdesk.observe.clock import Clock
from fastdesk.tenants.records import Records

__all__ = ["OpeningHours"]

_ALWAYS = Schedule(None)


class OpeningHours:
    """Answer whether people are there. What names no hours, or hours that are gone, is always open."""

    def __init__(self, *, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._schedules: dict[tuple[TenantId, str], tuple[Hours, Schedule]] = {}
        #: Hours → (open, from, until): asked about for every message.
        self._known: dict[Schedule, tuple[bool, int, int]] = {}
        records.watch("hours", lambda tenant: self._forget())

    def is_open(self, tenant: TenantId, site: Site) -> bool:
        """Tell whether a site's people are there now."""
        return site.hours is None or self.is_open_by(tenant, site.hours)

    def next_open_ms(self, tenant: TenantId, site: Site) -> int | None:
        """Return when a site opens next, None when it is open or never will."""
        return self.schedule(tenant, site.hours).next_open_ms(self._clock.now_ms())

    def of(self, conversation: Conversation, site: Site) -> Schedule:
        """Return the hours of whoever a conversation is for: its team's own, or else its site's."""
        tenant = conversation.tenant
        team = self._records.get(Team, tenant, "team", conversation.team or "")
        return self.schedule(tenant, site.hours if team is None or team.hours is None else team.hours)

    def is_open_for(self, conversation: Conversation, site: Site) -> bool:
        """Tell whether the people whom a conversation is for are there now."""
        return self._is_open(self.of(conversation, site))

    def is_open_by(self, tenant: TenantId, id: str) -> bool:
        """Tell whether it is open now by a record of hours."""
        return self._is_open(self.schedule(tenant, id))

    def schedule(self, tenant: TenantId, id: str | None) -> Schedule:
        """Return the schedule of a record."""
        hours = None if id is None else self._records.get(Hours, tenant, "hours", id)
        if hours is None:
            return _ALWAYS
        known = self._schedules.get((tenant, hours.id))
        if known is None or known[0] is not hours:
            known = self._schedules[tenant, hours.id] = (hours, Schedule(hours))
        return known[1]

    def _is_open(self, schedule: Schedule) -> bool:
        if schedule is _ALWAYS:
            return True
        now_ms = self._clock.now_ms()
        is_open, since, until = self._known.get(schedule, (False, 0, 0))
        if not since <= now_ms < until:
            is_open, until = schedule.until(now_ms)
            self._known[schedule] = (is_open, now_ms, until)
        return is_open

    def _forget(self) -> None:
        self._schedules.clear()
        self._known.clear()
