"""Fill a desk's store with old conversations, through the store itself: a year of history in minutes.

python -m benchmarks.load.seed DATA_FOLDER MESSAGES [--open CONVERSATIONS]
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec

from fastdesk.app import open_store
from fastdesk.config import load_settings
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Put, Role, Said
from fastdesk.model.ids import AgentId, ConversationId, SiteId, TeamId, TenantId, VisitorId
from fastdesk.model.visitor import Visitor
from fastdesk.observe.clock import SeededEntropy, new_id

MESSAGES_EACH = 20
_TENANT, _SITE = TenantId("demo"), SiteId("demo")
_END_MS = 1_767_225_600_000
_YEAR_MS = 365 * 86_400_000
_TURN_MS = 20_000
_AT_ONCE = 2_000
_VISITOR_SAYS = (
    "您好，请问订单 {n} 什么时候能发货？",
    "我上周买的衣服尺码偏大，想换小一号。",
    "退款一般多久到账？已经等了 {n} 天了。",
    "优惠券提示不可用，能帮我看一下吗？",
    "Does the warranty cover the battery as well?",
    "好的，谢谢您的解答。",
)
_DESK_SAYS = (
    "您好，订单 {n} 已经出库，预计后天送达，请留意短信。",
    "可以的，请在订单页面申请换货，我们会承担来回运费。",
    "退款会在三个工作日内原路返回，周末顺延。",
    "The warranty covers the battery for two years from the day of purchase.",
    "不客气，祝您购物愉快！",
)


def main() -> None:
    """Append old messages in conversations of twenty, printing the share that is done, until all can be read."""
    parser = argparse.ArgumentParser(
        description="Fill the store of a desk that was started once and is stopped."
    )
    parser.add_argument("data", type=Path, help="the desk's data folder")
    parser.add_argument("messages", type=int, help="how many, in conversations of twenty")
    parser.add_argument("--open", type=int, default=0, help="how many conversations are open besides")
    chosen = parser.parse_args()
    events = partial(_all_events, chosen.messages, chosen.open)
    total = round(chosen.messages * 1.1) + 2 * chosen.open
    asyncio.run(_seed(chosen.data, events, lambda done: print(f"{min(1.0, done / total):.3f}", flush=True)))


async def _seed(
    data: Path, events: Callable[[int], Iterator[Event]], on_progress: Callable[[int], None]
) -> None:
    store = open_store(load_settings({}, folder=data, data=data, durability="os"))
    await store.start()
    rev = store.revs().get(_TENANT, 0)
    count = 0
    for count, event in enumerate(events(rev), 1):
        store.append(event)
        if count % _AT_ONCE == 0:
            # The store takes as much as one gives it; a loop that never waits would only fill memory.
            await (asyncio.sleep(0) if store.accepting else store.settle())
            on_progress(count)
    await store.settle(followers=True)
    await store.stop()
    on_progress(count)


def _all_events(messages: int, open_conversations: int, rev: int) -> Iterator[Event]:
    for event in _old_events(messages, rev):
        rev = event.rev
        yield event
    yield from _open_events(open_conversations, rev)


def _open_events(conversations: int, rev: int) -> Iterator[Event]:
    """Yield open conversations with one message each, spread over teams, agents, labels and ways to be answered."""
    entropy, rng = SeededEntropy(8), random.Random(8)
    for number in range(conversations):
        at = _END_MS + number * 1_000
        visitor, conversation = VisitorId(new_id(at, entropy)), ConversationId(new_id(at, entropy))
        mode: Literal["bot", "queued", "human"] = rng.choice(("bot", "queued", "human"))
        opened = Conversation(
            id=conversation, tenant=_TENANT, site=_SITE, visitor=visitor, opened_at=at, mode=mode,
            state=rng.choice(("open", "open", "pending", "snoozed")), team=TeamId(f"team-{rng.randrange(8)}"),
            assignee=AgentId(f"agent-{rng.randrange(200)}") if mode == "human" else None,
            labels=tuple(f"label-{rng.randrange(20)}" for _ in range(rng.randrange(3))),
        )  # fmt: skip
        rev += 2
        yield Changed(_TENANT, rev - 1, at, opened, ("opened",), visitor)
        text = rng.choice(_VISITOR_SAYS).replace("{n}", str(rng.randrange(10_000)))
        yield Said(
            _TENANT, rev, at, conversation, 1, new_id(at, entropy), "visitor", visitor, "", "text", text
        )


def _old_events(messages: int, rev: int) -> Iterator[Event]:
    """Yield visitors, conversations and messages, spread evenly over the year that ended in January 2026.

    Every third conversation was an agent's, of a team and with up to two labels; the others were the bot's.
    """
    entropy, rng, staff = SeededEntropy(7), random.Random(7), random.Random(9)
    first_ms = _END_MS - _YEAR_MS
    conversations = messages // MESSAGES_EACH
    for number in range(conversations):
        at = first_ms + _YEAR_MS * number // conversations
        visitor = VisitorId(new_id(at, entropy))
        conversation = ConversationId(new_id(at, entropy))
        about = Visitor(id=visitor, tenant=_TENANT, site=_SITE, first_seen=at, last_seen=at)
        rev += 1
        yield Put(_TENANT, rev, at, "visitor", visitor, msgspec.json.encode(about), visitor)
        agent = AgentId(f"agent-{staff.randrange(200)}") if number % 3 == 0 else None
        opened = Conversation(
            id=conversation, tenant=_TENANT, site=_SITE, visitor=visitor, state="resolved", opened_at=at,
            assignee=agent, team=TeamId(f"team-{staff.randrange(8)}") if agent else None,
            labels=tuple(f"label-{staff.randrange(20)}" for _ in range(staff.randrange(3))) if agent else (),
        )  # fmt: skip
        rev += 1
        yield Changed(_TENANT, rev, at, opened, ("opened",), visitor)
        for seq in range(1, MESSAGES_EACH + 1):
            by_visitor = seq % 2 == 1
            role: Role = "visitor" if by_visitor else "agent" if agent else "bot"
            text = rng.choice(_VISITOR_SAYS if by_visitor else _DESK_SAYS)
            rev += 1
            yield Said(
                tenant=_TENANT,
                rev=rev,
                at=at + seq * _TURN_MS,
                conversation=conversation,
                seq=seq,
                id=new_id(at + seq * _TURN_MS, entropy),
                role=role,
                sender=visitor if by_visitor else agent or "bot",
                name="",
                kind="text",
                text=text.replace("{n}", str(rng.randrange(10_000))),
            )


if __name__ == "__main__":
    main()
