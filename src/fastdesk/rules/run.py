"""Run the actions of the rules that fired, step by step: actions out, the answer of an HTTP call in."""

from typing import NamedTuple

import msgspec

from fastdesk.model.call import CallAnswer
from fastdesk.model.rule import Action, Http, Reply
from fastdesk.model.template import step_into
from fastdesk.rules.actions import Render, Scope
from fastdesk.rules.facts import Facts

__all__ = ["Pending", "Rest", "Step", "advance", "resume"]


class Pending(NamedTuple):
    """Hold the actions of one rule that are still to be done, and what its pattern found."""

    renders: tuple[Render, ...]
    groups: tuple[str, ...]


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """Hold what is to be done after an HTTP call. Lives only as long as the turn; not for storing."""

    pending: tuple[Pending, ...]
    facts: Facts
    call: Http | None = None
    answers: dict[str, object] = {}
    left: int = 0


class Step(NamedTuple):
    """Hold the next actions; `rest` is set when the last of them is another HTTP call."""

    actions: tuple[Action, ...]
    rest: Rest | None


def resume(rest: Rest, answer: CallAnswer) -> Step:
    """Go on after an HTTP call.

    A failed call says its failure text and drops the other actions of its rule; the rules after it go on.
    """
    if rest.call is None:
        raise ValueError("nothing waits for an answer here")
    if answer.ok:
        known = {**rest.answers, rest.call.save: answer.body}
        return advance(msgspec.structs.replace(rest, answers=known), rest.left)
    actions, following = advance(msgspec.structs.replace(rest, pending=rest.pending[1:]), rest.left)
    if rest.call.failure is None:
        return Step(actions, following)
    return Step((Reply(text=str(rest.call.failure)), *actions), following)


def advance(rest: Rest, left: int) -> Step:
    """Render actions up to the next HTTP call or the end; at most `left` of them."""
    actions: list[Action] = []
    for number, (renders, groups) in enumerate(rest.pending):
        scope = _scope(rest, groups)
        for place, render in enumerate(renders):
            if len(actions) >= left:
                return Step(tuple(actions), None)
            action = render(scope)
            actions.append(action)
            if isinstance(action, Http):
                later = (Pending(renders[place + 1 :], groups), *rest.pending[number + 1 :])
                waiting = msgspec.structs.replace(rest, pending=later, call=action, left=left - len(actions))
                return Step(tuple(actions), waiting)
    return Step(tuple(actions), None)


def _scope(rest: Rest, groups: tuple[str, ...]) -> Scope:
    def look_up(path: str) -> object:
        head, _, tail = path.partition(".")
        if head in rest.answers:
            return step_into(rest.answers[head], tail)
        if head == "match":
            number = int(tail) if tail.isdigit() else -1
            return groups[number] if 0 <= number < len(groups) else None
        return rest.facts.look_up(path)

    return Scope(look_up, rest.facts.language)
