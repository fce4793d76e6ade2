from typing import Any

import pytest

from fastdesk.ai.actions import ProposedAction, Refusal, as_tool, offered_tools, propose
from fastdesk.ai.provider import ToolCall
from fastdesk.ai.settings import AssistantSettings, ToolSettings

ORDER = ToolSettings(
    name="order",
    parameters={
        "type": "object",
        "properties": {
            "number": {"type": "string"},
            "count": {"type": "integer"},
            "state": {"type": "string", "enum": ["open", "sent"]},
            "customer": {"type": "string"},
        },
        "required": ["number", "customer"],
    },
    identity={"customer": "identity"},
    side_effect=True,
)
SETTINGS = AssistantSettings(tools=(ORDER,), allow=("order", "hand_off"))
WHO = {"identity": "c-42"}


def offer(arguments: str, *, name: str = "order", turn: str = "t1") -> ProposedAction | Refusal:
    return propose(ToolCall("c", name, arguments), offered_tools(SETTINGS, WHO), WHO, turn)


def test_model_sees_no_argument_that_is_not_its_to_choose() -> None:
    schema = as_tool(ORDER).parameters
    assert "customer" not in schema["properties"]
    assert schema["required"] == ["number"]


def test_identity_comes_from_the_session_whatever_the_model_says() -> None:
    action = offer('{"number":"7","customer":"c-1"}')
    assert isinstance(action, ProposedAction)
    assert action.arguments == {"number": "7", "customer": "c-42"}


def test_tool_with_identity_is_not_offered_to_strangers() -> None:
    assert set(offered_tools(SETTINGS, {})) == {"hand_off"}
    assert isinstance(propose(ToolCall("c", "order", "{}"), offered_tools(SETTINGS, {}), {}, "t"), Refusal)


def test_only_what_rules_allow() -> None:
    assert offer("{}", name="not_sure") == Refusal("not_sure", "not allowed here")
    assert offer("{}", name="delete_everything") == Refusal("delete_everything", "not allowed here")
    assert offer('{"reason":"angry"}', name="hand_off") == ProposedAction("hand_off", {"reason": "angry"})


def test_side_effect_has_one_key_per_turn_and_content() -> None:
    first, again = offer('{"number":"7","count":1}'), offer('{"count":1, "number":"7"}')
    assert first == again
    assert isinstance(first, ProposedAction)
    assert first.key
    others = [offer('{"number":"8","count":1}'), offer('{"number":"7","count":1}', turn="t2")]
    assert first.key not in {other.key for other in others if isinstance(other, ProposedAction)}


@pytest.mark.parametrize(
    "arguments",
    ["", "[]", "nonsense", "{}", '{"number":7}', '{"number":"7","extra":1}', '{"number":"7","count":"1"}',
     '{"number":"7","count":true}', '{"number":"7","state":"lost"}', '{"number":"' + "x" * 9000 + '"}',
     '{"number":' + "[" * 5000],
)  # fmt: skip
def test_arguments_that_do_not_fit_are_refused(arguments: str) -> None:
    assert isinstance(offer(arguments), Refusal)


def test_tool_without_schema_takes_nothing() -> None:
    settings = AssistantSettings(tools=(ToolSettings(name="ping"),), allow=("ping",))
    offered: dict[str, Any] = offered_tools(settings, {})
    assert propose(ToolCall("c", "ping", ""), offered, {}, "t") == ProposedAction("ping", {})
    assert isinstance(propose(ToolCall("c", "ping", '{"a":1}'), offered, {}, "t"), Refusal)
