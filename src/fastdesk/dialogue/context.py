"""The last turns of each conversation, kept in memory for prompts: a cache over the log, never the only copy.

The log numbers what is said densely (`seq`), so the last number of a context is its version: a turn that does not
follow it shows that something was missed, and the context is read again. Whatever is evicted or read again gives the
same windows as if nothing ever had been.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from fastdesk._core import LRUCache
from fastdesk.model.event import Role
from fastdesk.model.ids import ConversationId, TenantId

__all__ = ["Context", "ContextCache", "ContextTurn", "Key", "Load", "estimate_tokens"]

MAX_TURNS = 200
"""Turns of a conversation that are kept and that a window may have."""

_TURN_BYTES = 160
"""What a turn takes beside its text: its struct, its string, its place in the list."""

_CONTEXT_BYTES = 400


class ContextTurn:
    """Hold one thing that was said. `tokens` and `size`, the bytes it takes in memory, are estimates.

    A plain class: compiled, its fields are read five times as fast as a struct's, and a prompt reads them by the hundred.
    """

    def __init__(self, seq: int, role: Role, text: str, tokens: int) -> None:
        self.seq = seq
        self.role = role
        self.text = text
        self.tokens = tokens
        self.size = _TURN_BYTES + (1 if text.isascii() else 2) * len(text)


Load = Callable[[TenantId, ConversationId, int], Awaitable[list[ContextTurn]]]
"""Read the newest turns of a conversation from the log, oldest first, at most the given number."""

Key = tuple[TenantId, ConversationId]


class Context:
    """Hold the newest turns of one conversation, dense by `seq`, and the sums of their sizes and tokens.

    `is_whole` when none came before them. Who makes more of the turns subclasses `add` and `drop_oldest`.
    """

    __slots__ = ("is_whole", "key", "size", "tokens", "turns")

    def __init__(self, key: Key, turns: Sequence[ContextTurn], keep: int, *, is_whole: bool) -> None:
        self.key = key
        self.turns: list[ContextTurn] = []
        self.size = _CONTEXT_BYTES
        self.tokens = 0
        self.is_whole = is_whole and len(turns) <= keep
        for turn in turns[-keep:]:
            self.add(turn)

    def add(self, turn: ContextTurn) -> None:
        """Add the newest turn."""
        self.turns.append(turn)
        self.size += turn.size
        self.tokens += turn.tokens

    def drop_oldest(self) -> ContextTurn:
        """Forget a turn and return it; there must be one."""
        oldest = self.turns.pop(0)
        self.size -= oldest.size
        self.tokens -= oldest.tokens
        self.is_whole = False
        return oldest

    def append(self, turn: ContextTurn, keep: int) -> None:
        """Add the newest turn, and keep no more than so many."""
        self.add(turn)
        while len(self.turns) > keep:
            self.drop_oldest()

    def newest(self, max_tokens: int, max_turns: int) -> list[ContextTurn]:
        """Return the newest turns that fit, oldest first; at least the newest one, however long it is."""
        turns = self.turns
        if self.tokens <= max_tokens and len(turns) <= max_turns:
            return turns[:]
        left = max_tokens
        end = len(turns)
        first, least = end, max(end - max_turns, 0)
        while first > least and (turns[first - 1].tokens <= left or first == end):
            first -= 1
            left -= turns[first].tokens
        return turns[first:]

    def reaches(self, seq: int, max_turns: int) -> bool:
        """Tell whether a window of so many turns up to `seq` can be made of it."""
        return self.seq >= seq and (self.is_whole or len(self.turns) >= min(max_turns, MAX_TURNS))

    @property
    def seq(self) -> int:
        """Return the number of its newest turn, 0 when it has none."""
        return self.turns[-1].seq if self.turns else 0


class ContextCache:
    """Keep contexts within a bound of bytes, which tenants share fairly. Runs in the loop; not locked.

    Args:
        load: reads a context from the log when it is not here.
        make: what a context is.
        max_bytes: memory for all contexts, by estimate.
        tenant_share: part of it that one tenant keeps when others want it, above 0 up to 1.
        max_conversations: contexts at most.
    """

    __slots__ = ("_cache", "_held", "_load", "_loading", "_make")

    def __init__(
        self,
        load: Load,
        *,
        make: type[Context] = Context,
        max_bytes: int = 64 << 20,
        tenant_share: float = 0.5,
        max_conversations: int = 100_000,
    ) -> None:
        self._load = load
        self._make = make
        self._cache: LRUCache[Key, Context] = LRUCache(max_conversations, max_bytes, tenant_share)
        self._held: dict[Key, tuple[int, Context | None]] = {}
        self._loading: dict[Key, list[list[ContextTurn]]] = {}

    def append(
        self,
        tenant: TenantId,
        conversation: ConversationId,
        turns: Sequence[ContextTurn],
        keep: int = MAX_TURNS,
    ) -> None:
        """Add what was just stored; call it for every message, whoever wrote it, in the order of `seq`.

        A turn that is there already changes nothing; one that does not follow drops the context, to be read again.
        `keep` is how many turns a window will want: no more are kept, so that many conversations fit.
        """
        context = self.find(tenant, conversation)
        if context is not None:
            self.extend(context, turns, keep)
        elif self._loading:
            self._tell_readers((tenant, conversation), turns)

    def extend(self, context: Context, turns: Sequence[ContextTurn], keep: int) -> bool:
        """Add what was just stored to a context that `find` gave; False when it had to be dropped. See `append`."""
        if self._loading:
            self._tell_readers(context.key, turns)
        for turn in turns:
            if turn.seq > context.seq + 1:
                self._drop(context.key)
                return False
            if turn.seq > context.seq:
                context.append(turn, keep)
        self._cache.put(context.key, context, context.size, context.key[0])
        return True

    def find(self, tenant: TenantId, conversation: ConversationId) -> Context | None:
        """Return a context that is in memory; whoever adds to it uses `extend`."""
        return self._find((tenant, conversation))

    async def window(
        self,
        tenant: TenantId,
        conversation: ConversationId,
        max_tokens: int,
        seq: int = 0,
        max_turns: int = MAX_TURNS,
    ) -> list[ContextTurn]:
        """Give the newest turns that fit, oldest first; at least the newest one, however long it is.

        Args:
            tenant: whose conversation it is; part of the key, so that no id can reach across.
            conversation: its id.
            max_tokens: the most tokens that the turns together may have.
            seq: the turn that must be in sight; a context that does not reach it is read again.
            max_turns: the most turns, at least 1.
        """
        key = (tenant, conversation)
        context = self._find(key)
        if context is None or not context.reaches(seq, max_turns):
            context = await self._read(key, min(max_turns, MAX_TURNS))
        return context.newest(max_tokens, max_turns)

    def begin(
        self,
        tenant: TenantId,
        conversation: ConversationId,
        turns: Sequence[ContextTurn],
        keep: int = MAX_TURNS,
    ) -> Context:
        """Keep a context that need not be read, as its newest turns are at hand: dense, oldest first, not empty."""
        key = (tenant, conversation)
        context = self._make(key, turns, keep, is_whole=turns[0].seq == 1)
        self._cache.put(key, context, context.size, tenant)
        return context

    @contextmanager
    def hold(self, tenant: TenantId, conversation: ConversationId) -> Iterator[None]:
        """Keep a context from being evicted while its answer is on the way."""
        key = (tenant, conversation)
        count, context = self._held.get(key, (0, self._cache.get(key)))
        self._held[key] = (count + 1, context)
        try:
            yield
        finally:
            count, context = self._held.pop(key)
            if count > 1:
                self._held[key] = (count - 1, context)

    def forget(self, tenant: TenantId, conversation: ConversationId | None = None) -> None:
        """Drop the context of a conversation, or all of a tenant: after an erasure, or when a turn was changed."""
        if conversation is not None:
            self._drop((tenant, conversation))
            return
        for key in [key for key in self._held if key[0] == tenant]:
            self._held[key] = (self._held[key][0], None)
        self._cache.drop_owner(tenant)

    @property
    def bytes_used(self) -> int:
        """Say how many bytes the contexts take, by estimate."""
        return self._cache.bytes_used

    def __len__(self) -> int:
        return len(self._cache)

    def _find(self, key: Key) -> Context | None:
        context = self._cache.get(key)
        if context is None and key in self._held:
            context = self._held[key][1]
        return context

    def _drop(self, key: Key) -> None:
        self._cache.pop(key)
        if key in self._held:
            self._held[key] = (self._held[key][0], None)

    def _tell_readers(self, key: Key, turns: Sequence[ContextTurn]) -> None:
        """Let those who read this context from the log know what was stored meanwhile."""
        for late in self._loading.get(key, ()):
            late.extend(turns)

    async def _read(self, key: Key, limit: int) -> Context:
        """Read a context from the log; turns that are stored meanwhile are added, a gap leaves it uncached."""
        late: list[ContextTurn] = []
        waiting = self._loading.setdefault(key, [])
        waiting.append(late)
        try:
            turns = await self._load(*key, limit)
        finally:
            waiting[:] = [one for one in waiting if one is not late]
            if not waiting:
                self._loading.pop(key, None)
        context = self._make(key, turns, limit, is_whole=len(turns) < limit)
        has_gap = False
        for turn in late:
            if turn.seq == context.seq + 1:
                context.append(turn, limit)
            elif turn.seq > context.seq:
                has_gap = True
                break
        known = self._find(key)
        if known is not None and known.reaches(context.seq, limit):
            return known
        if not has_gap:
            self._cache.put(key, context, context.size, key[0])
            if key in self._held:
                self._held[key] = (self._held[key][0], context)
        return context


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of a text from above: one for each Chinese sign, one for three others, and one more."""
    wide = sum(1 for sign in text if sign >= "\u2e80") if not text.isascii() else 0
    return wide + (len(text) - wide + 2) // 3 + 1
