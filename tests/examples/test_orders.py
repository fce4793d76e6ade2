"""The shop's plug-in shows agents the right orders, and nobody's on a mere claim to be somebody."""

import importlib.util
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from msgspec.structs import replace

from fastdesk.hooks.discovery import load_file, make_plugins
from fastdesk.model.ids import SiteId, TenantId, VisitorId
from fastdesk.model.visitor import Visitor

SHOP = Path(__file__).parents[2] / "examples/shop"
STRANGER = Visitor(id=VisitorId("v"), tenant=TenantId("t"), site=SiteId("s"))


@pytest.fixture
async def plugin() -> AsyncIterator[Any]:
    spec = importlib.util.spec_from_file_location("order_server", SHOP / "order_server.py")
    assert spec is not None
    assert spec.loader is not None
    orders = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(orders)
    server = TestServer(orders.build_app())
    await server.start_server()
    ((_, made),) = make_plugins(
        load_file(SHOP / "plugins/orders.py"), {"orders": {"url": str(server.make_url(""))}}
    )
    yield made
    await server.close()


async def test_who_is_signed_in_has_all_their_orders_newest_first(plugin: Any) -> None:
    cards = await plugin.cards(replace(STRANGER, identity="lily", fields={"order": "20260003"}))
    assert [card.title["en"] for card in cards] == ["Order 20260002", "Order 20260001"]
    assert (cards[0].state["en"], cards[0].tone) == ("on its way", "good")
    assert "¥118" in [line.value for line in cards[0].lines]


async def test_who_is_not_has_the_one_that_the_page_names_marked_as_unproven(plugin: Any) -> None:
    (card,) = await plugin.cards(replace(STRANGER, fields={"order": "20260003"}))
    assert card.title["zh"] == "订单 20260003"
    assert "the visitor is not verified" in [
        line.value["en"] for line in card.lines if isinstance(line.value, dict)
    ]


@pytest.mark.parametrize("order", ["", "99999999", "../orders", None])
async def test_who_names_no_order_of_the_shop_has_none(plugin: Any, order: str | None) -> None:
    assert await plugin.cards(replace(STRANGER, fields={"order": order})) == []
