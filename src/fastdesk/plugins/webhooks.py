"""Tell other systems what happened: signed, in order, at least once, retried for a day.

Each webhook follows the tenant's stream of events by a cursor that is stored as a record, so nothing is queued twice and a
restart goes on where it was. Private addresses are refused by the caller of endpoints unless the operator allows them.
"""

import asyncio
import hmac
from collections import deque
from typing import Any, Final, Protocol

import msgspec
import structlog

from fastdesk.hub.hub import agent_frame
from fastdesk.model.event import Changed, Event, Noted, Said
from fastdesk.model.ids import TenantId
from fastdesk.model.webhook import Delivery, Webhook, WebhookCursor
from fastdesk.observe.clock import Clock, Entropy
from fastdesk.observe.tasks import Tasks
from fastdesk.store.protocol import Store
from fastdesk.tenants.records import Records

__all__ = ["Sender", "Webhooks", "sign"]

_log = structlog.get_logger("fastdesk.webhooks")

TIMEOUT_MS: Final = 5_000
PAGE: Final = 100
#: Seconds between tries: growing to an hour, until a day has passed.
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 3600.0
GIVE_UP_MS: Final = 86_400_000
KEPT_DELIVERIES: Final = 200


class Sender(Protocol):
    """Send bytes to an address outside."""

    async def send(
        self, method: str, url: str, *, headers: dict[str, str], body: Any, timeout_ms: int
    ) -> tuple[int, bytes, str]:
        """Return (status, content, error); error is empty when an answer came."""


def sign(secret: str, at_ms: int, body: bytes) -> str:
    """Return the signature of a delivery: HMAC-SHA256 over time, a point, and the body, in hexadecimal."""
    return hmac.new(secret.encode(), b"%d." % at_ms + body, "sha256").hexdigest()


class Webhooks:
    """Run one follower for each enabled webhook of each tenant."""

    name = "webhooks"

    def __init__(
        self, *, store: Store, records: Records, tasks: Tasks, clock: Clock, entropy: Entropy, sender: Sender
    ) -> None:
        self._store = store
        self._records = records
        self._tasks = tasks
        self._clock = clock
        self._entropy = entropy
        self._sender = sender
        self._followers: dict[tuple[TenantId, str], asyncio.Task[Any]] = {}
        self._news: dict[TenantId, asyncio.Event] = {}
        self.deliveries: dict[tuple[TenantId, str], deque[Delivery]] = {}
        self._encode = msgspec.json.Encoder().encode
        records.watch("webhook", self.refresh)

    def on_stored(self, said: Said) -> None:
        """Wake the followers of a tenant."""
        if said.tenant in self._news:
            self._news[said.tenant].set()

    def on_changed(self, changed: Changed) -> None:
        """Wake the followers of a tenant."""
        if changed.tenant in self._news:
            self._news[changed.tenant].set()

    def tick(self, now_ms: int) -> None:
        """Wake all followers: notes and named calls have no hook of their own."""
        for news in self._news.values():
            news.set()

    def refresh(self, tenant: TenantId) -> None:
        """Start followers of new webhooks, end those of removed ones; changed ones begin anew where they were."""
        for (owner, id), task in tuple(self._followers.items()):
            if owner == tenant:
                task.cancel()
                del self._followers[owner, id]
        for hook in self._records.all(Webhook, tenant, "webhook"):
            if hook.enabled:
                self._news.setdefault(tenant, asyncio.Event())
                self._followers[tenant, hook.id] = self._tasks.spawn(
                    self._follow(tenant, hook), f"webhook {hook.id}"
                )

    async def _follow(self, tenant: TenantId, hook: Webhook) -> None:
        cursor = self._records.get(WebhookCursor, tenant, "webhook_cursor", hook.id)
        rev = cursor.rev if cursor is not None else self._store.revs().get(tenant, 0)
        news = self._news[tenant]
        while True:
            news.clear()
            page = await self._store.since(tenant, rev, PAGE)
            delivered = 0
            for event in page:
                if _is_wanted(hook, event):
                    await self._deliver(tenant, hook, event)
                    delivered += 1
                rev = event.rev
            if delivered:  # a cursor is an event itself: storing it for nothing would never end
                self._records.put(
                    tenant, "webhook_cursor", WebhookCursor(id=hook.id, rev=rev), actor="webhooks"
                )
            if not page:
                await news.wait()

    async def _deliver(self, tenant: TenantId, hook: Webhook, event: Event) -> None:
        """Send one event until it is taken or a day has passed; later events of this webhook wait behind it."""
        began_ms, pause_s, tries = self._clock.now_ms(), FIRST_PAUSE_S, 0
        frame = agent_frame(event)
        id = f"{hook.id}-{event.rev}"
        body = self._encode({"id": id, "tenant": tenant, "rev": event.rev, "at": event.at, "event": frame})
        log = self.deliveries.setdefault((tenant, hook.id), deque(maxlen=KEPT_DELIVERIES))
        while True:
            now_ms = self._clock.now_ms()
            tries += 1
            headers = {
                "Content-Type": "application/json",
                "X-Fastdesk-Delivery": id,
                "X-Fastdesk-Time": str(now_ms),
                "X-Fastdesk-Signature": sign(hook.secret, now_ms, body),
            }
            status, _, error = await self._sender.send(
                "POST", hook.url, headers=headers, body=body, timeout_ms=TIMEOUT_MS
            )
            taken = not error and 200 <= status < 300
            log.append(
                Delivery(
                    id=id, rev=event.rev, at=now_ms, tries=tries, status=status, error=error, taken=taken
                )
            )
            if taken:
                return
            if now_ms - began_ms > GIVE_UP_MS:
                _log.error("webhook_given_up", tenant=tenant, webhook=hook.id, rev=event.rev, tries=tries)
                return
            await asyncio.sleep(pause_s * (0.5 + self._entropy.uniform()))
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)


def _is_wanted(hook: Webhook, event: Event) -> bool:
    if isinstance(event, Said):
        return "message" in hook.events
    if isinstance(event, Changed):
        return "conversation" in hook.events
    if isinstance(event, Noted):
        named = event.kind == "webhook" and (event.body or {}).get("name") in (hook.id, hook.name)
        return named or (event.kind != "webhook" and "note" in hook.events)
    return False
