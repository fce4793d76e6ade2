"""The kinds of record that handlers are taught by, beside the desk's own."""

from collections.abc import Callable
from datetime import date
from typing import Any

from msgspec.structs import replace

from fastdesk.desk.hours import zone_of
from fastdesk.dialogue import Flows, parse_flow_object
from fastdesk.errors import Refused
from fastdesk.model.article import Article, ArticleDraft, ArticleRevision
from fastdesk.model.flow import Flow, FlowVersion
from fastdesk.model.hours import Hours
from fastdesk.model.problem import Problem
from fastdesk.model.routing import PresenceRecord
from fastdesk.model.rule import Rule
from fastdesk.model.site import Site
from fastdesk.model.target import Target
from fastdesk.model.webhook import Webhook, WebhookCursor, WebhookTry
from fastdesk.model.word import WordList
from fastdesk.moderation.words import parse_word_list
from fastdesk.plugins.desk_kinds import desk_kinds
from fastdesk.plugins.site_settings import check_settings
from fastdesk.rules import RuleBook, parse_rule
from fastdesk.tenants.records import Kind, basic_kinds

__all__ = ["all_kinds", "checked", "refuse"]


def refuse(problems: list[Problem]) -> Refused:
    """Return the refusal that tells an owner of the first problems of what was written."""
    return Refused("invalid", " ".join(str(problem) for problem in problems[:3]), hint=problems[0].hint)


def checked(parsed: Any) -> Any:
    """Return what was parsed; raise the refusal where that is a list of problems."""
    problems = [one for one in parsed if isinstance(one, Problem)] if isinstance(parsed, list) else []
    if problems:
        raise refuse(problems)
    return parsed


def _parser(parse: Callable[[object], Any]) -> Callable[[dict[str, Any]], Any]:
    def read(body: dict[str, Any]) -> Any:
        return checked(parse(body))

    return read


def _checker(compile: Callable[[list[Any]], Any]) -> Callable[[list[Any], Any], None]:
    """Refuse a record with which its tenant's others could not be built."""

    def check(others: list[Any], record: Any) -> None:
        built = compile([*others, record])
        if isinstance(built, list):
            raise refuse(built)

    return check


def _check_site(others: list[Any], site: Site) -> None:
    check_settings(site.settings)


def _check_hours(others: list[Any], hours: Hours) -> None:
    if zone_of(hours.zone) is None:
        raise Refused(
            "invalid", f"There is no time zone {hours.zone!r}.", hint="Write a name such as Asia/Shanghai."
        )
    for day in (*hours.exceptions, *(day for day in hours.holidays if len(day) > len("10-01"))):
        try:
            date.fromisoformat(day)
        except ValueError:
            raise Refused("invalid", f"There is no day {day}.") from None


def _next_version(old: Any, new: Any, now_ms: int) -> Any:
    return replace(new, version=1 if old is None else old.version + 1)


def _next_revision(old: Article | None, new: Article, now_ms: int) -> Article:
    return replace(new, revision=1 if old is None else old.revision + 1, updated_at=now_ms)


def all_kinds() -> list[Kind]:
    """Return every kind of record of this desk."""
    read, write = "knowledge.read", "knowledge.write"
    return [
        *(replace(kind, check=_check_site) if kind.name == "site" else kind for kind in basic_kinds()),
        *desk_kinds(),
        Kind("rule", Rule, read, write, plural="rules", parse=_parser(parse_rule), revise=_next_version,
             check=_checker(RuleBook.compile)),
        Kind(
            "flow", Flow, read, write, plural="flows", parse=_parser(parse_flow_object), revise=_next_version,
            check=_checker(Flows.compile),
            archive=("flow_version", lambda old: FlowVersion(id=f"{old.id}.{old.version}", flow=old)),
        ),
        Kind("flow_version", FlowVersion),
        Kind("words", WordList, read, write, plural="words", parse=_parser(parse_word_list), is_large=True),
        Kind("article", Article, read, write, plural="articles", revise=_next_revision,
             archive=("article_revision", ArticleRevision.of)),
        Kind("article_revision", ArticleRevision),
        Kind("article_draft", ArticleDraft),
        Kind("presence", PresenceRecord),
        Kind("target", Target, "site.read", "site.write", plural="targets"),
        Kind("hours", Hours, "site.read", "site.write", plural="hours", check=_check_hours),
        Kind("webhook", Webhook, "webhook.write", "webhook.write", plural="webhooks", secret="secret"),
        Kind("webhook_cursor", WebhookCursor),
        Kind("webhook_try", WebhookTry),
    ]  # fmt: skip
