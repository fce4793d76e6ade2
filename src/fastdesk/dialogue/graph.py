"""The graph of a flow: which state leads to which."""

from collections.abc import Iterator

from fastdesk.model.flow import Ask, Branch, Call, End, Flow, Hand, Say, State, Sub

__all__ = ["edges", "leaves", "reachable", "targets"]


def targets(state: State) -> Iterator[tuple[str, str]]:
    """List where a state leads, each with the field that says so."""
    if isinstance(state, Ask | Say | Call | Sub):
        yield "next", state.next
    if isinstance(state, Ask | Call) and state.failed is not None:
        yield "failed", state.failed
    if isinstance(state, Ask) and state.late is not None:
        yield "late", state.late
    if isinstance(state, Call) and state.unverified is not None:
        yield "unverified", state.unverified
    if isinstance(state, Sub) and state.cancelled is not None:
        yield "cancelled", state.cancelled
    if isinstance(state, Branch):
        for number, case in enumerate(state.cases):
            yield f"cases[{number}].next", case.next


def leaves(state: State) -> bool:
    """Say whether a dialogue may end in a state: at its end, or handed over after too many tries."""
    return isinstance(state, End | Hand) or (isinstance(state, Ask) and state.failed is None)


def edges(flow: Flow) -> dict[str, list[str]]:
    """Give the states that each state leads to, in the order they are written, each once."""
    return {
        name: list(dict.fromkeys(target for _, target in targets(state) if target in flow.states))
        for name, state in flow.states.items()
    }


def reachable(graph: dict[str, list[str]], start: str) -> set[str]:
    """Give all states that can be reached from a state, itself among them."""
    found = {start}
    waiting = [start]
    while waiting:
        for target in graph[waiting.pop()]:
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found
