"""Which ids wait for SQLite."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Noted, Put, Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.store.freshness import Freshness

DEMO = TenantId("demo")


def test_an_event_concerns_its_conversation_visitor_record_and_tenant(said: Callable[..., Said]) -> None:
    fresh = Freshness()
    now = Conversation(id=ConversationId("c2"), tenant=DEMO, site=SiteId("s"), visitor=VisitorId("v2"))
    fresh.note(said(1), 1)
    fresh.note(Changed(DEMO, 2, 1, now, (), "a"), 2)
    fresh.note(Noted(DEMO, 3, 1, ConversationId("c3"), "n", "note", "a", ""), 3)
    fresh.note(Put(DEMO, 4, 1, "visitor", "v4", b"{}", "a"), 4)
    assert [fresh.position(key) for key in ("c1", "c2", "v2", "c3", "v4", "other")] == [1, 2, 2, 3, 4, 0]
    assert fresh.position("visitor") == fresh.position(("visitor", DEMO)) == 4
    assert fresh.tenant(DEMO) == fresh.tenant(None) == 4
    assert fresh.tenant(TenantId("other")) == 0


@given(st.lists(st.one_of(st.integers(0, 3), st.none())))
def test_nothing_that_waits_is_ever_forgotten(steps: list[int | None]) -> None:
    """A number is an event about that conversation, None is the projector catching up with half of the rest."""
    fresh = Freshness()
    last: dict[str, int] = {}
    position = fed = 0
    for step in steps:
        if step is None:
            fed += (position - fed + 1) // 2
            fresh.fed(fed)
        else:
            position += 1
            last[f"c{step}"] = position
            event = Said(DEMO, 1, 1, ConversationId(f"c{step}"), 1, "i", "bot", "b", "b", "text", "t")
            fresh.note(event, position)
        for conversation, at in last.items():
            if at > fed:
                assert fresh.position(conversation) == at
            else:
                assert fresh.position(conversation) in (0, at)


def test_what_is_projected_is_dropped(said: Callable[..., Said]) -> None:
    fresh = Freshness()
    for position in range(1, 1001):
        fresh.note(said(position, conversation=f"c{position}"), position)
        fresh.fed(position)
    assert len(fresh._new) + len(fresh._old) < 10
