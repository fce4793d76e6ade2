"""Macros: several actions on a conversation with one click, all of them or none."""

from typing import Annotated

from msgspec import Meta, Struct

from fastdesk.model.conversation import Priority
from fastdesk.model.template import Template

__all__ = [
    "Act",
    "Assign",
    "GiveToBot",
    "Macro",
    "OfferForm",
    "Prioritise",
    "Resolve",
    "Say",
    "SetLabels",
    "Snooze",
    "WriteNote",
]

Ref = Annotated[str, Meta(min_length=1, max_length=64)]
Label = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^@\s]")]
Labels = Annotated[tuple[Label, ...], Meta(max_length=50)]
Words = Annotated[str, Meta(min_length=1, max_length=4000, pattern=r"\S")]


class _Act(Struct, frozen=True, kw_only=True, tag_field="do", omit_defaults=True, forbid_unknown_fields=True):
    pass


class Say(_Act, frozen=True, kw_only=True, tag="say"):
    """Answer the visitor; `{{visitor.name | 朋友}}` and the like are filled in."""

    text: Words

    def __post_init__(self) -> None:
        Template(self.text)


class WriteNote(_Act, frozen=True, kw_only=True, tag="note"):
    """Write a private note; `@Name` tells a colleague."""

    text: Words

    def __post_init__(self) -> None:
        Template(self.text)


class OfferForm(_Act, frozen=True, kw_only=True, tag="form"):
    """Ask the visitor to fill in a form."""

    form: Ref
    text: Words


class SetLabels(_Act, frozen=True, kw_only=True, tag="label"):
    """Put labels on the conversation and take others off."""

    add: Labels = ()
    remove: Labels = ()


class Prioritise(_Act, frozen=True, kw_only=True, tag="priority"):
    """Set the priority."""

    priority: Priority


class Assign(_Act, frozen=True, kw_only=True, tag="assign"):
    """Give the conversation to an agent (`me` is whoever runs the macro) or a team; with neither, to the queue."""

    agent: Ref | None = None
    team: Ref | None = None


class Snooze(_Act, frozen=True, kw_only=True, tag="snooze"):
    """Set the conversation aside for some minutes, or until the next message (0)."""

    minutes: Annotated[int, Meta(ge=0, le=525_600)] = 0


class GiveToBot(_Act, frozen=True, kw_only=True, tag="bot"):
    """Give the conversation back to the bot."""


class Resolve(_Act, frozen=True, kw_only=True, tag="resolve"):
    """Resolve the conversation."""


Act = Say | WriteNote | OfferForm | SetLabels | Prioritise | Assign | Snooze | GiveToBot | Resolve


class Macro(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One macro; an empty `owner` shares it with everybody."""

    id: Ref
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    group: Annotated[str, Meta(max_length=100)] = ""
    owner: Annotated[str, Meta(max_length=64)] = ""
    actions: Annotated[tuple[Act, ...], Meta(min_length=1, max_length=20)]
    #: How often it was run.
    uses: Annotated[int, Meta(ge=0)] = 0
