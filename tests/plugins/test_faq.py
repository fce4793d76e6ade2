"""Articles answer, are offered, or leave a question to others; with an embedding service also by meaning."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.plugins.assistant_world import TENANT, Desk

from fastdesk.errors import ModelError
from fastdesk.model.site import Tenant
from fastdesk.plugins import faq
from fastdesk.plugins.meaning import Meaning
from fastdesk.tenants.records import HOUSE

VIRTUAL_TIME = True

Open = Callable[..., Awaitable[Desk]]


class Concepts:
    """An embedding service that knows which words mean the same."""

    MEANINGS = (("下单", "购买", "买"), ("退", "钱"), ("tea", "green"))

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.is_down = False

    async def embed(self, texts: list[str]) -> list[list[float]]:
        self.asked.append(texts)
        if self.is_down:
            raise ModelError("down")
        return [
            [float(any(word in text for word in words)) for words in self.MEANINGS] + [0.01] for text in texts
        ]


class Shelf:
    """Vectors that outlive the desk."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def load(self, tenant: str) -> dict[str, Any]:
        return dict(self.kept)

    def save(self, tenant: str, vectors: Any) -> None:
        self.kept = dict(vectors)


async def test_answer_names_its_source_and_costs_no_model_call(open_desk: Open) -> None:
    desk = await open_desk()
    await desk.article("hours", "客服在线时间", "每天 9:00–21:00。", questions=("你们几点上班", "周末有人吗"))
    visitor = await desk.visitor()
    await desk.ask(visitor, "你们几点上班")
    said = (await desk.said(visitor))[-1]
    assert said.text == "每天 9:00–21:00。"
    assert said.sources is not None
    assert said.sources[0]["id"] == "hours"
    assert said.why is not None
    assert (said.why["by"], said.why["article"], said.why["revision"]) == ("faq", "hours", 1)
    assert not desk.models or not desk.model.calls


async def test_a_large_knowledge_base_is_searched_beside_the_loop(
    open_desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faq, "LARGE", 0)
    desk = await open_desk(models=())
    await desk.article("hours", "客服在线时间", "每天 9:00–21:00。", questions=("你们几点上班",))
    searched: list[str] = []
    offload = desk.engine.tasks.offload

    async def watched(work: Any, *args: Any) -> Any:
        searched.extend(getattr(work, "args", ()))
        return await offload(work, *args)

    monkeypatch.setattr(desk.engine.tasks, "offload", watched)
    visitor = await desk.visitor()
    await desk.ask(visitor, "你们几点上班")
    assert (await desk.said(visitor))[-1].text == "每天 9:00–21:00。"
    assert "你们几点上班" in searched
    await desk.ask(visitor, "量子力学")
    missed = (await desk.said(visitor))[-1]
    assert missed.why is not None
    assert missed.why["by"] == "fallback"


async def test_long_stories_are_not_looked_up(open_desk: Open) -> None:
    desk = await open_desk(models=())
    await desk.article("hours", "客服在线时间", "每天。", questions=("你们几点上班",))
    visitor = await desk.visitor()
    await desk.ask(visitor, "你们几点上班" * 100)
    assert (await desk.said(visitor))[-1].why["by"] == "fallback"  # type: ignore[index]


async def test_thresholds_are_the_tenants_own(open_desk: Open) -> None:
    desk = await open_desk(models=())
    await desk.article("hours", "客服在线时间", "每天。", questions=("你们几点上班",))
    own = {"knowledge": {"answer_at": 1.0, "suggest_at": 0.1}}
    desk.put(HOUSE, "tenant", Tenant(id=TENANT, settings=own))
    await desk.settle()
    visitor = await desk.visitor()
    await desk.ask(visitor, "你们几点上班呢")
    said = (await desk.said(visitor))[-1]
    assert said.extra is not None
    assert said.extra["buttons"][0]["label"] == "你们几点上班"
    desk.put(HOUSE, "tenant", Tenant(id=TENANT, settings={"knowledge": {"answer_at": "high"}}))
    await desk.settle()
    assert desk.engine.faq.index(TENANT).settings.answer_at < 1  # what is wrong falls back to the defaults


@pytest.fixture
async def meaning_desk() -> Any:
    """Return a desk with an embedding service, the service, and what it keeps."""
    desks: list[Desk] = []

    async def make(service: Concepts, shelf: Shelf) -> Desk:
        desk = Desk(models=())
        desk.make_meaning = lambda tasks: Meaning(service, shelf, tasks=tasks)
        desks.append(await desk.start())
        await desk.article("order", "如何下单", "选好商品，点“下单”。")
        await desk.article("refund", "退款说明", "七天内可以退。")
        await desk.settle()
        return desk

    yield make
    for desk in desks:
        await desk.stop()


async def test_question_without_a_common_word_is_found_by_meaning(meaning_desk: Any) -> None:
    service = Concepts()
    desk = await meaning_desk(service, Shelf())
    visitor = await desk.visitor()
    await desk.ask(visitor, "想购买怎么弄")
    said = (await desk.said(visitor))[-1]
    assert said.why["by"] == "faq"
    assert "order" in str(said.why)


async def test_service_that_is_down_leaves_the_words(meaning_desk: Any) -> None:
    service = Concepts()
    desk = await meaning_desk(service, Shelf())
    service.is_down = True
    visitor = await desk.visitor()
    await desk.ask(visitor, "想购买怎么弄")
    assert (await desk.said(visitor))[-1].why["by"] == "fallback"
    await desk.ask(visitor, "退款说明")
    assert (await desk.said(visitor))[-1].why.get("article") == "refund"


async def test_text_is_embedded_once_also_over_a_restart(meaning_desk: Any) -> None:
    service, shelf = Concepts(), Shelf()
    desk = await meaning_desk(service, shelf)
    texts = [text for batch in service.asked for text in batch]
    assert len(texts) == len(set(texts)) == 2
    await desk.kill()
    await desk.settle()
    assert sum(map(len, service.asked)) == 2
    await desk.article("refund", "退款说明", "三十天内可以退。")
    assert sum(map(len, service.asked)) == 3
    assert len(shelf.kept) == 2
