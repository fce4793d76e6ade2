"""The commands that check, try and bring in what a desk is taught: flows, rules, words, articles."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fastdesk.errors import FastdeskError, FormatError

if TYPE_CHECKING:
    from fastdesk.model.article import Article
    from fastdesk.model.flow import Flow
    from fastdesk.model.problem import Problem
    from fastdesk.model.word import WordList

__all__ = ["flow_app", "kb_app", "rules_app", "words_app"]

flow_app = typer.Typer(no_args_is_help=True, help="Flows: check, draw and test dialogues.")
rules_app = typer.Typer(no_args_is_help=True, help="Rules: check files of them.")
words_app = typer.Typer(no_args_is_help=True, help="Word lists of the filter.")
kb_app = typer.Typer(no_args_is_help=True, help="Knowledge base: bring in articles, search, measure.")

Existing = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="File to read.")]
Several = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Files to read.")]
Tenant = Annotated[str, typer.Option(help="Tenant that is taught.")]
Url = Annotated[
    str, typer.Option(help="Address of a running desk; without it, the stopped one on this machine.")
]
Key = Annotated[str, typer.Option(envvar="DESK_KEY", help="API key for --url.")]
Files = Annotated[
    list[Path] | None,
    typer.Option("--in", exists=True, dir_okay=False, help="Look into this file instead of a desk."),
]
Audience = Annotated[list[str] | None, typer.Option(help="Label that the asker holds, such as signed_in.")]
Language = Annotated[str | None, typer.Option(help="Only articles of this language, such as zh.")]

_WRITTEN = (".yaml", ".yml", ".json")


@flow_app.command("check")
def check_flow(files: Several) -> None:
    """Print the problems of flows with their lines, or nothing. Flows that they call lie in the same folder."""
    from fastdesk.dialogue.check import check_calls
    from fastdesk.model.document import Node, read_document

    are_good = True
    for file in files:
        flow = _flow(file)
        if isinstance(flow, list):
            are_good = _show(file, flow)
            continue
        document = read_document(file.read_bytes())
        assert isinstance(document, Node)
        for problem in check_calls([flow, *_beside(file, flow)]):
            first, _, place = problem.path.partition(".")
            if first == flow.id:
                are_good = _show(file, [problem], document.line_at(list(place.split("."))))
    if not are_good:
        raise typer.Exit(1)


@flow_app.command("draw")
def draw_flow(
    file: Existing,
    out: Annotated[Path | None, typer.Option(help="Picture to write; FILE.svg when missing.")] = None,
    language: Annotated[str, typer.Option(help="Language of the texts: zh or en.")] = "zh",
) -> None:
    """Draw a flow as an SVG picture."""
    from fastdesk.dialogue import draw

    flow = _good(file, _flow(file))
    out = out or file.with_suffix(".svg")
    _write(out, draw(flow, language))
    typer.echo(f"Wrote {out}.")


@flow_app.command("test")
def play_flow(
    file: Existing,
    dialogues: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="File of dialogues; FILE itself when missing."),
    ] = None,
) -> None:
    """Play a flow's dialogues and say how each went. Flows that it calls lie in the same folder."""
    from fastdesk.dialogue import parse_dialogues, run_dialogues

    flow = _good(file, _flow(file))
    source = dialogues or file
    written = _good(source, parse_dialogues(source.read_bytes()))
    if not written:
        raise FormatError(
            f"{source} holds no dialogues.", hint="Write some under dialogues:, see docs/flows.md."
        )
    failed = 0
    for result in run_dialogues(flow, written, _beside(file, flow)):
        typer.echo(f"{'pass' if result.passed else 'FAIL'}  {result.name}")
        if result.problem is not None:
            failed += 1
            _show(source, [result.problem])
    typer.echo(f"{len(written)} played, {failed} failed")
    if failed:
        raise typer.Exit(1)


@rules_app.command("check")
def check_rules(files: Several) -> None:
    """Print the problems of files of rules with their lines, or nothing."""
    from fastdesk.model.problem import Problem
    from fastdesk.rules import parse_rules

    are_good = True
    for file in files:
        if problems := [one for one in parse_rules(file.read_bytes()) if isinstance(one, Problem)]:
            are_good = _show(file, problems)
    if not are_good:
        raise typer.Exit(1)


@words_app.command("import")
def import_words(
    file: Existing,
    list_id: Annotated[str, typer.Option("--list", help="Id of the list; needed for a plain file.")] = "",
    level: Annotated[
        str, typer.Option(help="flag, mask, handoff or block; a list that is there keeps its own.")
    ] = "",
    tenant: Tenant = "demo",
    url: Url = "",
    key: Key = "",
) -> None:
    """Bring in a plain list, one word a line, in place of the list's words; or all lists of a YAML file."""
    from fastdesk.model.word import WordList

    lists: list[WordList]
    before = {str(each.id): each for each in _read(url, key, tenant, "words", "words", WordList)}
    if file.suffix.lower() in _WRITTEN:
        if list_id or level:
            raise FormatError(
                f"{file} names its lists and levels itself.", hint="Leave --list and --level away."
            )
        from fastdesk.moderation import parse_word_lists

        lists = _good(file, parse_word_lists(file.read_bytes()))
    else:
        lists = [_word_list(file, list_id, level, before.get(list_id))]
    _put(url, key, tenant, "words", "words", lists, set(before))
    for each in lists:
        typer.echo(f"{each.id} ({each.level}): {len(each.words)} words")


