"""The kinds of record that handlers are taught by, beside the desk's own."""

from typing import Any

from fastdesk.errors import Refused
from fastdesk.model.problem import Problem
from fastdesk.model.rule import Rule
from fastdesk.model.word import WordList
from fastdesk.rules import parse_rule
from fastdesk.tenants.records import Kind, basic_kinds

__all__ = ["all_kinds", "refuse"]


def refuse(problems: list[Problem]) -> Refused:
    """Return the refusal that tells an owner of the first problems of what was written."""
    return Refused("invalid", " ".join(str(problem) for problem in problems[:3]), hint=problems[0].hint)


def _parse_rule(body: dict[str, Any]) -> Rule:
    rule = parse_rule(body)
    if isinstance(rule, list):
        raise refuse(rule)
    return rule


#: Short forms that a rule may be written in, see docs/rules.md.
_RULE_SHORTHAND = ("exact", "contains", "keywords", "regex", "reply", "intent", "language")


def all_kinds() -> list[Kind]:
    """Return every kind of record of this desk."""
    read, write = "knowledge.read", "knowledge.write"
    return [
        *basic_kinds(),
        Kind("rule", Rule, read, write, plural="rules", shorthand=_RULE_SHORTHAND, parse=_parse_rule),
        Kind("words", WordList, read, write, plural="words"),
    ]
