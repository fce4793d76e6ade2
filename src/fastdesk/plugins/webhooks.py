"""Tell other systems what happened: signed, in order within a conversation, at least once, retried for a day.

Each webhook follows the tenant's stream of events by a cursor that is stored as a record, so nothing is queued twice and a
restart goes on where it was. Private addresses are refused by the caller of endpoints unless the operator allows them.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol

from fastdesk.errors import Refused
from fastdesk.model.event import Changed, Event, Noted, Said
from fastdesk.model.ids import TenantId
from fastdesk.model.webhook import Delivery, Webhook, WebhookCursor, WebhookTry
from fastdesk.observe.clock import Clock, Entropy
from fastdesk.observe.tasks import Tasks
from fastdesk.plugins.deliveries import KEPT_DELIVERIES, Follower, Post, Sender
from fastdesk.store.protocol import Store
from fastdesk.tenants.records import Records

__all__ = ["Webhooks"]


class Revs(Protocol):
    """The tenants' event numbers."""

    def highest(self, tenant: TenantId) -> int:
        """Return the number of the last event."""


class Webhooks:
    """Run one follower for each enabled webhook of each tenant."""

    name = "webhooks"

    def __init__(
        self,
        *,
        store: Store,
        records: Records,
        revs: Revs,
        tasks: Tasks,
        clock: Clock,
        entropy: Entropy,
        sender: Sender,
    ) -> None:
        self._store = store
        self._records = records
        self._revs = revs
        self._tasks = tasks
        self._clock = clock
        self._entropy = entropy
        self._post = Post(sender, clock)
        self._followers: dict[tuple[TenantId, str], tuple[Follower, asyncio.Task[Any]]] = {}
        self._by_tenant: dict[TenantId, list[Follower]] = {}
        self._logs: dict[tuple[TenantId, str], _Log] = {}
        records.watch("webhook", self.refresh)

    def wake(self, entries: Sequence[tuple[Event, Any]]) -> None:
        """Wake the followers of the tenants whose events have become durable; free of cost without a webhook."""
        if self._by_tenant:
            for tenant in {event.tenant for event, _ in entries}:
                for follower in self._by_tenant.get(tenant, ()):
                    follower.news.set()

    def tick(self, now_ms: int) -> None:
        """Wake all followers (notes and named calls have no hook of their own), and store how far they are."""
        for (tenant, id), (follower, _) in self._followers.items():
            follower.news.set()
            if follower.has_moved:  # a cursor is an event itself: storing it for nothing would never end
                follower.has_moved = False
                self._save_cursor(tenant, id, follower.rev)

    def refresh(self, tenant: TenantId) -> None:
        """Start followers of new webhooks, end those of removed ones; changed ones begin anew where they were."""
        for (owner, id), (follower, task) in tuple(self._followers.items()):
            if owner == tenant:
                task.cancel()
                del self._followers[owner, id]
                if follower.has_moved:
                    self._save_cursor(owner, id, follower.rev)
        hooks = self._records.all(Webhook, tenant, "webhook")
        self._forget_gone(tenant, {hook.id for hook in hooks})
        for hook in hooks:
            if hook.enabled:
                follower = self._follower(tenant, hook)
                task = self._tasks.spawn(follower.run(), f"webhook {hook.id}")
                self._followers[tenant, hook.id] = follower, task
        self._by_tenant[tenant] = [
            follower for (owner, _), (follower, _) in self._followers.items() if owner == tenant
        ]

    def _follower(self, tenant: TenantId, hook: Webhook) -> Follower:
        cursor = self._records.get(WebhookCursor, tenant, "webhook_cursor", hook.id)
        if cursor is None:  # a new one hears of what happens from now on, also after a restart
            cursor = self._save_cursor(tenant, hook.id, self._revs.highest(tenant))

        return Follower(
            tenant, hook, cursor.rev, events=self._store, post=self._post, tasks=self._tasks, clock=self._clock,
            entropy=self._entropy, keep=lambda delivery: self._keep(tenant, hook.id, delivery),
        )  # fmt: skip

    def deliveries(self, tenant: TenantId, id: str) -> list[Delivery]:
        """Return the last tries of a webhook, newest first."""
        return list(reversed(self._log(tenant, id).kept))

    async def deliver_again(self, tenant: TenantId, id: str, rev: int) -> Delivery:
        """Send an event once more, whatever became of it before.

        Raises:
            Refused: there is no such webhook or event.
        """
        hook = self._records.get(Webhook, tenant, "webhook", id)
        if hook is None:
            raise Refused("not_found", "There is no such webhook.")
        found: list[Event] = await self._store.since(tenant, rev - 1, 1) if rev > 0 else []
        if not found or found[0].rev != rev or not isinstance(found[0], Said | Changed | Noted):
            raise Refused("not_found", "There is no such event, or it has been removed.")
        tried = await self._post.send(tenant, hook, found[0], 1)
        self._keep(tenant, id, tried)
        return tried

    def _keep(self, tenant: TenantId, id: str, delivery: Delivery) -> None:
        """Write a try down; a record of its own, so that it is on disk a moment later and costs no more than itself."""
        log = self._log(tenant, id)
        number = log.count
        log.count += 1
        log.kept.append(delivery)
        line = WebhookTry(id=f"{id}.{number % KEPT_DELIVERIES}", webhook=id, number=number, delivery=delivery)
        self._records.put(tenant, "webhook_try", line, actor="webhooks")

    def _log(self, tenant: TenantId, id: str) -> "_Log":
        log = self._logs.get((tenant, id))
        if log is None:
            tries = self._records.all(WebhookTry, tenant, "webhook_try")
            own = sorted((each for each in tries if each.webhook == id), key=lambda each: each.number)
            log = self._logs[tenant, id] = _Log(own)
        return log

    def _forget_gone(self, tenant: TenantId, there: set[str]) -> None:
        """Remove place and log of webhooks that are gone: another one of the same name begins with what happens then."""
        for cursor in self._records.all(WebhookCursor, tenant, "webhook_cursor"):
            if cursor.id not in there:
                self._records.remove(tenant, "webhook_cursor", cursor.id, actor="webhooks")
        for line in self._records.all(WebhookTry, tenant, "webhook_try"):
            if line.webhook not in there:
                self._logs.pop((tenant, line.webhook), None)
                self._records.remove(tenant, "webhook_try", line.id, actor="webhooks")

    def _save_cursor(self, tenant: TenantId, id: str, rev: int) -> WebhookCursor:
        cursor = WebhookCursor(id=id, rev=rev)
        self._records.put(tenant, "webhook_cursor", cursor, actor="webhooks")
        return cursor


class _Log:
    """The last tries of a webhook, oldest first, and how many there have been."""

    def __init__(self, lines: Sequence[WebhookTry]) -> None:
        self.kept = deque((line.delivery for line in lines), maxlen=KEPT_DELIVERIES)
        self.count = lines[-1].number + 1 if lines else 0
