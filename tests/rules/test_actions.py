"""The texts of an action are filled in for one event; nothing else of it changes."""

from typing import get_args

import pytest

from fastdesk.model.rule import (
    Action,
    Assign,
    Assistant,
    Buttons,
    Handoff,
    Http,
    Note,
    Option,
    Reply,
    Resolve,
    SetLabels,
    SetPriority,
    Snooze,
    StartFlow,
    Webhook,
)
from fastdesk.rules.actions import Scope, compile_action, template_texts

WORD = "{{word}}"
WITH_TEXTS: list[Action] = [
    Reply(text=WORD),
    Buttons(text=WORD, options=(Option(label={"zh": WORD, "en": WORD}, value=WORD),)),
    Note(text=WORD),
    Assistant(instruction=WORD),
    StartFlow(flow="refund", slots={"number": WORD}),
    Http(url=f"https://shop.example/{WORD}", headers={"X-Word": WORD}, body={"deep": [{"er": WORD}]}),
]
WITHOUT: list[Action] = [
    Assign(team="sales"), SetLabels(add=(WORD,)), SetPriority(level="high"), Resolve(), Snooze(for_ms=60_000),
    Handoff(), Webhook(name="crm"),
]  # fmt: skip


def rendered(action: Action, language: str = "zh") -> Action:
    return compile_action(action)(Scope({"word": "a/b 值"}.get, language))


def test_every_kind_of_action_is_looked_at_here() -> None:
    assert {type(action) for action in (*WITH_TEXTS, *WITHOUT)} == set(get_args(Action))


@pytest.mark.parametrize("action", WITH_TEXTS)
def test_every_text_is_filled_in_and_listed_for_checking(action: Action) -> None:
    assert WORD not in str(rendered(action))
    listed = [text for _, text in template_texts(action)]
    assert sum(text.count(WORD) for text in listed) == str(action).count(WORD)
    assert {field for field, _ in template_texts(action)} <= set(action.__struct_fields__)


@pytest.mark.parametrize("action", WITHOUT)
def test_an_action_without_texts_is_given_as_it_is(action: Action) -> None:
    assert rendered(action) is action
    assert list(template_texts(action)) == []


def test_a_button_without_a_value_of_its_own_has_none_afterwards() -> None:
    buttons = Buttons(text="?", options=(Option(label=WORD), Option(label="x", value=WORD)))
    assert rendered(buttons) == Buttons(
        text="?", options=(Option(label="a/b 值"), Option(label="x", value="a/b 值"))
    )


def test_what_is_said_of_a_failed_call_is_in_the_visitors_language() -> None:
    call = Http(url="https://shop.example/", failure={"zh": "失败 {{word}}", "en": "It failed."})
    assert rendered(call, "zh-CN").failure == "失败 a/b 值"  # type: ignore[union-attr]
    assert rendered(call, "en").failure == "It failed."  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "action", [Reply(text="{{word"), Note(text="{{Not a name}}"), Http(url="https://x/{{")]
)
def test_a_text_that_is_no_template_is_refused_before_any_event(action: Action) -> None:
    with pytest.raises(ValueError, match="variable"):
        compile_action(action)
