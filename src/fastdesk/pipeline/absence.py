"""What visitors are told who come to wait for a person while nobody is there: just that, with a form to leave an address in.

Enters: the change by which a conversation begins to wait, whoever asked for it. Leaves: a message of the desk.
"""

from typing import Final

import msgspec

from fastdesk.hub.live import Live
from fastdesk.model.conversation import Conversation
from fastdesk.pipeline.forms import Forms
from fastdesk.pipeline.hours import OpeningHours
from fastdesk.pipeline.reply import pick_text
from fastdesk.pipeline.scribe import Scribe

__all__ = ["Absence"]

_CLOSED: Final = {
    "zh": "现在不是人工服务时间。您的问题已经记下，客服上班后会回复您；也可以留下联系方式。",
    "en": "Nobody is here just now. Your question is kept, and a person will answer it. You may leave an address, too.",
}


class Absence:
    """Follow the changes of conversations and tell those who would wait in silence."""

    def __init__(self, *, forms: Forms, hours: OpeningHours, scribe: Scribe) -> None:
        self._forms = forms
        self._hours = hours
        self._scribe = scribe

    def follow(self, live: Live, before: Conversation) -> None:
        """Tell the visitor of a conversation that has begun to wait outside hours; who left the form has been told."""
        now = live.conversation
        begins = now.mode == "queued" and before.mode != "queued" and now.state == "open"
        if not begins or now.handoff_code == "offline" or self._hours.is_open_for(now, live.site):
            return
        language = live.visitor.language or live.site.locale or "zh"
        form = self._forms.offline(live.tenant, live.site)
        text = pick_text(live.site.texts.closed, language) or pick_text(_CLOSED, language)
        self._scribe.say(
            live, role="system", sender="desk", text=text, extra={"form": msgspec.to_builtins(form)}
        )
