"""What the desk tells a visitor about who answers."""

from fastdesk.hub.live import Live
from fastdesk.pipeline.reply import pick_text
from fastdesk.pipeline.scribe import Scribe

__all__ = ["tell"]

_TEXTS = {
    "left": {
        "zh": "{name} 暂时无法继续，正在为您联系其他同事。",
        "en": "{name} cannot go on just now. We are finding somebody else for you.",
    },
    "agent": {"zh": "已为您转接给 {name}。", "en": "You are now talking with {name}."},
    "team": {"zh": "已为您转接到 {name}。", "en": "You are being passed on to {name}."},
}


def tell(scribe: Scribe, live: Live, what: str, name: str) -> None:
    """Say it in the visitor's language, as a message of the desk itself."""
    language = live.visitor.language or live.site.locale or "zh"
    text = pick_text(_TEXTS[what], language).format(name=name)
    scribe.say(live, role="system", sender="desk", text=text)
