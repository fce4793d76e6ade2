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

__all__ = ["ContextCache", "ContextTurn", "Load", "estimate_tokens"]

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

_Key = tuple[TenantId, ConversationId]


class _Context:
    """Hold the newest turns of one conversation, dense by `seq`, and the sums of their sizes and tokens.

    `is_whole` when none came before them.
    """

    __slots__ = ("is_whole", "size", "tokens", "turns")

    def __init__(self, turns: Sequence[ContextTurn], keep: int, *, is_whole: bool) -> None:
        self.turns = list(turns[-keep:])
        self.size = _CONTEXT_BYTES + sum([turn.size for turn in self.turns])
        self.tokens = sum([turn.tokens for turn in self.turns])
        self.is_whole = is_whole and len(turns) <= keep

    def append(self, turn: ContextTurn, keep: int) -> None:
        turns = self.turns
        turns.append(turn)
        self.size += turn.size
        self.tokens += turn.tokens
        while len(turns) > keep:
            oldest = turns.pop(0)
            self.size -= oldest.size
            self.tokens -= oldest.tokens
            self.is_whole = False

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
        return self.seq >= seq and (self.is_whole or len(self.turns) >= max_turns)

    @property
    def seq(self) -> int:
        return self.turns[-1].seq if self.turns else 0


class ContextCache:
    """Keep contexts within a bound of bytes, no tenant holding more than its share. Runs in the loop; not locked.

    Args:
        load: reads a context from the log when it is not here.
        max_bytes: memory for all contexts, by estimate.
        tenant_share: part of it that one tenant may take, above 0 up to 1.
        max_conversations: contexts at most.
    """

    __slots__ = ("_cache", "_held", "_load", "_loading")

    def __init__(
        self,
        load: Load,
        *,
        max_bytes: int = 64 << 20,
        tenant_share: float = 0.5,
        max_conversations: int = 100_000,
    ) -> None:
        self._load = load
        self._cache: LRUCache[_Key, _Context] = LRUCache(max_conversations, max_bytes, tenant_share)
        self._held: dict[_Key, tuple[int, _Context | None]] = {}
        self._loading: dict[_Key, list[list[ContextTurn]]] = {}

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
        key = (tenant, conversation)
        if self._loading:
            for late in self._loading.get(key, ()):
                late.extend(turns)
        context = self._find(key)
        if context is None:
            return
        for turn in turns:
            if turn.seq > context.seq + 1:
                self._drop(key)
                return
            if turn.seq > context.seq:
                context.append(turn, keep)
        self._cache.put(key, context, context.size, tenant)

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
        turns = self.at_hand(tenant, conversation, max_tokens, seq, max_turns)
        if turns is None:
            turns = (await self._read(key, min(max_turns, MAX_TURNS))).newest(max_tokens, max_turns)
        return turns

    def known(self, tenant: TenantId, conversation: ConversationId) -> int | None:
        """Say up to which `seq` a context is in memory, None when it is not."""
        context = self._find((tenant, conversation))
        return None if context is None else context.seq

    def begin(
        self,
        tenant: TenantId,
        conversation: ConversationId,
        turns: Sequence[ContextTurn],
        keep: int = MAX_TURNS,
    ) -> None:
        """Keep a context that need not be read, as its newest turns are at hand: dense, oldest first, not empty."""
        key = (tenant, conversation)
        context = _Context(turns, keep, is_whole=turns[0].seq == 1)
        self._cache.put(key, context, context.size, tenant)

    def at_hand(
        self,
        tenant: TenantId,
        conversation: ConversationId,
        max_tokens: int,
        seq: int = 0,
        max_turns: int = MAX_TURNS,
    ) -> list[ContextTurn] | None:
        """Give what `window` gives if that takes no reading, else None."""
        context = self._find((tenant, conversation))
        if context is None or not context.reaches(seq, min(max_turns, MAX_TURNS)):
            return None
        return context.newest(max_tokens, max_turns)

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

    def _find(self, key: _Key) -> _Context | None:
        context = self._cache.get(key)
        if context is None and key in self._held:
            context = self._held[key][1]
        return context

    def _drop(self, key: _Key) -> None:
        self._cache.pop(key)
        if key in self._held:
            self._held[key] = (self._held[key][0], None)

    async def _read(self, key: _Key, limit: int) -> _Context:
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
        context = _Context(turns, limit, is_whole=len(turns) < limit)
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
