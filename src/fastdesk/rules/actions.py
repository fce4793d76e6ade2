"""Render the actions of a rule: fill in their texts for one event, in the visitor's language."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from fastdesk.model.rule import (
    Action,
    Assistant,
    Buttons,
    Http,
    Localized,
    Note,
    Option,
    Reply,
    StartFlow,
)
from fastdesk.model.template import CallTemplate, LocalizedTemplate, LookUp, Template, strings

__all__ = ["Render", "Scope", "compile_action", "template_texts"]


class Scope(NamedTuple):
    """Hold what a template may ask for."""

    look_up: LookUp
    language: str


Render = Callable[[Scope], Action]


def compile_action(action: Action) -> Render:
    """Make the function that renders an action.

    Raises:
        ValueError: a text is no template.
    """
    match action:
        case Reply():
            said = LocalizedTemplate(action.text)
            return lambda scope: Reply(text=said.render(*scope))
        case Buttons():
            return _compile_buttons(action)
        case Note() | Assistant():
            name = "text" if isinstance(action, Note) else "instruction"
            written = Template(getattr(action, name))
            return lambda scope: replace(action, **{name: written.render(scope.look_up)})
        case StartFlow():
            slots = {name: Template(text) for name, text in action.slots.items()}
            return lambda scope: replace(
                action, slots={name: slot.render(scope.look_up) for name, slot in slots.items()}
            )
        case Http():
            return _compile_http(action)
        case _:
            return lambda scope: action


def template_texts(action: Action) -> Iterator[tuple[str, str]]:
    """List the templates of an action with the field each stands in."""
    match action:
        case Reply():
            yield from _localized("text", action.text)
        case Buttons():
            yield from _localized("text", action.text)
            for option in action.options:
                yield from _localized("options", option.label)
                yield from _localized("options", option.value or "")
        case Note():
            yield "text", action.text
        case Assistant():
            yield "instruction", action.instruction
        case StartFlow():
            yield from (("slots", text) for text in action.slots.values())
        case Http():
            yield "url", action.url
            yield from (("headers", text) for text in action.headers.values())
            yield from (("body", text) for text in strings(action.body))


def _localized(field: str, text: Localized) -> Iterator[tuple[str, str]]:
    yield from ((field, one) for one in ([text] if isinstance(text, str) else text.values()))


def _compile_buttons(action: Buttons) -> Render:
    said = LocalizedTemplate(action.text)
    options = [
        (LocalizedTemplate(option.label), Template(option.value) if option.value else None)
        for option in action.options
    ]

    def render(scope: Scope) -> Action:
        made = tuple(
            Option(label=label.render(*scope), value=value.render(scope.look_up) if value else None)
            for label, value in options
        )
        return Buttons(text=said.render(*scope), options=made)

    return render


def _compile_http(action: Http) -> Render:
    call = CallTemplate(action.url, action.headers, action.body)
    failure = LocalizedTemplate(action.failure) if action.failure else None

    def render(scope: Scope) -> Action:
        url, headers, body = call.render(scope.look_up)
        return replace(
            action, url=url, headers=headers, body=body, failure=failure.render(*scope) if failure else None
        )

    return render
