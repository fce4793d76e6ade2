"""Equal questions: those that are under way share one call, and their answer is kept for a while. Off unless a site asks for it.

Two questions are equal when all a model is given is equal, byte for byte, and tenant, site and audience
are. A prompt that holds anything of one visitor (earlier lines, masked data, variables, identity) is never
shared.
"""

import hashlib

import msgspec

from fastdesk._core import LRUCache
from fastdesk.ai.answer import Answer, Question, Result
from fastdesk.ai.prompt import Prompt
from fastdesk.ai.run import Run
from fastdesk.ai.setup import Setup

__all__ = ["AnswerCache", "cache_key"]

_MAX_BYTES = 8 << 20
_SECOND_NS = 1_000_000_000
#: What an entry takes beside its text.
_ENTRY_BYTES = 600


def cache_key(setup: Setup, question: Question, prompt: Prompt) -> bytes | None:
    """Return what equal questions have in common, None when this one may not be shared."""
    settings = setup.settings
    if not settings.cache_s or prompt.is_personal or question.identity:
        return None
    content = (
        question.tenant,
        question.site,
        question.audience,
        [model.settings for model in setup.models],
        prompt.lines,
    )
    return hashlib.blake2b(msgspec.json.encode(content), digest_size=16).digest()


class AnswerCache:
    """Keep answers and the runs under way, both by key; no tenant takes more than half of the room."""

    def __init__(self) -> None:
        self._answers: LRUCache[bytes, tuple[int, Answer]] = LRUCache(100_000, _MAX_BYTES, 0.5)
        self._runs: dict[bytes, Run] = {}

    def find(self, key: bytes, now_ns: int) -> Answer | None:
        """Return the answer kept under `key`."""
        entry = self._answers.get(key)
        if entry is None:
            return None
        until_ns, answer = entry
        if now_ns >= until_ns:
            self._answers.pop(key)
            return None
        return answer

    def running(self, key: bytes) -> Run | None:
        """Return the run that is working on `key`."""
        return self._runs.get(key)

    def keep(self, key: bytes, run: Run, *, tenant: str, ttl_s: int, now_ns: int) -> None:
        """Share this run, and then its answer unless it asks for something to be done."""
        self._runs[key] = run

        def on_over(result: Result | None) -> None:
            del self._runs[key]
            if isinstance(result, Answer) and not result.actions and result.finish == "stop":
                size = _ENTRY_BYTES + 4 * len(result.text)
                self._answers.put(key, (now_ns + ttl_s * _SECOND_NS, result), size, tenant)

        run.on_over = on_over

    def forget(self, tenant: str) -> None:
        """Drop a tenant's answers: its articles or settings have changed."""
        self._answers.drop_owner(tenant)
