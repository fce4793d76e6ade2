"""A small order system for the example shop: what a rule or a flow calls over HTTP. Keeps everything in memory.

    python examples/shop/order_server.py            # http://127.0.0.1:8090

| request | answers |
| --- | --- |
| `GET /orders/20260002` | that order, or `{"found": false}` |
| `GET /orders/latest?visitor=lily` | the newest order of a customer, or `{"found": false}` |
| `GET /orders?visitor=lily` | all orders of a customer, newest first |
| `POST /refunds {"order": "20260002", "reason": "…"}` | the refund; the same order is refunded once |

It listens on the loopback address only: the desk must be told that it may call private addresses
(`FASTDESK_ALLOW_PRIVATE_URLS=true`).
"""

import argparse
from typing import Any

from aiohttp import web

PORT = 8090

ORDERS: dict[str, dict[str, Any]] = {
    "20260001": {
        "customer": "lily",
        "status": "packing",
        "items": [{"name": "帆布鞋 / Canvas shoes", "count": 1}],
        "amount": 199,
        "eta": "2026-01-09",
    },
    "20260002": {
        "customer": "lily",
        "status": "shipped",
        "items": [{"name": "雨伞 / Umbrella", "count": 2}],
        "amount": 118,
        "carrier": "SF Express",
        "tracking": "SF1234567890",
        "eta": "2026-01-07",
    },
    "20260003": {
        "customer": "tom",
        "status": "delivered",
        "items": [{"name": "蓝牙耳机 / Earphones", "count": 1}],
        "amount": 299,
    },
    "20260004": {
        "customer": "tom",
        "status": "delivered",
        "items": [{"name": "笔记本电脑 / Laptop", "count": 1}],
        "amount": 6999,
    },
}

STATUS = {
    "packing": {"zh": "正在打包", "en": "being packed"},
    "shipped": {"zh": "已发货", "en": "on its way"},
    "delivered": {"zh": "已签收", "en": "delivered"},
    "refunded": {"zh": "已退款", "en": "refunded"},
}

REFUNDS: web.AppKey[dict[str, dict[str, Any]]] = web.AppKey("refunds", dict[str, dict[str, Any]])


def build_app() -> web.Application:
    """Make the application with no refunds yet."""
    app = web.Application()
    app[REFUNDS] = {}
    app.add_routes(
        [
            web.get("/orders", show_all),
            web.get("/orders/latest", show_latest),
            web.get("/orders/{number}", show_order),
            web.post("/refunds", refund),
        ]
    )
    return app


async def show_order(request: web.Request) -> web.Response:
    """Answer with one order."""
    return web.json_response(describe(request.match_info["number"], request.app[REFUNDS]))


async def show_latest(request: web.Request) -> web.Response:
    """Answer with the newest order of a customer."""
    customer = request.query.get("visitor", "")
    numbers = [number for number, order in ORDERS.items() if order["customer"] == customer]
    return web.json_response(describe(max(numbers, default=""), request.app[REFUNDS]))


async def show_all(request: web.Request) -> web.Response:
    """Answer with all orders of a customer."""
    customer = request.query.get("visitor", "")
    numbers = sorted((n for n, order in ORDERS.items() if order["customer"] == customer), reverse=True)
    return web.json_response([describe(number, request.app[REFUNDS]) for number in numbers])


async def refund(request: web.Request) -> web.Response:
    """Refund an order; asking again gives the same refund."""
    asked = await request.json()
    number = str(asked.get("order", "")) if isinstance(asked, dict) else ""
    if number not in ORDERS:
        return web.json_response({"error": "no such order"}, status=404)
    refunds = request.app[REFUNDS]
    made = {"number": f"R{number}", "amount": ORDERS[number]["amount"], "reason": asked.get("reason", "")}
    return web.json_response(refunds.setdefault(number, made))


def describe(number: str, refunds: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Give an order with its status in words."""
    order = ORDERS.get(number)
    if order is None:
        return {"found": False}
    status = "refunded" if number in refunds else order["status"]
    shown = {key: value for key, value in order.items() if key != "customer"}
    return {"found": True, "number": number, **shown, "status": status, "words": STATUS[status]}


def main() -> None:
    """Serve on the loopback address until interrupted."""
    parser = argparse.ArgumentParser(description="Serve the example shop's orders.")
    parser.add_argument("--port", type=int, default=PORT)
    web.run_app(build_app(), host="127.0.0.1", port=parser.parse_args().port)


if __name__ == "__main__":
    main()
