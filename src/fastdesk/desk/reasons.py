"""Say in words why a conversation was given to whom; in Chinese and English."""

from typing import Any

import msgspec

from fastdesk.desk.board import Decision

__all__ = ["explain", "explained"]

_ZH = {
    "fewest conversations": "会话占用最少",
    "longest without": "轮到",
    "last agent": "上次接待的客服",
    "busier": "更忙",
    "later in turn": "排在后面",
    "is not the last agent": "不是上次接待的客服",
    "full": "已满",
    "not there": "不在线",
    "other team": "不在该团队",
    "lacks skill": "缺少技能",
    "other language": "语言不符",
    "had it before": "刚从其手中移出",
    "may not answer": "无权回复",
    "cannot": "不符合要求",
    "team": "团队",
    "skills": "技能",
    "language": "语言",
}


def explain(decision: Decision, language: str) -> str:
    """Return one line: assigned to whom and by what, and who not because of what."""
    if language.startswith("zh"):
        return _line(decision, _ZH, "分配给 {}（{}/{}，{}）", "；未分配给 ", "、", "；无人满足：")
    return _line(decision, {}, "Assigned to {} ({} of {}, {})", "; not ", ", ", "; nobody fulfils: ")


def explained(decision: Decision, now_ms: int) -> dict[str, Any]:
    """Return the same for machines, with the line in each language as `line`."""
    return {
        "by": "routing",
        "line": {language: explain(decision, language) for language in ("zh", "en")},
        "agent": decision.agent,
        "reason": decision.by,
        "load": decision.held,
        "capacity": decision.capacity,
        "waited_ms": now_ms - decision.since_ms,
        "dropped": decision.dropped,
        "rivals": [msgspec.to_builtins(rival) for rival in decision.rivals],
    }


def _line(decision: Decision, words: dict[str, str], chosen: str, but: str, comma: str, dropped: str) -> str:
    text = chosen.format(decision.name, decision.held, decision.capacity, words.get(decision.by, decision.by))
    if decision.rivals:
        text += but + comma.join(
            f"{rival.name} ({rival.held}/{rival.capacity}, {words.get(rival.reason, rival.reason)})"
            for rival in decision.rivals
        )
    if decision.dropped:
        text += dropped + comma.join(words.get(wish, wish) for wish in decision.dropped)
    return text
