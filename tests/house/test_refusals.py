"""What the desk refuses in English has its words in Chinese, so that agents read their own language."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastdesk.protocol.codes import CODES

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "frontend/src/console/locales"
#: Sentences of frames that only programs send; the chat of visitors has words of its own.
ROOMS = ("desk", "pipeline", "plugins", "tenants", "transport")


def refused() -> Iterator[str]:
    """Give every sentence and hint with which something is refused, as far as it is one whole text."""
    for room in ROOMS:
        for path in sorted((ROOT / "src/fastdesk" / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                    continue
                if node.func.id in ("Refused", "Rejection"):
                    hints = [keyword.value for keyword in node.keywords if keyword.arg == "hint"]
                    for part in [*node.args[1:2], *hints]:
                        if isinstance(part, ast.Constant) and part.value:
                            yield str(part.value)


@pytest.mark.parametrize("tag", ["zh-CN", "zh-TW"])
def test_every_refusal_is_said_in_chinese(tag: str) -> None:
    known = json.loads((TABLES / f"refusals.{tag}.json").read_text())
    wanted = {*refused(), *(sentence for _, sentence in CODES.values())}
    assert len(wanted) > 80
    patterns = [re.sub(r"\\\{\d\\\}", ".+?", re.escape(sentence)) for sentence in known]
    fits = re.compile("|".join(f"(?:{pattern})" for pattern in patterns))
    assert sorted(sentence for sentence in wanted if not fits.fullmatch(sentence)) == []
