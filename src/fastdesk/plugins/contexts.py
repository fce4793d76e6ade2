"""What a model may know: the newest messages of a conversation, whoever wrote them, and passages of articles.

Messages come from memory, or else from the store.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol

from fastdesk.ai import AssistantSettings, Passage, ReadyLine, Window, ready_line
from fastdesk.dialogue.context import Context, ContextCache, ContextTurn, Key
from fastdesk.hub.live import Live
from fastdesk.knowledge import KnowledgeIndex
from fastdesk.model.article import Article
from fastdesk.model.event import Role, Said
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.model.site import Site
from fastdesk.model.turn import Turn
from fastdesk.plugins.faq import audience_of
from fastdesk.tenants.records import Records

__all__ = ["Contexts", "FindLive", "ReadyTurn", "Talk", "ready_turn"]

#: Kinds of message that are words; files, cards and the like say nothing to a model.
_WORDS = frozenset({"text", "markdown"})

#: Passages of the knowledge base that a model is given, and how sure the search must be of each.
MAX_PASSAGES = 3
MIN_SCORE = 0.1
#: What a window takes that has no lines.
_WINDOW_BYTES = 400
#: Conversations whose messages are remembered until they are durable.
MAX_ASKED = 10_000

FindLive = Callable[[TenantId, ConversationId], Live | None]


class ReadyTurn(ContextTurn):
    """A turn of a context, with the line that a model is given for it: made once, None when it has no words."""

    def __init__(self, seq: int, role: Role, text: str, ready: ReadyLine | None) -> None:
        super().__init__(seq, role, text, 0 if ready is None else ready.tokens)
        self.ready = ready
        if ready is not None:  # its line, in both forms, one of them twice
            self.size += self.size + 2 * len(ready.encoded)


class Talk(Context):
    """A context with the window of all its turns, which grows with it."""

    def __init__(self, key: Key, turns: Sequence[ContextTurn], keep: int, *, is_whole: bool) -> None:
        self.window = Window()
        super().__init__(key, turns, keep, is_whole=is_whole)
        self.size += _WINDOW_BYTES

    def add(self, turn: ContextTurn) -> None:
        """Add the newest turn, and its line."""
        super().add(turn)
        if isinstance(turn, ReadyTurn) and turn.ready is not None:
            self.window.append(turn.ready)

    def drop_oldest(self) -> ContextTurn:
        """Forget a turn, and its line."""
        oldest = super().drop_oldest()
        if isinstance(oldest, ReadyTurn) and oldest.ready is not None:
            self.window.drop_oldest()
        return oldest


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
        self.cache = ContextCache(self._load, make=Talk)
        #: Messages that were asked about and were not durable then: a quick second one must not make the first forgotten.
        self._asked: dict[ConversationId, list[ReadyTurn]] = {}

    def said(
        self, turn: Turn, asked: ReadyTurn, settings: AssistantSettings
    ) -> Window | Awaitable[Window] | None:
        """Return what was said before a turn, which is `asked`; at once when memory has it all.

        What was said up to the last resolution is over: a model that is told of it goes on with it.
        """
        conversation = turn.conversation
        live = self._find(conversation.tenant, conversation.id)
        if live is None:
            return None
        context = self._at_hand(live, settings) if live.durable_seq else None
        waiting = self._waiting(asked, live)
        since = conversation.bot_from
        if context is not None:
            return _window(context, settings, waiting, before=asked.seq, since=since)
        if live.durable_seq:
            return self._read(live, waiting, before=asked.seq, since=since)
        return Window(waiting) if waiting else None

    async def recent(self, live: Live) -> Window:
        """Return what has been said in a conversation, for an agent who works on it."""
        settings = self._settings_of(live.tenant, live.site)
        context = self._at_hand(live, settings)
        if context is not None:
            return _window(context, settings, [])
        return await self._read(live, [], before=live.durable_seq + 1)

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

    def _at_hand(self, live: Live, settings: AssistantSettings) -> Context | None:
        """Bring the context up to what is durable from memory, and return it when that was possible."""
        tenant, conversation, wanted, cache = live.tenant, live.id, _wanted(settings), self.cache
        context = cache.find(tenant, conversation)
        if context is None or context.seq != live.durable_seq:
            news = live.recall(0 if context is None else context.seq)
            if news is None and live.recent is not None and len(live.recent) >= wanted:
                context, news = None, list(live.recent)  # it fell behind, but all that a window wants is here
            if news:
                asked = self._asked.get(conversation, [])
                turns: list[ContextTurn] = [
                    _asked_turn(said, asked) or ready_turn(said, settings) for said in news
                ]
                if context is None:
                    context = cache.begin(tenant, conversation, turns, wanted)
                elif not cache.extend(context, turns, wanted):
                    return None
        return context if context is not None and context.reaches(live.durable_seq, wanted) else None

    async def _read(self, live: Live, waiting: list[ReadyLine], *, before: int, since: int = 0) -> Window:
        tenant, conversation = live.conversation.tenant, live.conversation.id
        settings = self._settings_of(tenant, live.site)
        turns = await self.cache.window(
            tenant, conversation, settings.context_tokens, live.durable_seq, _wanted(settings)
        )
        return Window(_lines(turns, before, since) + waiting)

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


def _wanted(settings: AssistantSettings) -> int:
    """Return how many turns a context wants: one more than a model is given, as the question itself may be among them."""
    return settings.context_turns + 1


def _window(
    context: Context,
    settings: AssistantSettings,
    waiting: list[ReadyLine],
    *,
    before: int = 1 << 62,
    since: int = 0,
) -> Window:
    """Return the lines of a context between two turns and those that wait: nearly always, all that it has and no others."""
    turns, wanted = context.turns, _wanted(settings)
    is_all = not turns or (since < turns[0].seq and turns[-1].seq < before and len(turns) <= wanted)
    if is_all and not waiting and isinstance(context, Talk):
        return context.window
    return Window(_lines(context.newest(settings.context_tokens, wanted), before, since) + waiting)


def _lines(turns: list[ContextTurn], before: int, since: int) -> list[ReadyLine]:
    """Return the lines of turns after `since` and before `before`."""
    lines = []
    for turn in turns:
        if since < turn.seq < before and isinstance(turn, ReadyTurn):
            ready = turn.ready
            if ready is not None:
                lines.append(ready)
    return lines
