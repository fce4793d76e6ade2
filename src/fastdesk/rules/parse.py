"""Read rules out of a file (YAML or JSON) or out of one JSON object, and say which line is wrong."""

import re

import msgspec

from fastdesk.model.document import Node, decode, nearest, read_document
from fastdesk.model.problem import Problem
from fastdesk.model.rule import Rule
from fastdesk.rules.book import RuleBook
from fastdesk.rules.shorthand import SHORT_NAMES, expand_rule

__all__ = ["parse_rule", "parse_rules"]

_STEP = 10
"""Distance of the positions that rules of a file get, so that others fit between them."""


def parse_rules(source: str | bytes) -> list[Rule] | list[Problem]:
    """Read a file of rules: a list, or a mapping with `rules`. Rules without a position keep their order.

    The rules are compiled once to find what is wrong with them; every problem has its line.
    """
    document = read_document(source)
    if isinstance(document, Problem):
        return [document]
    listed = document.value.get("rules") if isinstance(document.value, dict) else document
    if isinstance(document.value, dict):
        strangers = [key for key in document.value if key != "rules"]
        if strangers:
            line = document.value[strangers[0]].line
            return [
                Problem(
                    message=f"unknown field '{strangers[0]}'",
                    hint=nearest(strangers[0], ["rules"]),
                    line=line,
                )
            ]
    if listed is None or not isinstance(listed.value, list):
        return [Problem(message="a file of rules is a list, or has 'rules:' with a list", line=document.line)]
    nodes = [_placed(expand_rule(item), number) for number, item in enumerate(listed.value)]
    rules, problems = _decode_all(nodes)
    if problems:
        return problems
    book = RuleBook.compile(rules)
    return rules if isinstance(book, RuleBook) else [_with_line(problem, nodes) for problem in book]


def parse_rule(body: object) -> Rule | list[Problem]:
    """Read one rule, in the short or the long form, and check it by itself; problems have the lines of its nodes."""
    node = expand_rule(Node.of(body))
    rule = decode(node, Rule, "rule", SHORT_NAMES)
    if isinstance(rule, Problem):
        return [rule]
    book = RuleBook.compile([rule])
    if isinstance(book, RuleBook):
        return rule
    lined = [_with_line(problem, [node]) for problem in book]
    return [
        msgspec.structs.replace(problem, path=problem.path.replace("rules[0]", "rule", 1))
        for problem in lined
    ]


def _placed(node: Node, number: int) -> Node:
    if not isinstance(node.value, dict) or "position" in node.value:
        return node
    return Node({**node.value, "position": Node((number + 1) * _STEP, node.line)}, node.line)


def _decode_all(nodes: list[Node]) -> tuple[list[Rule], list[Problem]]:
    rules: list[Rule] = []
    problems: list[Problem] = []
    for number, node in enumerate(nodes):
        rule = decode(node, Rule, f"rules[{number}]", SHORT_NAMES)
        if isinstance(rule, Problem):
            problems.append(rule)
        else:
            rules.append(rule)
    return rules, problems


def _with_line(problem: Problem, nodes: list[Node]) -> Problem:
    """Give a problem of the compiled book the line that its path stands for."""
    found = re.match(r"rules\[(\d+)\]\.?(.*)", problem.path)
    if not found:
        return problem
    keys: list[str | int] = [
        int(key) if key.isdigit() else key for key in re.findall(r"[a-z_]+|\d+", found.group(2))
    ]
    return msgspec.structs.replace(problem, line=nodes[int(found.group(1))].line_at(keys))
