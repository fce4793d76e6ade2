"""What the regression check measures: each subject as the desk does it, and as others would.

Every function here returns a run: a callable that does an operation n times. All set-up happens outside it.
"""

from __future__ import annotations

import json
import random
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import msgspec

from fastdesk._core import BloomFilter, BucketTable, KeywordMatcher
from fastdesk.dialogue.context import ContextCache, ContextTurn, estimate_tokens
from fastdesk.model.event import Said
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.pipeline.parse import parse
from fastdesk.protocol.codec import JSON, message_frame
from fastdesk.protocol.frames import Ack

Run = Callable[[int], None]

_SHARED_WORDS = Path(__file__).resolve().parents[3] / "shared" / "data" / "moderation"
_HAN = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
_WORDS = 15_000
_TEXT_LENGTH = 60
_MEMORY_BYTES = 1 << 26
_CONVERSATIONS = 10_000


class Subject(msgspec.Struct, frozen=True):
    """One thing that is measured; `others` do the same by other means, or raise ImportError where those are not."""

    name: str
    desk: Callable[[], Run]
    others: dict[str, Callable[[], Run]] = {}
    operations: int = 20_000
    """How many are counted: enough to stand out from the start-up's own small differences."""


# Word filter: 15,000 words, a Chinese text of 60 characters without a hit.


def filter_words() -> list[str]:
    """Return real word lists where the shared data sets are, else made-up words of the same lengths."""
    if _SHARED_WORDS.is_dir():
        lines = (
            line for file in sorted(_SHARED_WORDS.glob("*.txt")) for line in file.read_text().splitlines()
        )
        return [word.strip() for word in lines if word.strip()]
    rng = random.Random(1)
    return ["".join(rng.choices(_HAN, k=rng.randint(3, 5))) for _ in range(_WORDS)]


def _clean_texts(words: list[str]) -> list[str]:
    """Return Chinese texts in which no word occurs."""
    rng = random.Random(2)
    matcher = KeywordMatcher(words)
    texts = ("".join(rng.choices(_HAN, k=_TEXT_LENGTH)) for _ in range(100_000))
    return list(islice((text for text in texts if not matcher.has_match(text)), 256))


def _over_texts(find: Callable[[str], object], texts: list[str]) -> Run:
    def run(count: int) -> None:
        for text in islice(cycle(texts), count):
            find(text)

    return run


def keywords_run() -> Run:
    """Return the scan of a text without a hit as the desk does it."""
    words = filter_words()
    return _over_texts(KeywordMatcher(words).has_match, _clean_texts(words))


def _keywords_pyahocorasick() -> Run:
    import ahocorasick

    words = filter_words()
    automaton = ahocorasick.Automaton()
    for word in words:
        automaton.add_word(word, word)
    automaton.make_automaton()

    def find(text: str) -> object:
        return next(automaton.iter(text), None)

    return _over_texts(find, _clean_texts(words))


# Context cache: look a dialogue's context up and append a message.

_CONTEXT_LENGTH = 20
_MESSAGE = "您好，这款商品现价 128 元，两件起包邮。"


def _keys() -> list[str]:
    rng = random.Random(3)
    return [f"conversation-{rng.randrange(_CONVERSATIONS)}" for _ in range(1 << 14)]


def context_run() -> Run:
    """Return the look-up and append as the desk does it."""

    async def load(tenant: TenantId, conversation: ConversationId, limit: int) -> list[ContextTurn]:
        raise RuntimeError("the context of a benchmark is always at hand")

    tenant = TenantId("demo")
    cache = ContextCache(load, max_bytes=_MEMORY_BYTES, tenant_share=1.0)
    keys = [ConversationId(key) for key in _keys()]
    tokens = estimate_tokens(_MESSAGE)
    room = tokens * _CONTEXT_LENGTH

    def run(count: int) -> None:
        for key in islice(cycle(keys), count):
            context = cache.find(tenant, key)
            if context is None:
                cache.begin(tenant, key, [ContextTurn(1, "visitor", _MESSAGE, tokens)], _CONTEXT_LENGTH)
            else:
                turns = context.newest(room, _CONTEXT_LENGTH)  # Redis is asked for them, too
                turn = ContextTurn(turns[-1].seq + 1, "visitor", _MESSAGE, tokens)
                cache.extend(context, [turn], _CONTEXT_LENGTH)

    return run


def _context_cachetools() -> Run:
    import cachetools

    cache: Any = cachetools.LRUCache(_MEMORY_BYTES, getsizeof=lambda context: 64 + 96 * len(context))
    keys = _keys()

    def run(count: int) -> None:
        for key in islice(cycle(keys), count):
            context = cache.get(key)
            if context is None:
                context = []
            context.append(_MESSAGE)
            if len(context) > _CONTEXT_LENGTH:
                del context[0]
            cache[key] = context

    return run


def _context_ordered_dict() -> Run:
    cache: OrderedDict[str, list[str]] = OrderedDict()
    keys = _keys()

    def run(count: int) -> None:
        for key in islice(cycle(keys), count):
            context = cache.setdefault(key, [])
            cache.move_to_end(key)
            context.append(_MESSAGE)
            if len(context) > _CONTEXT_LENGTH:
                del context[0]
            if len(cache) > _CONVERSATIONS:
                cache.popitem(last=False)

    return run


# Rate limits and idempotency.


