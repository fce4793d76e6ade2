"""Cards of plug-ins: gathered together, bounded, and never the fault of the others."""

import asyncio
from typing import Any

import pytest

from fastdesk.errors import PluginError
from fastdesk.hooks.cards import MAX_CARDS, Cards, check_cards
from fastdesk.hooks.registry import Hooks
from fastdesk.model.ids import SiteId, TenantId, VisitorId
from fastdesk.model.visitor import Visitor
from fastdesk.model.visitor_card import CardLine, VisitorCard
from fastdesk.observe.clock import SystemClock

LILY = Visitor(id=VisitorId("v"), tenant=TenantId("t"), site=SiteId("s"), name="Lily")


class Orders:
    name = "orders"

    async def cards(self, visitor: Visitor) -> list[VisitorCard]:
        return [VisitorCard(title=f"Order of {visitor.name}", lines=(CardLine("Amount", "7"),))]


class Plain:
    """Gives plain data, without waiting."""

    name = "plain"

    def cards(self, visitor: Visitor) -> Any:
        return [{"title": {"en": "Bill"}, "tone": "bad"}]


class Nothing:
    name = "nothing"

    def cards(self, visitor: Visitor) -> Any:
        return None


def gather(*plugins: Any, deadline_s: float = 3.0) -> tuple[list[Any], Hooks]:
    hooks = Hooks([(plugin.name, plugin) for plugin in plugins], clock=SystemClock())
    return list(asyncio.run(Cards(hooks, deadline_s=deadline_s).of(LILY))), hooks


def test_each_plugin_shows_its_cards_in_order() -> None:
    found, _ = gather(Orders(), Nothing(), Plain())
    assert [each.plugin for each in found] == ["orders", "plain"]
    assert found[0].cards[0].title == "Order of Lily"
    assert found[1].cards == (VisitorCard(title={"en": "Bill"}, tone="bad"),)


def test_a_plugin_that_fails_is_said_and_the_others_are_shown() -> None:
    class Broken(Plain):
        name = "broken"

        async def cards(self, visitor: Visitor) -> Any:
            raise ConnectionError

    class Wrong(Plain):
        name = "wrong"

        def cards(self, visitor: Visitor) -> Any:
            return [{"heading": "no such field"}]

    found, hooks = gather(Broken(), Wrong(), Orders())
    assert [(each.plugin, each.problem) for each in found] == [
        ("broken", "failed"),
        ("wrong", "failed"),
        ("orders", ""),
    ]
    assert hooks.failures == {"broken": 1, "wrong": 1, "orders": 0}


def test_a_plugin_that_is_late_holds_nobody_up() -> None:
    class Late(Plain):
        name = "late"

        async def cards(self, visitor: Visitor) -> Any:
            await asyncio.Event().wait()

    found, _ = gather(Late(), Orders(), deadline_s=0.05)
    assert [(each.plugin, each.problem) for each in found] == [("late", "late"), ("orders", "")]


def test_no_plugin_fills_the_pane() -> None:
    class Many(Plain):
        name = "many"

        def cards(self, visitor: Visitor) -> Any:
            return [VisitorCard(title=str(n)) for n in range(99)]

    found, _ = gather(Many())
    assert len(found[0].cards) == MAX_CARDS


def test_cards_that_take_something_else_are_refused() -> None:
    class Wrong:
        def cards(self, order: str) -> Any: ...

    with pytest.raises(PluginError, match=r"cards of plug-in wrong does not take a visitor"):
        check_cards(Wrong(), "wrong")
    check_cards(Orders(), "orders")
    check_cards(object(), "none")
