"""Count again, the slow way: the whole history of each conversation at once, without roll-ups and without taking back."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from fastdesk.model.event import Changed, Event, Noted, Said

QUARTER = 900_000
DAY = 86_400_000
Sums = dict[tuple[str, str, int], dict[str, int]]


def recount(events: Sequence[Event]) -> Sums:
    """Return what the roll-ups must hold after these events."""
    sums: defaultdict[tuple[str, str, int], Counter[str]] = defaultdict(Counter)
    stories: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        if isinstance(event, Changed):
            stories[event.conversation.id].append(event)
        elif isinstance(event, Said | Noted):
            stories[event.conversation].append(event)
    openings = [
        (e.conversation.visitor, e.at, e.conversation.id)
        for e in events
        if isinstance(e, Changed) and "opened" in e.what
    ]
    for id, story in stories.items():
        _count_story(id, story, openings, events, sums)
    return {
        key: {n: v for n, v in counter.items() if v} for key, counter in sums.items() if any(counter.values())
    }


def _count_story(id, story, openings, events, sums):
    changes = [e for e in story if isinstance(e, Changed)]
    said = [e for e in story if isinstance(e, Said)]
    last = changes[-1].conversation

    def where(c):
        return (
            [("all", ""), ("site", c.site)]
            + ([("team", c.team)] if c.team else [])
            + [("label", x) for x in c.labels]
        )

    def add(name, value, at, agent="", places=None):
        for dimension, key in places or where(last):
            sums[dimension, key, at // QUARTER][name] += value
        if agent:
            sums["agent", agent, at // QUARTER][name] += value

    # Messages and models count where the conversation stood at that moment.
    now = None
    for event in story:
        if isinstance(event, Changed):
            now = event.conversation
            continue
        if isinstance(event, Said):
            name = {
                "visitor": "from_visitors",
                "agent": "from_agents",
                "bot": "from_bots",
                "assistant": "from_bots",
            }.get(event.role)
            if name:
                add(name, 1, event.at, event.sender if event.role == "agent" else "", where(now))
        why = (event.why if isinstance(event, Said) else event.body if event.kind == "why" else None) or {}
        if why.get("by"):
            sums["handler", why["by"], event.at // QUARTER]["from_bots"] += 1
        if why.get("by") == "fallback":
            add("unanswered", 1, event.at, places=where(now))
        if "model" in why or "assistant" in why:
            places = where(now)
            places += [("model", why["model"])] if "model" in why else []
            places += [("trouble", why["assistant"])] if "assistant" in why else []
            add("calls", 1, event.at, places=places)
            add("late", int(why.get("assistant") == "late"), event.at, places=places)
            for name, key in (
                ("tokens_in", "tokens_in"),
                ("tokens_out", "tokens_out"),
                ("cost_micro", "cost_micro"),
                ("model_ms", "total_ms"),
            ):
                add(name, why.get(key, 0), event.at, places=places)

    opened_at = changes[0].at
    asked = next((s.at for s in said if s.role == "visitor"), 0)
    answered = next(
        (
            s.at
            for s in said
            if s.role not in ("visitor", "system") and asked and s.at >= asked and _is_after(said, s)
        ),
        0,
    )
    if answered:
        add("answers", 1, answered)
        add("answer_ms", answered - asked, answered)

    wanted, waiting, waits, handoffs, resolved, reopened = 0, 0, [], [], None, []
    mode, state = "bot", "open"
    for e in changes:
        c = e.conversation
        is_waiting = c.mode == "queued" and c.state == "open"
        if is_waiting and not waiting:
            waiting, wanted = e.at, wanted or e.at
            if mode == "bot":
                handoffs.append((e.at, "visitor" if "asked for a person" in c.handoff else c.handoff))
        elif waiting and not is_waiting:
            if c.mode == "human":
                waits.append((e.at, e.at - waiting))
            waiting = 0
        if c.state == "resolved" and state != "resolved":
            resolved = e
        elif c.state != "resolved" and state == "resolved":
            resolved = None
            reopened.append(e.at)
        mode, state = c.mode, c.state
    for at, length in waits:
        add("waits", 1, at)
        add("wait_ms", length, at)
    for at, reason in handoffs:
        add("handoffs", 1, at)
        sums["reason", reason, at // QUARTER]["handoffs"] += 1
    for at in reopened:
        add("reopened", 1, at)
    if wanted:
        add("wanted", 1, wanted)
    if asked or wanted:
        add("opened", 1, opened_at)
    by_agents = [s for s in said if s.role == "agent"]
    if by_agents:
        first = by_agents[0]
        add("handled", 1, first.at)
        since = wanted if wanted and wanted <= first.at else asked or opened_at
        add("replies", 1, first.at, first.sender)
        add("reply_ms", first.at - since, first.at, first.sender)
        for agent in {s.sender for s in by_agents}:
            at = next(s.at for s in by_agents if s.sender == agent)
            sums["agent", agent, at // QUARTER]["handled"] += 1
    elif wanted and resolved:
        add("missed", 1, resolved.at)
    if resolved:
        add("resolved", 1, resolved.at, resolved.conversation.assignee or "")
        add("resolve_ms", resolved.at - opened_at, resolved.at, resolved.conversation.assignee or "")
    ratings = [e for e in story if isinstance(e, Noted) and e.kind == "rating"]
    for e in ratings:
        add("ratings", 1, e.at, e.body["assignee"] or "")
        add("score", e.body["score"], e.at, e.body["assignee"] or "")
        add("good", int(e.body["score"] >= 4), e.at, e.body["assignee"] or "")

    by_bot = [s for s in said if s.role in ("bot", "assistant")]
    if not by_bot or not (asked or wanted):
        return
    add("by_bot", 1, opened_at)
    score = ratings[-1].body["score"] if ratings else 0
    spoken = [s for s in said if s.role != "system"]
    if wanted or by_agents:
        outcome = "escalated"
    elif score >= 4:
        outcome = "confirmed"
    elif spoken[-1].role == "visitor" or (by_bot[-1].why or {}).get("by") == "fallback" or score in (1, 2):
        outcome = "abandoned"
    elif _came_back(id, changes[0], openings, events):
        outcome = "returned"
    elif resolved and resolved.actor == "visitor":
        outcome = "confirmed"
    else:
        outcome = "assumed"
    add(outcome, 1, opened_at)


def _is_after(said, answer):
    """Tell whether the visitor had said something before this answer."""
    return any(s.role == "visitor" for s in said[: said.index(answer)])


def _came_back(id, opening, openings, events):
    """Tell whether this visitor's next conversation was opened within a day of the last word in this one."""
    mine = sorted((at, other) for visitor, at, other in openings if visitor == opening.conversation.visitor)
    following = [each for each in mine if each > (opening.at, id)]
    if not following:
        return False
    at, next_id = following[0]
    place = next(i for i, e in enumerate(events) if isinstance(e, Changed) and e.conversation.id == next_id)
    words = [
        e.at for e in events[:place] if isinstance(e, Said) and e.conversation == id and e.role != "system"
    ]
    return bool(words) and words[-1] >= at - DAY
