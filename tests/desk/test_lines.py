"""Those who wait are served by rank, and by age where ranks are equal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastdesk.desk.lines import Line, Waiting
from fastdesk.desk.seats import Need, Seat
from fastdesk.model.ids import AgentId, ConversationId, TeamId


def waiting(name: str, rank_ms: int) -> Waiting:
    return Waiting(ConversationId(name), since_ms=rank_ms, rank_ms=rank_ms)


def line(*ranks: tuple[str, int]) -> Line:
    made = Line(Need(), [])
    for name, rank_ms in ranks:
        made.add(waiting(name, rank_ms))
    return made


def names(line: Line) -> list[str]:
    return [each.conversation for each in line]


def test_the_lowest_rank_is_first_and_the_older_id_among_equals() -> None:
    made = line(("c3", 20), ("c2", 10), ("c1", 20))
    assert names(made) == ["c2", "c1", "c3"]
    assert made.head == (10, "c2")
    assert made.before((20, ConversationId("c3"))) == 2


def test_who_leaves_makes_room() -> None:
    made = line(("c1", 10), ("c2", 20))
    assert made.remove(ConversationId("c1")).rank_ms == 10
    assert (names(made), made.head, len(made)) == (["c2"], (20, "c2"), 1)
    made.remove(ConversationId("c2"))
    assert (made.head, len(made)) == ((0, ""), 0)
    with pytest.raises(KeyError):
        made.find(ConversationId("c2"))


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 5), max_size=12), st.data())
def test_places_are_those_of_a_sorted_list(ranks: dict[str, int], data: st.DataObject) -> None:
    made = line(*ranks.items())
    for name in data.draw(st.lists(st.sampled_from(sorted(ranks)), unique=True)) if ranks else ():
        made.remove(ConversationId(name))
        del ranks[name]
    expected = sorted((rank, name) for name, rank in ranks.items())
    assert names(made) == [name for _, name in expected]
    assert [made.before((rank, ConversationId(name))) for rank, name in expected] == list(
        range(len(expected))
    )


def test_agents_know_the_lines_that_they_can_serve() -> None:
    able, other = Seat(AgentId("able"), teams=[TeamId("help")]), Seat(AgentId("other"))
    made = Line(Need(team=TeamId("help")), [able, other])
    assert (able.lines, other.lines, list(made.pool.members)) == ([made], [], ["able"])
