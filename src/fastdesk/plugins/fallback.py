"""The last handler: nothing was understood. Say so once, then offer a person; with a file, offer one at once."""

from collections.abc import Callable
from typing import Any

from fastdesk.model.turn import Outcome, Reply, Turn
from fastdesk.pipeline.reply import pick_text

__all__ = ["Fallback"]

_SORRY = {
    "zh": "抱歉，我没有理解您的问题。请换个说法再试一次。",
    "en": "Sorry, I did not understand that. Could you say it in other words?",
}
_OFFER = {
    "zh": "抱歉，这个问题我还回答不了。需要为您转接人工客服吗？",
    "en": "Sorry, I cannot answer this. Shall I connect you with a person?",
}
_FILE = {
    "zh": "文件已收到，但我看不懂其中的内容。需要为您转接人工客服吗？",
    "en": "I have your file, but I cannot read what is in it. Shall I connect you with a person?",
}
_BUTTON = {
    "zh": {"label": "转人工", "value": "转人工"},
    "en": {"label": "Talk to a person", "value": "talk to a person"},
}


class Fallback:
    """Claim whatever nobody else has claimed; of several files one after another, the first."""

    name = "fallback"

    def __init__(self, why_not: Callable[[Turn], dict[str, Any]] = lambda turn: {}) -> None:
        self._why_not = why_not

    def claim(self, turn: Turn) -> Any:
        """Claim every text, and a file unless a person has been offered already."""
        return turn.message.kind == "text" or turn.conversation.misses == 0 or None

    def answer(self, turn: Turn, claim: Any) -> Outcome:
        """Give the site's fallback text first, the offer of a person after that and for files."""
        text = turn.message.text
        is_file = turn.message.kind != "text"
        language = turn.language or ("zh" if any("\u4e00" <= mark <= "\u9fff" for mark in text) else "en")
        why = {
            "by": "file" if is_file else "fallback",
            "misses": turn.conversation.misses,
            **self._why_not(turn),
        }
        if turn.conversation.misses == 0 and not is_file:
            sorry = pick_text(turn.site.texts.fallback, language) or pick_text(_SORRY, language)
            return Outcome(replies=(Reply(text=sorry),), missed=True, why=why)
        button = _BUTTON["zh" if language.startswith("zh") else "en"]
        offer = Reply(text=pick_text(_FILE if is_file else _OFFER, language), extra={"buttons": [button]})
        return Outcome(replies=(offer,), missed=True, why=why)
