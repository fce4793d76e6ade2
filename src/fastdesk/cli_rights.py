"""The commands by which a person is erased and old content forgotten."""

from typing import Annotated

import typer

from fastdesk.cli_records import Key, Tenant, Url

__all__ = ["erase", "retention"]


def erase(
    visitor: Annotated[str, typer.Argument(help="Id of the visitor.")],
    reason: Annotated[str, typer.Option(help="Why; no text about the person.")] = "",
    tenant: Tenant = "demo",
    url: Url = "",
    key: Key = "",
) -> None:
    """Remove a person and everything said with them from the disk. Backups keep it until they are replaced."""
    if url:
        from fastdesk import online

        online.erase(url, key, visitor, reason)
    else:
        from fastdesk import offline
        from fastdesk.config import load_settings

        offline.erase(load_settings(), tenant, visitor, reason)
    typer.echo(f"Nothing is left of {visitor}.")


def retention(
    days: Annotated[
        int, typer.Argument(help="Days to keep messages, files and visitors; 0: for ever.", min=0)
    ],
    tenant: Tenant = "demo",
    url: Url = "",
    key: Key = "",
) -> None:
    """Say how long a tenant keeps what was said; the running desk removes what is older, once a day."""
    if url:
        from fastdesk import online

        online.set_retention(url, key, days)
    else:
        from fastdesk import offline
        from fastdesk.config import load_settings

        offline.set_retention(load_settings(), tenant, days)
    typer.echo(f"{url or tenant} keeps {f'{days} days' if days else 'everything'}.")
