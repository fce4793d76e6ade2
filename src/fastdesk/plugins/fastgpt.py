"""Answer by a FastGPT application: `POST /v1/chat/completions` with `chatId`. The settings name it under `fastgpt`."""

from typing import Any

import msgspec

from fastdesk.errors import ModelError
from fastdesk.model.turn import Turn
from fastdesk.plugins.outside_chat import Asked, ChatSettings, Event

__all__ = ["FastGpt"]


class _Delta(msgspec.Struct, frozen=True):
    content: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice] = []


class FastGptReading:
    """Read `answer` and `fastAnswer` chunks (those of OpenAI), `flowResponses` for the sources, `error`, and `[DONE]`."""

    def __init__(self) -> None:
        self.text = ""
        self.sources: list[dict[str, str]] = []
        self.fields: dict[str, Any] = {}
        self.has_ended = self.is_done = False
        self._decode = msgspec.json.Decoder(_Chunk).decode

    def read(self, event: Event) -> str | None:
        if event.data.strip() == "[DONE]":
            self.has_ended = True
            # With details the answers of the flow's nodes, and so the sources, may still follow.
            self.is_done = not event.name
            return ""
        if event.name == "error":
            raise ModelError("FastGPT refused.", kind="status")
        if event.name == "flowResponses":
            self.sources = _sources(event.data)
            self.is_done = self.has_ended
            return ""
        if event.name not in ("", "answer", "fastAnswer"):
            return ""
        try:
            chunk = self._decode(event.data)
        except msgspec.MsgspecError as fault:
            raise ModelError("FastGPT sent something that is no chunk.", kind="garbage") from fault
        piece = "".join(choice.delta.content or "" for choice in chunk.choices)
        self.text += piece
        return piece


class FastGpt:
    """The dialect of FastGPT; it keeps the conversation itself, under the desk's own name."""

    name = "fastgpt"

    def ask(self, turn: Turn, settings: ChatSettings) -> Asked:
        """Ask with the visitor's message alone."""
        body = {
            "chatId": str(turn.conversation.id),
            "stream": True,
            "detail": True,
            "variables": settings.variables,
            "customUid": turn.visitor.identity or turn.visitor.id,
            "messages": [{"role": "user", "content": turn.message.text}],
        }
        return Asked("/v1/chat/completions", body)

    def reading(self) -> FastGptReading:
        return FastGptReading()


def _sources(data: str) -> list[dict[str, str]]:
    try:
        nodes: Any = msgspec.json.decode(data)
    except msgspec.MsgspecError:
        return []
    listed = (
        [node.get("quoteList") or [] for node in nodes if isinstance(node, dict)]
        if isinstance(nodes, list)
        else []
    )
    quotes = [
        quote for quoted in listed if isinstance(quoted, list) for quote in quoted if isinstance(quote, dict)
    ]
    named = {
        str(quote.get("sourceId") or quote.get("id") or ""): str(quote.get("sourceName", ""))
        for quote in quotes
    }
    return [{"id": id, "title": title, "url": ""} for id, title in named.items() if title][:10]
