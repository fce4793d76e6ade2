"""What a conversation counts for: a pure function of its facts, so that whoever counts again comes to the same.

When facts change, what they counted for before is taken back and what they count for now is added. So a reply, a label or
a visitor who returns corrects the past by itself.
"""

from collections.abc import Iterator
from typing import Final

from fastdesk.reports.facts import GOOD_SCORE, Facts

__all__ = [
    "BUCKET_MS",
    "COUNTERS",
    "DAY",
    "HOUR",
    "PLACE",
    "QUARTER",
    "SIZES",
    "Count",
    "Key",
    "count",
    "places",
]

#: Quarters of an hour begin where the clocks of all zones do; days, weeks and hours of a zone are made of them.
BUCKET_MS: Final = 900_000

#: Buckets of one span: a quarter of an hour, an hour, a day of Greenwich. Everything is summed up for each, so that a year
#: is read from some hundred rows and not from 35,000 per key.
QUARTER: Final = 1
HOUR: Final = 4
DAY: Final = 96
SIZES: Final = (QUARTER, HOUR, DAY)

#: Everything that is counted. All are sums: averages are made when a report is read.
COUNTERS: Final = (
    "opened",
    "from_visitors",
    "from_agents",
    "from_bots",
    "wanted",
    "handled",
    "missed",
    "waits",
    "wait_ms",
    "replies",
    "reply_ms",
    "answers",
    "answer_ms",
    "resolved",
    "resolve_ms",
    "reopened",
    "ratings",
    "score",
    "good",
    "by_bot",
    "confirmed",
    "assumed",
    "escalated",
    "abandoned",
    "returned",
    "handoffs",
    "calls",
    "late",
    "unanswered",
    "tokens_in",
    "tokens_out",
    "cost_micro",
    "model_ms",
)
PLACE: Final = {name: place for place, name in enumerate(COUNTERS)}

#: (dimension, key within it, bucket); dimension "all" has the key "".
Key = tuple[str, str, int]

#: A counter, its value, the time it belongs to, and the agent or reason whose it is ("" for none).
Count = tuple[str, int, int, str]


def places(facts: Facts) -> list[tuple[str, str]]:
    """Return the dimensions and keys under which everything about a conversation is counted."""
    found = [("all", "")]
    if facts.site:
        found.append(("site", facts.site))
    if facts.team:
        found.append(("team", facts.team))
    found += [("label", label) for label in facts.labels]
    return found


def count(facts: Facts) -> Iterator[tuple[Key, int, int]]:
    """Give (key, place of the counter, value) of all that a conversation counts for, messages and models apart."""
    where = places(facts)
    for name, value, at, agent in _of_conversation(facts):
        bucket, place = at // BUCKET_MS, PLACE[name]
        for dimension, key in where:
            yield (dimension, key, bucket), place, value
        if agent:
            yield ("agent", agent, bucket), place, value
    for agent, (first_at, _) in facts.agents.items():
        yield ("agent", agent, first_at // BUCKET_MS), PLACE["handled"], 1
    for at, reason in facts.handoffs:
        yield ("reason", reason, at // BUCKET_MS), PLACE["handoffs"], 1


def _of_conversation(facts: Facts) -> Iterator[Count]:
    opened_at = facts.opened_at
    if opened_at and facts.is_talk:
        yield "opened", 1, opened_at, ""
        if outcome := facts.outcome:
            yield "by_bot", 1, opened_at, ""
            yield outcome, 1, opened_at, ""
    if facts.answered_at:
        yield "answers", 1, facts.answered_at, ""
        yield "answer_ms", facts.answered_at - facts.asked_at, facts.answered_at, ""
    if facts.wanted_at:
        yield "wanted", 1, facts.wanted_at, ""
    if facts.replied_at:
        since = facts.wanted_at if 0 < facts.wanted_at <= facts.replied_at else facts.asked_at or opened_at
        yield "handled", 1, facts.replied_at, ""
        if since:
            yield "replies", 1, facts.replied_at, facts.replied_by
            yield "reply_ms", facts.replied_at - since, facts.replied_at, facts.replied_by
    elif facts.wanted_at and facts.resolved_at:
        yield "missed", 1, facts.resolved_at, ""
    for ended_at, length in facts.waits:
        yield "waits", 1, ended_at, ""
        yield "wait_ms", length, ended_at, ""
    for at, _ in facts.handoffs:
        yield "handoffs", 1, at, ""
    if facts.resolved_at and opened_at:
        yield "resolved", 1, facts.resolved_at, facts.resolved_by
        yield "resolve_ms", facts.resolved_at - opened_at, facts.resolved_at, facts.resolved_by
    for at in facts.reopened:
        yield "reopened", 1, at, ""
    for at, score, agent in facts.ratings:
        yield "ratings", 1, at, agent
        yield "score", score, at, agent
        yield "good", int(score >= GOOD_SCORE), at, agent
