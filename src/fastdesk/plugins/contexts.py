"""What a model may know: the newest messages of a conversation, whoever wrote them, and passages of articles.

Messages come from memory, or else from the store.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol

from fastdesk.ai import Line, Passage
from fastdesk.dialogue.context import ContextCache, ContextTurn, estimate_tokens
from fastdesk.hub.live import Live
from fastdesk.knowledge import KnowledgeIndex
from fastdesk.model.article import Article
from fastdesk.model.event import Said
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.model.turn import Turn
from fastdesk.plugins.faq import audience_of
from fastdesk.tenants.records import Records

__all__ = ["Contexts"]

#: Kinds of message that are words; files, cards and the like say nothing to a model.
_WORDS = frozenset({"text", "markdown"})

#: Passages of the knowledge base that a model is given, and how sure the search must be of each.
MAX_PASSAGES = 3
MIN_SCORE = 0.1

#: Tenant, conversation, most tokens, seq that must be in sight, most turns.
_Window = tuple[TenantId, ConversationId, int, int, int]

FindLive = Callable[[TenantId, ConversationId], Live | None]


class _Messages(Protocol):
    async def last_said(self, tenant: TenantId, conversation: ConversationId, limit: int) -> list[Said]:
        """Return the newest messages, by seq."""


class Contexts:
    """Keep contexts in step with conversations that ask a model; others cost nothing."""

    def __init__(
        self,
        *,
        store: _Messages,
        find: FindLive,
        records: Records,
        knowledge: Callable[[TenantId], KnowledgeIndex],
    ) -> None:
        self._store = store
        self._find = find
        self._records = records
        self._knowledge = knowledge
        self.cache = ContextCache(self._load)
        #: Messages that were asked about and were not durable then, so that no quick second one makes the
        #: first forgotten.
        self._asked: dict[ConversationId, list[Said]] = {}

    def said(self, turn: Turn, max_tokens: int, max_turns: int) -> Sequence[Line] | Awaitable[Sequence[Line]]:
        """Return what was said before a turn; at once when memory has it all."""
        tenant, conversation = turn.conversation.tenant, turn.conversation.id
        live = self._find(tenant, conversation)
        if live is None:
            return ()
        waiting = self._waiting(turn, live)
        self._catch_up(tenant, conversation, live)
        if live.durable_seq == 0:
            return waiting
        window = (tenant, conversation, max_tokens, live.durable_seq, max_turns)
        turns = self.cache.at_hand(*window)
        if turns is None:
            return self._read(window, waiting)
        return [*_lines(turns), *waiting]

    async def recent(self, live: Live, max_tokens: int) -> Sequence[Line]:
        """Return what has been said in a conversation, for an agent who works on it."""
        tenant, conversation = live.conversation.tenant, live.conversation.id
        self._catch_up(tenant, conversation, live)
        return _lines(await self.cache.window(tenant, conversation, max_tokens, live.durable_seq))

    def passages(self, turn: Turn) -> tuple[Passage, ...]:
        """Return the parts of articles that may answer a turn, best first."""
        return self.find_passages(turn.conversation.tenant, turn.message.text, audience_of(turn))

    def find_passages(
        self, tenant: TenantId, question: str, audience: Collection[str] = ()
    ) -> tuple[Passage, ...]:
        """Return the parts of articles that may answer a question, as far as this audience may see them."""
        index = self._knowledge(tenant)
        if not len(index):
            return ()
        passages = []
        for hit in index.search(question, limit=MAX_PASSAGES, audience=audience):
            article = self._records.get(Article, tenant, "article", hit.article)
            if article is not None and hit.score >= MIN_SCORE:
                text = article.body[hit.source.start : hit.source.end]
                passages.append(Passage(hit.article, hit.title, text or hit.snippet.text, hit.source.url))
        return tuple(passages)

    def has_moved_on(self, turn: Turn) -> bool:
        """Tell whether the visitor has written since that turn."""
        live = self._find(turn.conversation.tenant, turn.conversation.id)
        if live is None:
            return True
        return any(said.role == "visitor" and said.seq > turn.message.seq for said in live.recent or ())

    async def _read(self, window: _Window, waiting: list[Line]) -> Sequence[Line]:
        return [*_lines(await self.cache.window(*window)), *waiting]

    def _waiting(self, turn: Turn, live: Live) -> list[Line]:
        """Return the visitor's messages before this turn that are not durable yet."""
        key = turn.conversation.id
        before = [said for said in self._asked.get(key, ()) if said.seq > live.durable_seq]
        if live.durable_seq + 1 < turn.message.seq or before:
            self._asked[key] = [*before, turn.message]
        elif turn.message.seq > live.durable_seq:
            self._asked[key] = [turn.message]
        if len(self._asked) > 10_000:  # conversations whose messages have long been durable
            self._asked = {key: self._asked[key]}
        return [Line("user", said.text) for said in before if said.kind in _WORDS]

    def _catch_up(self, tenant: TenantId, conversation: ConversationId, live: Live) -> None:
        known = self.cache.known(tenant, conversation)
        news = live.recall(known or 0)
        if not news:
            return
        turns = [_turn(said) for said in news]
        if known is None:
            self.cache.begin(tenant, conversation, turns)
        else:
            for turn in turns:
                self.cache.append(tenant, conversation, turn)

    async def _load(self, tenant: TenantId, conversation: ConversationId, limit: int) -> list[ContextTurn]:
        return [_turn(said) for said in await self._store.last_said(tenant, conversation, limit)]


def _turn(said: Said) -> ContextTurn:
    text = said.text if said.kind in _WORDS else ""
    return ContextTurn(said.seq, said.role, text, estimate_tokens(text))


def _lines(turns: Sequence[ContextTurn]) -> list[Line]:
    return [
        Line("user" if turn.role == "visitor" else "assistant", turn.text)
        for turn in turns
        if turn.text and turn.role != "system"
    ]
