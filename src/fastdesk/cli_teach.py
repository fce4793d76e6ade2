"""The commands that check, try and bring in what a desk is taught: flows, rules, words."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fastdesk.cli_records import (
    Existing,
    Key,
    Several,
    Tenant,
    Url,
    good,
    put_all,
    put_records,
    read_records,
    remove_record,
    show,
)
from fastdesk.errors import FastdeskError, FormatError

if TYPE_CHECKING:
    from fastdesk.model.flow import Flow
    from fastdesk.model.problem import Problem
    from fastdesk.model.word import WordList

__all__ = ["flow_app", "rules_app", "teach", "words_app"]

flow_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Flows: check, draw and test dialogues, and bring them in.",
)
rules_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Rules: check files of them, and bring them in."
)
words_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Word lists of the filter.")

_WRITTEN = (".yaml", ".yml", ".json")
_SUFFIXES = (*_WRITTEN, ".py")
Id = Annotated[str, typer.Argument(help="Id of what shall go.")]


def teach(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Folder to read.")],
    tenant: Tenant = "demo",
    url: Url = "",
    key: Key = "",
) -> None:
    """Bring in all of a folder: rules.yaml, words.yaml, webhooks.yaml, flows/*, articles/*.md and faq.csv."""
    from fastdesk.teaching import read_folder

    records: dict[str, list[Any]] = {}
    for kind, record in read_folder(folder):
        records.setdefault(kind, []).append(record)
    for kind, several in records.items():
        put_all(url, key, tenant, kind, several)
    typer.echo(", ".join(f"{kind}: {len(several)}" for kind, several in records.items()) or "nothing")


@flow_app.command("import")
def import_flows(files: Several, tenant: Tenant = "demo", url: Url = "", key: Key = "") -> None:
    """Bring in flows; nothing is stored before all files are right. Running conversations keep their version."""
    flows = [good(file, _flow(file)) for file in files]
    put_all(url, key, tenant, "flow", flows)
    typer.echo(", ".join(flow.id for flow in flows))


@flow_app.command("list")
def list_flows(tenant: Tenant = "demo", url: Url = "", key: Key = "") -> None:
    """List the flows of a desk."""
    from fastdesk.model.flow import Flow

    for each in read_records(url, key, tenant, "flow", "flows", Flow):
        off = "" if each.enabled else "  (off)"
        typer.echo(f"{each.id} v{each.version}  {', '.join(each.triggers)}{off}")


@flow_app.command("remove")
def remove_flow(id: Id, tenant: Tenant = "demo", url: Url = "", key: Key = "") -> None:
    """Remove a flow; nobody begins it any more."""
    remove_record(url, key, tenant, "flow", id)


@rules_app.command("import")
def import_rules(files: Several, tenant: Tenant = "demo", url: Url = "", key: Key = "") -> None:
    """Bring in files of rules; nothing is stored before all files are right."""
    from fastdesk.rules import parse_rules

    rules = [rule for file in files for rule in good(file, parse_rules(file.read_bytes()))]
    put_all(url, key, tenant, "rule", rules)
    typer.echo(", ".join(rule.id for rule in rules))


@rules_app.command("list")
def list_rules(tenant: Tenant = "demo", url: Url = "", key: Key = "") -> None:
    """List the rules of a desk in the order in which they are asked."""
    from fastdesk.model.rule import Rule

    rules = read_records(url, key, tenant, "rule", "rules", Rule)
    for each in sorted(rules, key=lambda rule: (rule.position, rule.id)):
        off = "" if each.enabled else "  (off)"
        typer.echo(f"{each.position:>6}  {each.id} v{each.version}  {each.on}  {each.name}{off}")


@rules_app.command("remove")
def remove_rule(id: Id, tenant: Tenant = "demo", url: Url = "", key: Key = "") -> None:
    """Remove a rule."""
    remove_record(url, key, tenant, "rule", id)


@flow_app.command("check")
def check_flow(files: Several) -> None:
    """Print the problems of flows with their lines, or nothing. Flows that they call lie in the same folder."""
    from fastdesk.dialogue.check import check_calls
    from fastdesk.model.document import Node, read_document

    are_good = True
    for file in files:
        flow = _flow(file)
        if isinstance(flow, list):
            are_good = show(file, flow)
            continue
        document = Node(None) if file.suffix == ".py" else read_document(file.read_bytes())
        assert isinstance(document, Node)
        for problem in check_calls([flow, *_beside(file, flow)]):
            first, _, place = problem.path.partition(".")
            if first == flow.id:
                are_good = show(file, [problem], document.line_at(list(place.split("."))))
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

    flow = good(file, _flow(file))
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

    flow = good(file, _flow(file))
    source = dialogues or file
    written = good(source, parse_dialogues(source.read_bytes()))
    if not written:
        raise FormatError(
            f"{source} holds no dialogues.", hint="Write some under dialogues:, see docs/flows.md."
        )
    failed = 0
    for result in run_dialogues(flow, written, _beside(file, flow)):
        typer.echo(f"{'pass' if result.passed else 'FAIL'}  {result.name}")
        if result.problem is not None:
            failed += 1
            show(source, [result.problem])
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
            are_good = show(file, problems)
    if not are_good:
        raise typer.Exit(1)


@words_app.command("list")
def list_words(tenant: Tenant = "demo", url: Url = "", key: Key = "") -> None:
    """List the word lists of a desk."""
    from fastdesk.model.word import WordList

    for each in read_records(url, key, tenant, "words", "words", WordList):
        off = "" if each.enabled else "  (off)"
        typer.echo(f"{each.id} ({each.level}, {' '.join(each.sides)}): {len(each.words)} words{off}")


@words_app.command("test")
def try_text(
    text: Annotated[str, typer.Argument(help="What somebody writes.")],
    side: Annotated[
        str, typer.Option(help="input: a visitor writes it; output: the desk answers it.")
    ] = "input",
    files: Annotated[
        list[Path] | None,
        typer.Option("--in", exists=True, dir_okay=False, help="Lists in this file instead of a desk's."),
    ] = None,
    tenant: Tenant = "demo",
    url: Url = "",
    key: Key = "",
) -> None:
    """Say what the word filter makes of a text."""
    from fastdesk.model.word import WordList
    from fastdesk.moderation import WordFilter, parse_word_lists

    if side not in ("input", "output"):
        raise FormatError(f"There is no side {side}.", hint="Sides are input and output.")
    lists: list[WordList]
    if files:
        lists = [each for file in files for each in good(file, parse_word_lists(file.read_bytes()))]
    else:
        lists = read_records(url, key, tenant, "words", "words", WordList)
    words, _ = WordFilter.salvage(lists)
    verdict = words.check(text, side)  # type: ignore[arg-type]
    typer.echo(verdict.reason("en") or "clean")
    if verdict.masked is not None and verdict.level == "mask":
        typer.echo(f"shown as: {verdict.masked}")


@words_app.command("remove")
def remove_words(id: Id, tenant: Tenant = "demo", url: Url = "", key: Key = "") -> None:
    """Remove a word list."""
    remove_record(url, key, tenant, "words", id)


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
    before = {str(each.id): each for each in read_records(url, key, tenant, "words", "words", WordList)}
    if file.suffix.lower() in _WRITTEN:
        if list_id or level:
            raise FormatError(
                f"{file} names its lists and levels itself.", hint="Leave --list and --level away."
            )
        from fastdesk.moderation import parse_word_lists

        lists = good(file, parse_word_lists(file.read_bytes()))
    else:
        lists = [_word_list(file, list_id, level, before.get(list_id))]
    put_records(url, key, tenant, "words", "words", lists, set(before))
    for each in lists:
        typer.echo(f"{each.id} ({each.level}): {len(each.words)} words")


def _flow(file: Path) -> "Flow | list[Problem]":
    from fastdesk.teaching import read_flow

    return read_flow(file)


def _beside(file: Path, flow: "Flow") -> "tuple[Flow, ...]":
    """Return the good flows of the same folder, when `flow` calls any."""
    from fastdesk.model.flow import Flow, Sub

    if not any(isinstance(state, Sub) for state in flow.states.values()):
        return ()
    others = [path for path in sorted(file.parent.iterdir()) if path.suffix in _SUFFIXES and path.is_file()]
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
    words = good(file, parse_words(file.read_bytes()))
    made = decode(Node.of({"id": id, "level": level or "block"}), WordList)
    if isinstance(made, Problem):
        raise FormatError(f"--list {id}: {made.message}.")
    from msgspec.structs import replace

    kept = before or made
    return replace(kept, words=words, level=made.level if level else kept.level)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8")
    except OSError as failure:
        raise FastdeskError(f"{file} cannot be written: {failure.strerror}.") from failure
