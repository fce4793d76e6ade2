"""Check one rule and make it ready to run."""

from collections.abc import Iterator
from typing import Any

from fastdesk.model.condition import (
    MAX_DEPTH,
    Compare,
    Contains,
    Exact,
    Hours,
    Keywords,
    Regex,
    depth,
    parts,
)
from fastdesk.model.document import nearest
from fastdesk.model.pattern import Pattern, PatternFault, compile_pattern
from fastdesk.model.problem import Problem
from fastdesk.model.rule import Action, Assign, Http, Rule
from fastdesk.model.template import LocalizedTemplate, Template
from fastdesk.rules.actions import Render, compile_action, template_texts
from fastdesk.rules.conditions import Test, compile_condition, gate, used, zone_exists
from fastdesk.rules.facts import PATHS, Facts, known_path
from fastdesk.rules.text_index import Finds, Mark, TextIndex
from fastdesk.rules.why import Reason

__all__ = ["MAX_CAUSES", "CompiledRule", "check_rule", "compile_patterns"]

MAX_CAUSES = 4
"""Rules that may follow from each other's effects; the next event in such a chain fires nothing."""

_IDENTITY = "visitor.identity"


class CompiledRule:
    """Hold a rule that has no problems, with its condition and actions as functions."""

    __slots__ = (
        "_patterns", "_test", "gate", "is_exact", "needs_identity", "renders", "rule", "settled", "unverified",
    )  # fmt: skip

    def __init__(self, rule: Rule, index: TextIndex) -> None:
        self.rule = rule
        self.gate: frozenset[Mark] | None = gate(rule.when, index) if rule.on == "message" else None
        self.renders: tuple[Render, ...] = tuple(map(compile_action, rule.do))
        self.unverified = LocalizedTemplate(rule.unverified) if rule.unverified else None
        self.needs_identity = any(_IDENTITY in Template(text).paths for _, text in _templates(rule.do))
        self._test: Test | None = compile_condition(rule.when, index) if rule.when is not None else None
        regexes = [part for part in parts(rule.when) if isinstance(part, Regex)] if rule.when else []
        self._patterns = [index.pattern(regex) for regex in regexes]
        self.is_exact = isinstance(rule.when, Exact)
        #: For a rule that looks at nothing but text, site and language, and always does the same: what a text showed, and
        #: the `Match` that came of it, None for none. The book fills and bounds it.
        self.settled: dict[tuple[object, ...], Any] | None = {} if _is_settled_by_text(rule) else None

    def refusal(self, facts: Facts, finds: Finds) -> Reason | None:
        """Say why the rule does not fire, None when it does."""
        rule = self.rule
        if rule.sites and facts.site not in rule.sites:
            return "site"
        if rule.once and rule.id in facts.fired:
            return "once"
        if rule.id in facts.cause:
            return "own_effect"
        if not _is_due(rule, facts):
            return "not_due"
        if self._test is not None and not self._test(facts, finds):
            return "condition"
        if self.unverified is None and not self.may_run(facts):
            return "unverified"
        return None

    def may_run(self, facts: Facts) -> bool:
        """Say whether the actions may run for this visitor: an identity must be a verified one."""
        return not self.needs_identity or facts.identity is not None

    def grounds(self, facts: Facts, finds: Finds, index: TextIndex) -> tuple[str, ...]:
        """Name the parts of the condition that held."""
        return tuple(used(self.rule.when, index, facts, finds)) if self.rule.when is not None else ()

    def groups(self, finds: Finds) -> tuple[str, ...]:
        """Give what the rule's first pattern that occurs has found: the whole and its groups."""
        for number, pattern in self._patterns:
            if number in finds.patterns:
                return pattern.search(finds.text) or ()
        return ()


def _is_settled_by_text(rule: Rule) -> bool:
    """Say whether text, site and language alone decide what comes of a message, so that it need not be worked out anew."""
    if rule.on != "message" or rule.once or not isinstance(rule.when, Exact | Contains | Keywords | Regex):
        return False
    return not any(isinstance(action, Http) for action in rule.do) and not any(
        Template(text).paths for _, text in _templates(rule.do)
    )


def check_rule(rule: Rule, path: str) -> Iterator[Problem]:
    """List what is wrong with a rule beyond its shape, patterns apart."""
    if (rule.on == "idle") is not (rule.idle_ms is not None):
        yield Problem(
            message="a rule on 'idle' says how long, others don't", hint="idle: 10m", path=f"{path}.on"
        )
    if (rule.on == "schedule") is not (rule.every_ms is not None):
        yield Problem(
            message="a rule on 'schedule' says how often, others don't", hint="every: 1h", path=f"{path}.on"
        )
    yield from _check_condition(rule, path)
    groups = _group_count(rule)
    saved: list[str] = []
    for number, action in enumerate(rule.do):
        place = f"{path}.do[{number}]"
        yield from _check_action(action, place)
        for field, text in template_texts(action):
            yield from _check_template(text, f"{place}.{field}", saved, groups)
        if isinstance(action, Http):
            if action.failure is not None:
                yield from _check_texts(action.failure, f"{place}.failure", saved, groups)
            saved.append(action.save)
    if rule.unverified is not None:
        yield from _check_texts(rule.unverified, f"{path}.unverified", [], groups)


