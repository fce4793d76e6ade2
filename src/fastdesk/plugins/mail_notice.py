"""Tell people by mail when a visitor waits and nobody is there.

A site names them in its settings: `{"notify": {"emails": ["desk@shop.example"]}}`. One mail for each time that a conversation
begins to wait, with what the visitor last wrote.
"""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import msgspec
import structlog
from msgspec import Meta, Struct

from fastdesk.hub.live import Live
from fastdesk.model.event import Changed, Said
from fastdesk.model.ids import TenantId
from fastdesk.observe.tasks import Tasks
from fastdesk.pipeline.reply import pick_text

__all__ = ["MailNotice", "NoticeSettings"]

_log = structlog.get_logger("fastdesk.mail")

Address = Annotated[str, Meta(min_length=3, max_length=200, pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+$")]
#: Of what the visitor wrote, so much at most.
MAX_TEXT = 1_000


class NoticeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told. `always`: also while agents are online."""

    emails: Annotated[tuple[Address, ...], Meta(max_length=20)] = ()
    always: bool = False


_WORDS = {
    "zh": ("{site}：有访客在等待", "访客 {visitor} 在等待人工客服。", "最后的留言：", "打开会话：{link}"),
    "en": (
        "{site}: a visitor is waiting",
        "{visitor} is waiting for a person.",
        "They wrote:",
        "Open it: {link}",
    ),
}


class MailNotice:
    """Watch conversations that begin to wait."""

    name = "mail_notice"

    def __init__(
        self,
        *,
        find: Callable[[TenantId, str], Live | None],
        is_anybody_there: Callable[[TenantId], bool],
        send: Callable[[list[str], str, str], Coroutine[Any, Any, Any]],
        tasks: Tasks,
        console: str,
    ) -> None:
        self._find = find
        self._is_anybody_there = is_anybody_there
        self._send = send
        self._tasks = tasks
        self._console = console

    def on_changed(self, changed: Changed) -> None:
        """Send a mail where a conversation has begun to wait for a person who is not there."""
        conversation = changed.conversation
        if conversation.mode != "queued" or "mode" not in changed.what:
            return
        live = self._find(changed.tenant, conversation.id)
        settings = None if live is None else _settings(live)
        if live is None or settings is None or not settings.emails:
            return
        if not settings.always and self._is_anybody_there(changed.tenant):
            return
        subject, text = self._write(live)
        self._tasks.spawn(self._send(list(settings.emails), subject, text), "mail notice")

    def _write(self, live: Live) -> tuple[str, str]:
        language = "zh" if (live.site.locale or "zh").startswith("zh") else "en"
        subject, waits, wrote, open_it = _WORDS[language]
        visitor = live.visitor
        site = pick_text(live.site.name, language) or live.site.id
        named = visitor.fields.get("name")
        who = visitor.name or (named if isinstance(named, str) else "") or visitor.email or visitor.id
        said = [words for each in live.recent or () if each.role == "visitor" and (words := _words(each))]
        parts = [waits.format(visitor=" ".join(who.split()))]
        parts += [
            f"{label}: {value}"
            for label, value in (("E-mail", visitor.email), ("Tel", visitor.phone))
            if value
        ]
        if said:
            parts += ["", wrote, said[-1][:MAX_TEXT]]
        if self._console:
            parts += [
                "",
                open_it.format(link=f"{self._console}/console/?conversation={live.conversation.id}"),
            ]
        return subject.format(site=site), "\n".join(parts)


def _words(said: Said) -> str:
    """Return what a message says: its text, or line by line what was filled into a form."""
    values = (said.extra or {}).get("values") if said.kind == "form" else None
    filled = [f"{name}: {value}" for name, value in values.items()] if isinstance(values, dict) else []
    return "\n".join([said.text, *filled] if said.text else filled)


def _settings(live: Live) -> NoticeSettings | None:
    given = live.site.settings.get("notify")
    if given is None:
        return None
    try:
        return msgspec.convert(given, NoticeSettings)
    except msgspec.ValidationError as fault:
        _log.error("notify_settings_refused", site=live.site.id, problem=str(fault))
        return None
