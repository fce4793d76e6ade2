"""Answer by a Dify application: `POST /chat-messages` with a streamed response. The settings name it under `dify`."""

from typing import Any

import msgspec

from fastdesk.errors import ModelError
from fastdesk.model.turn import Turn
from fastdesk.plugins.outside_chat import Asked, ChatSettings, Event

__all__ = ["Dify"]

#: Where the application's own name of a conversation is kept; a field with _ is no slot of a form.
FIELD = "_dify"


class _Payload(msgspec.Struct):
    event: str = ""
    answer: str = ""
    conversation_id: str = ""
    code: str = ""
    metadata: dict[str, Any] = {}


class DifyReading:
    """Read `message`, `agent_message`, `message_replace`, `message_end` and `error`; other events say nothing to visitors."""

    def __init__(self) -> None:
        self.text = ""
        self.sources: list[dict[str, str]] = []
        self.fields: dict[str, Any] = {}
        self.has_ended = self.is_done = False
        self._decode = msgspec.json.Decoder(_Payload).decode

    def read(self, event: Event) -> str | None:
        try:
            payload = self._decode(event.data)
        except msgspec.MsgspecError as fault:
            raise ModelError("Dify sent something that is no event.", kind="garbage") from fault
        if payload.conversation_id:
            self.fields[FIELD] = payload.conversation_id
        match payload.event:
            case "message" | "agent_message":
                self.text += payload.answer
                return payload.answer
            case "message_replace":
                self.text = payload.answer
                return None
            case "message_end":
                self.sources = _sources(payload.metadata)
                self.has_ended = self.is_done = True
            case "error":
                raise ModelError(f"Dify refused: {payload.code[:60]}.", kind="status")
        return ""


class Dify:
    """The dialect of Dify; it keeps the conversation itself, under a name that it gives."""

    name = "dify"

    def ask(self, turn: Turn, settings: ChatSettings) -> Asked:
        """Ask with the visitor's message alone."""
        body = {
            "query": turn.message.text,
            "inputs": settings.variables,
            "response_mode": "streaming",
            "user": turn.visitor.identity or turn.visitor.id,
            "conversation_id": str(turn.conversation.fields.get(FIELD, "")),
            "auto_generate_name": False,
        }
        return Asked("/chat-messages", body)

    def reading(self) -> DifyReading:
        return DifyReading()


def _sources(metadata: dict[str, Any]) -> list[dict[str, str]]:
    found = metadata.get("retriever_resources")
    listed = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    named = {str(each.get("document_id", "")): str(each.get("document_name", "")) for each in listed}
    return [{"id": id, "title": title, "url": ""} for id, title in named.items() if title][:10]
