"""Rules: an event and its facts enter, typed actions leave. No I/O, no clock, no randomness."""

from fastdesk.rules.book import Match, RuleBook
from fastdesk.rules.facts import Facts
from fastdesk.rules.parse import parse_rule, parse_rules
from fastdesk.rules.run import Rest, Step, resume
from fastdesk.rules.why import Fired, Passed, Why

__all__ = [
    "Facts",
    "Fired",
    "Match",
    "Passed",
    "Rest",
    "RuleBook",
    "Step",
    "Why",
    "parse_rule",
    "parse_rules",
    "resume",
]
