"""Show agents the orders of the visitor they talk to, out of the shop's order system (`order_server.py`).

Whoever the shop's own server has signed in has their orders here. Of anybody else only the one whose number the page passes
(`fastdesk('fields', {order: '20260002'})`): a claim, so the card says that nobody has proven it.
"""

from typing import Any

import aiohttp
from msgspec import Struct

from fastdesk.model.visitor import Visitor
from fastdesk.model.visitor_card import CardLine, VisitorCard

_TONES = {"packing": "warm", "shipped": "good", "refunded": "bad"}
_NAMES = {
    "items": {"zh": "商品", "en": "Goods"},
    "amount": {"zh": "金额", "en": "Amount"},
    "carrier": {"zh": "快递", "en": "Carrier"},
    "tracking": {"zh": "运单号", "en": "Tracking"},
    "eta": {"zh": "预计送达", "en": "Arrives"},
}
_UNPROVEN = {
    "name": {"zh": "注意", "en": "Note"},
    "value": {"zh": "访客身份未验证", "en": "the visitor is not verified"},
}


class Orders:
    """Bring a visitor's orders into the pane beside the conversation."""

    name = "orders"

    class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """What an owner may set under [plugins.orders]."""

        url: str = "http://127.0.0.1:8090"
        most: int = 3

    def __init__(self, options: Options) -> None:
        self._options = options

    async def cards(self, visitor: Visitor) -> list[VisitorCard]:
        """Return a card for each of the visitor's newest orders."""
        number = str(visitor.fields.get("order", ""))
        async with aiohttp.ClientSession(self._options.url) as session:
            if visitor.identity is not None:
                orders = await _ask(session, "/orders", visitor=visitor.identity)
                return [_card(order) for order in orders[: self._options.most]]
            order = await _ask(session, f"/orders/{number}") if number.isalnum() else {"found": False}
            return [_card(order, CardLine(**_UNPROVEN))] if order["found"] else []


async def _ask(session: aiohttp.ClientSession, path: str, **query: str) -> Any:
    async with session.get(path, params=query, raise_for_status=True) as answer:
        return await answer.json()


def _card(order: dict[str, Any], *more: CardLine) -> VisitorCard:
    values = {
        "items": "、".join(f"{item['name']} × {item['count']}" for item in order["items"]),
        "amount": f"¥{order['amount']}",
        **{name: order[name] for name in ("carrier", "tracking", "eta") if name in order},
    }
    lines = (*(CardLine(_NAMES[name], value) for name, value in values.items()), *more)
    return VisitorCard(
        title={"zh": f"订单 {order['number']}", "en": f"Order {order['number']}"},
        state=order["words"],
        tone=_TONES.get(order["status"], "plain"),
        lines=lines,
    )
