"""Try what a desk has been taught, and check what it shall be taught: questions, words, rules, flows. Nothing is stored."""

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from fastdesk.dialogue import Flows, draw, parse_dialogues, parse_flow, run_dialogues
from fastdesk.errors import Refused
from fastdesk.model.flow import Flow
from fastdesk.model.problem import Problem
from fastdesk.model.rule import Rule
from fastdesk.model.site import Site
from fastdesk.model.word import Side, WordList
from fastdesk.pipeline.rooms import Rooms
from fastdesk.plugins.kinds import refuse
from fastdesk.plugins.trial import Asker, Trial, Trials
from fastdesk.protocol.codes import Rejection
from fastdesk.rules import RuleBook, parse_rules
from fastdesk.transport.http.routes import Call, Query, Route, read_body

__all__ = ["TeachingRoutes"]

T = TypeVar("T")

Label = Annotated[str, Meta(min_length=1, max_length=100)]
#: A file of a thousand rules has about half of this.
MAX_FILE = 1 << 20


class QuestionWish(Struct, frozen=True, kw_only=True):
    """A question, and who might ask it: the labels that they hold (`signed_in` for verified visitors) and their language."""

    question: Annotated[str, Meta(min_length=1, max_length=4000)]
    site: Annotated[str, Meta(max_length=64)] = ""
    audience: Annotated[tuple[Label, ...], Meta(max_length=50)] = ()
    language: Annotated[str, Meta(max_length=35)] = ""
    limit: Annotated[int, Meta(ge=1, le=50)] = 5


class TextWish(Struct, frozen=True, kw_only=True):
    """A text that a visitor sends (`input`) or that the desk says (`output`)."""

    text: Annotated[str, Meta(max_length=16_384)]
    side: Side = "input"


class FoundWord(Struct, frozen=True, kw_only=True):
    """A listed word in a text: from `start` up to `end`, the `word`-th (from 1) of its list."""

    list: str
    word: int
    text: str
    level: str
    start: int
    end: int


class WordsSaid(Struct, frozen=True, kw_only=True):
    """What the word filter makes of a text; `shown` is what others would see, None when it is refused."""

    level: Literal["clean", "flag", "mask", "handoff", "block"]
    shown: str | None
    hits: tuple[FoundWord, ...]
    reason: dict[str, str]


class Fault(Struct, frozen=True, kw_only=True):
    """One thing that is wrong; `line` counts from 1 and is 0 where there is none."""

    message: str
    hint: str = ""
    line: int = 0
    path: str = ""


class Checked(Struct, frozen=True, kw_only=True):
    """Whether a file is good; its records in their long form when it is."""

    good: bool
    problems: tuple[Fault, ...] = ()
    records: tuple[dict[str, Any], ...] = ()


class Played(Struct, frozen=True, kw_only=True):
    """How one of a flow's dialogues went."""

    name: str
    passed: bool
    problem: Fault | None = None


