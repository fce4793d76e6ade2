"""The page on rules names everything that a rule may hold, and its examples are right."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from fastdesk.model import condition as conditions
from fastdesk.model.condition import Condition
from fastdesk.model.rule import Action, Rule, Trigger
from fastdesk.model.word import Level, WordList
from fastdesk.moderation import parse_word_lists
from fastdesk.rules import parse_rules
from fastdesk.rules.facts import PATHS

PAGE = (Path(__file__).parents[2] / "docs/rules.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def tag(struct: Any) -> str:
    return str(struct.__struct_config__.tag)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_right(example: str) -> None:
    made: list[Any] = [*(parse_rules(example) if example.startswith("rules") else parse_word_lists(example))]
    assert made
    assert all(isinstance(one, Rule | WordList) for one in made), [str(one) for one in made]


@pytest.mark.parametrize(
    "name", [*(tag(one) for one in get_args(Action)), *get_args(Trigger), *get_args(Level)]
)
def test_every_action_event_and_level_is_documented(name: str) -> None:
    assert re.search(rf"`{name}[`:]", PAGE), name


@pytest.mark.parametrize(
    "struct", [one for one in get_args(Condition) if one is not conditions.Compare], ids=tag
)
def test_every_condition_is_documented(struct: Any) -> None:
    assert f"`{tag(struct)}:" in PAGE


@pytest.mark.parametrize("field", [field for field in Rule.__struct_fields__ if not field.endswith("_ms")])
def test_every_field_is_documented(field: str) -> None:
    assert re.search(rf"^\| .*`{field}`.* \|", PAGE, re.MULTILINE), field


@pytest.mark.parametrize("path", PATHS)
def test_every_variable_is_documented(path: str) -> None:
    head, _, rest = path.partition(".")
    assert f"`{path}`" in PAGE or (f"`{head}." in PAGE and f"`.{rest}`" in PAGE), path
