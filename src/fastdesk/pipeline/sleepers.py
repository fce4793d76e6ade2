"""Wake conversations that were set aside until a time, whether anybody is connected to them or not."""

from fastdesk.desk import changes
from fastdesk.desk.agenda import Agenda
from fastdesk.hub.live import Live
from fastdesk.model.conversation import Conversation
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.pipeline.rooms import Rooms

__all__ = ["Sleepers"]


class Sleepers:
    """Know who sleeps until when."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._agenda: Agenda[tuple[TenantId, ConversationId]] = Agenda()

    def follow(self, live: Live, before: Conversation) -> None:
        """Follow a conversation that falls asleep or wakes; called for every change that is written."""
        if before.state == "snoozed" or live.conversation.state == "snoozed":
            self.load(live.conversation)

    def load(self, conversation: Conversation) -> None:
        """Take note of a conversation as it stands."""
        key = (conversation.tenant, conversation.id)
        if conversation.state == "snoozed" and conversation.snoozed_until:
            self._agenda.set(key, conversation.snoozed_until)
        else:
            self._agenda.strike(key)

    def round(self, now_ms: int) -> None:
        """Wake those whose time has come."""
        for tenant, id in self._agenda.due(now_ms):
            self._rooms.with_live(tenant, id, self._wake)

    def _wake(self, live: Live) -> None:
        now_ms = self._rooms.clock.now_ms()
        if live.conversation.state == "snoozed" and 0 < live.conversation.snoozed_until <= now_ms:
            change = changes.reopen(live.conversation, now_ms)
            if change is not None:
                self._rooms.scribe.change(live, change, "desk")
