"""The book of a tenant's rules: compiled off the loop, never changed, replaced as a whole.

Theory of operation: most messages match no rule, so the book turns the walk round. Each text condition names
marks (a whole phrase, a word, a pattern) of which a text must show one. One pass over the text gives the
marks it shows, these give the few rules worth a look, and only they are asked, in their order. Rules without
such marks are always asked.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Final, TypeVar, get_args

import msgspec

from fastdesk.model.condition import Regex, parts
from fastdesk.model.pattern import MAX_TOTAL_PROGRAM, Pattern
from fastdesk.model.problem import Problem
from fastdesk.model.rule import Action, Reply, Rule, RuleId, Trigger
from fastdesk.rules.compiled import MAX_CAUSES, CompiledRule, check_rule, compile_patterns
from fastdesk.rules.facts import Facts
from fastdesk.rules.run import Pending, Rest, advance
from fastdesk.rules.text_index import NOTHING, Finds, Mark, TextCondition, TextIndex
from fastdesk.rules.why import Fired, Passed, Why

__all__ = ["Match", "RuleBook"]

T = TypeVar("T")

MAX_RULES = 10_000
MAX_ACTIONS = 50
"""Actions that one event may lead to, over all rules that fire on it."""

MAX_SETTLED = 1_000
"""Decisions of one rule that are kept: what a text showed, and what came of it."""

_UNSETTLED: Final[Any] = object()
_NOBODY: Final[list[int]] = []

MAX_PASSED = 5
"""Rejected candidates that a why-record names: the nearest ones before the decision."""


class Match:
    """Hold what to do on an event: rendered actions in order, and what waits for an HTTP answer. Never changed.

    `rest` is set when the last action is an `Http`: run it and go on with `fastdesk.rules.resume`. `once`
    names rules to remember in the conversation, `fired` all that fired, `why` the record of the decision.
    `outcome` is for whoever translates a match that comes again and again.
    """

    __slots__ = ("actions", "fired", "once", "outcome", "rest", "why")

    def __init__(
        self,
        *,
        actions: tuple[Action, ...],
        rest: Rest | None,
        once: tuple[RuleId, ...],
        fired: tuple[RuleId, ...],
        why: Why,
    ) -> None:
        self.actions = actions
        self.rest = rest
        self.once = once
        self.fired = fired
        self.why = why
        self.outcome: object = None


class RuleBook:
    """Hold the rules of one tenant, ready to be asked. Immutable and safe to share between threads."""

    EMPTY: ClassVar["RuleBook"]

    __slots__ = (
        "_always", "_index", "_keyed", "_patterned", "_rules", "_worded", "asks_counts", "asks_intent", "idle_ms", "size",
    )  # fmt: skip

    def __init__(self, rules: list[Rule], patterns: dict[Regex, Pattern]) -> None:
        self.size = len(rules)
        conditions = [part for rule in rules if rule.when is not None for part in parts(rule.when)]
        self._index = TextIndex([part for part in conditions if isinstance(part, TextCondition)], patterns)
        self._rules: dict[Trigger, tuple[CompiledRule, ...]] = {
            trigger: tuple(CompiledRule(rule, self._index) for rule in rules if rule.on == trigger)
            for trigger in get_args(Trigger)
        }
        # The numbers of the rules behind each mark, by the mark's kind.
        self._keyed: dict[str, list[int]] = {}
        self._worded: dict[int, list[int]] = {}
        self._patterned: dict[int, list[int]] = {}
        self._always: list[int] = []
        for number, compiled in enumerate(self._rules["message"]):
            if compiled.gate is None:
                self._always.append(number)
            for mark in compiled.gate or ():
                self._put_behind(mark, number)
        self.idle_ms = tuple(sorted({rule.idle_ms for rule in rules if rule.idle_ms is not None}))
        """The idle times that some rule waits for, shortest first."""
        written = msgspec.json.encode(rules)
        self.asks_intent = b"intent" in written
        """Whether some rule may ask for `Facts.intent`, which costs a search; likewise for `Facts.counts`."""
        self.asks_counts = b"counts." in written

    def _put_behind(self, mark: Mark, number: int) -> None:
        if mark[0] == "key":
            self._keyed.setdefault(mark[1], []).append(number)
        elif mark[0] == "word":
            self._worded.setdefault(mark[1], []).append(number)
        else:
            self._patterned.setdefault(mark[1], []).append(number)

    @classmethod
    def compile(cls, rules: Iterable[Rule]) -> "RuleBook | list[Problem]":
        """Check rules and build their book, or list every problem. Takes CPU time: run it off the loop."""
        ordered = list(rules)
        problems: list[Problem] = []
        patterns: dict[Regex, Pattern] = {}
        seen: set[RuleId] = set()
        if len(ordered) > MAX_RULES:
            return [Problem(message=f"{len(ordered)} rules, {MAX_RULES} are allowed")]
        for number, rule in enumerate(ordered):
            path = f"rules[{number}]"
            if rule.id in seen:
                problems.append(Problem(message=f"the id '{rule.id}' is taken", path=f"{path}.id"))
            seen.add(rule.id)
            problems.extend(check_rule(rule, path))
            made, refused = compile_patterns(rule, path)
            patterns.update(made)
            problems.extend(refused)
        cost = sum(pattern.program for pattern in patterns.values())
        if cost > MAX_TOTAL_PROGRAM:
            message = f"the regular expressions together are too costly ({cost} of {MAX_TOTAL_PROGRAM} steps)"
            problems.append(Problem(message=message, hint="use keywords where they do"))
        if problems:
            return problems
        enabled = sorted(
            (rule for rule in ordered if rule.enabled), key=lambda rule: (rule.position, rule.id)
        )
        return cls(enabled, patterns)

    @classmethod
    def salvage(cls, rules: Iterable[Rule]) -> "tuple[RuleBook, list[Problem]]":
        """Build the book of all rules that are right, and list the problems of those left out.

        For stored rules: each was right when it was saved, and one that no longer is must not silence the others.
        """
        kept = list(rules)
        refused: list[Problem] = []
        while isinstance(made := cls.compile(kept), list):
            refused += made
            wrong = {number for problem in made if (number := _number(problem)) is not None}
            # Without a rule to blame, the patterns together cost too much.
            wrong = wrong or _too_costly(kept) or set(range(MAX_RULES, len(kept)))
            kept = [rule for number, rule in enumerate(kept) if number not in wrong]
        return made, refused

    def match(self, facts: Facts) -> Match | None:
        """Walk the rules for an event; None when none fires. Linear in the text, not in the rules."""
        if facts.on == "message":
            return self.match_message(facts.text, facts.site, facts.language, _as_they_are, facts)
        candidates, finds = self._candidates(facts)
        return self._walk(facts, candidates, finds)[0] if candidates else None

    def match_message(
        self, text: str, site: str, language: str, tell: Callable[[T], Facts], about: T
    ) -> Match | None:
        """Walk the rules for a message; `tell(about)` is called only when a rule needs more than the text to decide."""
        finds = self._index.find(text)
        found = self._numbers(finds)
        if not found:
            return None
        rules = self._rules["message"]
        if len(found) > 1:
            return self._walk(tell(about), [rules[number] for number in found], finds)[0]
        only = rules[found[0]]
        settled = only.settled
        if settled is None:
            return self._walk(tell(about), [only], finds)[0]
        shown = (site, language, finds) if finds.only >= 0 else _shown(site, language, finds, only)
        decided = settled.get(shown, _UNSETTLED)
        if decided is not _UNSETTLED:
            match: Match | None = decided
            return match
        if len(settled) >= MAX_SETTLED:
            settled.clear()
        match = settled[shown] = self._walk(tell(about), [only], finds)[0]
        return match

    def explain(self, facts: Facts) -> Why:
        """Say why rules fire on an event or don't, also when none does."""
        candidates, finds = self._candidates(facts)
        return self._walk(facts, candidates, finds)[1]

    def is_due(self, last_ms: int, now_ms: int) -> bool:
        """Say whether a rule on `schedule` falls due after `last_ms` and not after `now_ms`."""
        return any(
            last_ms // compiled.rule.every_ms < now_ms // compiled.rule.every_ms
            for compiled in self._rules["schedule"]
            if compiled.rule.every_ms is not None
        )

    def _candidates(self, facts: Facts) -> tuple[list[CompiledRule] | tuple[CompiledRule, ...], Finds]:
        rules = self._rules[facts.on]
        if not rules:
            return (), NOTHING
        if facts.on != "message":
            return rules, self._index.find(facts.text) if facts.text else NOTHING
        finds = self._index.find(facts.text)
        return [rules[number] for number in self._numbers(finds)], finds

    def _numbers(self, finds: Finds) -> list[int]:
        """List the rules worth a look by their numbers, in order."""
        if finds.only >= 0 and not self._always:
            return self._worded.get(finds.only, _NOBODY)
        found = list(self._always)
        if finds.key:
            found += self._keyed.get(finds.key, ())
        for word in finds.words:
            found += self._worded.get(word, ())
        for pattern in finds.patterns:
            found += self._patterned.get(pattern, ())
        return sorted(set(found)) if len(found) > 1 else found

    def _walk(self, facts: Facts, rules: Iterable[CompiledRule], finds: Finds) -> tuple[Match | None, Why]:
        pending: list[Pending] = []
        fired: list[CompiledRule] = []
        record: list[Fired] = []
        passed: list[Passed] = []
        too_deep = len(facts.cause) >= MAX_CAUSES
        for compiled in rules:
            rule = compiled.rule
            stopped = bool(fired) and fired[-1].rule.stop
            reason = "stopped" if stopped else "too_deep" if too_deep else compiled.refusal(facts, finds)
            if reason is not None:
                passed.append(Passed(rule=rule.id, reason=reason))
                if stopped or too_deep:
                    break
                continue
            fired.append(compiled)
            record.append(
                Fired(rule=rule.id, version=rule.version, used=compiled.grounds(facts, finds, self._index))
            )
            pending.append(_pend(compiled, facts, finds))
        why = Why(on=facts.on, fired=tuple(record), passed=tuple(passed[-MAX_PASSED:]))
        if not fired:
            return None, why
        actions, rest = advance(Rest(pending=tuple(pending), facts=facts), MAX_ACTIONS)
        ids = tuple(compiled.rule.id for compiled in fired)
        once = tuple(compiled.rule.id for compiled in fired if compiled.rule.once and compiled.may_run(facts))
        return Match(actions=actions, rest=rest, once=once, fired=ids, why=why), why


