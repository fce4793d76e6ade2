"""Dialogues that test a flow: what the visitor says, what the bot must say, what calls answer.

    dialogues:
      - name: shipped
        language: zh
        turns:
          - bot: 订单号               # the bot's next text holds this
          - visitor: "20260105"
          - call: /orders/20260105    # the address holds this; what follows is the answer
            answer: {status: shipped}
          - bot: 已发货
          - end: done

A turn of the bot, a call, an aside, a hand-off and the end must come in this order; nothing else may be said between.
"""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from fastdesk.dialogue.flows import Flows
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
    Over,
    Request,
    SideAnswered,
    Speak,
    Step,
)
from fastdesk.model.call import CallAnswer
from fastdesk.model.document import Node, decode, read_document
from fastdesk.model.flow import Flow
from fastdesk.model.problem import Problem

__all__ = ["Dialogue", "DialogueResult", "Turn", "parse_dialogues", "run_dialogues"]

_Text = Annotated[str, Meta(max_length=4000)]


class Turn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Hold one turn: exactly one of `visitor`, `bot`, `call`, `aside`, `late_ms`, `handoff`, `end`.

    With `call` stand its `answer` (JSON, status 200) or its `error`; with `aside` whether it was `answered`; with
    `end` and `handoff` the `slots` that must be filled by then.
    """

    visitor: _Text | None = None
    bot: _Text | None = None
    call: _Text | None = None
    answer: Any = None
    status: Annotated[int, Meta(ge=100, le=599)] = 200
    error: str = ""
    aside: _Text | None = None
    answered: bool = True
    late_ms: Annotated[int, Meta(ge=1)] | None = None
    handoff: _Text | None = None
    end: _Text | None = None
    slots: dict[str, Any] | None = None
    options: tuple[_Text, ...] | None = None
    """With `bot`: the labels of the buttons."""
    line: int = 0


class Dialogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hold one dialogue and what surrounds it. `identity` stands for a verified session."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    language: str = "zh"
    identity: str | None = None
    visitor: dict[str, Any] = {}
    slots: dict[str, str] = {}
    now_ms: int = 1_767_571_200_000  # 2026-01-05 00:00 UTC, a Monday
    turns: Annotated[tuple[Turn, ...], Meta(min_length=1, max_length=500)]


class DialogueResult(msgspec.Struct, frozen=True, kw_only=True):
    """Hold how a dialogue went: `problem` is None when all went as written."""

    name: str
    problem: Problem | None = None

    @property
    def passed(self) -> bool:
        """Say whether all went as written."""
        return self.problem is None


def parse_dialogues(source: str | bytes) -> list[Dialogue] | list[Problem]:
    """Read the part `dialogues` of a flow file, or of a file of its own; empty when there is none."""
    document = read_document(source)
    if isinstance(document, Problem):
        return [document]
    listed = document.value.get("dialogues") if isinstance(document.value, dict) else document
    if listed is None:
        return []
    if not isinstance(listed.value, list):
        return [Problem(message="dialogues are a list", line=listed.line)]
    read = [decode(_with_lines(node), Dialogue, f"dialogues[{n}]") for n, node in enumerate(listed.value)]
    problems = [one for one in read if isinstance(one, Problem)]
    return problems or [one for one in read if isinstance(one, Dialogue)]


def run_dialogues(
    flow: Flow, dialogues: list[Dialogue], others: tuple[Flow, ...] = ()
) -> list[DialogueResult]:
    """Play dialogues against a flow and say how each went.

    Args:
        flow: the flow under test; it must have no problems.
        dialogues: what to play.
        others: flows that it calls.
    """
    flows = Flows.compile([flow, *others])
    if not isinstance(flows, Flows):
        return [DialogueResult(name=one.name, problem=flows[0]) for one in dialogues]
    return [DialogueResult(name=one.name, problem=_play(flows, flow.id, one)) for one in dialogues]


def _with_lines(node: Node) -> Node:
    """Put its line into each turn, for the message when it fails."""
    if not isinstance(node.value, dict) or not isinstance(node.value.get("turns"), Node):
        return node
    turns = node.value["turns"]
    if not isinstance(turns.value, list):
        return node
    lined = [
        Node({**turn.value, "line": Node(turn.line)}, turn.line) if isinstance(turn.value, dict) else turn
        for turn in turns.value
    ]
    return Node({**node.value, "turns": Node(lined, turns.line)}, node.line)


class _Mismatch(Exception):
    """Say what came instead of what was written."""


class _Stage:
    """Hold a dialogue while it is played."""

    def __init__(self, flows: Flows, dialogue: Dialogue, begun: Step) -> None:
        self._flows = flows
        self._around = Around(
            language=dialogue.language, visitor=dialogue.visitor, identity=dialogue.identity, site_name="test"
        )
        self._now_ms = dialogue.now_ms
        self._state: FlowState | None = begun.state
        self._waiting: list[Effect] = list(begun.effects)

    def play(self, turn: Turn) -> None:
        """Do or expect what a turn says."""
        if turn.visitor is not None:
            self._expect_silence()
            self._give(Heard(turn.visitor))
        elif turn.bot is not None:
            self._expect_speech(turn)
        elif turn.call is not None:
            request = self._expect(Request)
            if turn.call not in f"{request.method} {request.url}":
                raise _Mismatch(f"the call goes to '{request.method} {request.url}', not to '{turn.call}'")
            error = turn.error
            self._give(
                Answered(CallAnswer(status=0 if error else turn.status, body=turn.answer, error=error))
            )
        elif turn.aside is not None:
            aside = self._expect(Aside)
            if turn.aside not in aside.text:
                raise _Mismatch(f"the side question is '{aside.text}', not '{turn.aside}'")
            self._give(SideAnswered(turn.answered))
        elif turn.late_ms is not None:
            self._expect_silence()
            self._now_ms += turn.late_ms
            self._give(Late())
        elif turn.handoff is not None:
            handed = self._expect(Handed)
            _compare(handed.reason, turn.handoff, handed.slots, turn.slots)
        elif turn.end is not None:
            over = self._expect(Over)
            _compare(over.result, turn.end, over.slots, turn.slots)
        else:
            raise _Mismatch("a turn says one of visitor, bot, call, aside, late_ms, handoff, end")

    def close(self) -> None:
        """Say that nothing more may come; the words at the end of a dialogue are not needed after a hand-off."""
        self._waiting = [effect for effect in self._waiting if not isinstance(effect, Over)]
        self._expect_silence()

    def _give(self, given: Given) -> None:
        if self._state is None:
            raise _Mismatch("the flow is over already")
        step = self._flows.step(self._state, given, self._now_ms, self._around)
        self._state = step.state
        self._waiting += step.effects

    def _expect(self, kind: type[Any]) -> Any:
        if not self._waiting:
            raise _Mismatch(f"nothing comes where {_NAMES[kind]} should")
        effect = self._waiting.pop(0)
        if not isinstance(effect, kind):
            raise _Mismatch(f"{_described(effect)} where {_NAMES[kind]} should come")
        return effect

    def _expect_speech(self, turn: Turn) -> None:
        spoken = self._expect(Speak)
        if turn.bot is not None and turn.bot not in spoken.text:
            raise _Mismatch(f"the bot says '{spoken.text}', which does not hold '{turn.bot}'")
        labels = tuple(option.label for option in spoken.options)
        if turn.options is not None and labels != turn.options:
            raise _Mismatch(f"the buttons are {', '.join(labels) or 'none'}")

    def _expect_silence(self) -> None:
        if self._waiting:
            raise _Mismatch(f"{_described(self._waiting[0])}, which is not written")


def _play(flows: Flows, flow: str, dialogue: Dialogue) -> Problem | None:
    around = Around(
        language=dialogue.language, visitor=dialogue.visitor, identity=dialogue.identity, site_name="test"
    )
    begun = flows.start(flow, dialogue.now_ms, around, dialogue.slots)
    if begun is None:
        return Problem(message="the flow is disabled")
    stage = _Stage(flows, dialogue, begun)
    line = 0
    try:
        for turn in dialogue.turns:
            line = turn.line
            stage.play(turn)
        stage.close()
    except _Mismatch as mismatch:
        return Problem(message=str(mismatch), line=line, path=dialogue.name)
    return None


def _compare(found: str, wanted: str, slots: dict[str, Any], needed: dict[str, Any] | None) -> None:
    if found != wanted:
        raise _Mismatch(f"it ends with '{found}', not with '{wanted}'")
    for name, value in (needed or {}).items():
        if slots.get(name) != value:
            raise _Mismatch(f"the slot {name} is {slots.get(name)!r}, not {value!r}")


_NAMES: dict[type[Any], str] = {
    Speak: "the bot's text",
    Request: "a call",
    Aside: "a side question",
    Handed: "a hand-off",
    Over: "the end",
}


def _described(effect: Effect) -> str:
    return " ".join(_descriptions(effect))


def _descriptions(effect: Effect) -> Iterator[str]:
    yield _NAMES[type(effect)]
    match effect:
        case Speak() | Aside():
            yield f"'{effect.text}' comes"
        case Request():
            yield f"to '{effect.url}' comes"
        case Handed():
            yield f"because of '{effect.reason}' comes"
        case Over():
            yield f"'{effect.result}' comes"
