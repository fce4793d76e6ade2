"""The page on flows names everything that a flow may hold, and its examples are right."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from fastdesk.dialogue import parse_dialogues, parse_flow, run_dialogues
from fastdesk.dialogue.rehearsal import Dialogue, Turn
from fastdesk.model.flow import Flow, SlotType, State

PAGE = (Path(__file__).parents[2] / "docs/flows.md").read_text("utf-8")


def test_example_is_right_and_its_dialogues_pass() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    flow = parse_flow(example)
    assert isinstance(flow, Flow), [str(problem) for problem in flow]
    dialogues = [one for one in parse_dialogues(example) if isinstance(one, Dialogue)]
    assert [result.problem for result in run_dialogues(flow, dialogues)] == [None]


def test_python_example_is_right() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)
    assert isinstance(names["flow"], Flow), names["flow"]


@pytest.mark.parametrize("name", get_args(SlotType))
def test_every_type_of_slot_is_documented(name: str) -> None:
    assert f"| `{name}` |" in PAGE


@pytest.mark.parametrize("struct", get_args(State), ids=lambda struct: struct.__name__)
def test_every_state_and_its_fields_are_documented(struct: Any) -> None:
    tag = {"sub": "flow"}.get(struct.__struct_config__.tag, struct.__struct_config__.tag)
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{tag}:"))
    short = {"wait_ms": "wait", "timeout_ms": "timeout", "given": "with"}
    lone = {"slot", "url", "flow", "cases", "reason", "result"}
    for field in struct.__struct_fields__:
        assert field in lone or field == tag or f"`{short.get(field, field)}`" in row, field


@pytest.mark.parametrize("field", Flow.__struct_fields__)
def test_every_field_is_documented(field: str) -> None:
    assert f"`{field}`" in PAGE


@pytest.mark.parametrize("field", [*Turn.__struct_fields__, *Dialogue.__struct_fields__])
def test_everything_a_dialogue_may_say_is_documented(field: str) -> None:
    assert field in ("line", "name", "turns") or f"`{field}`" in PAGE or f"`{field}:" in PAGE, field
