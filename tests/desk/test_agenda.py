"""An agenda against a plain dictionary."""

from hypothesis import given
from hypothesis import strategies as st

from fastdesk.desk.agenda import Agenda

keys = st.integers(0, 9)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("set"), keys, st.integers(0, 100)),
        st.tuples(st.just("strike"), keys),
        st.tuples(st.just("due"), st.integers(0, 100)),
    ),
    max_size=300,
)


@given(steps)
def test_what_is_due_is_what_a_dictionary_says(story: list[tuple]) -> None:
    agenda: Agenda[int] = Agenda()
    moments: dict[int, int] = {}
    for step in story:
        match step:
            case ("set", key, at):
                agenda.set(key, at)
                moments[key] = at
            case ("strike", key):
                agenda.strike(key)
                moments.pop(key, None)
            case ("due", now):
                found = agenda.due(now)
                assert sorted(found) == sorted(key for key, at in moments.items() if at <= now)
                assert [moments[key] for key in found] == sorted(moments[key] for key in found)
                moments = {key: at for key, at in moments.items() if at > now}
        assert agenda.first() == min(moments.values(), default=None)
        assert len(agenda) == len(moments)
        assert all(agenda.at(key) == at for key, at in moments.items())


def test_changing_one_moment_for_ever_takes_no_room() -> None:
    agenda: Agenda[str] = Agenda()
    for at in range(10_000):
        agenda.set("a", at)
    assert len(agenda._heap) < 100