def compile_patterns(rule: Rule, path: str) -> tuple[dict[Regex, Pattern], list[Problem]]:
    """Compile the patterns of a rule and list those that are refused."""
    patterns: dict[Regex, Pattern] = {}
    problems = []
    for part in parts(rule.when) if rule.when is not None else ():
        if not isinstance(part, Regex):
            continue
        made = compile_pattern(part.pattern, part.case)
        if isinstance(made, PatternFault):
            place = f" at character {made.position + 1}" if made.position >= 0 else ""
            message = f"regular expression{place}: {made.reason}"
            problems.append(Problem(message=message, hint=made.hint, path=f"{path}.when"))
        else:
            patterns[part] = made
    return patterns, problems


def _is_due(rule: Rule, facts: Facts) -> bool:
    if rule.idle_ms is not None:
        return facts.last_idle_ms < rule.idle_ms <= facts.idle_ms
    if rule.every_ms is not None:
        return facts.last_ms // rule.every_ms < facts.now_ms // rule.every_ms
    return True


def _check_condition(rule: Rule, path: str) -> Iterator[Problem]:
    if rule.when is None:
        return
    place = f"{path}.when"
    if depth(rule.when) > MAX_DEPTH:
        yield Problem(message=f"the condition is nested more than {MAX_DEPTH} deep", path=place)
        return
    for part in parts(rule.when):
        if isinstance(part, Keywords) and not (part.all or part.any):
            yield Problem(message="keywords without a word", hint="give 'all' or 'any'", path=place)
        elif isinstance(part, Hours) and not zone_exists(part.zone):
            yield Problem(
                message=f"unknown time zone '{part.zone}'", hint="write Asia/Shanghai or UTC", path=place
            )
        elif isinstance(part, Compare) and not known_path(part.path):
            yield Problem(message=f"unknown value '{part.path}'", hint=nearest(part.path, PATHS), path=place)


def _check_action(action: Action, place: str) -> Iterator[Problem]:
    if isinstance(action, Assign) and (action.team is None) is (action.agent is None):
        yield Problem(message="assign to a team or to an agent", hint="one of the two", path=place)
    if not isinstance(action, Http):
        return
    if action.save in {path.partition(".")[0] for path in PATHS} | {"match"}:
        yield Problem(
            message=f"'{action.save}' has a meaning of its own",
            hint="choose another name",
            path=f"{place}.save",
        )
    for name, text in action.headers.items():
        if (
            not name.isascii()
            or not all(sign.isalnum() or sign == "-" for sign in name)
            or "\n" in text
            or "\r" in text
        ):
            yield Problem(
                message=f"'{name}' is no header", hint="letters, digits and -", path=f"{place}.headers"
            )


def _check_texts(texts: object, place: str, saved: list[str], groups: int) -> Iterator[Problem]:
    for text in texts.values() if isinstance(texts, dict) else (texts,):
        yield from _check_template(str(text), place, saved, groups)


def _check_template(text: str, place: str, saved: list[str], groups: int) -> Iterator[Problem]:
    try:
        paths = Template(text).paths
    except ValueError as error:
        yield Problem(message=str(error), path=place)
        return
    for path in paths:
        head, _, rest = path.partition(".")
        if head == "match":
            if not (rest.isdigit() and int(rest) <= groups):
                has = (
                    f"the pattern has {groups} groups"
                    if groups >= 0
                    else "there is no regular expression here"
                )
                yield Problem(message=f"'{{{{{path}}}}}' finds nothing: {has}", path=place)
        elif head not in saved and not known_path(path):
            hint = nearest(path, [*PATHS, *saved]) or "see the list of variables in the documentation"
            yield Problem(message=f"unknown variable '{{{{{path}}}}}'", hint=hint, path=place)
        if place.endswith(".url") and path in ("text", "match.0"):
            message = "a message's text does not go into an address, where it would be logged"
            yield Problem(message=message, hint="send it in the body, or use {{match.1}}", path=place)


def _group_count(rule: Rule) -> int:
    """Count the groups that `{{match.N}}` may name; -1 without a pattern."""
    if rule.when is None:
        return -1
    made = [compile_pattern(part.pattern, part.case) for part in parts(rule.when) if isinstance(part, Regex)]
    if any(isinstance(pattern, PatternFault) for pattern in made):
        return 99  # The pattern itself is the problem to show.
    return max((pattern.groups for pattern in made if isinstance(pattern, Pattern)), default=-1)


def _templates(actions: tuple[Action, ...]) -> Iterator[tuple[str, str]]:
    for action in actions:
        yield from template_texts(action)
