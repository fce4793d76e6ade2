"""Read a flow, and the dialogues that test it, out of a file; say which line is wrong."""

import re

import msgspec

from fastdesk.dialogue.check import check
from fastdesk.dialogue.shorthand import SHORT_NAMES, expand_flow
from fastdesk.model.document import Node, decode, read_document
from fastdesk.model.flow import Flow
from fastdesk.model.problem import Problem

__all__ = ["parse_flow", "parse_flow_object"]


def parse_flow(source: str | bytes) -> Flow | list[Problem]:
    """Read a flow file (YAML or JSON, short or long form) and check it; problems have their lines.

    A part `dialogues` is left to `fastdesk.dialogue.rehearsal`.
    """
    document = read_document(source)
    if isinstance(document, Problem):
        return [document]
    return _read(document)


def parse_flow_object(body: object) -> Flow | list[Problem]:
    """Read a flow, in the short or the long form, and check it; problems have the lines of its nodes."""
    return _read(Node.of(body))


def _read(document: Node) -> Flow | list[Problem]:
    if isinstance(document.value, dict):
        document = Node({k: v for k, v in document.value.items() if k != "dialogues"}, document.line)
    expanded = expand_flow(document)
    flow = decode(expanded, Flow, also=SHORT_NAMES)
    if isinstance(flow, Problem):
        return [flow]
    problems = check(flow)
    return [_with_line(problem, expanded) for problem in problems] or flow


def _with_line(problem: Problem, document: Node) -> Problem:
    keys: list[str | int] = [int(key) if key.isdigit() else key for key in re.findall(r"\w+", problem.path)]
    return msgspec.structs.replace(problem, line=document.line_at(keys))
