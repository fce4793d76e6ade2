"""Stage 5: store what was answered, carry out what was asked for; delivery follows the commit."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from fastdesk.desk import changes
from fastdesk.desk.changes import Change
from fastdesk.hub.live import Live
from fastdesk.model.site import Text
from fastdesk.model.turn import Action, Outcome, Reply, Turn
from fastdesk.pipeline.route import Filter, is_bot_silent
from fastdesk.pipeline.scribe import Scribe
from fastdesk.protocol.codes import Rejection

__all__ = ["Acts", "pick_text", "reply"]

#: Actions that other rooms carry out (webhook, http …), by name.
Acts = dict[str, Callable[[Live, Turn, Action], None]]


def pick_text(text: Text, language: str, otherwise: str = "") -> str:
    """Return `text` in the visitor's language: the same tag, the same language, English, or whatever there is."""
    if isinstance(text, str):
        return text or otherwise
    for tag in (
        language,
        *(tag for tag in text if tag.partition("-")[0] == language.partition("-")[0]),
        "en",
    ):
        if text.get(tag):
            return text[tag]
    return next((words for words in text.values() if words), otherwise)


def reply(
    live: Live, turn: Turn, outcome: Outcome, *, scribe: Scribe, words: Filter, acts: Acts, now_ms: int
) -> None:
    """Append the replies and actions of an outcome, unless a person has taken the conversation in the meantime."""
    if is_bot_silent(live.conversation):
        return
    why = outcome.why
    for answer in outcome.replies:
        _say(live, turn, answer, why, scribe=scribe, words=words)
        why = None
    _keep_state(live, outcome, scribe=scribe, now_ms=now_ms)
    for action in outcome.actions:
        _act(live, turn, action, scribe=scribe, acts=acts, now_ms=now_ms)
    if why is not None:
        scribe.note(live, kind="why", actor="desk", text="", body={"turn": turn.message.seq, **why})


def _say(
    live: Live, turn: Turn, answer: Reply, why: dict[str, Any] | None, *, scribe: Scribe, words: Filter
) -> None:
    text = answer.text
    verdict = words.check(live.conversation.tenant, text, "output")
    if not verdict.is_clean:
        scribe.note(
            live,
            kind="why",
            actor="word filter",
            text=verdict.reason("en"),
            body={"side": "output", "level": verdict.level},
        )
        if verdict.level in ("block", "handoff"):
            text = "……"
        elif verdict.level == "mask":
            text = verdict.masked or text
    scribe.say(
        live,
        role=answer.role,
        sender="desk",
        name=answer.name
        or pick_text(live.site.texts.bot_name, turn.language, pick_text(live.site.name, turn.language)),
        kind=answer.kind,
        text=text,
        extra=answer.extra,
        sources=answer.sources,
        why=why,
    )


def _keep_state(live: Live, outcome: Outcome, *, scribe: Scribe, now_ms: int) -> None:
    """Store flow state, once-only marks and the count of misses, where one of them changed."""
    conversation = live.conversation
    fields: dict[str, object] = {}
    if outcome.flow is not None and (outcome.flow or None) != conversation.flow:
        fields["flow"] = outcome.flow or None
    if outcome.fired:
        fields["fired"] = tuple(dict.fromkeys((*conversation.fired, *outcome.fired)))
    misses = min(conversation.misses + 1, 2) if outcome.missed else 0
    if misses != conversation.misses and outcome.replies:
        fields["misses"] = misses
    if fields:
        scribe.change(live, Change(replace(conversation, updated_at=now_ms, **fields), tuple(fields)), "desk")


def _act(live: Live, turn: Turn, action: Action, *, scribe: Scribe, acts: Acts, now_ms: int) -> None:
    values = action.values
    conversation = live.conversation
    change: Change | Rejection | None = None
    match action.do:
        case "handoff":
            change = changes.ask_for_person(conversation, now_ms, str(values.get("reason", "handed off")))
        case "assign":
            change = changes.assign(conversation, values.get("agent"), values.get("team"), now_ms, "rule")
        case "label":
            change = changes.label(
                conversation, tuple(values.get("add", ())), tuple(values.get("remove", ())), now_ms
            )
        case "priority":
            change = changes.prioritise(conversation, values["priority"], now_ms)
        case "resolve":
            change = changes.resolve(conversation, now_ms, "rule")
        case "snooze":
            until = now_ms + int(values["for_ms"]) if "for_ms" in values else int(values.get("until", 0))
            change = changes.snooze(conversation, until, now_ms)
        case "note" | "noted":
            scribe.note(
                live,
                kind=str(values.get("kind", "note")),
                actor="desk",
                text=str(values.get("text", "")),
                body=values.get("body"),
            )
        case other:
            if other in acts:
                acts[other](live, turn, action)
    if isinstance(change, Change):
        scribe.change(live, change, "desk")