def _buckets_desk() -> Run:
    table = BucketTable(1000.0, 1000, 1 << 16)
    keys = _keys()

    def run(count: int) -> None:
        now_ns = 0
        for key in islice(cycle(keys), count):
            now_ns += 1_000_000
            table.take(key, 1, now_ns)

    return run


def _buckets_python() -> Run:
    levels: dict[str, tuple[float, int]] = {}
    keys = _keys()

    def run(count: int) -> None:
        now_ns = 0
        for key in islice(cycle(keys), count):
            now_ns += 1_000_000
            level, last_ns = levels.get(key, (1000.0, now_ns))
            level = min(1000.0, level + (now_ns - last_ns) * 1e-6)
            if level >= 1:
                levels[key] = (level - 1, now_ns)

    return run


def _ids() -> list[str]:
    return [f"018f3a5c-{number:04x}-7abc-8def-{number:012x}" for number in range(1 << 16)]


def _bloom_desk() -> Run:
    bloom = BloomFilter(1 << 20, 1e-4, b"0123456789abcdef")
    ids = _ids()

    def run(count: int) -> None:
        for item in islice(cycle(ids), count):
            bloom.add_if_new(item)

    return run


def _bloom_set() -> Run:
    seen: set[str] = set()
    ids = _ids()

    def run(count: int) -> None:
        for item in islice(cycle(ids), count):
            if item not in seen:
                seen.add(item)

    return run


# Stages: parse a message, write the two frames that answer it.

_SEND = '{"t":"send","id":"018f3a5c-0001-7abc-8def-000000000001","text":"您好，请问这款商品的价格是多少？"}'.encode()


def _parse_desk() -> Run:
    def run(count: int) -> None:
        for _ in range(count):
            parse(JSON, _SEND)

    return run


def _parse_json() -> Run:
    def run(count: int) -> None:
        for _ in range(count):
            json.loads(_SEND)

    return run


def _corridor_desk() -> Run:
    from benchmarks.micro.corridor import corridor_run  # draws in the whole desk: only where it is wanted

    return corridor_run()


def _requests_desk() -> Run:
    from benchmarks.micro.requests import requests_run

    return requests_run()


def _assistant_desk() -> Run:
    from benchmarks.micro.assistant_turn import assistant_run

    return assistant_run()


def _projecting(conversations: int) -> Run:
    from benchmarks.micro.projecting import projecting_run

    return projecting_run(conversations)


def _terms_desk() -> Run:
    from benchmarks.micro.projecting import terms_run

    return terms_run()


def _terms_pattern() -> Run:
    from benchmarks.micro.projecting import terms_by_pattern

    return terms_by_pattern()


def _stored() -> tuple[Said, Said]:
    """Return a visitor's message, which is acknowledged, and its answer, which is shown."""
    tenant, conversation, at = TenantId("demo"), ConversationId("01jq2m5v9x3k7n8p4r6t"), 1_767_225_600_000
    asked = Said(
        tenant, 81, at, conversation, 41, "018f3a5c-0001-7abc-8def-000000000001", "visitor", "v1", "", "text", _MESSAGE
    )  # fmt: skip
    answered = Said(tenant, 82, at, conversation, 42, "k7n8p4r6t-42", "bot", "desk", "Bot", "text", _MESSAGE)
    return asked, answered


def _reply_desk() -> Run:
    asked, answered = _stored()

    def run(count: int) -> None:
        for _ in range(count):
            JSON.ack(asked)
            JSON.message(answered)

    return run


def _reply_msgspec() -> Run:
    asked, answered = _stored()
    encode = msgspec.json.Encoder().encode

    def run(count: int) -> None:
        for _ in range(count):
            encode(Ack(asked.id, asked.seq, asked.at))
            encode(message_frame(answered))

    return run


def _reply_json() -> Run:
    asked, answered = _stored()
    ack = msgspec.to_builtins(Ack(asked.id, asked.seq, asked.at))
    message = msgspec.to_builtins(message_frame(answered))

    def run(count: int) -> None:
        for _ in range(count):
            json.dumps(ack).encode()
            json.dumps(message).encode()

    return run


SUBJECTS = (
    Subject("word filter, 15,000 words, no hit", keywords_run, {"pyahocorasick": _keywords_pyahocorasick}),
    Subject(
        "context look-up and append",
        context_run,
        {"cachetools": _context_cachetools, "OrderedDict": _context_ordered_dict},
    ),
    Subject("rate limit", _buckets_desk, {"Python": _buckets_python}),
    Subject("idempotency filter", _bloom_desk, {"set": _bloom_set}),
    Subject("stage parse", _parse_desk, {"json.loads": _parse_json}),
    Subject("whole corridor, store in memory", _corridor_desk, operations=1_000),
    Subject("send and poll by HTTP, store in memory", _requests_desk, operations=1_600),
    Subject("turn of a model, store in memory", _assistant_desk, operations=1_024),
    Subject("stage reply, two frames", _reply_desk, {"msgspec": _reply_msgspec, "json.dumps": _reply_json}),
    Subject("message and answer into SQLite, 64 talks", partial(_projecting, 64), operations=20_480),
    Subject("message and answer into SQLite, 2,000 talks", partial(_projecting, 2_000), operations=20_480),
    Subject("search terms of a message", _terms_desk, {"pattern": _terms_pattern}, operations=10_000),
)
