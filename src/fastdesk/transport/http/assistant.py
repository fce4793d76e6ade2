"""The assistant over HTTP: its models and money, a question to try it, and help for agents."""

import asyncio
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from fastdesk.ai import Answer, Question
from fastdesk.errors import Refused
from fastdesk.model.ids import ConversationId, VisitorId
from fastdesk.model.site import Site
from fastdesk.observe.clock import new_id
from fastdesk.pipeline.rooms import Rooms
from fastdesk.plugins.assistance import Assistance
from fastdesk.protocol.frames import Copilot
from fastdesk.transport.http.routes import Call, Route
from fastdesk.transport.http.sessions import PollSession

__all__ = ["AssistantRoutes"]

Label = Annotated[str, Meta(min_length=1, max_length=100)]


class BudgetState(Struct, frozen=True, kw_only=True):
    """Money in millionths of the owner's currency, for this day and month (UTC); a limit of 0 is none."""

    day_spent: int
    day_limit: int
    month_spent: int
    month_limit: int


class SiteAssistant(Struct, frozen=True, kw_only=True):
    """How one site's assistant is set up: its models in their order, each with the state of its breaker."""

    site: str
    is_on: bool
    deadline_ms: int
    models: list[dict[str, Any]]
    budget: BudgetState


class AssistantState(Struct, frozen=True, kw_only=True):
    """The assistants of all sites, and the pool of calls that all of them share."""

    sites: list[SiteAssistant]
    pool: dict[str, int]


class TestWish(Struct, frozen=True, kw_only=True):
    """A question to try the assistant with; it costs what any question costs."""

    question: Annotated[str, Meta(min_length=1, max_length=4000)]
    site: Annotated[str, Meta(max_length=64)] = ""
    language: Annotated[str, Meta(max_length=35)] = ""
    audience: Annotated[tuple[Label, ...], Meta(max_length=50)] = ()


class Tried(Struct, frozen=True, kw_only=True):
    """What the assistant answered, or why it did not (`reason`); `passages` are what it was given to answer from."""

    text: str = ""
    reason: str = ""
    detail: str = ""
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micro: int = 0
    first_ms: int = 0
    total_ms: int = 0
    actions: list[str] = []
    sources: list[str] = []
    passages: list[str] = []


class HelpWish(Struct, frozen=True, kw_only=True):
    """What an agent wants help with; `text` is the agent's own draft, where the task needs one."""

    conversation: Annotated[str, Meta(min_length=1, max_length=64)]
    task: Literal["draft", "rewrite", "translate", "summarise"]
    text: Annotated[str, Meta(max_length=16_384)] = ""
    language: Annotated[str, Meta(max_length=200)] = ""


class Help(Struct, frozen=True):
    """The text that was written."""

    text: str


