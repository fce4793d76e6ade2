"""One webhook's deliveries: every wanted event at least once, in order within its conversation, tried for a day.

A conversation whose event is refused waits for itself only; the others go on. When the receiver is back, everything that
waits is tried at once.
"""

import asyncio
import hmac
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec
import structlog

from fastdesk.hub.hub import agent_frame
from fastdesk.model.event import Changed, Event, Noted, Said
from fastdesk.model.ids import TenantId
from fastdesk.model.webhook import Delivery, Webhook
from fastdesk.observe.clock import Clock, Entropy
from fastdesk.observe.tasks import Tasks

__all__ = ["KEPT_DELIVERIES", "Follower", "Post", "Sender", "is_wanted", "sign"]

_log = structlog.get_logger("fastdesk.webhooks")

TIMEOUT_MS: Final = 5_000
PAGE: Final = 100
#: Seconds between tries: growing to an hour, until a day has passed.
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 3600.0
GIVE_UP_MS: Final = 86_400_000
KEPT_DELIVERIES: Final = 200
#: Events that are read and not taken yet; more stay in the store.
MAX_WAITING: Final = 1_000
#: Requests to one receiver at the same time.
AT_ONCE: Final = 8

_encode = msgspec.json.Encoder().encode


class Sender(Protocol):
    """Send bytes to an address outside."""

    async def send(
        self, method: str, url: str, *, headers: dict[str, str], body: Any, timeout_ms: int
    ) -> tuple[int, bytes, str]:
        """Return (status, content, error); error is empty when an answer came."""


class Events(Protocol):
    """The tenants' streams."""

    async def since(self, tenant: TenantId, rev: int, limit: int) -> list[Event]:
        """Return the events after `rev`, by rev."""


def sign(secret: str, at_ms: int, body: bytes) -> str:
    """Return the signature of a delivery: HMAC-SHA256 over time, a point, and the body, in hexadecimal."""
    return hmac.new(secret.encode(), b"%d." % at_ms + body, "sha256").hexdigest()


def is_wanted(hook: Webhook, event: Event) -> bool:
    """Tell whether a webhook is to hear of an event."""
    if isinstance(event, Said):
        return "message" in hook.events
    if isinstance(event, Changed):
        return "conversation" in hook.events
    if isinstance(event, Noted):
        named = event.kind == "webhook" and (event.body or {}).get("name") in (hook.id, hook.name)
        return named or (event.kind != "webhook" and "note" in hook.events)
    return False


class Post:
    """Send one event to one webhook, once."""

    def __init__(self, sender: Sender, clock: Clock) -> None:
        self._sender = sender
        self._clock = clock

    async def send(self, tenant: TenantId, hook: Webhook, event: Event, tries: int) -> Delivery:
        """Return what became of a try."""
        id = f"{hook.id}-{event.rev}"
        frame = agent_frame(event)
        body = _encode({"id": id, "tenant": tenant, "rev": event.rev, "at": event.at, "event": frame})
        now_ms = self._clock.now_ms()
        headers = {
            "Content-Type": "application/json",
            "X-Fastdesk-Delivery": id,
            "X-Fastdesk-Time": str(now_ms),
            "X-Fastdesk-Signature": sign(hook.secret, now_ms, body),
        }
        status, _, error = await self._sender.send(
            "POST", hook.url, headers=headers, body=body, timeout_ms=TIMEOUT_MS
        )
        kind = str(event.__struct_config__.tag)
        return Delivery(
            id=id, rev=event.rev, at=now_ms, tries=tries, status=status, error=error, taken=not error and 200 <= status < 300,
            conversation=conversation_of(event), kind=kind,
        )  # fmt: skip


def conversation_of(event: Event) -> str:
    """Return the conversation that an event belongs to."""
    if isinstance(event, Changed):
        return event.conversation.id
    return event.conversation if isinstance(event, Said | Noted) else ""


class Follower:
    """Follow a tenant's stream for one webhook.

    Args:
        rev: begin behind this event.
        keep: called with each try and whenever all events up to a rev are done with.
    """

    def __init__(
        self,
        tenant: TenantId,
        hook: Webhook,
        rev: int,
        *,
        events: Events,
        post: Post,
        tasks: Tasks,
        clock: Clock,
        entropy: Entropy,
        keep: Callable[[Delivery], None],
    ) -> None:
        self._tenant = tenant
        self._hook = hook
        self._read = rev
        self._events = events
        self._post = post
        self._tasks = tasks
        self._clock = clock
        self._entropy = entropy
        self._keep = keep
        self._began_ms = clock.now_ms()
        self._queues: dict[str, deque[Event]] = {}
        self._workers: set[asyncio.Task[Any]] = set()
        self._waiting: set[int] = set()
        self._places = asyncio.Semaphore(AT_ONCE)
        self._recovered = asyncio.Event()
        self.news = asyncio.Event()
        #: Whether anything was done with since the cursor was last asked for.
        self.has_moved = False

    @property
    def rev(self) -> int:
        """Return the event up to which everything has been taken or given up."""
        return min(self._waiting) - 1 if self._waiting else self._read

    async def run(self) -> None:
        """Follow until cancelled."""
        try:
            while True:
                self.news.clear()
                room = MAX_WAITING - len(self._waiting)
                page = await self._events.since(self._tenant, self._read, min(PAGE, room)) if room else []
                for event in page:
                    self._read = event.rev
                    if is_wanted(self._hook, event):
                        self._take(event)
                if not page:
                    await self.news.wait()
        finally:
            for worker in self._workers:
                worker.cancel()

    def _take(self, event: Event) -> None:
        self._waiting.add(event.rev)
        conversation = conversation_of(event)
        queue = self._queues.get(conversation)
        if queue is not None:
            queue.append(event)
            return
        self._queues[conversation] = deque((event,))
        worker = self._tasks.spawn(self._work(conversation), f"webhook {self._hook.id}")
        self._workers.add(worker)
        worker.add_done_callback(self._workers.discard)

    async def _work(self, conversation: str) -> None:
        """Deliver what a conversation brings, one after the other."""
        queue = self._queues[conversation]
        while queue:
            await self._deliver(queue[0])
            self._waiting.discard(queue.popleft().rev)
            self.has_moved = True
            self.news.set()
        del self._queues[conversation]

    async def _deliver(self, event: Event) -> None:
        """Try until the event is taken or a day has passed."""
        pause_s, tries = FIRST_PAUSE_S, 0
        began_ms = max(event.at, self._began_ms)
        while True:
            tries += 1
            async with self._places:
                tried = await self._post.send(self._tenant, self._hook, event, tries)
            self._keep(tried)
            if tried.taken:
                self._recovered.set()
                self._recovered.clear()
                return
            if tried.at - began_ms > GIVE_UP_MS:
                _log.error(
                    "webhook_given_up", tenant=self._tenant, webhook=self._hook.id, rev=event.rev, tries=tries
                )
                return
            try:
                async with asyncio.timeout(pause_s * (0.5 + self._entropy.uniform())):
                    await self._recovered.wait()
            except TimeoutError:
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
