"""The example handler, loaded as the desk loads it, and asked as the pipeline asks it."""

from collections.abc import Awaitable
from pathlib import Path
from typing import Any, cast

import pytest

from fastdesk.errors import PluginError
from fastdesk.hooks.discovery import find_plugins, make_plugins
from fastdesk.hooks.spec import Handler
from fastdesk.model.conversation import Conversation
from fastdesk.model.event import Said
from fastdesk.model.ids import ConversationId, SiteId, TenantId, VisitorId
from fastdesk.model.site import Site
from fastdesk.model.turn import Outcome, Turn
from fastdesk.model.visitor import Visitor

FILE = Path(__file__).parents[2] / "examples/plugins/shipping_costs.py"


class Port:
    def __init__(self) -> None:
        self.notes: list[str] = []

    def show(self, text: str, *, replace: bool = False) -> None:
        raise AssertionError("nothing is streamed")

    def thinking(self, note: str = "") -> None:
        self.notes.append(note)


def load(**options: Any) -> Handler:
    found = [each for each in find_plugins(FILE.parent) if each[1].__name__ == "ShippingCosts"]
    return cast(Handler, make_plugins(found, {"shipping_costs": options} if options else {})[0][1])


def turn(text: str) -> Turn:
    tenant, conversation, visitor, site = TenantId("t"), ConversationId("c"), VisitorId("v"), SiteId("s")
    return Turn(
        message=Said(tenant, 1, 0, conversation, 1, "m", "visitor", visitor, "", "text", text),
        conversation=Conversation(id=conversation, tenant=tenant, site=site, visitor=visitor),
        visitor=Visitor(id=visitor, tenant=tenant, site=site),
        site=Site(id=site),
        language="",
        received_ns=0,
        port=Port(),
    )


async def ask(handler: Handler, text: str) -> Outcome | None:
    asked = turn(text)
    claim = handler.claim(asked)
    if claim is None:
        return None
    outcome = handler.answer(asked, claim)
    return outcome if isinstance(outcome, Outcome) else await cast(Awaitable[Outcome], outcome)


def test_file_is_short_enough_to_copy() -> None:
    assert len(FILE.read_text("utf-8").splitlines()) < 200


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("寄到北京3公斤多少钱", "寄到北京 3 公斤，运费 22.00 元，约 3 天送达。"),
        ("到上海的运费，5斤", "寄到江浙沪 2.5 公斤，运费 11.00 元，约 2 天送达。"),
        (
            "What is the shipping to Berlin for 2.5 kg?",
            "2.5 kg to Europe cost 165.50; it takes about 9 days.",
        ),
        ("shipping to Paris", "1 kg to Europe cost 98.00; it takes about 9 days."),
    ],
)
async def test_price_in_the_visitor_s_language(question: str, answer: str) -> None:
    outcome = await ask(load(), question)
    assert outcome is not None
    assert [reply.text for reply in outcome.replies] == [answer]


@pytest.mark.parametrize("text", ["退款", "where is my order", "ship", "运费" + "长" * 400])
async def test_other_messages_are_not_claimed(text: str) -> None:
    assert await ask(load(), text) is None


async def test_missing_place_is_asked_for_and_the_buttons_lead_on() -> None:
    handler = load()
    outcome = await ask(handler, "运费多少？4kg")
    assert outcome is not None
    assert outcome.replies[0].extra is not None
    for button in outcome.replies[0].extra["buttons"]:
        following = await ask(handler, button["value"])
        assert following is not None
        assert "4" in following.replies[0].text


async def test_heavy_goods_go_to_a_person() -> None:
    outcome = await ask(load(heaviest_kg=10.0), "shipping to Berlin, 11 kg")
    assert outcome is not None
    assert [action.do for action in outcome.actions] == ["handoff"]


async def test_options_are_checked_and_used() -> None:
    own = {"zones": [{"name": "Mars", "words": ["mars"], "first_kg": 1.0, "next_kg": 0.0, "days": 200}]}
    outcome = await ask(load(**own), "shipping to Mars")
    assert outcome is not None
    assert "200 days" in outcome.replies[0].text
    with pytest.raises(PluginError, match="heaviest"):
        load(heaviest="x")


async def test_hook_counts_its_own_answers_and_shows_what_it_does() -> None:
    handler: Any = load()
    asked = turn("寄到北京3公斤")
    outcome = await handler.answer(asked, handler.claim(asked))
    assert cast(Port, asked.port).notes == ["正在查询运费…"]
    assert handler.on_outcome(asked, outcome) is None
    assert handler.on_outcome(asked, Outcome()) is None
    assert handler.answered == 1