class TeachingRoutes:
    """Trials and checks."""

    def __init__(self, rooms: Rooms, trials: Trials) -> None:
        self._rooms = rooms
        self._trials = trials

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        tag, read = "teaching", "knowledge.read"
        language = Query("language", str, "zh", "Language of the texts: zh or en")
        return [
            Route(method="POST", path="/v1/knowledge/test", handler=self.try_question, access=read, tag=tag, body=QuestionWish,
                  answer=Trial, summary="Try a question: the decision, the articles with scores, and what every part would say"),
            Route(method="POST", path="/v1/words/test", handler=self.try_words, access=read, tag=tag, body=TextWish,
                  answer=WordsSaid, summary="Try a text on the word filter"),
            Route(method="POST", path="/v1/rules/check", handler=self.check_rules, access=read, tag=tag, answer=Checked, takes="yaml",
                  summary="Check a file of rules; problems have their lines"),
            Route(method="POST", path="/v1/flows/check", handler=self.check_flow, access=read, tag=tag, answer=Checked, takes="yaml",
                  summary="Check a flow, together with the flows that it calls; problems have their lines"),
            Route(method="POST", path="/v1/flows/draw", handler=self.draw_flow, access=read, tag=tag, takes="yaml", gives="image/svg+xml",
                  query=(language,), summary="Draw a flow as an SVG picture"),
            Route(method="POST", path="/v1/flows/test", handler=self.play_flow, access=read, tag=tag, answer=list[Played], takes="yaml",
                  summary="Play the dialogues that stand in a flow's file"),
        ]  # fmt: skip

    async def try_question(self, call: Call) -> Trial:
        """Walk a question past every handler; nobody is told."""
        wish: QuestionWish = call.body
        tenant = call.principal.tenant
        sites = self._rooms.records.all(Site, tenant, "site")
        site = next((each for each in sites if wish.site in ("", each.id)), None)
        if site is None:
            raise Refused("not_found", "There is no such site.")
        asker = Asker(site=site, language=wish.language, audience=wish.audience)
        return await self._trials.run(tenant, wish.question, asker, wish.limit)

    async def try_words(self, call: Call) -> WordsSaid:
        """Say what the word filter finds."""
        wish: TextWish = call.body
        tenant = call.principal.tenant
        verdict = self._rooms.words.check(tenant, wish.text, wish.side)
        lists = {each.id: each for each in self._rooms.records.all(WordList, tenant, "words")}
        hits = tuple(
            FoundWord(
                list=hit.list, word=hit.word, text=_word(lists.get(hit.list), hit.word), level=hit.level, start=hit.start, end=hit.end
            )
            for hit in verdict.hits
        )  # fmt: skip
        shown = None if verdict.level == "block" else verdict.masked or wish.text
        reason = {language: verdict.reason(language) for language in ("zh", "en")}
        return WordsSaid(level=verdict.level, shown=shown, hits=hits, reason=reason)

    async def check_rules(self, call: Call) -> Checked:
        """Check rules by themselves and together with the tenant's others."""
        rules = await self._offload(parse_rules, await _source(call))
        if _is_wrong(rules):
            return _checked(rules)
        ids = {rule.id for rule in rules}
        others = [
            each
            for each in self._rooms.records.all(Rule, call.principal.tenant, "rule")
            if each.id not in ids
        ]
        book = await self._offload(RuleBook.compile, [*others, *rules])
        return _checked(book if isinstance(book, list) else rules)

    async def check_flow(self, call: Call) -> Checked:
        """Check a flow by itself and together with the tenant's others."""
        flow = await self._offload(parse_flow, await _source(call))
        if isinstance(flow, list):
            return _checked(flow)
        made = await self._offload(Flows.compile, [*self._others(call, flow), flow])
        return _checked(made if isinstance(made, list) else [flow])

    async def draw_flow(self, call: Call) -> web.Response:
        """Draw a good flow."""
        flow = await self._good_flow(await _source(call))
        picture = await self._offload(draw, flow, call.query["language"])
        headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
        return web.Response(text=picture, content_type="image/svg+xml", headers=headers)

    async def play_flow(self, call: Call) -> list[Played]:
        """Play a flow's dialogues; endpoints answer what the dialogues say."""
        source = await _source(call)
        flow = await self._good_flow(source)
        written = await self._offload(parse_dialogues, source)
        if _is_wrong(written):
            raise refuse([one for one in written if isinstance(one, Problem)])
        results = await self._offload(run_dialogues, flow, written, self._others(call, flow))
        return [
            Played(name=each.name, passed=each.passed, problem=_fault(each.problem) if each.problem else None)
            for each in results
        ]

    async def _good_flow(self, source: bytes) -> Flow:
        flow: Flow | list[Problem] = await self._offload(parse_flow, source)
        if isinstance(flow, list):
            raise refuse(flow)
        return flow

    def _others(self, call: Call, flow: Flow) -> tuple[Flow, ...]:
        every = self._rooms.records.all(Flow, call.principal.tenant, "flow")
        return tuple(each for each in every if each.id != flow.id)

    async def _offload(self, work: Any, *args: Any) -> Any:
        return await self._rooms.tasks.offload(work, *args)


async def _source(call: Call) -> bytes:
    raw = await read_body(call.request, MAX_FILE)
    if isinstance(raw, Rejection):
        raise Refused(raw.code, raw.sentence)
    if not raw.strip():
        raise Refused("bad_request", "The body is empty.", hint="Send the file as it is: YAML or JSON.")
    return raw


def _is_wrong(read: list[Any]) -> bool:
    return any(isinstance(one, Problem) for one in read)


def _checked(read: list[Any]) -> Checked:
    problems = tuple(_fault(one) for one in read if isinstance(one, Problem))
    records = () if problems else tuple(msgspec.to_builtins(one) for one in read)
    return Checked(good=not problems, problems=problems, records=records)


def _fault(problem: Problem) -> Fault:
    return Fault(message=problem.message, hint=problem.hint, line=problem.line, path=problem.path)


def _word(words: WordList | None, number: int) -> str:
    return words.words[number - 1].text if words is not None and 0 < number <= len(words.words) else ""
