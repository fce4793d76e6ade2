"""Tools call the owner's endpoint, with the server's address and the key of the act, and answer the model in text."""

import json
from typing import Any

from fastdesk.ai import ProposedAction, Question, ToolSettings
from fastdesk.model.call import CallAnswer
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.model.rule import Http
from fastdesk.plugins.tools import Tools

TOOL = ToolSettings(name="order", url="https://shop.example/order", headers={"X-Shop": "1"}, timeout_ms=700)
QUESTION = Question(
    tenant=TenantId("shop"), site=SiteId("s"), visitor=VisitorId("v"), conversation=ConversationId("c"), turn="t1",
    text="where is it", received_ns=0,
)  # fmt: skip


class Shop:
    """The owner's system."""

    def __init__(self, answer: CallAnswer) -> None:
        self.answer = answer
        self.calls: list[tuple[str, Http]] = []

    async def call(self, tenant: TenantId, request: Http) -> CallAnswer:
        self.calls.append((tenant, request))
        return self.answer


async def perform(shop: Shop, tool: ToolSettings = TOOL, key: str = "") -> str:
    arguments: dict[str, Any] = {"number": 7, "url": "https://evil.example"}
    return await Tools(shop).perform(QUESTION, tool, ProposedAction("order", arguments, key))


async def test_answer_is_json_as_text_and_the_address_is_the_owners() -> None:
    shop = Shop(CallAnswer(status=200, body={"state": "sent", "天": 3}))
    assert json.loads(await perform(shop)) == {"state": "sent", "天": 3}
    ((tenant, request),) = shop.calls
    assert (tenant, request.url, request.method, request.timeout_ms) == ("shop", TOOL.url, "POST", 700)
    assert request.body == {"number": 7, "url": "https://evil.example"}
    assert request.headers == {"X-Shop": "1"}


async def test_side_effect_carries_its_key() -> None:
    shop = Shop(CallAnswer(status=200, body=None))
    await perform(shop, key="c-t1-order-1")
    assert shop.calls[0][1].headers["Idempotency-Key"] == "c-t1-order-1"


async def test_failures_are_told_not_raised() -> None:
    assert await perform(Shop(CallAnswer(status=0, error="timeout"))) == "failed: timeout"
    assert await perform(Shop(CallAnswer(status=503))) == "failed: 503"
    shop = Shop(CallAnswer(status=200))
    assert (await perform(shop, ToolSettings(name="none"))).startswith("failed")
    assert not shop.calls
