"""The queue of conversations that wait for a person, in the order in which they began to wait."""

from fastdesk.model.conversation import Conversation
from fastdesk.model.ids import ConversationId, TeamId, TenantId

__all__ = ["WaitingLine"]


class WaitingLine:
    """Know who waits, by tenant and team. Fed with every change of a conversation; answers places in O(waiting)."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[TenantId, TeamId | None], dict[ConversationId, int]] = {}
        self._where: dict[ConversationId, tuple[TenantId, TeamId | None]] = {}

    def update(self, conversation: Conversation) -> None:
        """Take a conversation in, move it, or let it out, as it stands now."""
        waits = conversation.mode == "queued" and conversation.state == "open"
        line = (conversation.tenant, conversation.team)
        before = self._where.get(conversation.id)
        if before is not None and (not waits or before != line):
            del self._waiting[before][conversation.id]
            del self._where[conversation.id]
        if waits and self._where.get(conversation.id) is None:
            self._waiting.setdefault(line, {})[conversation.id] = conversation.queued_at
            self._where[conversation.id] = line

    def position(self, conversation: Conversation) -> int:
        """Return the place of a conversation in its line, from 1; 0 when it does not wait."""
        line = self._where.get(conversation.id)
        if line is None:
            return 0
        mine = self._waiting[line][conversation.id]
        return 1 + sum(since < mine for since in self._waiting[line].values())

    def waiting(self, tenant: TenantId) -> int:
        """Return how many conversations of a tenant wait."""
        return sum(len(line) for (owner, _), line in self._waiting.items() if owner == tenant)
