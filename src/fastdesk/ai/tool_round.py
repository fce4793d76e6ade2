"""What a model proposed to do: checked, done, and told back to it."""

import asyncio
from collections.abc import Awaitable, Callable

from fastdesk.ai.actions import BUILT_IN, ProposedAction, Refusal, propose
from fastdesk.ai.answer import Question
from fastdesk.ai.counters import Counters
from fastdesk.ai.provider import Completion, Line, ToolCall
from fastdesk.ai.settings import ToolSettings
from fastdesk.ai.setup import Offer

__all__ = ["MAX_CALLS", "Perform", "ToolRound"]

#: Does what an action says with its tool, for the visitor who asked; returns what the model may know of the result.
Perform = Callable[[Question, ToolSettings, ProposedAction], Awaitable[str]]

#: Calls of one answer that are looked at; and how much of a result a model is told.
MAX_CALLS = 8
_MAX_RESULT = 8_000
_TIMEOUT_S = 10.0


class ToolRound:
    """The tool calls of one answer."""

    def __init__(self, completion: Completion, offer: Offer, question: Question, counters: Counters) -> None:
        self._completion = completion
        self._question = question
        self._offer = offer
        self._counters = counters
        #: What the desk itself will do after the answer.
        self.actions: tuple[ProposedAction, ...] = ()
        self._to_do: list[tuple[ToolCall, ProposedAction]] = []
        self._results: dict[str, str] = {}
        turn = f"{question.conversation}-{question.turn}"
        for call in completion.tool_calls[:MAX_CALLS]:
            proposed = propose(call, offer.by_name, question.identity, turn)
            if isinstance(proposed, Refusal):
                counters.tool_refusals += 1
                self._results[call.id] = f"refused: {proposed.reason}"
            elif proposed.name in BUILT_IN:
                counters.tool_calls += 1
                self.actions += (proposed,)
            else:
                counters.tool_calls += 1
                self._to_do.append((call, proposed))

    @property
    def needs_model(self) -> bool:
        """Tell whether the model must hear results before there is an answer."""
        return bool(self._to_do) or (not self.actions and not self._completion.text)

    @property
    def names(self) -> str:
        """What is being done, for a person to read."""
        return ", ".join(action.name for _, action in self._to_do)

    async def perform(self, do: Perform | None) -> tuple[Line, ...]:
        """Do what was accepted, one after another; return the lines that tell the model.

        An action that fails is told as failed; its error stays here.
        """
        for call, action in self._to_do:
            self._results[call.id] = await self._one(do, action)
        calls = self._completion.tool_calls[:MAX_CALLS]
        told = [Line("assistant", self._completion.text, calls)]
        told += [Line("tool", self._results.get(call.id, "done"), tool_call_id=call.id) for call in calls]
        return tuple(told)

    async def _one(self, do: Perform | None, action: ProposedAction) -> str:
        if do is None:
            return "failed: this desk has no such tool"
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return (await do(self._question, self._offer.by_name[action.name], action))[:_MAX_RESULT]
        except TimeoutError:
            return "failed: it took too long"
        except Exception as error:  # the plug-in guard: tools may come from anyone
            return f"failed: {type(error).__name__}"
