"""Templates: variables with defaults, safe in addresses and headers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastdesk.model.template import CallTemplate, LocalizedTemplate, Template, as_text, in_language, step_into

VALUES = {"visitor.name": "王", "n": 3.0, "list": ["a", 1, None], "flag": True, "gone": None, "map": {"a": 1}}


def test_variables_and_defaults() -> None:
    template = Template("{{visitor.name}} {{ gone | 无 }}{{gone}} {{n}} {{list}} {{flag}} {{map}}")
    assert template.paths == ("visitor.name", "gone", "gone", "n", "list", "flag", "map")
    assert template.render(VALUES.get) == "王 无 3 a, 1 true "


def test_value_is_not_a_template() -> None:
    assert Template("{{a}}").render({"a": "{{b}}", "b": "x"}.get) == "{{b}}"


@pytest.mark.parametrize(
    "text", ["{{a", "a}}", "{{a b}}", "{{}}", "{{A}}", "{{a}} {{", "{{a.}}", "{{{a}}}x}}"]
)
def test_broken_template_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="variable"):
        Template(text)


def test_long_text_is_cut() -> None:
    assert len(Template("{{a}}{{a}}").render({"a": "x" * 7_000}.get)) == 8_000


def test_address_keeps_values_in_their_place() -> None:
    call = CallTemplate("https://a.example/{{a}}?b={{a}}", {"X": "{{b}}"}, {"k": ["{{n}}", "x{{n}}", 1]})
    values = {"a": "../x y&c=1#?", "b": "1\r\nEvil: 2", "n": 5}
    url, headers, body = call.render(values.get)
    assert url == "https://a.example/..%2Fx%20y%26c%3D1%23%3F?b=..%2Fx%20y%26c%3D1%23%3F"
    assert headers == {"X": "1 Evil: 2"}
    assert body == {"k": [5, "x5", 1]}
    assert call.paths == {"a", "b", "n"}


def test_language_falls_back_to_its_main_tag_and_then_to_the_first() -> None:
    texts = {"en": "en", "zh": "zh", "zh-TW": "tw"}
    assert [in_language(texts, tag) for tag in ("zh-TW", "zh-CN", "en-US", "fr", "")] == [
        "tw",
        "zh",
        "en",
        "en",
        "en",
    ]
    assert LocalizedTemplate({"zh": "您好", "en": "Hi"}).render(VALUES.get, "en") == "Hi"
    assert LocalizedTemplate("Hi").render(VALUES.get, "zh") == "Hi"


def test_step_into() -> None:
    body = {"items": [{"name": "a"}], "0": "zero"}
    assert step_into(body, "items.0.name") == "a"
    assert step_into(body, "") == body
    assert step_into(body, "0") == "zero"
    assert [
        step_into(body, path) for path in ("items.9", "items.x", "items.0.name.x", "none", "items.99999999")
    ] == [None] * 5


def test_as_text() -> None:
    assert [as_text(value) for value in (None, 1.5, 2.0, 1e300, False, "x", (1, 2))] == [
        "",
        "1.5",
        "2",
        "1e+300",
        "false",
        "x",
        "1, 2",
    ]


@settings(deadline=None)
@given(st.text("{}|ab. ", max_size=20))
def test_any_text_is_a_template_or_refused(text: str) -> None:
    try:
        template = Template(text)
    except ValueError:
        return
    assert isinstance(template.render({}.get), str)
