"""Honour the wish for a person within one turn, whatever else is down: no model, no network, no state."""

import re
from collections.abc import Callable
from typing import Any

from fastdesk._core import KeywordMatcher
from fastdesk.model.conversation import Conversation
from fastdesk.model.site import Site
from fastdesk.model.turn import Action, Outcome, Reply, Turn
from fastdesk.pipeline.reply import pick_text

__all__ = ["Human"]

_WISH = re.compile(
    r"转人工|人工客服|人工服务|找人工|真人|要人工|^人工$|转接人工|轉人工|真人客服"
    r"|\b(?:talk|speak|chat)\s+(?:to|with)\s+(?:an?\s+|the\s+|your\s+)?(?:(?:real|live|actual)\s+)?(?:human|person|people|someone|somebody|agent|representative|operator)\b"
    r"|\b(?:real|live|actual)\s+(?:human|person|agent)\b|^(?:human|agent|operator|representative)[.!]?$",
    re.IGNORECASE,
)
_ANSWER = {
    "zh": "好的，正在为您转接人工客服，请稍候。",
    "en": "Of course. A person will be with you shortly.",
}

#: A longer message tells a story in which these words may stand for something else.
MAX_WISH = 120
#: Every wish holds one of these; looking for them first spares most messages the pattern.
_HINTS = KeywordMatcher(
    (
        "人工",
        "真人",
        "human",
        "agent",
        "person",
        "people",
        "someone",
        "somebody",
        "representative",
        "operator",
    )
)


class Human:
    """Hand a conversation to the people when its visitor asks for one."""

    name = "human"

    def __init__(self, is_open: Callable[[Conversation, Site], bool]) -> None:
        self._is_open = is_open

    def claim(self, turn: Turn) -> Any:
        """Claim a short message that asks for a person."""
        text = turn.message.text
        if len(text) > MAX_WISH or not _HINTS.has_match(text):
            return None
        return True if _WISH.search(text.strip()) is not None and turn.site.features.human else None

    def answer(self, turn: Turn, claim: Any) -> Outcome:
        """Queue the conversation, and say so; where nobody is there, whoever begins to wait is told of that instead."""
        replies: tuple[Reply, ...] = ()
        if self._is_open(turn.conversation, turn.site):
            language = turn.language or (
                "zh" if any("\u4e00" <= mark <= "\u9fff" for mark in turn.message.text) else "en"
            )
            text = pick_text(turn.site.texts.handoff, language) or pick_text(_ANSWER, language)
            replies = (Reply(text=text),)
        return Outcome(
            replies=replies,
            actions=(
                Action(do="handoff", values={"reason": "visitor asked for a person", "code": "visitor"}),
            ),
            why={"by": "human", "reason": "visitor asked for a person"},
        )
