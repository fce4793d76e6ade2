"""The page of features is what its table says, and the table names tests that exist."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """Return the tool that writes the page."""
    spec = importlib.util.spec_from_file_location("write_features", ROOT / "tools" / "write_features.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_test_that_is_named_exists(tool: ModuleType) -> None:
    assert tool.missing_tests() == []


def test_page_is_up_to_date(tool: ModuleType) -> None:
    page = (ROOT / "docs" / "features.md").read_text("utf-8")
    assert page == tool.render(), "run python tools/write_features.py"


def test_every_row_stands_once(tool: ModuleType) -> None:
    numbers = [row.number for _, rows in tool.read_rows() for row in rows]
    assert numbers == list(range(1, len(numbers) + 1))
