"""Dialogue flows and the context of conversations: a state and what came in enter, a state and effects leave.

No I/O, no clock, no randomness: the caller speaks, calls and stores.
"""

from fastdesk.dialogue.builder import FlowBuilder
from fastdesk.dialogue.check import check
from fastdesk.dialogue.draw import draw
from fastdesk.dialogue.flows import Flows
from fastdesk.dialogue.parse import parse_flow, parse_flow_object
from fastdesk.dialogue.rehearsal import Dialogue, DialogueResult, parse_dialogues, run_dialogues
from fastdesk.dialogue.state import (
    Answered,
    Around,
    Aside,
    Effect,
    FlowState,
    Given,
    Handed,
    Heard,
    Late,
    Offer,
    Over,
    Request,
    SideAnswered,
    Speak,
    Step,
    decode_state,
    encode_state,
)

__all__ = [
    "Answered",
    "Around",
    "Aside",
    "Dialogue",
    "DialogueResult",
    "Effect",
    "FlowBuilder",
    "FlowState",
    "Flows",
    "Given",
    "Handed",
    "Heard",
    "Late",
    "Offer",
    "Over",
    "Request",
    "SideAnswered",
    "Speak",
    "Step",
    "check",
    "decode_state",
    "draw",
    "encode_state",
    "parse_dialogues",
    "parse_flow",
    "parse_flow_object",
    "run_dialogues",
]
