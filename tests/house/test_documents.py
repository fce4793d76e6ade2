"""What exists is documented: settings, frames, codes, metrics, hooks."""

from pathlib import Path
from typing import get_args

import pytest

from fastdesk.config import PREFIX, Settings
from fastdesk.config_page import render_markdown
from fastdesk.hooks.spec import HOOKS, HookSpec
from fastdesk.protocol.codes import CODES
from fastdesk.protocol.frames import Inbound, Outbound
from fastdesk.transport.http.operation import METRICS

DOCS = Path(__file__).parents[2] / "docs"


def test_configuration_page_is_what_the_model_says() -> None:
    assert (DOCS / "configuration.md").read_text("utf-8") == render_markdown()
    for name, field in Settings.model_fields.items():
        assert field.description, f"{PREFIX}{name.upper()} has no description"


@pytest.mark.parametrize("frame", [*get_args(Inbound), *get_args(Outbound)], ids=lambda frame: frame.__name__)
def test_every_frame_stands_in_the_protocol_page_with_its_fields(frame: type) -> None:
    page = (DOCS / "protocol.md").read_text("utf-8")
    tag = frame.__struct_config__.tag
    rows = [line for line in page.splitlines() if line.startswith("|") and f"`{tag}`" in line.split("|")[1]]
    assert rows, f"no row for {tag}"
    shared = {"conversation"}  # said once for all agent frames
    fields = set(frame.__struct_encode_fields__) - shared
    assert any(all(field in row for field in fields) for row in rows), f"{tag}: {sorted(fields)}"


@pytest.mark.parametrize("code", CODES)
def test_every_code_stands_in_the_protocol_page(code: str) -> None:
    status, sentence = CODES[code]
    assert f"| `{code}` | {status} | {sentence} |" in (DOCS / "protocol.md").read_text("utf-8")


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_stands_in_the_operations_page(metric: str) -> None:
    assert f"`{metric}`" in (DOCS / "operations.md").read_text("utf-8")


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_specified_and_documented(hook: str) -> None:
    assert getattr(HookSpec, hook).__doc__
    assert f"`{hook}" in (DOCS / "plug-ins.md").read_text("utf-8")
