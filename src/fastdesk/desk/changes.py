"""What may be done to a conversation: pure decisions, from its present state to the next one.

Each function returns a `Change` (the conversation as it will stand, and what of it changes), None when nothing would change,
or a `Rejection`. Nothing here stores or sends anything.
"""

from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from fastdesk.model.conversation import HANDOFF_CODES, Conversation, Priority
from fastdesk.model.ids import AgentId, TeamId
from fastdesk.protocol.codes import Rejection

__all__ = [
    "Change",
    "answer_by_agent",
    "ask_for_person",
    "assign",
    "close_idle",
    "give",
    "give_to_bot",
    "label",
    "mention",
    "open_conversation",
    "prioritise",
    "rate",
    "read",
    "release",
    "reopen",
    "resolve",
    "snooze",
    "take",
    "visitor_spoke",
]  # fmt: skip


class Change(Struct, frozen=True):
    """A decision: the conversation after it, the names of what changed, and why."""

    conversation: Conversation
    what: tuple[str, ...]
    reason: str = ""


def _change(conversation: Conversation, now_ms: int, reason: str = "", **fields: Any) -> Change | None:
    if "mode" in fields:
        fields["wanted_at"] = 0 if fields["mode"] == "bot" else conversation.wanted_at or now_ms
    what = tuple(name for name, value in fields.items() if getattr(conversation, name) != value)
    if not what:
        return None
    return Change(replace(conversation, updated_at=now_ms, **fields), what, reason)


#: What goes with having no assignee.
_UNASSIGNED: Final[dict[str, Any]] = {"assigned_at": 0, "by_hand": False}


def _by_hand(conversation: Conversation, agent: str, now_ms: int) -> dict[str, Any]:
    """Return what a person's decision for an agent changes; the same agent keeps the conversation as it is."""
    if conversation.assignee == agent and conversation.mode == "human":
        return {"by_hand": True}
    return {"assignee": AgentId(agent), "assigned_at": now_ms, "by_hand": True}


def open_conversation(conversation: Conversation, now_ms: int) -> Change:
    """Store a conversation whose first message has come."""
    return Change(replace(conversation, opened_at=now_ms, updated_at=now_ms), ("opened",))


def visitor_spoke(conversation: Conversation, now_ms: int) -> Change | None:
    """Wake a conversation that was set aside: the visitor has written."""
    if conversation.state == "open":
        return None
    return _change(
        conversation,
        now_ms,
        "visitor wrote",
        state="open",
        snoozed_until=0,
        resolved_at=0,
        **_unrated(conversation),
    )


def ask_for_person(
    conversation: Conversation,
    now_ms: int,
    reason: str,
    code: str = "visitor",
    skills: tuple[str, ...] = (),
) -> Change | None:
    """Put a conversation into the queue of people; one that a person has stays there.

    A `code` that is none of `HandoffCode` counts as the model's own words.
    """
    if conversation.mode == "human" and conversation.assignee is not None and conversation.state == "open":
        return None
    if conversation.mode == "queued":
        return None
    return _change(
        conversation,
        now_ms,
        reason,
        mode="queued",
        queued_at=now_ms,
        state="open",
        flow=None,
        handoff=reason,
        handoff_code=code if code in HANDOFF_CODES else "model",
        skills=skills or conversation.skills,
        assignee=None,
        resolved_at=0,
        snoozed_until=0,
        **_UNASSIGNED,
        **_unrated(conversation),
    )


def take(
    conversation: Conversation, agent: str, now_ms: int, *, by_force: bool = False, owner: str = ""
) -> Change | Rejection | None:
    """Let an agent take a conversation, from the queue or the bot: the first one wins, unless a supervisor takes it over.

    `owner` is the name of who has it, for the refusal. Whoever had a resolved or sleeping one may be followed by anybody.
    """
    is_owned = conversation.mode == "human" and conversation.state != "resolved"
    if is_owned and conversation.assignee not in (None, agent) and not by_force:
        return Rejection("conflict", f"{owner or conversation.assignee} has this conversation.")
    return _change(
        conversation,
        now_ms,
        "taken over" if is_owned and conversation.assignee not in (None, agent) else "taken",
        mode="human",
        state="open",
        queued_at=0,
        resolved_at=0,
        snoozed_until=0,
        flow=None,
        **_by_hand(conversation, agent, now_ms),
        **_unrated(conversation),
    )


def give(conversation: Conversation, agent: AgentId, now_ms: int, reason: str) -> Change | None:
    """Give a waiting conversation to an agent by the desk's own decision; None when it does not wait any more."""
    if conversation.mode != "queued" or conversation.state != "open":
        return None
    return _change(
        conversation,
        now_ms,
        reason,
        assignee=agent,
        assigned_at=now_ms,
        by_hand=False,
        mode="human",
        queued_at=0,
        flow=None,
    )


def release(conversation: Conversation, now_ms: int, reason: str) -> Change | None:
    """Let an agent's conversation wait for another one; it goes on waiting from the moment this agent got it."""
    if conversation.mode != "human" or conversation.state != "open" or conversation.assignee is None:
        return None
    return _change(
        conversation,
        now_ms,
        reason,
        assignee=None,
        mode="queued",
        queued_at=conversation.assigned_at or now_ms,
        **_UNASSIGNED,
    )


