"""How events are dealt out to rows: whole, in order where order means something, and as near as readers rely on."""

from collections import defaultdict
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Changed, Event, Noted, Put, Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.store.batch import Batch
from fastdesk.store.event_bytes import MOST, REVS, SPAN_MS, decode_event, encode_event
from fastdesk.store.feed import Feed, Key, Run, encode_bodies, puts_of, subject_of

DEMO = TenantId("demo")


def event(rev: int, at: int, kind: str, conversation: int = 1) -> Event:
    id = ConversationId(f"c{conversation}")
    match kind:
        case "visitor" | "agent":
            return Said(DEMO, rev, at, id, rev, f"m{rev}", kind, "x", "", "text", "text")
        case "noted":
            return Noted(DEMO, rev, at, id, f"n{rev}", "note", "a1", "note")
        case "changed":
            now = Conversation(id=id, tenant=DEMO, site=SiteId("s"), visitor=VisitorId("v"))
            return Changed(DEMO, rev, at, now, (), "x")
        case _:
            return Put(DEMO, rev, at, kind, "r1", b"{}", "a1")


def fed(events: list[Event], first: int = 1, known: dict[Key, int] | None = None) -> Feed:
    positions = range(first, first + len(events))
    return Feed(Batch(positions, list(map(encode_event, events))), known)


def events_in(run: Run) -> list[Event]:
    return list(map(decode_event, run.bodies))


kinds = st.sampled_from(["visitor", "visitor", "agent", "agent", "noted", "changed", "rule"])
steps = st.sampled_from([0, 0, 0, 1, SPAN_MS // 2, SPAN_MS, -5000])
histories = st.lists(st.tuples(kinds, st.integers(1, 3), steps), max_size=60)


def events_of(history: list[tuple[str, int, int]]) -> list[Event]:
    at, events = 1_763_800_000_000, []
    for rev, (kind, conversation, step) in enumerate(history, 1):
        at += step
        events.append(event(rev, at, kind, conversation))
    return events


@given(histories)
def test_rows_hold_every_event_in_the_order_of_its_subject(history: list[tuple[str, int, int]]) -> None:
    events = events_of(history)
    runs = fed(events).runs
    found = defaultdict(list)
    for run in runs:
        found[run.key] += events_in(run)
    expected = defaultdict(list)
    for each in events:
        expected[each.tenant, subject_of(each)].append(each)
    assert found == expected
    assert [run.position for run in runs] == [
        sum(len(each.bodies) for each in runs[: number + 1]) for number in range(len(runs))
    ]


@given(histories)
def test_nothing_passes_a_record_and_nothing_passes_a_second(history: list[tuple[str, int, int]]) -> None:
    events = events_of(history)
    ahead = [each for run in fed(events).runs for each in events_in(run)]
    for place, each in enumerate(events):
        if isinstance(each, Put):
            assert ahead[place] == each
            assert sorted(ahead[:place], key=lambda event: event.rev) == events[:place]
    moved = [(a, b) for number, a in enumerate(ahead) for b in ahead[number + 1 :] if a.rev > b.rev]
    assert all(abs(a.at - b.at) < SPAN_MS for a, b in moved)


def test_a_row_has_no_more_events_than_readers_rely_on() -> None:
    runs = fed([event(rev, 0, "visitor") for rev in range(1, 101)]).runs
    assert [len(run.bodies) for run in runs] == [MOST] * 6 + [10]
    revs = [1, 2, REVS, REVS + 1, REVS + 2]
    runs = fed([event(rev, 0, "visitor") for rev in revs]).runs
    assert [[each.rev for each in events_in(run)] for run in runs] == [[1, 2, REVS], [REVS + 1, REVS + 2]]


def test_what_is_known_of_a_conversation_stands_between_its_messages() -> None:
    kinds = ["visitor", "agent", "noted", "visitor", "changed", "agent"]
    runs = fed([event(rev, 0, kind) for rev, kind in enumerate(kinds, 1)]).runs
    assert [len(run.bodies) for run in runs] == [2, 1, 1, 1, 1]
    assert [run.position for run in runs] == [2, 3, 4, 5, 6]


def test_rows_are_linked_to_each_other_and_to_what_is_known() -> None:
    made = fed([event(rev, 0, "visitor", rev % 2) for rev in range(1, 41)], 100)
    rows = made.rows([(DEMO, "c1", 7)])
    assert [row[5] for row in rows if row[3] == "said"] == [7, 114, 0, 134]
    assert made.heads == {(DEMO, "c1"): rows[1][0], (DEMO, "c0"): rows[3][0]}
    assert all(row[1] == DEMO for row in rows)


def test_what_is_remembered_needs_no_looking_up() -> None:
    events = [event(rev, 0, "visitor", rev) for rev in (1, 2, 3)]
    known = {(DEMO, "c1"): 7, (DEMO, "c9"): 8}
    made = fed(events, 10, known)
    assert made.unknown() == [(DEMO, "c2"), (DEMO, "c3")]
    assert [row[5] for row in made.rows([(DEMO, "c3", 9)])] == [7, 0, 9]
    assert known == {(DEMO, "c1"): 7, (DEMO, "c9"): 8}


def test_an_agent_has_read_up_to_a_message() -> None:
    made = fed([event(1, 0, "visitor"), event(2, 0, "agent"), event(3, 0, "visitor"), event(4, 0, "noted")])
    assert made.spoken({}) == [(DEMO, "c1", 0, 3, "visitor", "text", 2)]
    assert made.spoken({(DEMO, "c1"): 1}) == [(DEMO, "c1", 0, 3, "visitor", "text", 1)]
    assert made.spoken({(DEMO, "c1"): 3}) == [(DEMO, "c1", 0, 3, "visitor", "text", 0)]


def test_revs_are_the_highest_however_rows_are_ordered() -> None:
    events = [event(1, 0, "visitor", 1), event(2, 0, "visitor", 2), event(3, 0, "visitor", 1)]
    assert fed(events).revs() == {DEMO: 3}
    assert not fed([]).revs()


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=MOST))
def test_a_row_is_an_array_of_its_events(texts: list[bytes]) -> None:
    assert msgspec.msgpack.decode(encode_bodies([msgspec.msgpack.encode(text) for text in texts])) == texts


def test_a_record_and_a_conversation_of_the_same_id_are_two_subjects() -> None:
    record, said = event(1, 0, "rule"), event(2, 0, "visitor", 1)
    assert subject_of(record) == "rule:r1"
    assert {subject_of(each) for each in (said, event(3, 0, "changed"), event(4, 0, "noted"))} == {"c1"}
    assert puts_of(Batch([1, 2], [encode_event(record), encode_event(said)])) == [record]


def test_positions_with_gaps_stay_in_order() -> None:
    events = [event(rev, 0, "visitor", rev % 2) for rev in range(1, 5)]
    runs = Feed(Batch([3, 7, 8, 20], list(map(encode_event, events)))).runs
    assert [(run.position, len(run.bodies)) for run in runs] == [(7, 2), (20, 2)]
    assert all(a.position <= b.position - len(b.bodies) for a, b in pairwise(runs))
