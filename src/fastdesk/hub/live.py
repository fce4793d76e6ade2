"""A conversation that somebody is connected to, in memory."""

from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from fastdesk._core import IdTable
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Said
from fastdesk.model.site import Site
from fastdesk.model.visitor import Visitor

if TYPE_CHECKING:
    from fastdesk.hub.session import Session

__all__ = ["RECENT", "VISITOR", "Live", "Running", "body_of", "sender_of", "sent_key"]

#: Committed messages kept for a resume without a look into the store; a page of the widget shows fewer.
RECENT = 32


class Running(Protocol):
    """A handler at work on an answer."""

    def cancel(self) -> None:
        """Stop it; its answer is not wanted any more."""


#: Stands for a conversation's visitor as a sender in `Live.sent`: it is the same person, under whatever id.
VISITOR: Final = ""


def sent_key(sender: str, id: str) -> str:
    """Return the key of a message in `Live.sent`: a visitor's id stands alone; neither part has a NUL."""
    return f"{sender}\0{id}" if sender else id


def sender_of(said: Said) -> str:
    """Return whom a stored message is from, for `sent_key`."""
    return VISITOR if said.role == "visitor" else said.sender


def body_of(kind: str, text: str) -> str:
    """Return what `Live.sent` tells one message from another by, under the same id."""
    return text if kind == "text" else f"{kind}\0{text}"


class Live:
    """The state of one conversation while it is in use. Changed in the loop only.

    `seq` counts what was appended, `durable_seq` what is on disk: nobody is shown more than that. `sent` has the `sent_key` of each
    message with its `body_of` and number (0 for a note).
    """

    __slots__ = (
        "agents", "conversation", "durable_seq", "from_agents", "from_visitor", "id", "is_opened", "named", "recent", "run",
        "sent", "seq", "site", "tail", "tenant", "visitor", "visitors", "waiting",
    )  # fmt: skip

    def __init__(
        self,
        conversation: Conversation,
        visitor: Visitor,
        site: Site,
        *,
        seq: int,
        is_opened: bool,
        sent: IdTable,
    ) -> None:
        self.tenant = conversation.tenant
        self.id = conversation.id
        #: With this begin the ids of what the desk says.
        self.tail = conversation.id[-12:]
        self.conversation = conversation
        self.visitor = visitor
        self.site = site
        self.seq = seq
        self.durable_seq = seq
        self.is_opened = is_opened
        self.sent = sent
        #: Messages of either side.
        self.from_visitor = 0
        self.from_agents = 0
        self.recent: deque[Said] | None = None
        self.visitors: list[Session] = []
        self.agents: list[Session] = []
        #: Sessions that sent a message again before it was on disk, by seq.
        self.waiting: dict[int, list[Session]] | None = None
        #: The name under which the desk answers here, with the site and language that it was chosen for.
        self.named: tuple[Site, str, str] | None = None
        #: The handler that is writing an answer.
        self.run: Running | None = None

    @property
    def is_idle(self) -> bool:
        """Tell whether nobody is connected and nothing is under way, so that this may leave memory."""
        return not (self.visitors or self.agents or self.run) and self.durable_seq == self.seq

    def count(self, said: Said) -> None:
        """Count a message as its side's."""
        if said.role == "visitor":
            self.from_visitor += 1
        elif said.role == "agent":
            self.from_agents += 1

    def remember(self, said: Said) -> None:
        """Keep a committed message for resumes."""
        self.durable_seq = said.seq
        if self.recent is None:
            self.recent = deque(maxlen=RECENT)
        self.recent.append(said)

    def recall(self, after: int) -> list[Said] | None:
        """Return the committed messages behind `after`, None when memory does not reach back that far."""
        if after >= self.durable_seq:
            return []
        if not self.recent or self.recent[0].seq > after + 1:
            return None
        return [self.recent[at] for at in range(after - self.durable_seq, 0)]

    def take_waiting(self, seq: int) -> "list[Session]":
        """Return the sessions that wait for `seq` to be durable, and forget them."""
        if self.waiting is None:
            return []
        sessions = self.waiting.pop(seq, [])
        if not self.waiting:
            self.waiting = None
        return sessions
