"""Who can meet a need, and whose turn it is."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fastdesk.desk.seats import Need, Pool, Seat
from fastdesk.model.ids import AgentId, ConversationId, TeamId


def seat(name: str, *, held: int = 0, is_present: bool = True, **fields: Any) -> Seat:
    made = Seat(AgentId(name), **fields)
    made.is_present = is_present
    made.held = {ConversationId(f"{name}-{number}") for number in range(held)}
    return made


def next_of(pool: Pool, without: str = "") -> str | None:
    found = pool.next(AgentId(without))
    return found.agent if found is not None else None


def test_a_seat_is_free_below_its_capacity_while_the_agent_is_there() -> None:
    assert seat("a", held=1, capacity=2).is_free
    assert not seat("a", held=2, capacity=2).is_free
    assert not seat("a", is_present=False).is_free


def test_an_agent_lacks_what_it_cannot_do() -> None:
    able = seat("a", teams=[TeamId("help")], skills=["Refunds"], languages=["zh-CN"])
    assert able.lacks(Need(TeamId("help"), ("refunds",), "zh")) == ""
    assert able.lacks(Need(TeamId("sales"))) == "other team"
    assert able.lacks(Need(skills=("refunds", "law"))) == "lacks skill"
    assert able.lacks(Need(language="en")) == "other language"
    assert seat("b").lacks(Need(language="en")) == "", "one who names no language speaks all"
    assert seat("c", may_answer=False).lacks(Need()) == "may not answer"


def test_the_least_busy_by_share_is_next_and_then_who_was_longest_without() -> None:
    one, two = seat("one", held=2, capacity=8), seat("two", held=1, capacity=2)
    assert next_of(Pool(Need(), [two, one])) == "one"
    two.held, two.turn, one.turn = {ConversationId("x")}, 1, 2
    one.capacity = 4
    assert next_of(Pool(Need(), [one, two])) == "two"


def test_in_turns_the_load_does_not_count() -> None:
    one, two = seat("one", held=3), seat("two")
    one.turn, two.turn = 1, 2
    assert next_of(Pool(Need(order="round_robin"), [one, two])) == "one"


def test_somebody_may_be_left_out_and_is_not_forgotten() -> None:
    pool = Pool(Need(), [seat("one"), seat("two", held=1)])
    assert next_of(pool, without="one") == "two"
    assert next_of(pool) == "one"
    alone = Pool(Need(), [seat("one")])
    assert next_of(alone, without="one") is None
    assert next_of(alone) == "one"


def test_a_wish_that_nobody_fulfils_is_dropped_and_named() -> None:
    help, law = seat("help", teams=[TeamId("help")]), seat("law", skills=["law"], languages=["en"])
    pool = Pool(Need(TeamId("help"), ("law",), "fr"), [help, law])
    assert (set(pool.members), pool.dropped) == ({"help"}, ("skills",))
    pool = Pool(Need(TeamId("none"), ("law",), "fr"), [help, law])
    assert (set(pool.members), pool.dropped) == ({"law"}, ("team", "language"))
    assert Pool(Need(TeamId("help")), []).dropped == ()
    assert not Pool(Need(), [seat("viewer", may_answer=False)]).members


def test_attended_is_where_somebody_else_is_there_busy_or_not() -> None:
    pool = Pool(Need(), [seat("busy", held=8), seat("absent", is_present=False)])
    assert pool.is_attended()
    assert not pool.is_attended(AgentId("busy"))
    assert next_of(pool) is None


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["give", "end", "leave", "come"])), max_size=60))
def test_the_next_one_is_who_a_look_at_all_would_find(steps: list[tuple[int, str]]) -> None:
    seats = [seat(str(number), capacity=number + 1) for number in range(4)]
    pool = Pool(Need(), seats)
    for at, (number, step) in enumerate(steps):
        each = seats[number]
        if step == "give":
            if each.is_free:
                each.held.add(ConversationId(f"c{at}"))
                each.turn = at + 1
        elif step == "end":
            if each.held:
                each.held.pop()
        else:
            each.is_present = step == "come"
        if step in ("end", "come") and each.is_free:
            pool.eased(each)
        free = [each for each in seats if each.is_free]
        found = pool.next()
        if not free:
            assert found is None
        else:
            assert found is not None
            assert found.is_free
            best = min((len(each.held) / each.capacity, each.turn) for each in free)
            assert (len(found.held) / found.capacity, found.turn) == best