def _pend(compiled: CompiledRule, facts: Facts, finds: Finds) -> Pending:
    say = compiled.unverified
    if say is None or compiled.may_run(facts):
        return Pending(renders=compiled.renders, groups=compiled.groups(finds))
    return Pending(renders=(lambda scope: Reply(text=say.render(*scope)),), groups=compiled.groups(finds))


def _shown(site: str, language: str, finds: Finds, rule: CompiledRule) -> tuple[object, ...]:
    """Return all that such a rule looks at."""
    return (site, language, finds.words, finds.whole, finds.patterns, finds.key if rule.is_exact else "")


def _as_they_are(facts: Facts) -> Facts:
    return facts


def _number(problem: Problem) -> int | None:
    found = re.match(r"rules\[(\d+)\]", problem.path)
    return int(found.group(1)) if found else None


def _too_costly(rules: list[Rule]) -> set[int]:
    """List the rules whose patterns don't fit after those of the rules before them."""
    left = MAX_TOTAL_PROGRAM
    wrong: set[int] = set()
    for number, rule in enumerate(rules):
        cost = sum(pattern.program for pattern in compile_patterns(rule, "")[0].values())
        if cost > left:
            wrong.add(number)
        else:
            left -= cost
    return wrong


RuleBook.EMPTY = RuleBook([], {})
