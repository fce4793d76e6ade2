"""What the commands share that teach a desk: their options, a desk's records, and how problems are shown."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from fastdesk.model.problem import Problem

__all__ = [
    "Existing",
    "Key",
    "Several",
    "Step",
    "Tenant",
    "Url",
    "good",
    "progress",
    "put_all",
    "put_records",
    "read_records",
    "remove_record",
    "show",
]

Existing = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="File to read.")]
Several = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Files to read.")]
Tenant = Annotated[str, typer.Option(help="Tenant that is taught.")]
Url = Annotated[
    str, typer.Option(help="Address of a running desk; without it, the stopped one on this machine.")
]
Key = Annotated[str, typer.Option(envvar="DESK_KEY", help="API key for --url.")]


_PLURALS = {
    "rule": "rules",
    "flow": "flows",
    "words": "words",
    "article": "articles",
    "webhook": "webhooks",
}


def read_records(url: str, key: str, tenant: str, kind: str, plural: str, struct: Any) -> list[Any]:
    """Return the records of a desk: of a running one at `url`, else of the stopped one on this machine."""
    if url:
        from fastdesk import online

        return online.read_records(url, key, plural, struct)
    from fastdesk import offline
    from fastdesk.config import load_settings

    return offline.read_records(load_settings(), tenant, kind, struct)


def put_records(
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


def put_all(url: str, key: str, tenant: str, kind: str, records: list[Any]) -> None:
    """Write records of any kind that is taught, whether they are there already or not."""
    known = {str(each.id) for each in read_records(url, key, tenant, kind, _PLURALS[kind], _struct(kind))}
    put_records(url, key, tenant, kind, _PLURALS[kind], records, known)


def remove_record(url: str, key: str, tenant: str, kind: str, id: str) -> None:
    """Remove a record and say so."""
    if url:
        from fastdesk import online

        online.remove_record(url, key, _PLURALS[kind], id)
    else:
        from fastdesk import offline
        from fastdesk.config import load_settings

        offline.remove_record(load_settings(), tenant, kind, id)
    typer.echo(f"Removed {id}.")


def _struct(kind: str) -> Any:
    from fastdesk.plugins.kinds import all_kinds

    return next(each.struct for each in all_kinds() if each.name == kind)


def good(file: Path, read: Any) -> Any:
    """Return what was read; when it is a list of problems, print them and leave."""
    from fastdesk.model.problem import Problem

    problems = [one for one in read if isinstance(one, Problem)] if isinstance(read, list) else []
    if problems:
        show(file, problems)
        raise typer.Exit(1)
    return read


def show(file: Path, problems: "Iterable[Problem]", line: int = 0) -> bool:
    """Print problems, one a line, as `FILE:LINE: what – what to do`; return False, for what is not good."""
    for each in problems:
        place = f"{file}:{each.line or line}" if each.line or line else f"{file}"
        inside = f"{each.path}: " if each.path else ""
        hint = f" – {each.hint}" if each.hint else ""
        typer.echo(f"{place}: {inside}{each.message}{hint}", err=True)
    return False


@contextmanager
def progress(what: str) -> Iterator["Step"]:
    """Show a bar while something takes its time."""
    from rich.progress import Progress

    with Progress(transient=True) as bar:
        yield Step(bar, what)


class Step:
    """Move a progress bar: called with how much is done and how much there is."""

    def __init__(self, bar: object, what: str) -> None:
        self._bar = bar
        self._task = bar.add_task(what, total=None)  # type: ignore[attr-defined]

    def __call__(self, done: int, total: int) -> None:
        self._bar.update(self._task, completed=done, total=total)  # type: ignore[attr-defined]
