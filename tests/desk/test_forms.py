"""Whether a form is filled in as it should be."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.desk.forms import check_values, read_values
from fastdesk.model.form import OFFLINE, Form, FormField

FORM = msgspec.convert(
    {
        "id": "order",
        "fields": [
            {"name": "name", "label": {"zh": "姓名", "en": "Name"}, "required": True, "max_length": 5},
            {"name": "mail", "label": "Mail", "type": "email"},
            {"name": "tel", "label": "Tel", "type": "phone"},
            {"name": "age", "label": "Age", "type": "number"},
            {"name": "day", "label": "Day", "type": "date"},
            {"name": "size", "label": "Size", "type": "choice", "choices": ["S", {"label": "Large", "value": "L"}]},
            {"name": "words", "label": "Words", "type": "textarea"},
        ],
    },
    Form,
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "good", "bad", "said"),
    [
        ("mail", "a@b.cn", "a@b", "Mail: is not an e-mail address"),
        ("tel", "+86 138-0013-8000", "call me", "Tel: is not a phone number"),
        ("age", "3,5", "three", "Age: is not a number"),
        ("age", "-1e3", "inf", "Age: is not a number"),
        ("day", "2026-02-28", "2026-02-30", "Day: is not a date such as 2026-01-31"),
        ("day", "2026-02-28", "20260228", "Day: is not a date such as 2026-01-31"),
        ("size", "L", "Large", "Size: is not one of the choices"),
        ("words", "x" * 4000, "x" * 4001, "Words: is too long"),
        ("name", "Li", "Li Lei", "Name: is too long"),
        ("words", "fine", ["a", "list"], "Words: is not a text"),
    ],
)
def test_each_type_takes_its_own_and_nothing_else(name: str, good: str, bad: object, said: str) -> None:
    values = {"name": "Li", name: good}
    assert check_values(FORM, values, "en") == values
    assert check_values(FORM, {**values, name: bad}, "en") == said


def test_what_must_be_there_is_asked_for_in_the_visitors_language() -> None:
    assert check_values(FORM, {"name": "  "}, "en-GB") == "Name: please fill this in"
    assert check_values(FORM, {}, "zh-CN") == "姓名：请填写"


def test_everything_that_is_wrong_is_said_at_once() -> None:
    said = check_values(FORM, {"mail": "x", "other": "y"}, "en")
    assert (
        said
        == "other: is not a field of this form; Name: please fill this in; Mail: is not an e-mail address"
    )


@pytest.mark.parametrize("values", [None, [], "text", 5])
def test_values_that_are_no_object_are_refused(values: object) -> None:
    assert isinstance(check_values(FORM, values, "en"), str)


def test_empty_fields_and_control_characters_are_left_out() -> None:
    assert read_values({"a": " x\x00 ", "b": "", "c": None, "d": 5}) == {"a": "x", "d": "5"}


@given(
    st.dictionaries(
        st.text(max_size=20), st.one_of(st.none(), st.booleans(), st.floats(), st.text(), st.lists(st.text()))
    )
)
def test_whatever_is_sent_is_taken_or_refused_in_words(values: dict[str, object]) -> None:
    found = check_values(OFFLINE, values, "zh")
    assert isinstance(found, str) or {"email", "message"} <= set(found)


def test_a_form_that_contradicts_itself_is_refused() -> None:
    field = FormField(name="a")
    with pytest.raises(ValueError, match="two fields"):
        Form(id="f", fields=(field, field))
    with pytest.raises(ValueError, match="no choices"):
        Form(id="f", fields=(FormField(name="a", type="choice"),))
