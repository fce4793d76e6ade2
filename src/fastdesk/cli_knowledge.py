"""The commands of the knowledge base: bring in articles from files and pages, search, measure."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fastdesk.cli_records import Key, Tenant, Url, good, progress, put_records, read_records, show
from fastdesk.errors import FastdeskError, FormatError

if TYPE_CHECKING:
    from fastdesk.model.article import Article

__all__ = ["kb_app"]

kb_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Knowledge base: bring in articles, search, measure."
)

Files = Annotated[
    list[Path] | None,
    typer.Option("--in", exists=True, dir_okay=False, help="Look into this file instead of a desk."),
]
Audience = Annotated[list[str] | None, typer.Option(help="Label that the asker holds, such as signed_in.")]
Language = Annotated[str | None, typer.Option(help="Only articles of this language, such as zh.")]


@kb_app.command("import")
def import_articles(
    files: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, dir_okay=False, help="Markdown, text, CSV, HTML or PDF files."),
    ] = None,
    page: Annotated[list[str] | None, typer.Option(help="Address of a page to read.")] = None,
    pages: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="File with an address a line.")
    ] = None,
    sitemap: Annotated[str, typer.Option(help="Address of a sitemap, whose pages are read.")] = "",
    most: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many pages of a sitemap.")] = 500,
    audience: Annotated[
        list[str] | None, typer.Option(help="Who may see them; everyone when missing.")
    ] = None,
    language: Annotated[str, typer.Option(help="Their language where a file says none.")] = "",
    draft: Annotated[bool, typer.Option("--draft", help="Keep them as drafts, which nobody finds.")] = False,
    tenant: Tenant = "demo",
    url: Url = "",
    key: Key = "",
) -> None:
    """Bring in articles from files and web pages; those that are there already are replaced."""
    import asyncio

    from fastdesk.article_intake import is_same
    from fastdesk.model.article import EVERYONE, Article

    defaults: dict[str, object] = {
        "audience": audience or [EVERYONE],
        "language": language,
        "state": "draft" if draft else "published",
    }
    listed = [*(page or ()), *(pages.read_text("utf-8").split() if pages else ())]
    if not (files or listed or sitemap):
        raise FormatError("There is nothing to bring in.", hint="Name files, --page, --pages or --sitemap.")
    articles = _articles_of(files or (), defaults)
    if listed or sitemap:
        articles += asyncio.run(_read_pages(listed, sitemap, most, defaults))
    before = {str(each.id): each for each in read_records(url, key, tenant, "article", "articles", Article)}
    changed = [each for each in articles if not is_same(before.get(str(each.id)), each)]
    put_records(url, key, tenant, "article", "articles", changed, set(before))
    new = sum(str(each.id) not in before for each in changed)
    typer.echo(f"{new} new, {len(changed) - new} changed, {len(articles) - len(changed)} as before")


async def _read_pages(
    listed: list[str], sitemap: str, most: int, defaults: dict[str, object]
) -> "list[Article]":
    """Read pages and show how far it is; those that cannot be read are named, and the others count."""
    from fastdesk.article_intake import read_pages, read_sitemap
    from fastdesk.config import load_settings
    from fastdesk.model.article import Article
    from fastdesk.model.problem import Problem
    from fastdesk.transport.outgoing import Outgoing

    outgoing = Outgoing(allow_private=load_settings().allow_private_urls)
    articles: dict[str, Article] = {}
    problems: list[Problem] = []
    try:
        if sitemap:
            found = await read_sitemap(outgoing.fetch, sitemap, most)
            if isinstance(found, Problem):
                raise FormatError(f"{found.path}: {found.message}.", hint=found.hint)
            listed = [*listed, *found]
        with progress("Reading pages") as step:

            def take(done: int, read: list[Any]) -> None:
                step(done, len(listed))
                articles.update({each.id: each for each in read if isinstance(each, Article)})
                problems.extend(each for each in read if isinstance(each, Problem))

            await read_pages(outgoing.fetch, listed, defaults, take)
    finally:
        await outgoing.stop()
    for problem in problems:
        typer.echo(f"{problem}", err=True)
    if not articles:
        raise FormatError("No page could be read.")
    return list(articles.values())


@kb_app.command("search")
def search_articles(
    query: Annotated[str, typer.Argument(help="What a visitor might ask.")],
    limit: Annotated[int, typer.Option(min=1, max=50, help="At most so many.")] = 5,
    files: Files = None,
    audience: Audience = None,
    language: Language = None,
    tenant: Tenant = "demo",
    url: Url = "",
    key: Key = "",
) -> None:
    """Show what is found with its scores, and what the desk would do: answer, suggest, or nothing."""
    from fastdesk.knowledge import Answer, KnowledgeIndex, Suggest

    index = KnowledgeIndex.build(_articles(files, url, key, tenant))
    decision = index.decide(query, audience=audience or (), language=language)
    settings = index.settings
    if isinstance(decision, Answer):
        typer.echo(f"answer (from {settings.answer_at:.2f} on)")
    elif isinstance(decision, Suggest):
        typer.echo(f"suggest {len(decision.hits)} (from {settings.suggest_at:.2f} on)")
    else:
        typer.echo(f"nothing (below {settings.suggest_at:.2f})")
    for hit in index.search(query, limit=limit, audience=audience or (), language=language):
        typer.echo(f"{hit.score:.2f}  {hit.article}  {hit.title}")
        typer.echo(f"      {hit.snippet.text}")


@kb_app.command("eval")
def evaluate_articles(
    questions: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV with question and article.")
    ],
    files: Files = None,
    audience: Audience = None,
    language: Language = None,
    at_least: Annotated[
        float, typer.Option(min=0, max=1, help="Fail when a smaller share is found first.")
    ] = 0.0,
    tenant: Tenant = "demo",
    url: Url = "",
    key: Key = "",
) -> None:
    """Ask questions whose articles are known, and count what is found."""
    from fastdesk.article_files import read_questions
    from fastdesk.knowledge import KnowledgeIndex, evaluate

    articles = _articles(files, url, key, tenant)
    asked = good(questions, read_questions(questions.read_bytes(), {each.id for each in articles}))
    index = KnowledgeIndex.build(articles)
    found = evaluate(index, asked, audience=audience or (), language=language)
    typer.echo(
        f"asked {found.asked:d}: {found.first_rate:.1%} first, {found.third_rate:.1%} in the first three"
    )
    typer.echo(
        f"answered {found.answered:d}, {found.answered_right:d} rightly; suggested {found.suggested:d}"
    )
    typer.echo(f"no article for {found.foreign:d}, {found.foreign_answered:d} answered all the same")
    for each in found.confusions[:10]:
        typer.echo(f"  {each.count} × {each.wanted} → {each.found or 'nothing'}: {' | '.join(each.examples)}")
    if found.first_rate < at_least:
        raise FastdeskError(f"{found.first_rate:.1%} were found first, {at_least:.1%} are wanted.")


def _articles_of(files: Sequence[Path], defaults: dict[str, object]) -> "list[Article]":
    """Return the articles of all files; when any file is wrong, print the problems of all and leave."""
    from fastdesk.article_files import read_articles
    from fastdesk.model.article import Article

    articles: dict[str, Article] = {}
    are_good = True
    for file in files:
        for each in read_articles(file.name, file.read_bytes(), defaults):
            if not isinstance(each, Article):
                are_good = show(file, [each])
            elif str(each.id) in articles:
                raise FormatError(
                    f"{file}: there are two articles with the id {each.id}.", hint="Change one id."
                )
            else:
                articles[str(each.id)] = each
    if not are_good:
        raise typer.Exit(1)
    return list(articles.values())


def _articles(files: list[Path] | None, url: str, key: str, tenant: str) -> "list[Article]":
    """Return the articles of `files`, else those of a desk."""
    from fastdesk.model.article import Article

    if files:
        return _articles_of(files, {"state": "published"})
    return read_records(url, key, tenant, "article", "articles", Article)
