"""A folder teaches a tenant: everything in it, or nothing with the line that is wrong."""

from collections import Counter
from pathlib import Path

import pytest

from fastdesk.errors import FormatError
from fastdesk.teaching import read_folder

SHOP = Path(__file__).parents[1] / "examples" / "shop"


def test_the_example_shop_is_read_whole() -> None:
    counts = Counter(kind for kind, _ in read_folder(SHOP))
    assert counts["rule"] >= 10
    assert counts["flow"] == 2
    assert counts["article"] >= 16
    assert counts["words"] >= 1


def test_a_wrong_rule_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("- id: one\n  contains: hello\n  rply: hi\n", "utf-8")
    with pytest.raises(FormatError, match=r"rules\.yaml: line 3"):
        list(read_folder(tmp_path))


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="There is no folder"):
        list(read_folder(tmp_path / "nowhere"))
