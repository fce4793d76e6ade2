"""Make a flow ready to run: its texts as templates, its slots as readers."""

from typing import Any

from fastdesk.dialogue.slots import SlotReader
from fastdesk.dialogue.state import Around, Frame
from fastdesk.model import condition as conditions
from fastdesk.model.condition import Compare, Condition, Not
from fastdesk.model.flow import Ask, Call, End, Flow, Hand, Say, State, Sub
from fastdesk.model.folding import exact_key, fold
from fastdesk.model.pattern import Pattern, compile_pattern
from fastdesk.model.rule import Localized
from fastdesk.model.template import CallTemplate, LocalizedTemplate, LookUp, Template, in_language, step_into

__all__ = ["IDENTITY", "CompiledFlow", "holds", "names_of"]

IDENTITY = "visitor.identity"


class CompiledFlow:
    """Hold a flow that has no problems. Immutable."""

    __slots__ = ("calls", "flow", "givens", "labels", "options", "readers", "retries", "says", "triggers")

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.triggers = frozenset(exact_key(fold(text)) for text in flow.triggers)
        self.readers = {
            name: SlotReader(slot, _pattern(slot.pattern), flow.zone) for name, slot in flow.slots.items()
        }
        self.labels = {name: LocalizedTemplate(slot.label or name) for name, slot in flow.slots.items()}
        self.says: dict[str, LocalizedTemplate] = {}
        self.retries: dict[str, LocalizedTemplate] = {}
        self.options: dict[str, list[tuple[LocalizedTemplate, Template]]] = {}
        self.calls: dict[str, CallTemplate] = {}
        self.givens: dict[str, dict[str, Template]] = {}
        for name, state in flow.states.items():
            self._add(name, state)

    def look_up(self, frame: Frame, around: Around) -> LookUp:
        """Make the function that finds values for the templates of a running flow."""

        def find(path: str) -> object:
            head, _, rest = path.partition(".")
            if head == "slots":
                return frame.slots.get(rest)
            if head == "labels":
                return self._label(rest, frame.slots.get(rest), around.language)
            if head in frame.answers:
                return step_into(frame.answers[head], rest)
            return around.look_up(path)

        return find

    def state(self, frame: Frame) -> State:
        """Give the state a frame stands in."""
        return self.flow.states[frame.state]

    def ask_of(self, slot: str) -> str | None:
        """Give the first state that asks for a slot."""
        for name, state in self.flow.states.items():
            if isinstance(state, Ask) and state.slot == slot:
                return name
        return None

    def _label(self, slot: str, value: Any, language: str) -> object:
        """Give the label of the option that fills a choice slot, the value itself for other slots."""
        for option in self.flow.slots[slot].options if slot in self.flow.slots else ():
            if option.value == value and option.label is not None:
                return option.label if isinstance(option.label, str) else in_language(option.label, language)
        return value

    def _add(self, name: str, state: State) -> None:
        if isinstance(state, Ask | Say | End | Hand) and state.say is not None:
            self.says[name] = LocalizedTemplate(state.say)
        if isinstance(state, Ask):
            self.retries[name] = LocalizedTemplate(state.retry or state.say)
            self.options[name] = [
                (LocalizedTemplate(option.label or option.value), Template(option.value))
                for option in self.flow.slots[state.slot].options
            ]
        elif isinstance(state, Say):
            self.options[name] = [
                (LocalizedTemplate(option.label), Template(option.value or names_of(option.label)[0]))
                for option in state.options
            ]
        elif isinstance(state, Call):
            self.calls[name] = CallTemplate(state.url, state.headers, state.body)
        elif isinstance(state, Sub):
            self.givens[name] = {slot: Template(text) for slot, text in state.given.items()}


def holds(condition: Condition | None, look_up: LookUp) -> bool:
    """Say whether a condition on values holds."""
    match condition:
        case None:
            return True
        case Compare():
            return condition.holds(look_up(condition.path))
        case conditions.All():
            return all(holds(part, look_up) for part in condition.of)
        case conditions.Any():
            return any(holds(part, look_up) for part in condition.of)
        case Not():
            return not holds(condition.of, look_up)
        case _:
            return False


def names_of(text: Localized) -> list[str]:
    """List a text in all its languages."""
    return [text] if isinstance(text, str) else list(text.values())


def _pattern(source: str | None) -> Pattern | None:
    made = compile_pattern(source) if source is not None else None
    return made if isinstance(made, Pattern) else None
