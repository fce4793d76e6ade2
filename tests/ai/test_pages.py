"""The two pages on models, taken literally."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fastdesk.ai import AssistantSettings, Line, ModelSettings, read_settings
from fastdesk.ai.provider import Completion, ModelRequest, ProviderKit, ToolCall, Usage, complete

DOCS = Path(__file__).parents[2] / "docs"
ASSISTANT = (DOCS / "assistant.md").read_text()


def blocks(page: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL)


async def test_the_shown_provider_works(kit: ProviderKit) -> None:
    first, completion, *_ = blocks((DOCS / "writing-a-provider.md").read_text(), "python")
    room: dict[str, Any] = {}
    exec(first, room)
    parrot = room["Parrot"](ModelSettings(), kit)
    said = await complete(parrot, ModelRequest(lines=(Line("user", "hello there"),)))
    assert said == Completion(text="hello there ", usage=Usage(1, 2))
    shown = eval(completion.strip().removeprefix("yield "), {"Completion": Completion, "ToolCall": ToolCall})
    assert shown.tool_calls[0].name == "order_state"


@pytest.mark.parametrize("block", blocks(ASSISTANT, "json"))
def test_the_shown_settings_are_good(block: str) -> None:
    shown = json.loads(block)
    settings = read_settings(shown.get("assistant", shown), AssistantSettings())
    assert settings.allow[:2] == ("hand_off", "not_sure")


def test_the_shown_defaults_are_those_of_a_model() -> None:
    defaults = ModelSettings()
    rows = dict(re.findall(r"^\| (`[^|]+) \| ([^|]+) \|", ASSISTANT, re.MULTILINE))
    assert rows["`first_token_ms`"] == str(defaults.first_token_ms)
    limits = [str(value) for value in (defaults.gap_ms, defaults.total_ms, defaults.connect_ms)]
    assert rows["`gap_ms`, `total_ms`, `connect_ms`"].split(", ") == limits
    assert rows["`max_connections`"] == str(defaults.max_connections)
    assert rows["`max_tokens`, `temperature`"] == f"{defaults.max_tokens}, –"
