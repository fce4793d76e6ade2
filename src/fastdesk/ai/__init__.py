"""Language models: bounded, on time, and never a bill.

Enters: a visitor's question with what the desk knows about it. Leaves: an answer, or the reason why the
rules must answer. The room knows no route, no store and no hub; what it needs of them comes in by
constructor. It opens sockets to models only.

The walk of a question: `Assistant.begin` (word filter, deadline, context) → `PromptWriter` (what a model may
read) → `Run` (rate limits, pool, one model after another) → `Attempt` (breaker, budget, time limits) → a
`Provider` → `Draft` (checked sentence by sentence, shown) → `Answer`, or `NoAnswer` with its reason.
"""

from fastdesk.ai.actions import ProposedAction
from fastdesk.ai.answer import Answer, NoAnswer, Question, Reason, Result, Screened
from fastdesk.ai.asking import Asking
from fastdesk.ai.assistant import Assistant, AssistantKit
from fastdesk.ai.budget import Ledger, MemoryLedger, Row, Spent
from fastdesk.ai.copilot import CopilotAsk
from fastdesk.ai.handoff import HandoffFacts, handoff_summary, reason_words, wants_person
from fastdesk.ai.lines import ReadyLine, Window, ready_line, unmarked
from fastdesk.ai.prompt import Passage
from fastdesk.ai.provider import Line
from fastdesk.ai.settings import (
    AssistantSettings,
    Budget,
    Keys,
    Limits,
    ModelSettings,
    ToolSettings,
    read_models,
    read_settings,
)
from fastdesk.ai.setup import Setup

__all__ = [
    "Answer",
    "Asking",
    "Assistant",
    "AssistantKit",
    "AssistantSettings",
    "Budget",
    "CopilotAsk",
    "HandoffFacts",
    "Keys",
    "Ledger",
    "Limits",
    "Line",
    "MemoryLedger",
    "ModelSettings",
    "NoAnswer",
    "Passage",
    "ProposedAction",
    "Question",
    "ReadyLine",
    "Reason",
    "Result",
    "Row",
    "Screened",
    "Setup",
    "Spent",
    "ToolSettings",
    "Window",
    "handoff_summary",
    "read_models",
    "read_settings",
    "ready_line",
    "reason_words",
    "unmarked",
    "wants_person",
]
