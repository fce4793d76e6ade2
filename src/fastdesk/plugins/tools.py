"""Do what a model proposed and rules allowed: call the tool's endpoint, bounded in time and size."""

import msgspec

from fastdesk.ai import ProposedAction, Question, ToolSettings
from fastdesk.model.rule import Http
from fastdesk.plugins.rules import Caller

__all__ = ["Tools"]


class Tools:
    """Call endpoints for the assistant. Which address, and for whom, is never the model's choice."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def perform(self, question: Question, tool: ToolSettings, action: ProposedAction) -> str:
        """Return the endpoint's JSON answer as text, or that there is none."""
        if not tool.url:
            return "failed: this tool has no address"
        headers = dict(tool.headers)
        if action.key:
            headers["Idempotency-Key"] = action.key
        request = Http(
            url=tool.url,
            method=tool.method,
            headers=headers,
            body=action.arguments,
            timeout_ms=tool.timeout_ms,
        )
        answer = await self._caller.call(question.tenant, request)
        if not answer.ok:
            return f"failed: {answer.error or answer.status}"
        return msgspec.json.encode(answer.body).decode()
