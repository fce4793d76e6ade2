"""Who is mentioned in a note: `@Li Lei`, `@li@shop.cn` or `@ID`. Pure."""

from collections.abc import Iterable

from fastdesk.model.agent import Agent

__all__ = ["mentioned"]


def mentioned(text: str, agents: Iterable[Agent]) -> tuple[str, ...]:
    """Return the ids of the enabled agents whom a text mentions; of `@Li` and `@Li Lei` the longer name counts."""
    if "@" not in text:
        return ()
    names = [
        (name, agent.id)
        for agent in agents
        if agent.enabled
        for name in (agent.name, agent.email, agent.id)
        if name
    ]
    names.sort(key=lambda each: len(each[0]), reverse=True)
    folded = text.casefold()
    found: dict[str, None] = {}
    for start in range(len(folded)):
        if folded[start] == "@":
            id = next((id for name, id in names if _stands(folded, start + 1, name.casefold())), None)
            if id is not None:
                found[id] = None
    return tuple(found)


def _stands(text: str, start: int, name: str) -> bool:
    """Tell whether a name stands there whole: Latin letters and digits don't go on behind it."""
    end = start + len(name)
    if not text.startswith(name, start):
        return False
    behind = text[end : end + 1]
    return not (behind.isascii() and behind.isalnum() and name[-1:].isascii())