@kb_app.command("import")
def import_articles(
    files: Several,
    audience: Annotated[
        list[str] | None, typer.Option(help="Who may see them; everyone when missing.")
    ] = None,
    language: Annotated[str, typer.Option(help="Their language where a file says none.")] = "",
    draft: Annotated[bool, typer.Option("--draft", help="Keep them as drafts, which nobody finds.")] = False,
    tenant: Tenant = "demo",
    url: Url = "",
    key: Key = "",
) -> None:
    """Bring in articles from Markdown and CSV files; those that are there already are replaced."""
    from fastdesk.model.article import EVERYONE, Article

    defaults: dict[str, object] = {
        "audience": audience or [EVERYONE],
        "language": language,
        "state": "draft" if draft else "published",
    }
    articles = _articles_of(files, defaults)
    before = {str(each.id): each for each in _read(url, key, tenant, "article", "articles", Article)}
    changed = [each for each in articles if not _is_same(before.get(str(each.id)), each)]
    _put(url, key, tenant, "article", "articles", changed, set(before))
    new = sum(str(each.id) not in before for each in changed)
    typer.echo(f"{new} new, {len(changed) - new} changed, {len(articles) - len(changed)} as before")


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
    asked = _good(questions, read_questions(questions.read_bytes(), {each.id for each in articles}))
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


def _flow(file: Path) -> "Flow | list[Problem]":
    from fastdesk.dialogue import parse_flow

    return parse_flow(file.read_bytes())


def _beside(file: Path, flow: "Flow") -> "tuple[Flow, ...]":
    """Return the good flows of the same folder, when `flow` calls any."""
    from fastdesk.model.flow import Flow, Sub

    if not any(isinstance(state, Sub) for state in flow.states.values()):
        return ()
    others = [path for path in sorted(file.parent.iterdir()) if path.suffix in _WRITTEN and path.is_file()]
    read = [_flow(path) for path in others if not path.samefile(file)]
    return tuple(each for each in read if isinstance(each, Flow) and each.id != flow.id)


def _word_list(file: Path, id: str, level: str, before: "WordList | None") -> "WordList":
    from fastdesk.model.document import Node, decode
    from fastdesk.model.problem import Problem
    from fastdesk.model.word import LEVELS, WordList
    from fastdesk.moderation import parse_words

    if not id:
        raise FormatError(f"{file} is a plain list.", hint="Say with --list which list it is.")
    if level and level not in LEVELS:
        raise FormatError(f"There is no level {level}.", hint=f"Levels are {', '.join(LEVELS)}.")
    words = _good(file, parse_words(file.read_bytes()))
    made = decode(Node.of({"id": id, "level": level or "block"}), WordList)
    if isinstance(made, Problem):
        raise FormatError(f"--list {id}: {made.message}.")
    from msgspec.structs import replace

    kept = before or made
    return replace(kept, words=words, level=made.level if level else kept.level)


def _articles_of(files: Sequence[Path], defaults: dict[str, object]) -> "list[Article]":
    """Return the articles of all files; when any file is wrong, print the problems of all and leave."""
    from fastdesk.article_files import read_articles
    from fastdesk.model.article import Article

    articles: dict[str, Article] = {}
    are_good = True
    for file in files:
        for each in read_articles(file.name, file.read_bytes(), defaults):
            if not isinstance(each, Article):
                are_good = _show(file, [each])
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
    return _read(url, key, tenant, "article", "articles", Article)


def _is_same(before: "Article | None", now: "Article") -> bool:
    from msgspec.structs import replace

    return before is not None and replace(before, revision=now.revision, updated_at=now.updated_at) == now


def _read(url: str, key: str, tenant: str, kind: str, plural: str, struct: Any) -> list[Any]:
    """Return the records of a desk: of a running one at `url`, else of the stopped one on this machine."""
    if url:
        from fastdesk import online

        return online.read_records(url, key, plural, struct)
    from fastdesk import offline
    from fastdesk.config import load_settings

    return offline.read_records(load_settings(), tenant, kind, struct)


def _put(
    url: str, key: str, tenant: str, kind: str, plural: str, records: list[Any], known: set[str]
) -> None:
    """Write records there."""
    if url:
        from fastdesk import online

        online.write_records(url, key, plural, records, known)
        return
    from fastdesk import offline
    from fastdesk.config import load_settings

    offline.write_records(load_settings(), tenant, kind, records)


def _good(file: Path, read: Any) -> Any:
    """Return what was read; when it is a list of problems, print them and leave."""
    from fastdesk.model.problem import Problem

    problems = [one for one in read if isinstance(one, Problem)] if isinstance(read, list) else []
    if problems:
        _show(file, problems)
        raise typer.Exit(1)
    return read


def _show(file: Path, problems: "Iterable[Problem]", line: int = 0) -> bool:
    """Print problems, one a line, as `FILE:LINE: what – what to do`; return False, for what is not good."""
    for each in problems:
        place = f"{file}:{each.line or line}" if each.line or line else f"{file}"
        inside = f"{each.path}: " if each.path else ""
        hint = f" – {each.hint}" if each.hint else ""
        typer.echo(f"{place}: {inside}{each.message}{hint}", err=True)
    return False


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as failure:
        raise FastdeskError(f"{file} cannot be written: {failure.strerror}.") from failure
