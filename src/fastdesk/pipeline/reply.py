"""Stage 5: store what was answered, carry out what was asked for; delivery follows the commit."""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from fastdesk.desk import changes
from fastdesk.desk.changes import Change
from fastdesk.hub.live import Live
from fastdesk.model.site import Text
from fastdesk.model.turn import Action, Outcome, Reply, Turn
from fastdesk.moderation import CLEAN
from fastdesk.observe.clock import Clock
from fastdesk.pipeline.route import is_bot_silent
from fastdesk.pipeline.scribe import Scribe
from fastdesk.pipeline.words import WordFilters
from fastdesk.protocol.codes import Rejection

__all__ = ["Acts", "Means", "pick_text", "reply"]

#: Actions that other rooms carry out (flow, assistant, webhook), by name.
Acts = dict[str, Callable[[Live, Turn, Action], None]]

#: Said in place of an answer that the word filter does not let out.
_WITHHELD: Final = {"zh": "抱歉，这条回复无法显示。", "en": "Sorry, this answer cannot be shown."}


class Means:
    """What this stage works with."""

    __slots__ = ("acts", "clock", "scribe", "words")

    def __init__(self, scribe: Scribe, words: WordFilters, acts: Acts, clock: Clock) -> None:
        self.scribe = scribe
        self.words = words
        self.acts = acts
        self.clock = clock


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


def reply(live: Live, turn: Turn, outcome: Outcome, means: Means, reason: str = "") -> None:
    """Append the replies and actions of an outcome; `reason` stands in the events of what no visitor has asked for.

    An answer comes to nothing when a person has taken the conversation in the meantime. What was not asked for still changes
    the conversation then, but says nothing.
    """
    is_silent = is_bot_silent(live.conversation)
    if is_silent and not reason:
        return
    why = outcome.why
    if not is_silent or live.conversation.mode == "queued":
        for answer in outcome.replies:
            _say(live, turn, answer, why, means)
            why = None
    _keep_state(live, outcome, means, reason)
    for action in outcome.actions:
        _act(live, turn, action, means, reason)
    if why is not None:
        means.scribe.note(live, kind="why", actor="desk", text="", body={"turn": turn.message.seq, **why})


def _say(live: Live, turn: Turn, answer: Reply, why: dict[str, Any] | None, means: Means) -> None:
    means.scribe.say(
        live,
        role=answer.role,
        sender="desk",
        name=answer.name or _bot_name(live, turn.language),
        kind=answer.kind,
        text=_let_out(live, turn, answer.text, means),
        extra=answer.extra,
        sources=answer.sources,
        why=why,
    )


def _bot_name(live: Live, language: str) -> str:
    """Return the name under which the desk answers on a site."""
    named, site = live.named, live.site
    if named is None or named[0] is not site or named[1] != language:
        name = pick_text(site.texts.bot_name, language, pick_text(site.name, language))
        named = live.named = (site, language, name)
    return named[2]


def _let_out(live: Live, turn: Turn, text: str, means: Means) -> str:
    """Return what the word filter lets out of a text."""
    verdict = means.words.check(live.tenant, text, "output")
    if verdict is CLEAN or verdict.is_clean:
        return text
    body = {"side": "output", "level": verdict.level, "words": verdict.places}
    means.scribe.note(live, kind="why", actor="word filter", text=verdict.reason("en"), body=body)
    if verdict.level in ("block", "handoff"):
        return pick_text(_WITHHELD, turn.language)
    return text if verdict.masked is None else verdict.masked


def _keep_state(live: Live, outcome: Outcome, means: Means, reason: str) -> None:
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
        what = tuple(fields)
        fields["updated_at"] = means.clock.now_ms()
        change = Change(replace(conversation, **fields), what, reason)
        means.scribe.change(live, change, "desk")


def _act(live: Live, turn: Turn, action: Action, means: Means, reason: str) -> None:
    values, now_ms = action.values, means.clock.now_ms()
    conversation = live.conversation
    change: Change | Rejection | None = None
    match action.do:
        case "handoff":
            change = changes.ask_for_person(
                conversation,
                now_ms,
                str(values.get("reason", "handed off")),
                str(values.get("code", values.get("reason", ""))),
                tuple(values.get("skills", ())),
            )
        case "assign":
            change = changes.assign(conversation, values.get("agent"), values.get("team"), now_ms, "rule")
        case "label":
            change = changes.label(
                conversation, tuple(values.get("add", ())), tuple(values.get("remove", ())), now_ms
            )
        case "priority":
            change = changes.prioritise(conversation, values["priority"], now_ms)
        case "resolve":
            change = changes.resolve(conversation, now_ms, "rule", live.seq)
        case "snooze":
            until = now_ms + int(values["for_ms"]) if "for_ms" in values else int(values.get("until", 0))
            change = changes.snooze(conversation, until, now_ms)
        case "fields":
            kept = {**conversation.fields, **values}
            if kept != conversation.fields:
                change = Change(replace(conversation, updated_at=now_ms, fields=kept), ("fields",))
        case "note" | "noted":
            kind, text = str(values.get("kind", "note")), str(values.get("text", ""))
            means.scribe.note(live, kind=kind, actor="desk", text=text, body=values.get("body"))
        case "webhook":
            means.scribe.note(live, kind="webhook", actor="desk", text="", body={"name": values.get("name")})
        case other:
            if other in means.acts:
                means.acts[other](live, turn, action)
    if isinstance(change, Change):
        means.scribe.change(live, replace(change, reason=reason) if reason else change, "desk")
