"""Passing on to a person, without a model: hearing the wish, and telling the agent what has happened so far."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from msgspec import Struct

__all__ = ["HandoffFacts", "handoff_summary", "reason_words", "wants_person"]

_ZH_PERSON = (
    r"(?:人工|真人|活人|客服人员|人工客服|客服代表|坐席|专员|工作人员|客服小姐姐|在线客服|你们客服|客服)"
)
_ZH_WISH = re.compile(
    rf"(?:转接?|接|找|要|叫|换|请|联系|切换?到?|呼叫|来个?|给我|帮我[找接转叫]|想[找跟和要]|需要|有没有|我要)(?:一?[下个位名])?(?:到|成|一下)?{_ZH_PERSON}"
    r"|^(?:人工|转人工|人工服务|人工客服|真人|真人客服|客服)[。！!~～呢吗吧啊呀 ]*$"
    r"|(?:跟|和|与)(?:你们)?(?:的)?(?:真人|人工|活人|客服)(?:说|聊|谈|对话|沟通|讲)"
    r"|不(?:想|要)(?:跟|和|与)(?:机器人?|AI|ai)(?:说|聊|谈|对话)?"
)
_ZH_NO_WISH = re.compile(
    r"(?:不用|不要|不需要|不想|别|无需|没必要)(?:再)?(?:帮我|给我)?(?:转|接|找|换|叫|联系)?(?:接|到|成)?(?:人工|真人|客服)"
    r"|人工(?:智能|成本|费|降雨|授精|湖|草)|客服(?:电话|邮箱|微信|热线|时间|几点)|人工.{0,6}(?:几点|时间|上班)"
)
_EN_PERSON = (
    r"(?:(?:real|live|actual|human)\s+)?(?:human|person|people|agent|representative|rep|operator|advisor|"
    r"someone(?:\s+real)?|somebody|staff(?:\s+member)?|support\s+(?:agent|person|team|staff)|customer\s+(?:service|support))"
)
_EN_WISH = re.compile(
    rf"\b(?:talk|speak|chat|connect(?:\s+me)?|transfer(?:\s+me)?|pass\s+me|put\s+me\s+through|switch(?:\s+me)?|hand\s+me\s+over|"
    rf"get\s+me|give\s+me|need|want|prefer|can\s+i\s+have)\s+(?:directly\s+)?(?:to\s+|with\s+|over\s+to\s+)?(?:(?:talk|speak|chat)\s+(?:to|with)\s+)?"
    rf"(?:an?\s+|the\s+|your\s+|some\s+)?{_EN_PERSON}\b"
    r"|^\W*(?:(?:an?|live|real)\s+)?(?:human|agent|representative|operator|real\s+person|live\s+(?:agent|chat|person|support))(?:\s+please)?\W*$"
    r"|\b(?:stop|no\s+more|not\s+a)\s+(?:talking\s+to\s+a\s+)?(?:bot|robot|ai)\b",
    re.IGNORECASE,
)
_EN_NO_WISH = re.compile(
    r"\b(?:don'?t|do\s+not|no\s+need|not)\b[^.?!]{0,20}\b(?:human|person|agent|representative|operator)\b",
    re.IGNORECASE,
)
_SPACED = re.compile(r"(?<=[\u3400-\u9fff]) +(?=[\u3400-\u9fff])")
#: Longer texts tell a story; a wish in them stands in its own clause.
_CLAUSE = re.compile(r"[。！？!?；;\n,，.]+")


def wants_person(text: str) -> bool:
    """Tell whether the visitor asks for a person, in Chinese or English."""
    plain = _SPACED.sub("", unicodedata.normalize("NFKC", text))
    for part in _CLAUSE.split(plain)[:20]:
        clause = part.strip()
        if not clause or len(clause) > 120:
            continue
        if _ZH_WISH.search(clause) and not _ZH_NO_WISH.search(clause):
            return True
        if _EN_WISH.search(clause) and not _EN_NO_WISH.search(clause):
            return True
    return False


class HandoffFacts(Struct, frozen=True, kw_only=True):
    """What is known when a conversation is passed on: `code` is why, `reason` whatever was said about it."""

    reason: str
    code: str = ""
    question: str = ""
    slots: Mapping[str, str] = {}
    tried: Sequence[str] = ()
    language: str = ""


_REASONS = {
    "visitor": ("访客要求人工", "the visitor asked for a person"),
    "model": ("助手转交", "the assistant passed it on"),
    "not_sure": ("助手没有把握", "the assistant was not sure"),
    "missed": ("多次未能回答", "several questions stayed unanswered"),
    "late": ("模型没有按时回答", "the model did not answer in time"),
    "budget": ("模型预算用完", "the model's budget is used up"),
    "blocked": ("内容被过滤", "a word filter stopped it"),
    "rule": ("规则转交", "a rule passed it on"),
    "flow": ("流程转交", "a flow passed it on"),
    "program": ("外部程序转交", "another program passed it on"),
    "offline": ("非工作时间留言", "a message left while nobody was there"),
}
#: What the desk writes where nobody gave a reason: the code says it all.
_UNSAID = frozenset(
    {
        "",
        "asked for a person",
        "visitor asked for a person",
        "word filter",
        "handed off",
        "handed over by a bot",
    }
)
_STEPS = {
    "rules": ("规则", "rule"),
    "faq": ("文章", "article"),
    "flows": ("流程", "flow"),
    "assistant": ("模型", "model"),
    "fallback": ("未能回答", "no answer"),
    "file": ("未能回答", "no answer"),
    "human": ("转人工", "asked for a person"),
    "outside bot": ("外部机器人", "outside bot"),
}
_WORDS = {
    "zh": ("转人工原因", "访客的问题", "已收集", "已尝试", "访客语言", "；"),
    "en": ("Reason", "Question", "Collected", "Tried", "Language", "; "),
}


def reason_words(code: str, reason: str, language: str) -> str:
    """Return why a conversation came to people, with whatever somebody said about it in brackets."""
    zh = language.startswith("zh")
    known = _REASONS.get(code or reason)
    said = "" if reason in _UNSAID or reason in _REASONS else reason
    if known is None:
        return said or reason
    words = known[not zh]
    if not said:
        return words
    return f"{words}（{said}）" if zh else f"{words} ({said})"


def handoff_summary(facts: HandoffFacts, language: str) -> str:
    """Return the lines an agent reads first, in the agent's language (`zh` or `en`)."""
    reason, question, slots, tried, spoken, comma = _WORDS["zh" if language.startswith("zh") else "en"]
    colon = "：" if comma == "；" else ": "
    lines = [f"{reason}{colon}{reason_words(facts.code, facts.reason, language)}"]
    if facts.question:
        lines.append(f"{question}{colon}{facts.question[:300]}")
    if facts.slots:
        lines.append(
            f"{slots}{colon}" + comma.join(f"{name} = {value}" for name, value in facts.slots.items())
        )
    if facts.tried:
        lines.append(f"{tried}{colon}" + comma.join(_step_words(step, language) for step in facts.tried))
    if facts.language:
        lines.append(f"{spoken}{colon}{facts.language}")
    return "\n".join(lines)


def _step_words(step: str, language: str) -> str:
    """Name a handler, and keep which rule, article or model it was."""
    for handler, words in _STEPS.items():
        if step == handler or step.startswith(f"{handler} "):
            return words[not language.startswith("zh")] + step[len(handler) :]
    return step
