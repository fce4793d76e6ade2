"""What is asked of the assistant and what it gives back."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from fastdesk.ai.actions import ProposedAction
from fastdesk.ai.lines import ReadyLine
from fastdesk.ai.prompt import Passage
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId

__all__ = ["Answer", "NoAnswer", "Question", "Reason", "Result", "Screen", "Screened", "Show"]

_NOTHING: Mapping[str, str] = {}


class Question:
    """A visitor's message that a model shall answer.

    `turn` is the same when the same message of a conversation is asked about again. `received_ns` is monotonic: the deadline
    counts from it. `identity` holds what the session has proved, never what the visitor says of himself.
    `variables` fill the site's prompt, `instruction` is added to it for this turn. `audience` parts cached
    answers: visitors of different classes never share one. `line` is `text` as a model may read it, where that is
    at hand. A plain class, whose fields cost nothing when it is compiled.
    """

    def __init__(
        self,
        *,
        tenant: TenantId,
        site: SiteId,
        visitor: VisitorId,
        conversation: ConversationId,
        turn: str,
        text: str,
        received_ns: int,
        language: str = "",
        audience: str = "",
        identity: Mapping[str, str] = _NOTHING,
        variables: Mapping[str, str] = _NOTHING,
        instruction: str = "",
        passages: tuple[Passage, ...] = (),
        line: ReadyLine | None = None,
    ) -> None:
        self.tenant = tenant
        self.site = site
        self.visitor = visitor
        self.conversation = conversation
        self.turn = turn
        self.text = text
        self.received_ns = received_ns
        self.language = language
        self.audience = audience
        self.identity = identity
        self.variables = variables
        self.instruction = instruction
        self.passages = passages
        self.line = line


class Answer:
    """What a model answered, checked. `sources` are the ids of the passages it names; `text` may be empty when there are `actions`.

    Times are milliseconds from the receipt of the question; cost is in millionths of the owner's currency
    and counts every call that was made for this answer. A cached answer has cost nothing. A plain class, which
    costs a third of a struct when it is compiled; never changed once it is given.
    """

    def __init__(
        self,
        *,
        text: str,
        language: str,
        model: str,
        tokens_in: int,
        tokens_out: int,
        cost_micro: int,
        first_ms: int,
        total_ms: int,
        finish: str = "stop",
        sources: tuple[str, ...] = (),
        actions: tuple[ProposedAction, ...] = (),
        is_streamed: bool = False,
        is_cached: bool = False,
    ) -> None:
        self.text = text
        self.language = language
        self.model = model
        self.tokens_in = tokens_in
        self.tokens_out = tokens_out
        self.cost_micro = cost_micro
        self.first_ms = first_ms
        self.total_ms = total_ms
        self.finish = finish
        self.sources = sources
        self.actions = actions
        self.is_streamed = is_streamed
        self.is_cached = is_cached

    def unpaid(self) -> "Answer":
        """Return the same answer for one more who asked: it was paid once."""
        return Answer(
            text=self.text,
            language=self.language,
            model=self.model,
            tokens_in=0,
            tokens_out=0,
            cost_micro=0,
            first_ms=self.first_ms,
            total_ms=self.total_ms,
            finish=self.finish,
            sources=self.sources,
            actions=self.actions,
            is_streamed=self.is_streamed,
            is_cached=self.is_cached,
        )


Reason = Literal[
    "unset",  # no model is configured
    "late",  # no first token by the deadline
    "busy",  # pool and queue are full
    "limited",  # too many requests or tokens
    "budget",  # the money is used up
    "failed",  # no model gave a whole answer
    "blocked",  # the word filter stopped the question or the answer
]


class NoAnswer(Struct, frozen=True, kw_only=True):
    """Why no model answered. `is_streamed` when pieces were shown, which something else must now replace.

    `draft` is what a model had said until the word filter stopped it: for agents only. `follow_up` is there
    when the answer was late and the site wants it all the same.
    """

    reason: Reason
    detail: str = ""
    is_streamed: bool = False
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micro: int = 0
    draft: str = ""
    follow_up: "asyncio.Future[Result] | None" = None

    def unpaid(self) -> "NoAnswer":
        """Return the same for one more who asked."""
        return replace(self, tokens_in=0, tokens_out=0, cost_micro=0)


Result = Answer | NoAnswer

#: Shows a checked piece of an answer that is being written; True replaces all pieces so far.
Show = Callable[[str, bool], None]


class Screened:
    """What a word filter makes of a text: `clean`, `flag`, `mask` let `text` through, `handoff` and `block` do not."""

    def __init__(self, level: str, text: str, reason: str = "") -> None:
        self.level = level
        self.text = text
        self.reason = reason
        #: Whether the text may not be used.
        self.is_stopped = level in ("block", "handoff")


#: The word filter: tenant, text, side.
Screen = Callable[[TenantId, str, Literal["input", "output"]], Screened]
