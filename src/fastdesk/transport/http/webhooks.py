"""What became of a webhook's deliveries, and one more try; the webhooks themselves have the routes of all records."""

from fastdesk.errors import Refused
from fastdesk.model.webhook import Delivery, Webhook
from fastdesk.pipeline.rooms import Rooms
from fastdesk.plugins.webhooks import Webhooks
from fastdesk.transport.http.routes import Call, Query, Route

__all__ = ["WebhookRoutes"]


class WebhookRoutes:
    """The log of deliveries."""

    def __init__(self, rooms: Rooms, webhooks: Webhooks) -> None:
        self._rooms = rooms
        self._webhooks = webhooks

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        tag, access, one = "webhooks", "webhook.write", "/v1/webhooks/{id}/deliveries"
        return [
            Route(method="GET", path=one, handler=self.all, access=access, tag=tag, answer=list[Delivery],
                  query=(Query("failed", bool, False, "Only those that were not taken"),),
                  summary="List the last tries of a webhook, newest first"),
            Route(method="POST", path=one + "/{rev}/redeliver", handler=self.again, access=access, tag=tag, answer=Delivery,
                  summary="Send an event once more"),
        ]  # fmt: skip

    async def all(self, call: Call) -> list[Delivery]:
        """Return the log."""
        tenant, id = call.principal.tenant, call.path("id")
        if self._rooms.records.get(Webhook, tenant, "webhook", id) is None:
            raise Refused("not_found", "There is no such webhook.")
        tries = self._webhooks.deliveries(tenant, id)
        return [each for each in tries if not each.taken] if call.query["failed"] else tries

    async def again(self, call: Call) -> Delivery:
        """Send once more and tell how it went."""
        rev = call.path("rev")
        if not rev.isascii() or not rev.isdigit() or len(rev) > 15:
            raise Refused("invalid", "An event is named by its rev, a number.")
        return await self._webhooks.deliver_again(call.principal.tenant, call.path("id"), int(rev))
