"""Say in one line why the desk did something by itself, or did not: in Chinese and English, out of the stored records.

Records hold ids, versions, scores and reasons, never a visitor's words; they are rendered when somebody looks.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import Struct

from fastdesk.ai import reason_words
from fastdesk.model.event import Changed, Event, Noted, Said
from fastdesk.moderation import filter_line
from fastdesk.rules import Why
from fastdesk.rules.why import reason_line

__all__ = ["WhyLine", "why_line", "why_of"]


class WhyLine(Struct, frozen=True, kw_only=True):
    """One automatic act: when, about which message, by what, and why; `line` has the languages zh and en."""

    at: int
    rev: int
    by: str
    line: dict[str, str]
    seq: int | None = None
    body: dict[str, Any] = {}


#: Why no model answered, by the assistant's own reasons.
_REASONS: Final = {
    "unset": ("没有配置模型", "no model is set up"),
    "late": ("模型超时", "the model was late"),
    "busy": ("模型请求已满", "all places for model calls are taken"),
    "limited": ("超出频率限制", "too many questions"),
    "budget": ("预算已用完", "the budget is used up"),
    "failed": ("模型出错", "the model failed"),
    "blocked": ("内容被词库拦截", "blocked by the word filter"),
}


def why_of(event: Event) -> WhyLine | None:
    """Return the line of an event that the desk made by itself, None for what people did."""
    match event:
        case Said(why=why) if why:
            return WhyLine(at=event.at, rev=event.rev, seq=event.seq, by=_by(why), line=_both(why), body=why)
        case Noted(kind="why", body=body):
            line = _both(body or {}) if not event.text else {"zh": event.text, "en": event.text}
            if body and isinstance(body.get("line"), dict):
                line = body["line"]
            elif event.actor == "word filter":
                line = _word_filter(event)
            by = _by(body or {}) or event.actor
            return WhyLine(at=event.at, rev=event.rev, by=by, line=line, body=body or {})
        case Changed() if _is_automatic(event):
            return WhyLine(at=event.at, rev=event.rev, by=event.actor or "desk", line=_changed(event))
    return None


def why_line(why: dict[str, Any], language: str = "zh") -> str:
    """Write a why-record as one line; an unknown one shows its fields."""
    zh = language.startswith("zh")
    render = _RENDER.get(str(why.get("by", "")))
    line = render(why, zh) if render is not None else _fields(why)
    if "assistant" in why and why.get("by") != "assistant":
        reason = _REASONS.get(str(why["assistant"]), (str(why["assistant"]),) * 2)[not zh]
        line = f"模型未回答：{reason}；{line}" if zh else f"no answer by a model: {reason}; {line}"
    return line


def _both(why: dict[str, Any]) -> dict[str, str]:
    return {language: why_line(why, language) for language in ("zh", "en")}


def _by(why: dict[str, Any]) -> str:
    return str(why.get("by", ""))


def _rules(why: dict[str, Any], zh: bool) -> str:
    try:
        record = msgspec.convert({key: value for key, value in why.items() if key in _WHY_FIELDS}, Why)
    except msgspec.ValidationError:
        return _fields(why)
    return record.line("zh" if zh else "en")


def _faq(why: dict[str, Any], zh: bool) -> str:
    if "article" in why:
        shown = f"{why['article']} v{why.get('revision', 1)} ({why.get('score', 0)})"
        return f"文章 {shown} 回答" if zh else f"answered by article {shown}"
    listed = ", ".join(f"{article} ({score})" for article, score in why.get("suggested", {}).items())
    return f"不够确定，推荐文章：{listed}" if zh else f"not sure enough, articles were offered: {listed}"


def _flows(why: dict[str, Any], zh: bool) -> str:
    shown = f"{why.get('flow', '')} v{why.get('version', 1)}"
    if "state" in why:
        return f"流程 {shown}，步骤 {why['state']}" if zh else f"flow {shown}, state {why['state']}"
    result = why.get("result", "")
    return f"流程 {shown} 结束：{result}" if zh else f"flow {shown} ended: {result}"


def _fallback(why: dict[str, Any], zh: bool) -> str:
    parts = []
    if "nearest" in why:
        shown = f"{why['nearest']} ({why['score']} < {why['needed']})"
        parts.append(f"最接近的文章 {shown}" if zh else f"the nearest article was {shown}")
    else:
        parts.append("没有相关文章" if zh else "no article fits")
    passed = ", ".join(f"{rule} ({reason_line(reason, zh)})" for rule, reason in why.get("rules", ()))
    if passed:
        parts.append(f"未触发的规则：{passed}" if zh else f"rules passed over: {passed}")
    else:
        parts.append("没有规则匹配" if zh else "no rule matched")
    return ("未能回答：" if zh else "not answered: ") + ("；" if zh else "; ").join(parts)


def _file(why: dict[str, Any], zh: bool) -> str:
    return "访客发来文件，机器人看不懂其中的内容" if zh else "a file came, which the bot cannot read"


def _assistant(why: dict[str, Any], zh: bool) -> str:
    if "assistant" in why:
        reason = _REASONS.get(str(why["assistant"]), (str(why["assistant"]),) * 2)[not zh]
        return f"模型未回答：{reason}" if zh else f"no answer by a model: {reason}"
    tokens = why.get("tokens_in", 0) + why.get("tokens_out", 0)
    shown = f"{why.get('model', '')}, {tokens} tokens, {why.get('total_ms', 0)} ms"
    return f"模型 {shown}" if zh else f"answered by model {shown}"


def _human(why: dict[str, Any], zh: bool) -> str:
    return "访客要求转人工" if zh else "the visitor asked for a person"


def _fields(why: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in why.items() if name != "turn")


def _word_filter(event: Noted) -> dict[str, str]:
    body = event.body or {}
    is_answer, level, places = body.get("side") == "output", str(body.get("level", "")), body.get("words", ())
    return {
        "zh": ("回复" if is_answer else "访客消息") + filter_line(level, places, "zh"),
        "en": ("answer " if is_answer else "visitor's message ") + filter_line(level, places, "en"),
    }


#: Changes that are worth a line; a count of misses or a step of a flow is not.
_TOLD: Final = frozenset({"assignee", "team", "mode", "state", "priority", "labels"})


def _is_automatic(changed: Changed) -> bool:
    if not _TOLD & set(changed.what):
        return False
    return changed.actor in ("desk", "rules", "routing", "hours") or changed.reason.startswith("rules:")


def _changed(changed: Changed) -> dict[str, str]:
    conversation = changed.conversation
    what = ", ".join(changed.what)
    now = {
        "assignee": conversation.assignee or "–",
        "team": conversation.team or "–",
        "mode": conversation.mode,
        "state": conversation.state,
    }
    shown = ", ".join(f"{name} → {now[name]}" for name in changed.what if name in now) or what
    reason = changed.reason or conversation.handoff
    if not reason:
        return {"zh": shown, "en": shown}
    # What it came to people for is only then the reason of this change.
    code = conversation.handoff_code if "mode" in changed.what and conversation.mode == "queued" else None
    told = {tag: reason if code is None else reason_words(code, reason, tag) for tag in ("zh", "en")}
    return {"zh": f"{shown}（{told['zh']}）", "en": f"{shown} ({told['en']})"}


_WHY_FIELDS: Final = frozenset(Why.__struct_fields__)
_RENDER: Final[dict[str, Callable[[dict[str, Any], bool], str]]] = {
    "rules": _rules,
    "faq": _faq,
    "flows": _flows,
    "fallback": _fallback,
    "file": _file,
    "assistant": _assistant,
    "human": _human,
}
