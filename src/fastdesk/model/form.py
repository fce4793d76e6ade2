"""Forms that visitors fill in: before the talk, in place of it when nobody is there, and within it."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from fastdesk.model.text import Text

__all__ = ["OFFLINE", "Choice", "FieldType", "Form", "FormField", "SiteForms"]

FieldType = Literal["text", "textarea", "email", "phone", "number", "date", "choice"]
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_.\-]*$")]
Value = Annotated[str, Meta(min_length=1, max_length=200)]


class Choice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be chosen: a label for people, a value for the desk."""

    label: Text
    value: Value


class FormField(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One field. What `name`, `email` and `phone` are filled with becomes the visitor's own; the rest, its fields."""

    name: Name
    label: Text = ""
    type: FieldType = "text"
    required: bool = False
    choices: Annotated[tuple[Choice | Value, ...], Meta(max_length=100)] = ()
    placeholder: Text = ""
    #: Most characters; 0 stands for 500, and for 4,000 in a `textarea`.
    max_length: Annotated[int, Meta(ge=0, le=4000)] = 0


class Form(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A form. Whoever asks for one again under the same id gets it as it stands then."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    title: Text = ""
    text: Text = ""
    submit: Text = ""
    fields: Annotated[tuple[FormField, ...], Meta(min_length=1, max_length=30)]

    def __post_init__(self) -> None:
        names = [field.name for field in self.fields]
        for field in self.fields:
            if names.count(field.name) > 1:
                raise ValueError(f"There are two fields with the name {field.name}")
            if field.type == "choice" and not field.choices:
                raise ValueError(f"The field {field.name} offers no choices")


class SiteForms(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A site's forms: each a form, or the id of a record of the kind `form`."""

    pre_chat: Form | Value | None = None
    offline: Form | Value | None = None
    #: Nothing is taken of a visitor before what `pre_chat` asks for is known.
    pre_chat_required: bool = False


#: What is asked outside hours where a site says nothing else.
OFFLINE = Form(
    id="offline",
    fields=(
        FormField(name="name", label={"zh": "姓名", "en": "Name"}),
        FormField(name="email", label={"zh": "邮箱", "en": "E-mail"}, type="email", required=True),
        FormField(name="message", label={"zh": "留言", "en": "Message"}, type="textarea", required=True),
    ),
)
