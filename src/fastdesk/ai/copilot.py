"""What an agent can ask for: a draft, another wording, a translation, a summary. It is shown to that agent only."""

from typing import Literal

from msgspec import Struct

from fastdesk.ai.language import language_instruction
from fastdesk.ai.lines import Window, closed, ready_line
from fastdesk.ai.prompt import Passage, Prompt, passage_block
from fastdesk.ai.provider import Line
from fastdesk.ai.settings import AssistantSettings
from fastdesk.ai.tokens import estimate_tokens

__all__ = ["CopilotAsk", "copilot_prompt"]

_TASKS = {
    "draft": (
        "你是客服人员的助手。根据下面的对话，替客服写出下一条回复。只输出回复正文，不要寒暄，不要编造事实。",
        "You help a customer-service agent. Write the agent's next reply in the conversation below. "
        "Give the text of the reply only; invent nothing.",
    ),
    "rewrite": (
        "你是客服人员的助手。改写客服的草稿：意思不变，语气礼貌、清楚、简短。只输出改写后的文字。",
        "You help a customer-service agent. Reword the agent's draft: same meaning, polite, clear, brief. "
        "Give the new text only.",
    ),
    "translate": (
        "你是翻译。忠实翻译下面的文字，保留数字、链接和专有名词。只输出译文。",
        "You are a translator. Translate the text below faithfully; keep numbers, links and names. Give the translation only.",
    ),
    "summarise": (
        "你是客服人员的助手。用不超过五个要点总结下面的对话：访客要什么、已知信息、已做的事、还缺什么、情绪。",
        "You help a customer-service agent. Sum up the conversation below in five points at most: what the visitor wants, "
        "what is known, what was done, what is missing, the mood.",
    ),
}


class CopilotAsk(Struct, frozen=True, kw_only=True):
    """What an agent wants. `language` is that of the result; `wish` is the agent's own instruction, such as a tone."""

    kind: Literal["draft", "rewrite", "translate", "summarise"]
    text: str = ""
    language: str = ""
    agent_language: str = "zh"
    wish: str = ""
    said: Window | None = None
    passages: tuple[Passage, ...] = ()


def copilot_prompt(ask: CopilotAsk, settings: AssistantSettings) -> Prompt:
    """Write the lines for one wish of an agent; what visitors wrote stays data here too."""
    zh, en = _TASKS[ask.kind]
    parts = [zh if ask.agent_language.startswith("zh") else en]
    if ask.wish:
        parts.append(ask.wish[:500])
    if ask.kind == "draft" and ask.passages:
        parts.append(passage_block(ask.passages))
    if ask.language:
        parts.append(language_instruction(ask.language))
    system = Line("system", "\n\n".join(parts))
    room = settings.context_tokens - estimate_tokens(system.content) - estimate_tokens(ask.text)
    lines: list[Line] = []
    if ask.said is not None and ask.kind in ("draft", "summarise"):
        lines, _ = ask.said.newest(len(ask.said), room)
    talk = [line.content if line.role == "user" else f"<desk>{line.content}</desk>" for line in lines]
    if ask.text:
        draft = ready_line("assistant", ask.text, settings.mask)
        talk.append(f"<draft>{closed(draft.line.content)}</draft>")
    return Prompt((system, Line("user", "\n".join(talk) or "…")), ask.language, True)
