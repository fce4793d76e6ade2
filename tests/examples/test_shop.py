"""The example shop: its files are right, and its dialogues run against its own order server."""

import importlib.util
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from fastdesk.dialogue import (
    Around,
    Flows,
    Handed,
    Heard,
    Over,
    Request,
    Speak,
    parse_dialogues,
    parse_flow,
    run_dialogues,
)
from fastdesk.dialogue.state import Answered, Step
from fastdesk.model.call import CallAnswer
from fastdesk.model.flow import Flow
from fastdesk.model.rule import Buttons, Http, Reply, Rule, StartFlow
from fastdesk.model.word import WordList
from fastdesk.moderation import WordFilter, parse_word_lists
from fastdesk.rules import Facts, RuleBook, parse_rules, resume

SHOP = Path(__file__).parents[2] / "examples/shop"
FLOWS = sorted(SHOP.glob("flows/*.yaml"))


@pytest.fixture(scope="module")
def book() -> RuleBook:
    made = RuleBook.compile(
        one for one in parse_rules((SHOP / "rules.yaml").read_bytes()) if isinstance(one, Rule)
    )
    assert isinstance(made, RuleBook)
    return made


@pytest.fixture(scope="module")
def flows() -> Flows:
    read = [parse_flow(path.read_bytes()) for path in FLOWS]
    made = Flows.compile(one for one in read if isinstance(one, Flow))
    assert isinstance(made, Flows)
    assert made.size == len(FLOWS)
    return made


@pytest.fixture
async def shop() -> AsyncIterator["Shop"]:
    server = TestServer(_order_server().build_app())
    await server.start_server()
    async with ClientSession() as session:
        yield Shop(session, str(server.make_url("")))
    await server.close()


class Shop:
    """Call the order server as the desk does; the address in the files is that of its usual port."""

    def __init__(self, session: ClientSession, base: str) -> None:
        self._session = session
        self._base = base.rstrip("/")

    async def call(self, request: Request | Http) -> CallAnswer:
        url = request.url.replace("http://127.0.0.1:8090", self._base)
        async with self._session.request(
            request.method, url, headers=request.headers, json=request.body
        ) as answer:
            return CallAnswer(status=answer.status, body=await answer.json())

    async def play(self, flows: Flows, name: str, texts: list[str], around: Around) -> list[Step]:
        step = flows.start(name, 0, around)
        assert step is not None
        steps = [step]
        while step.state is not None:
            last = step.effects[-1]
            if isinstance(last, Request):
                step = flows.step(step.state, Answered(await self.call(last)), 0, around)
            elif texts:
                step = flows.step(step.state, Heard(texts.pop(0)), 0, around)
            else:
                break
            steps.append(step)
        return steps


def _order_server() -> ModuleType:
    spec = importlib.util.spec_from_file_location("order_server", SHOP / "order_server.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def spoken(steps: list[Step]) -> str:
    return "\n".join(effect.text for step in steps for effect in step.effects if isinstance(effect, Speak))


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_dialogues_beside_the_flows_pass(path: Path) -> None:
    flow = parse_flow(path.read_bytes())
    assert isinstance(flow, Flow), flow
    results = run_dialogues(
        flow, [one for one in parse_dialogues(path.read_bytes()) if hasattr(one, "turns")]
    )
    assert len(results) >= 2
    assert [str(result.problem) for result in results if not result.passed] == []


@pytest.mark.parametrize("text", ["怎么退款", "我要退款！", "how do I get a refund?"])
async def test_refund_from_question_to_money(flows: Flows, shop: Shop, text: str) -> None:
    name = flows.wants(text)
    assert name == "refund"
    language = "zh" if text[0] > "z" else "en"
    steps = await shop.play(flows, name, ["20260002", "1", "yes"], Around(language=language))
    assert "雨伞" in spoken(steps)
    assert "R20260002" in spoken(steps)
    over = steps[-1].effects[-1]
    assert isinstance(over, Over)
    assert over.result == "refunded"


async def test_refund_twice_is_one_refund(flows: Flows, shop: Shop) -> None:
    around = Around(language="zh")
    await shop.play(flows, "refund", ["20260001", "不想要了", "好的"], around)
    steps = await shop.play(flows, "refund", ["20260001"], around)
    assert "已经退过款" in spoken(steps)


async def test_large_refund_goes_to_a_person(flows: Flows, shop: Shop) -> None:
    steps = await shop.play(flows, "refund", ["20260004"], Around(language="zh"))
    assert any(isinstance(effect, Handed) and effect.team == "after_sales" for effect in steps[-1].effects)


async def test_order_status_of_a_signed_in_visitor(flows: Flows, shop: Shop) -> None:
    steps = await shop.play(flows, "order_status", [], Around(language="en", identity="lily"))
    assert "SF1234567890" in spoken(steps)
    steps = await shop.play(
        flows, "order_status", ["20260003"], Around(language="en", visitor={"identity": "lily"})
    )
    assert spoken(steps).startswith("What is your order number")
    assert "delivered" in spoken(steps)


async def test_refund_rule_shows_the_latest_order_of_the_verified_visitor(book: RuleBook, shop: Shop) -> None:
    match = book.match(Facts(text="我想退款", language="zh-CN", identity="lily"))
    assert match is not None
    assert match.rest is not None
    (call,) = match.actions
    assert isinstance(call, Http)
    (said,) = resume(match.rest, await shop.call(call)).actions
    assert isinstance(said, Buttons)
    assert str(said.text).startswith("您最近的订单 20260002（雨伞 / Umbrella，118 元）已发货")


def test_refund_rule_starts_the_flow_for_everybody_else(book: RuleBook) -> None:
    match = book.match(Facts(text="I want my money back", visitor={"identity": "lily"}))
    assert match is not None
    assert match.actions == (StartFlow(flow="refund"),)


@pytest.mark.parametrize(
    ("text", "rule"),
    [("你好！", "hello"), ("我要投诉", "complaint"), ("Thanks!", "thanks"), ("快递到哪了", "where_is_it")],
)
def test_rules_answer(book: RuleBook, text: str, rule: str) -> None:
    match = book.match(Facts(text=text))
    assert match is not None
    assert match.fired == (rule,)


async def test_bare_order_number(book: RuleBook, shop: Shop) -> None:
    for number, words in (("20260003", "已签收"), ("20269999", "没有找到")):
        match = book.match(Facts(text=number, language="zh"))
        assert match is not None
        assert match.rest is not None
        assert isinstance(match.actions[0], Http)
        (said,) = resume(match.rest, await shop.call(match.actions[0])).actions
        assert isinstance(said, Reply)
        assert words in str(said.text)


def test_every_flow_that_rules_start_is_there(book: RuleBook, flows: Flows) -> None:
    for text in ("退款", "查订单"):
        match = book.match(Facts(text=text))
        assert match is not None
        (begin,) = match.actions
        assert isinstance(begin, StartFlow)
        assert flows.start(begin.flow, 0) is not None


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("有炸药卖吗", "block"),
        ("加 微 信 吧", "mask"),
        ("我不想活了", "handoff"),
        ("杀人", "flag"),
        ("有杀毒软件吗", "clean"),
        ("弩箭座", "clean"),
        ("秒杀几点开始", "clean"),
    ],
)
def test_words(text: str, level: str) -> None:
    made = WordFilter.compile(
        one for one in parse_word_lists((SHOP / "words.yaml").read_bytes()) if isinstance(one, WordList)
    )
    assert isinstance(made, WordFilter)
    assert made.size > 0
    assert made.check(text).level == level
