"""What a model may know: the newest messages of a conversation, whoever wrote them, and passages of articles.

Messages come from memory, or else from the store.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol

from fastdesk.ai import AssistantSettings, Passage, ReadyLine, ready_line
from fastdesk.dialogue.context import ContextCache, ContextTurn
from fastdesk.hub.live import Live
from fastdesk.knowledge import KnowledgeIndex
from fastdesk.model.article import Article
from fastdesk.model.event import Role, Said
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.model.site import Site
from fastdesk.model.turn import Turn
from fastdesk.plugins.faq import audience_of
from fastdesk.tenants.records import Records

__all__ = ["Contexts", "FindLive", "ReadyTurn", "ready_turn"]

#: Kinds of message that are words; files, cards and the like say nothing to a model.
_WORDS = frozenset({"text", "markdown"})

#: Passages of the knowledge base that a model is given, and how sure the search must be of each.
MAX_PASSAGES = 3
MIN_SCORE = 0.1
#: Conversations whose messages are remembered until they are durable.
MAX_ASKED = 10_000

FindLive = Callable[[TenantId, ConversationId], Live | None]


class ReadyTurn(ContextTurn):
    """A turn of a context, with the line that a model is given for it: made once, None when it has no words."""

    def __init__(self, seq: int, role: Role, text: str, ready: ReadyLine | None) -> None:
        super().__init__(seq, role, text, 0 if ready is None else ready.tokens)
        self.ready = ready
        if ready is not None:  # its line, in both forms
            self.size += self.size + len(ready.encoded)


class _Messages(Protocol):
    async def last_said(self, tenant: TenantId, conversation: ConversationId, limit: int) -> list[Said]:
        """Return the newest messages, by seq."""


class Contexts:
    """Keep contexts in step with conversations that ask a model; others cost nothing.

    Args:
        settings_of: tells a site's settings, which say what must be masked.
    """

    def __init__(
        self,
        *,
        store: _Messages,
        find: FindLive,
        records: Records,
        knowledge: Callable[[TenantId], KnowledgeIndex],
        vector_of: Callable[[str], Sequence[float] | None],
        settings_of: Callable[[TenantId, Site], AssistantSettings],
    ) -> None:
        self._store = store
        self._find = find
        self._records = records
        self._knowledge = knowledge
        self._vector_of = vector_of
        self._settings_of = settings_of
        self.cache = ContextCache(self._load)
        #: Messages that were asked about and were not durable then: a quick second one must not make the first forgotten.
        self._asked: dict[ConversationId, list[ReadyTurn]] = {}

    def said(
        self, turn: Turn, asked: ReadyTurn, settings: AssistantSettings
    ) -> list[ReadyLine] | Awaitable[Sequence[ReadyLine]]:
        """Return what was said before a turn, which is `asked`; at once when memory has it all."""
        conversation = turn.conversation
        live = self._find(conversation.tenant, conversation.id)
        if live is None:
            return []
        turns = self._at_hand(live, settings) if live.durable_seq else []
        waiting = self._waiting(asked, live)
        since = conversation.bot_from
        if turns is None:
            return self._read(live, waiting, before=asked.seq, since=since)
        lines = _lines(turns, asked.seq, since)
        return lines + waiting if waiting else lines

    async def recent(self, live: Live) -> Sequence[ReadyLine]:
        """Return what has been said in a conversation, for an agent who works on it."""
        turns = self._at_hand(live, self._settings_of(live.tenant, live.site))
        return await self._read(live, [], before=live.durable_seq + 1) if turns is None else _lines(turns)

    def forget(self, tenant: TenantId, conversation: ConversationId) -> None:
        """Drop what is kept of a conversation that is being removed."""
        self.cache.forget(tenant, conversation)
        self._asked.pop(conversation, None)

    def passages(self, turn: Turn) -> tuple[Passage, ...]:
        """Return the parts of articles that may answer a turn, best first."""
        tenant = turn.conversation.tenant
        if self._knowledge(tenant).is_empty:
            return ()
        return self.find_passages(tenant, turn.message.text, audience_of(turn))

    def find_passages(
        self, tenant: TenantId, question: str, audience: Collection[str] = ()
    ) -> tuple[Passage, ...]:
        """Return the parts of articles that may answer a question, as far as this audience may see them."""
        index = self._knowledge(tenant)
        if index.is_empty:
            return ()
        passages = []
        vector = self._vector_of(question)
        for hit in index.search(question, limit=MAX_PASSAGES, audience=audience, vector=vector):
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

    def _at_hand(self, live: Live, settings: AssistantSettings) -> list[ContextTurn] | None:
        """Bring the context up to what is durable from memory, and return its window when that was possible.

        It is one longer than what a model is given, as the question itself may be durable by now.
        """
        tenant, conversation, wanted = live.tenant, live.id, settings.context_turns + 1
        known = self.cache.known(tenant, conversation)
        if known != live.durable_seq:
            news = live.recall(known or 0)
            if news is None and live.recent is not None and len(live.recent) >= wanted:
                known, news = None, list(live.recent)  # it fell behind, but all that a window wants is here
            if news:
                asked = self._asked.get(conversation, [])
                turns = [_asked_turn(said, asked) or ready_turn(said, settings) for said in news]
                if known is None:
                    self.cache.begin(tenant, conversation, turns, wanted)
                else:
                    self.cache.append(tenant, conversation, turns, wanted)
        return self.cache.at_hand(tenant, conversation, settings.context_tokens, live.durable_seq, wanted)

    async def _read(
        self, live: Live, waiting: list[ReadyLine], *, before: int, since: int = 0
    ) -> Sequence[ReadyLine]:
        tenant, conversation = live.conversation.tenant, live.conversation.id
        settings = self._settings_of(tenant, live.site)
        turns = await self.cache.window(
            tenant, conversation, settings.context_tokens, live.durable_seq, settings.context_turns + 1
        )
        return _lines(turns, before, since) + waiting

    async def _load(self, tenant: TenantId, conversation: ConversationId, limit: int) -> list[ContextTurn]:
        live = self._find(tenant, conversation)
        settings = AssistantSettings() if live is None else self._settings_of(tenant, live.site)
        return [
            ready_turn(said, settings) for said in await self._store.last_said(tenant, conversation, limit)
        ]

    def _waiting(self, asked: ReadyTurn, live: Live) -> list[ReadyLine]:
        """Return the visitor's messages before this turn that are not durable yet, and remember this one."""
        durable, before = live.durable_seq, self._asked.get(live.id)
        if before is None or before[-1].seq <= durable:
            if len(self._asked) > MAX_ASKED:
                self._asked.clear()
            self._asked[live.id] = [asked]
            return []
        waiting = [turn for turn in before if durable < turn.seq < asked.seq]
        self._asked[live.id] = [*waiting, asked]
        return [turn.ready for turn in waiting if turn.ready is not None]


def ready_turn(said: Said, settings: AssistantSettings) -> ReadyTurn:
    """Make a message ready for a model."""
    if said.kind not in _WORDS or said.role == "system" or not said.text:
        return ReadyTurn(said.seq, said.role, "", None)
    ready = ready_line("user" if said.role == "visitor" else "assistant", said.text, settings.mask)
    return ReadyTurn(said.seq, said.role, said.text, ready)


def _asked_turn(said: Said, asked: list[ReadyTurn]) -> ReadyTurn | None:
    """Return the turn of a message that was asked about: it has been made then."""
    for turn in asked:
        if turn.seq == said.seq and turn.text == said.text:
            return turn
    return None


def _lines(turns: list[ContextTurn], before: int = 1 << 62, since: int = 0) -> list[ReadyLine]:
    """Return the lines of turns after `since`; the question itself, which may be durable by now, is not one of them.

    What was said up to the last resolution is over: a model that is told of it goes on with it.
    """
    lines = []
    for turn in turns:
        if since < turn.seq < before and isinstance(turn, ReadyTurn):
            ready = turn.ready
            if ready is not None:
                lines.append(ready)
    return lines
