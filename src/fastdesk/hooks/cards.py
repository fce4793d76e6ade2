"""Ask plug-ins what they know of a visitor. Enters: a visitor. Leaves: cards for agents, plug-in by plug-in."""

import asyncio
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from fastdesk.errors import PluginError
from fastdesk.hooks.registry import Hooks
from fastdesk.hooks.spec import CardMaker
from fastdesk.model.visitor import Visitor
from fastdesk.model.visitor_card import PluginCards, VisitorCard

__all__ = ["Cards", "check_cards"]

#: An agent looks at the pane meanwhile; what comes later is left out.
DEADLINE_S: Final = 3.0
MAX_CARDS: Final = 10


def check_cards(plugin: object, name: str) -> None:
    """Refuse a plug-in whose `cards` cannot take a visitor.

    Raises:
        PluginError: says what was expected.
    """
    make = getattr(plugin, "cards", None)
    if callable(make) and tuple(inspect.signature(make).parameters) != ("visitor",):
        raise PluginError(
            f"cards of plug-in {name} does not take a visitor.", hint="Write async def cards(self, visitor)."
        )


class Cards:
    """Gather the cards of all plug-ins; one that fails or is late is said, counted and logged."""

    def __init__(self, hooks: Hooks, *, deadline_s: float = DEADLINE_S) -> None:
        self._hooks = hooks
        self._deadline_s = deadline_s
        self._makers = [
            (name, plugin.cards) for name, plugin in hooks.plugins if isinstance(plugin, CardMaker)
        ]

    async def of(self, visitor: Visitor) -> Sequence[PluginCards]:
        """Return what each plug-in has to show of a visitor, in their order; those with nothing are left out."""
        found = await asyncio.gather(*(self._ask(name, make, visitor) for name, make in self._makers))
        return [each for each in found if each.cards or each.problem]

    async def _ask(self, name: str, make: Callable[[Visitor], Any], visitor: Visitor) -> PluginCards:
        try:
            async with asyncio.timeout(self._deadline_s):
                made = make(visitor)
                if inspect.isawaitable(made):
                    made = await made
            cards = msgspec.convert(list(made or ()), tuple[VisitorCard, ...], from_attributes=True)
        except Exception as failure:  # the border to foreign code
            self._hooks.fail(name, failure)
            is_late = isinstance(failure, TimeoutError)
            return PluginCards(plugin=name, problem="late" if is_late else "failed")
        return PluginCards(plugin=name, cards=cards[:MAX_CARDS])