def assign(
    conversation: Conversation, agent: str | None, team: str | None, now_ms: int, reason: str
) -> Change | None:
    """Give a conversation to an agent or a team by hand; with neither it goes back into the queue."""
    fields: dict[str, Any] = {"flow": None, "resolved_at": 0, "snoozed_until": 0, **_unrated(conversation)}
    if team is not None:
        fields["team"] = TeamId(team)
    if agent is None:
        fields |= {"assignee": None, "mode": "queued", "queued_at": conversation.queued_at or now_ms}
        fields |= _UNASSIGNED
    else:
        fields |= {"mode": "human", "queued_at": 0, **_by_hand(conversation, agent, now_ms)}
    return _change(conversation, now_ms, reason, state="open", **fields)


def answer_by_agent(conversation: Conversation, agent: str, now_ms: int) -> Change | None:
    """Note that an agent has answered: from now on the bot is silent. What nobody has now is that agent's."""
    fields: dict[str, Any] = {
        "mode": "human",
        "state": "open",
        "flow": None,
        "queued_at": 0,
        "snoozed_until": 0,
    }
    if conversation.assignee is None or conversation.mode != "human":
        fields |= _by_hand(conversation, agent, now_ms)
    if not conversation.first_reply_at:
        fields["first_reply_at"] = now_ms
    fields["late"] = tuple(mark for mark in conversation.late if not mark.startswith("next"))
    if conversation.state == "resolved":
        fields |= {"resolved_at": 0, **_unrated(conversation)}
    return _change(conversation, now_ms, "answered", **fields)


def resolve(conversation: Conversation, now_ms: int, reason: str, seq: int = 0) -> Change | None:
    """Close a conversation; the bot starts afresh behind `seq`, the last message, when the visitor comes back."""
    return _change(
        conversation, now_ms, reason, state="resolved", resolved_at=now_ms, mode="bot", flow=None, queued_at=0,
        snoozed_until=0, misses=0, fired=(), handoff="", handoff_code="", skills=(), late=(),
        bot_from=seq or conversation.bot_from,
    ) if conversation.state != "resolved" else None  # fmt: skip


def close_idle(conversation: Conversation, now_ms: int, seq: int = 0) -> Change | None:
    """Close a conversation in which nobody has said anything for too long."""
    return resolve(conversation, now_ms, "idle", seq)


def reopen(conversation: Conversation, now_ms: int) -> Change | None:
    """Open a resolved, snoozed or pending conversation again."""
    if conversation.state == "open":
        return None
    mode = "human" if conversation.assignee else conversation.mode
    return _change(
        conversation,
        now_ms,
        "reopened",
        state="open",
        resolved_at=0,
        snoozed_until=0,
        mode=mode,
        **_unrated(conversation),
    )


def _unrated(conversation: Conversation) -> dict[str, Any]:
    """Return what makes the next resolution one that can be rated again."""
    return {"rating": 0} if conversation.state == "resolved" else {}


def snooze(conversation: Conversation, until_ms: int, now_ms: int) -> Change | Rejection | None:
    """Set a conversation aside until a time, or until the next message when `until_ms` is 0."""
    if conversation.state == "resolved":
        return Rejection("closed", "A resolved conversation cannot be snoozed.")
    if until_ms and until_ms <= now_ms:
        return Rejection("invalid", "The time to wake up lies in the past.")
    return _change(conversation, now_ms, "snoozed", state="snoozed", snoozed_until=until_ms)


def label(
    conversation: Conversation, add: tuple[str, ...], remove: tuple[str, ...], now_ms: int
) -> Change | Rejection | None:
    """Put labels on a conversation and take others off; their order is kept."""
    kept = tuple(name for name in conversation.labels if name not in remove)
    new = dict.fromkeys(name.strip() for name in add if name.strip())
    if any(name.startswith("@") for name in new):
        return Rejection("invalid", "A label does not begin with @: that is for mentioning colleagues.")
    return _change(
        conversation, now_ms, "labelled", labels=kept + tuple(name for name in new if name not in kept)
    )


def mention(conversation: Conversation, agents: tuple[str, ...], now_ms: int) -> Change | None:
    """Note who is mentioned in a conversation, so that they find it."""
    mentioned = tuple(dict.fromkeys((*conversation.mentioned, *map(AgentId, agents))))
    return _change(conversation, now_ms, "mentioned", mentioned=mentioned)


def prioritise(conversation: Conversation, priority: Priority, now_ms: int) -> Change | None:
    """Set the priority."""
    return _change(conversation, now_ms, "prioritised", priority=priority)


def give_to_bot(conversation: Conversation, now_ms: int) -> Change | None:
    """Give a conversation back to the bot."""
    return _change(
        conversation, now_ms, "given to the bot", mode="bot", assignee=None, queued_at=0, misses=0, handoff="",
        handoff_code="", **_UNASSIGNED,
    )  # fmt: skip


def rate(conversation: Conversation, score: int, now_ms: int) -> Change | Rejection:
    """Take the visitor's rating, once for each resolution."""
    if conversation.state != "resolved":
        return Rejection("conflict", "A conversation is rated when it is over.")
    if conversation.rating:
        return Rejection("conflict", "This conversation has been rated.")
    return Change(replace(conversation, rating=score, updated_at=now_ms), ("rating",))


def read(
    conversation: Conversation, seq: int, last_seq: int, *, by_visitor: bool, now_ms: int
) -> Change | None:
    """Move a read mark forward, never behind the last message."""
    field = "visitor_read" if by_visitor else "agent_read"
    return _change(conversation, now_ms, **{field: max(getattr(conversation, field), min(seq, last_seq))})
