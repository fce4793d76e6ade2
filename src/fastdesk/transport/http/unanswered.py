"""Questions without an answer over HTTP: which come again and again, and drafts of articles made of them."""

from collections import Counter
from typing import Annotated, Final

from msgspec import Meta, Struct
from msgspec.structs import replace

from fastdesk.errors import Refused
from fastdesk.model.article import Article, ArticleId
from fastdesk.model.event import Said
from fastdesk.model.folding import fold
from fastdesk.model.ids import ConversationId, TenantId
from fastdesk.observe.clock import new_id
from fastdesk.pipeline.masking import mask_text
from fastdesk.pipeline.rooms import Rooms
from fastdesk.reports import read_unanswered
from fastdesk.transport.http.reports import PERIOD, period_of
from fastdesk.transport.http.routes import Call, Route

__all__ = ["UnansweredRoutes"]

#: Newest questions that are looked through for those that come again and again.
MAX_QUESTIONS: Final = 500
#: Messages behind a question among which a person's answer is looked for.
ANSWER_WITHIN: Final = 50


class Unanswered(Struct, frozen=True):
    """A question, how often it stayed without an answer, where it was asked last, and the article made of it, if any."""

    question: str
    times: int
    at: int
    conversation: str
    seq: int
    article: str | None = None


class Proposal(Struct, frozen=True):
    """The question to make a draft of: a message of a visitor."""

    conversation: Annotated[str, Meta(min_length=1, max_length=64)]
    seq: Annotated[int, Meta(ge=1, le=2**53)]


class UnansweredRoutes:
    """What the knowledge base should learn next."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def routes(self) -> list[Route]:
        """Return the routes of this page of the API."""
        path = "/v1/reports/unanswered"
        return [
            Route(method="GET", path=path, handler=self.list, access="conversation.read", tag="reports", query=PERIOD,
                  answer=list[Unanswered], summary="Questions that stayed without an answer, most frequent first"),
            Route(method="POST", path=path + "/articles", handler=self.propose, access="knowledge.write", tag="reports", body=Proposal,
                  answer=Article, status=201, summary="Draft an article of a question and what a person answered; publishing approves it"),
        ]  # fmt: skip

    async def list(self, call: Call) -> list[Unanswered]:
        """Return the questions of a period that no rule, article or model answered; equal ones count together."""
        period, tenant = period_of(call, self._rooms.clock.now_ms()), call.principal.tenant
        places = await self._rooms.store.run(
            lambda c: read_unanswered(c, tenant, period, MAX_QUESTIONS), tenant
        )
        articles = self._known(tenant)
        found: dict[str, Unanswered] = {}
        times: Counter[str] = Counter()
        for at, conversation, seq in places:
            said = await self._find(tenant, conversation, seq)
            if said is not None:
                question = fold(said.text).strip()
                times[question] += 1
                article = articles.get(fold(mask_text(said.text)).strip())
                found.setdefault(question, Unanswered(said.text, 1, at, conversation, seq, article))
        return [replace(found[question], times=number) for question, number in times.most_common()]

    async def propose(self, call: Call) -> Article:
        """Make the draft; phone numbers, addresses and the like are left out of it."""
        wish: Proposal = call.body
        rooms, tenant = self._rooms, call.principal.tenant
        said = await self._find(tenant, wish.conversation, wish.seq)
        question = mask_text(said.text).strip()[:300] if said is not None else ""
        if said is None or not question:
            raise Refused("not_found", "There is no such question.")
        if fold(question).strip() in self._known(tenant):
            raise Refused("conflict", "There is an article for this question.")
        following = await rooms.store.said(tenant, said.conversation, said.seq, ANSWER_WITHIN)
        answer = next((each.text for each in following if each.role == "agent"), "")
        article = Article(
            id=ArticleId(new_id(rooms.clock.now_ms(), rooms.entropy)), title=question, body=mask_text(answer), questions=(question,),
        )  # fmt: skip
        rooms.records.put(tenant, "article", article, actor=call.principal.id, reason="proposed")
        return rooms.records.get(Article, tenant, "article", article.id) or article

    async def _find(self, tenant: TenantId, conversation: str, seq: int) -> Said | None:
        """Return a visitor's message; None when it is not there any more."""
        found = await self._rooms.store.said(tenant, ConversationId(conversation), seq - 1, 1)
        return found[0] if found and found[0].seq == seq and found[0].role == "visitor" else None

    def _known(self, tenant: TenantId) -> dict[str, str]:
        """Return the questions that articles answer or shall answer, and which."""
        articles = self._rooms.records.all(Article, tenant, "article")
        return {
            fold(question).strip(): each.id for each in articles for question in (each.title, *each.questions)
        }
