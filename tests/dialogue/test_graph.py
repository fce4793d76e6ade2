"""Which state leads to which."""

from tests.dialogue.stories import ORDER, flow

from fastdesk.dialogue.graph import edges, leaves, reachable, targets


def test_targets_with_their_fields() -> None:
    made = flow(ORDER)
    assert list(targets(made.states["number"])) == [("next", "phone"), ("late", "gone")]
    assert list(targets(made.states["look_up"])) == [("next", "which"), ("failed", "sorry")]
    assert [field for field, _ in targets(made.states["which"])] == [f"cases[{n}].next" for n in range(3)]
    assert list(targets(made.states["gone"])) == []


def test_edges_and_reach() -> None:
    made = flow(ORDER)
    graph = edges(made)
    assert graph["size"] == ["look_up", "sorry"]
    assert reachable(graph, made.start) == set(made.states)
    assert reachable(graph, "unknown") == set(made.states)
    assert reachable(graph, "gone") == {"gone"}


def test_where_a_dialogue_may_end() -> None:
    made = flow(ORDER)
    assert [name for name, state in made.states.items() if leaves(state)] == [
        "number",
        "phone",
        "shipped",
        "waiting",
        "sorry",
        "gone",
    ]
