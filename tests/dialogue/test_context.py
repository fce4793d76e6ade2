"""Contexts: whatever is evicted, read again or stored meanwhile, the windows are those of the log."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdesk.dialogue.context import MAX_TURNS, ContextCache, ContextTurn, estimate_tokens
from fastdesk.model.ids import ConversationId, TenantId

A, B = TenantId("a"), TenantId("b")
C = ConversationId("c")


class Log:
    """Keep what was said, as the store does; `wait` holds a read back until it is set."""

    def __init__(self) -> None:
        self.turns: dict[tuple[TenantId, ConversationId], list[ContextTurn]] = {}
        self.reads = 0
        self.wait: asyncio.Event | None = None

    def add(self, tenant: TenantId, conversation: ConversationId, text: str) -> ContextTurn:
        turns = self.turns.setdefault((tenant, conversation), [])
        turn = ContextTurn(len(turns) + 1, "visitor", text, estimate_tokens(text))
        turns.append(turn)
        return turn

    async def load(self, tenant: TenantId, conversation: ConversationId, limit: int) -> list[ContextTurn]:
        self.reads += 1
        turns = list(self.turns.get((tenant, conversation), ()))[-limit:]
        if self.wait is not None:
            await self.wait.wait()
        return turns


def cache(log: Log, **bounds: Any) -> ContextCache:
    return ContextCache(log.load, **bounds)


def texts(turns: list[ContextTurn]) -> list[str]:
    return [turn.text for turn in turns]


async def test_hit_after_the_first_read() -> None:
    log = Log()
    of = cache(log)
    for text in ("你好", "hello"):
        of.append(A, C, [log.add(A, C, text)])
    assert texts(await of.window(A, C, 100)) == ["你好", "hello"]
    of.append(A, C, [log.add(A, C, "again")])
    assert texts(await of.window(A, C, 100, seq=3)) == ["你好", "hello", "again"]
    assert log.reads == 1


async def test_window_keeps_the_newest_that_fit_and_at_least_one() -> None:
    log = Log()
    of = cache(log)
    for text in ("一二三", "四五六", "七八九"):
        log.add(A, C, text)
    assert texts(await of.window(A, C, 8)) == ["四五六", "七八九"]
    assert texts(await of.window(A, C, 1)) == ["七八九"]
    assert await of.window(A, ConversationId("none"), 100) == []


async def test_turn_twice_changes_nothing_and_a_gap_is_read_again() -> None:
    log = Log()
    of = cache(log)
    first = log.add(A, C, "one")
    await of.window(A, C, 100)
    of.append(A, C, [first])
    log.add(A, C, "missed")
    of.append(A, C, [log.add(A, C, "three")])
    assert texts(await of.window(A, C, 100)) == ["one", "missed", "three"]
    assert log.reads == 2


async def test_context_that_does_not_reach_the_turn_is_read_again() -> None:
    log = Log()
    of = cache(log)
    log.add(A, C, "one")
    await of.window(A, C, 100)
    log.add(A, C, "two")
    assert texts(await of.window(A, C, 100, seq=2)) == ["one", "two"]


async def test_turns_stored_while_the_log_is_read_are_not_lost() -> None:
    log = Log()
    of = cache(log)
    log.add(A, C, "one")
    log.wait = asyncio.Event()
    reading = asyncio.ensure_future(of.window(A, C, 100))
    await asyncio.sleep(0)
    of.append(A, C, [log.add(A, C, "two")])
    of.append(A, C, [log.add(A, C, "three")])
    log.wait.set()
    assert texts(await reading) == ["one", "two", "three"]
    assert texts(await of.window(A, C, 100)) == ["one", "two", "three"]
    assert log.reads == 1


async def test_failed_read_leaves_nothing_behind() -> None:
    async def broken(tenant: TenantId, conversation: ConversationId, limit: int) -> list[ContextTurn]:
        raise OSError("disk")

    of = ContextCache(broken)
    with pytest.raises(OSError, match="disk"):
        await of.window(A, C, 100)
    of.append(A, C, [ContextTurn(1, "visitor", "x", 1)])
    assert len(of) == 0


async def test_tenants_are_apart() -> None:
    log = Log()
    of = cache(log)
    of.append(A, C, [log.add(A, C, "of a")])
    of.append(B, C, [log.add(B, C, "of b")])
    assert texts(await of.window(A, C, 100)) == ["of a"]
    assert texts(await of.window(B, C, 100)) == ["of b"]


async def test_one_tenant_cannot_push_out_another() -> None:
    log = Log()
    of = cache(log, max_bytes=40_000, tenant_share=0.5)
    log.add(B, C, "quiet")
    await of.window(B, C, 100)
    for number in range(200):
        conversation = ConversationId(str(number))
        log.add(A, conversation, "x" * 500)
        await of.window(A, conversation, 1_000)
    assert of.bytes_used <= 40_000
    reads = log.reads
    await of.window(B, C, 100)
    assert log.reads == reads


async def test_held_context_is_not_evicted() -> None:
    log = Log()
    of = cache(log, max_conversations=1)
    of.append(A, C, [log.add(A, C, "one")])
    await of.window(A, C, 100)
    with of.hold(A, C), of.hold(A, C):
        for number in range(5):
            await of.window(A, ConversationId(str(number)), 100)
        reads = log.reads
        of.append(A, C, [log.add(A, C, "two")])
        assert texts(await of.window(A, C, 100)) == ["one", "two"]
        assert log.reads == reads


async def test_forget() -> None:
    log = Log()
    of = cache(log)
    for tenant in (A, B):
        log.add(tenant, C, "one")
        await of.window(tenant, C, 100)
    with of.hold(A, C):
        of.forget(A, C)
        log.turns[A, C] = [ContextTurn(1, "visitor", "erased", 1)]
        assert texts(await of.window(A, C, 100)) == ["erased"]
        of.forget(A)
    of.forget(B)
    assert len(of) == 0


async def test_long_conversation_keeps_its_newest_turns() -> None:
    log = Log()
    of = cache(log)
    for number in range(MAX_TURNS + 50):
        of.append(A, C, [log.add(A, C, str(number))])
        if number == 10:
            await of.window(A, C, 10**6)
    window = await of.window(A, C, 10**6)
    assert len(window) == MAX_TURNS
    assert window[-1].text == str(MAX_TURNS + 49)
    assert window == await cache(log).window(A, C, 10**6)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.text("ab你好 ", max_size=8), st.integers(1, 40)), max_size=80),
    st.integers(1, 3),
)
def test_small_cache_gives_the_windows_of_an_endless_one(
    story: list[tuple[int, str, int]], entries: int
) -> None:
    async def play() -> None:
        log = Log()
        small, endless = cache(log, max_conversations=entries), cache(log)
        for number, text, max_tokens in story:
            conversation = ConversationId(str(number))
            turn = log.add(A, conversation, text)
            for of in (small, endless):
                of.append(A, conversation, [turn])
            assert await small.window(A, conversation, max_tokens, turn.seq) == await endless.window(
                A, conversation, max_tokens, turn.seq
            )

    asyncio.run(play())


def test_estimate_is_from_above() -> None:
    assert estimate_tokens("") == 1
    assert estimate_tokens("你好") == 3
    assert estimate_tokens("hello") == 3


async def test_what_is_at_hand_needs_no_reading() -> None:
    log = Log()
    of = cache(log)
    turns = [log.add(A, C, text) for text in ("一", "二", "三")]
    assert of.find(A, C) is None
    context = of.begin(A, C, turns[:2])
    assert of.find(A, C) is context
    assert context.seq == 2
    assert context.reaches(2, 100)
    assert not context.reaches(3, 100)
    assert of.extend(context, turns[1:], MAX_TURNS)
    assert texts(context.newest(100, MAX_TURNS)) == ["一", "二", "三"]
    assert texts(await of.window(A, C, 100, seq=3)) == ["一", "二", "三"]
    assert of.find(B, C) is None
    assert log.reads == 0


async def test_context_that_missed_a_turn_is_dropped() -> None:
    log = Log()
    of = cache(log)
    turns = [log.add(A, C, text) for text in ("一", "二", "三")]
    assert not of.extend(of.begin(A, C, turns[:1]), turns[2:], MAX_TURNS)
    assert of.find(A, C) is None


async def test_a_turn_reaches_those_who_read_its_context_behind_an_old_one() -> None:
    log = Log()
    of = cache(log)
    turns = [log.add(A, C, "一")]
    context = of.begin(A, C, turns, 1)
    log.add(A, C, "二")
    log.wait = asyncio.Event()
    reading = asyncio.ensure_future(of.window(A, C, 100, seq=2))
    await asyncio.sleep(0)
    of.extend(context, [ContextTurn(2, "visitor", "二", 3), ContextTurn(3, "visitor", "三", 3)], MAX_TURNS)
    log.wait.set()
    assert texts(await reading) == ["一", "二", "三"]


async def test_no_more_is_kept_than_a_window_wants() -> None:
    log = Log()
    of = cache(log)
    for number in range(60):
        turn = log.add(A, C, str(number))
        if number == 0:
            of.begin(A, C, [turn], 5)
        of.append(A, C, [turn], keep=5)
    wide = cache(log)
    await wide.window(A, C, 10**6, max_turns=5)
    assert of.bytes_used == wide.bytes_used
    assert texts(await of.window(A, C, 10**6, max_turns=5)) == ["55", "56", "57", "58", "59"]
    assert log.reads == 1


async def test_wider_window_than_what_was_kept_is_read() -> None:
    log = Log()
    of = cache(log)
    turns = [log.add(A, C, text) for text in ("一", "二", "三", "四")]
    assert not of.begin(A, C, turns, 2).reaches(4, 3)
    assert texts(await of.window(A, C, 100, max_turns=3)) == ["二", "三", "四"]
    assert texts(await of.window(A, C, 100)) == ["一", "二", "三", "四"]
    context = of.find(A, C)
    assert context is not None
    assert context.reaches(4, 300)
    assert log.reads == 2
