"""Read a folder that teaches a desk: rules.yaml, words.yaml, webhooks.yaml, flows/*.yaml and *.py, articles/*.md, faq.csv."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from fastdesk.article_files import read_articles
from fastdesk.dialogue import parse_flow
from fastdesk.dialogue.check import check_calls
from fastdesk.errors import FormatError
from fastdesk.model.document import Node, decode, read_document
from fastdesk.model.flow import Flow
from fastdesk.model.ids import TenantId
from fastdesk.model.problem import Problem
from fastdesk.model.webhook import Webhook
from fastdesk.moderation.words import parse_word_lists
from fastdesk.rules import parse_rules
from fastdesk.tenants.records import Records

__all__ = ["parse_webhooks", "read_flow", "read_folder", "teach"]


def teach(records: Records, tenant: TenantId, folder: Path, *, actor: str) -> int:
    """Write everything that a folder holds as records of a tenant; return how many.

    Raises:
        FormatError: names the file, the line and the reason; nothing has been written then.
    """
    taught = list(read_folder(folder))
    for kind, record in taught:
        records.put(tenant, kind, record, actor=actor, reason=folder.name)
    return len(taught)


def read_folder(folder: Path) -> Iterator[tuple[str, Struct]]:
    """Yield (kind, record) of every file that is there.

    Raises:
        FormatError: names the file, the line and the reason.
    """
    if not folder.is_dir():
        raise FormatError(f"There is no folder {folder}.")
    for name, kind, parse in _FILES:
        path = folder / name
        if path.is_file():
            for record in _right(path, parse(path.read_bytes())):
                yield kind, record
    flows: list[Flow] = []
    for path in sorted((folder / "flows").glob("*")):
        if path.suffix in (".yaml", ".py") and not path.stem.endswith(("_dialogues", ".dialogues")):
            flow = read_flow(path)
            flows += _right(path, flow if isinstance(flow, list) else [flow])
    _right(folder / "flows", check_calls(flows))
    for flow in flows:
        yield "flow", flow
    for path in (*sorted((folder / "articles").glob("*.md")), folder / "faq.csv"):
        if path.is_file():
            for article in _right(path, read_articles(path.name, path.read_bytes(), {"state": "published"})):
                yield "article", article


def read_flow(file: Path) -> Flow | list[Problem]:
    """Read a flow out of a YAML or JSON file, or out of a Python file whose `flow` is one that a FlowBuilder has built."""
    if file.suffix != ".py":
        return parse_flow(file.read_bytes())
    try:
        flow = runpy.run_path(str(file)).get("flow")
    except Exception as failure:  # the border to foreign code
        return [Problem(message=f"the file cannot be run: {type(failure).__name__}: {failure}")]
    if isinstance(flow, Flow) or (isinstance(flow, list) and flow and isinstance(flow[0], Problem)):
        return flow
    return [Problem(message="the file makes no 'flow'", hint="write flow = FlowBuilder(…)….build()")]


def parse_webhooks(source: bytes) -> list[Webhook] | list[Problem]:
    """Read a file (YAML or JSON) of webhooks: a list, or a mapping with `webhooks`. Problems have their lines."""
    document = read_document(source)
    if isinstance(document, Problem):
        return [document]
    listed = document.value.get("webhooks") if isinstance(document.value, dict) else document
    if not isinstance(listed, Node) or not isinstance(listed.value, list):
        return [
            Problem(
                message="a file of webhooks is a list, or has 'webhooks:' with a list", line=document.line
            )
        ]
    read = [decode(node, Webhook, f"webhooks[{number}]") for number, node in enumerate(listed.value)]
    problems = [one for one in read if isinstance(one, Problem)]
    return problems or [one for one in read if isinstance(one, Webhook)]


_FILES: tuple[tuple[str, str, Any], ...] = (
    ("rules.yaml", "rule", parse_rules),
    ("words.yaml", "words", parse_word_lists),
    ("webhooks.yaml", "webhook", parse_webhooks),
)


def _right(path: Path, parsed: list[Any]) -> list[Any]:
    if parsed and isinstance(parsed[0], Problem):
        raise FormatError(f"{path}: {parsed[0]}")
    return parsed