class AssistantRoutes:
    """State, trial and copilot."""

    def __init__(self, rooms: Rooms, assistance: Assistance) -> None:
        self._rooms = rooms
        self._assistance = assistance

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        tag = "assistant"
        return [
            Route(method="GET", path="/v1/assistant", handler=self.state, access="settings.write", tag=tag, answer=AssistantState,
                  summary="Models with their breakers, pool, budgets and what was spent"),
            Route(method="POST", path="/v1/assistant/test", handler=self.test, access="settings.write", tag=tag, body=TestWish,
                  answer=Tried, summary="Ask the assistant a question outside any conversation"),
            Route(method="POST", path="/v1/copilot", handler=self.help, access="conversation.write", tag=tag, body=HelpWish, answer=Help,
                  summary="Draft, rewrite, translate or summarise; pieces as an event stream with Accept: text/event-stream"),
        ]  # fmt: skip

    async def state(self, call: Call) -> AssistantState:
        """Return how the assistants of the tenant's sites stand."""
        tenant = call.principal.tenant
        spent = await self._assistance.spent(tenant)
        sites = []
        for site in self._rooms.records.all(Site, tenant, "site"):
            setup = self._assistance.handler.setup(tenant, site)
            settings = self._assistance.handler.settings(tenant, site)
            limits = settings.budget
            budget = BudgetState(
                day_spent=spent["day"],
                day_limit=limits.day,
                month_spent=spent["month"],
                month_limit=limits.month,
            )
            models = [] if setup is None else self._assistance.models(setup)
            sites.append(
                SiteAssistant(site=site.id, is_on=bool(models), deadline_ms=settings.deadline_ms, models=models, budget=budget)
            )  # fmt: skip
        pool: dict[str, int] = self._assistance.assistant.state()["pool"]
        return AssistantState(sites=sites, pool=pool)

    async def test(self, call: Call) -> Tried:
        """Ask, and tell everything about the answer."""
        wish: TestWish = call.body
        rooms, tenant = self._rooms, call.principal.tenant
        sites = rooms.records.all(Site, tenant, "site")
        site = next((each for each in sites if wish.site in ("", each.id)), None)
        if site is None:
            raise Refused("not_found", "There is no such site.")
        setup = self._assistance.handler.setup(tenant, site)
        if setup is None or not setup.models:
            raise Refused(
                "conflict",
                "This site has no model.",
                hint="Set one in the site's assistant settings, or FASTDESK_AI_BASE_URL.",
            )
        passages = self._assistance.contexts.find_passages(tenant, wish.question, wish.audience)
        id = new_id(rooms.clock.now_ms(), rooms.entropy)
        question = Question(
            tenant=tenant, site=site.id, visitor=VisitorId(call.principal.id), conversation=ConversationId(f"trial-{id}"),
            turn=f"trial-{id}", text=wish.question, received_ns=rooms.clock.now_ns(), language=wish.language,
            audience=",".join(wish.audience), passages=passages,
        )  # fmt: skip
        result = await self._assistance.assistant.ask(question, setup)
        given = [passage.id for passage in passages]
        if not isinstance(result, Answer):
            return Tried(
                reason=result.reason, detail=result.detail, tokens_in=result.tokens_in, tokens_out=result.tokens_out,
                cost_micro=result.cost_micro, passages=given,
            )  # fmt: skip
        return Tried(
            text=result.text, model=result.model, tokens_in=result.tokens_in, tokens_out=result.tokens_out,
            cost_micro=result.cost_micro, first_ms=result.first_ms, total_ms=result.total_ms, passages=given,
            actions=[action.name for action in result.actions], sources=list(result.sources),
        )  # fmt: skip

    async def help(self, call: Call) -> Help | web.StreamResponse:
        """Help an agent; nobody else sees it."""
        wish: HelpWish = call.body
        rooms = self._rooms
        turn = f"help-{new_id(rooms.clock.now_ms(), rooms.entropy)}"
        frame = Copilot(turn, wish.conversation, wish.task, wish.text, wish.language)
        session = PollSession(call.principal, call.address)
        work = rooms.tasks.spawn(self._assistance.copilot.help(session, frame), "copilot")
        work.add_done_callback(lambda _: session.wake.set())
        try:
            if "text/event-stream" in call.request.headers.get("Accept", ""):
                return await self._stream(call, session, work)
            await asyncio.wait([work])
        finally:
            work.cancel()
        frames = [msgspec.json.decode(data) for data in session.take()]
        refusal = next((frame for frame in frames if frame["t"] == "error"), None)
        if refusal is not None:
            raise Refused(refusal["code"], refusal["message"])
        return Help(next((frame["text"] for frame in reversed(frames) if frame.get("done")), ""))

    async def _stream(
        self, call: Call, session: PollSession, work: "asyncio.Task[Any]"
    ) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )  # fmt: skip
        await response.prepare(call.request)
        try:
            while not (work.done() and not session.backlog):
                await session.wake.wait()
                await response.write(b"".join(b"data: " + frame + b"\n\n" for frame in session.take()))
        except ConnectionError:
            pass  # the agent has gone: so is the wish
        return response
