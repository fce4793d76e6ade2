"""A live conversation: what a resume finds in memory, and when it may leave."""

from hypothesis import given
from hypothesis import strategies as st

from fastdesk._core import BloomFilter, IdTable
from fastdesk.hub.live import RECENT, Live
from fastdesk.hub.session import Session
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.model.site import Site
from fastdesk.model.visitor import Visitor

TENANT, SITE, C1, V1 = TenantId("demo"), SiteId("shop"), ConversationId("c1"), VisitorId("v1")


def live(seq: int = 0) -> Live:
    conversation = Conversation(id=C1, tenant=TENANT, site=SITE, visitor=V1)
    visitor = Visitor(id=V1, tenant=TENANT, site=SITE)
    sent = IdTable(BloomFilter(10_000, 0.001, bytes(16)), C1, 1024)
    return Live(conversation, visitor, Site(id=SITE), seq=seq, is_opened=True, sent=sent)


def said(seq: int) -> Said:
    return Said(TENANT, seq, 0, C1, seq, f"m{seq}", "visitor", "v1", "", "text", str(seq))


@given(st.integers(0, 3 * RECENT), st.integers(0, 3 * RECENT))
def test_memory_gives_all_behind_a_number_or_says_that_it_cannot(written: int, after: int) -> None:
    talk = live()
    for seq in range(1, written + 1):
        talk.remember(said(seq))
    found = talk.recall(after)
    missed = list(range(after + 1, written + 1))
    if len(missed) > RECENT:
        assert found is None
    else:
        assert found is not None
        assert [each.seq for each in found] == missed


def test_one_that_was_woken_does_not_claim_to_remember_what_it_never_saw() -> None:
    talk = live(seq=10)
    assert talk.recall(5) is None
    assert talk.recall(10) == []
    talk.remember(said(11))
    assert [each.seq for each in talk.recall(10) or ()] == [11]
    assert talk.recall(9) is None


def test_it_is_idle_when_nobody_hears_it_and_all_is_on_disk() -> None:
    talk = live()
    assert talk.is_idle
    session = Session()
    talk.visitors.append(session)
    assert not talk.is_idle
    talk.visitors.remove(session)
    talk.seq = 1
    assert not talk.is_idle, "a message is not on disk yet"
    talk.remember(said(1))
    assert talk.is_idle


def test_those_who_wait_for_a_number_are_given_out_once() -> None:
    talk, first, second = live(), Session(), Session()
    talk.waiting = {3: [first, second], 4: [first]}
    assert talk.take_waiting(3) == [first, second]
    assert talk.take_waiting(3) == []
    assert talk.take_waiting(4) == [first]
    assert talk.waiting is None
