"""The commands that name who is told of events, and look at what the desk did by itself and why."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fastdesk.cli_records import Existing, Key, Tenant, Url, good, put_all, read_records, remove_record
from fastdesk.errors import FormatError

if TYPE_CHECKING:
    from fastdesk.model.webhook import Delivery

__all__ = ["webhook_app", "why"]

webhook_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Webhooks: where events go, and what became of them."
)

WebhookId = Annotated[str, typer.Argument(help="Id of the webhook.")]


@webhook_app.command("add")
def add_webhook(
    id: WebhookId,
    address: Annotated[str, typer.Argument(help="Where events go: https://shop.example/events.")],
    event: Annotated[
        list[str] | None, typer.Option(help="message, conversation or note; the first two when missing.")
    ] = None,
    secret: Annotated[str, typer.Option(help="Signs each delivery; made when missing.")] = "",
    tenant: Tenant = "demo",
    url: Url = "",
    key: Key = "",
) -> None:
    """Tell an address of events, or change one of the same id, and print the secret that signs them."""
    from fastdesk.model.document import Node, decode
    from fastdesk.model.problem import Problem
    from fastdesk.model.webhook import Webhook

    fields: dict[str, Any] = {"id": id, "url": address, "secret": secret} | (
        {"events": event} if event else {}
    )
    hook = decode(Node.of(fields), Webhook)
    if isinstance(hook, Problem):
        raise FormatError(f"{hook.path}: {hook.message}.", hint=hook.hint)
    put_all(url, key, tenant, "webhook", [hook])
    for each in _webhooks(url, key, tenant):
        if each.id == id:
            typer.echo(each.secret)


@webhook_app.command("import")
def import_webhooks(file: Existing, tenant: Tenant = "demo", url: Url = "", key: Key = "") -> None:
    """Bring in a file of webhooks; nothing is stored before all of it is right."""
    from fastdesk.teaching import parse_webhooks

    hooks = good(file, parse_webhooks(file.read_bytes()))
    put_all(url, key, tenant, "webhook", hooks)
    typer.echo(", ".join(hook.id for hook in hooks))


@webhook_app.command("list")
def list_webhooks(tenant: Tenant = "demo", url: Url = "", key: Key = "") -> None:
    """List the webhooks of a desk."""
    for each in _webhooks(url, key, tenant):
        off = "" if each.enabled else "  (off)"
        typer.echo(f"{each.id}  {each.url}  {' '.join(each.events)}{off}")


@webhook_app.command("remove")
def remove_webhook(id: WebhookId, tenant: Tenant = "demo", url: Url = "", key: Key = "") -> None:
    """Tell an address no more."""
    remove_record(url, key, tenant, "webhook", id)


@webhook_app.command("deliveries")
def list_deliveries(
    id: WebhookId,
    failed: Annotated[bool, typer.Option("--failed", help="Only those that were not taken.")] = False,
    tenant: Tenant = "demo",
    url: Url = "",
    key: Key = "",
) -> None:
    """List the last tries of a webhook, newest first."""
    from datetime import UTC, datetime

    for each in _deliveries(id, tenant, url, key):
        if failed and each.taken:
            continue
        at = datetime.fromtimestamp(each.at / 1000, UTC).isoformat(timespec="seconds")
        what = "taken" if each.taken else "not taken"
        typer.echo(f"{at}  {each.id}  {each.kind}  try {each.tries}: {what} ({each.error or each.status})")


def why(
    conversation: Annotated[str, typer.Argument(help="Id of the conversation.")],
    language: Annotated[str, typer.Option(help="zh or en.")] = "en",
    tenant: Tenant = "demo",
    url: Url = "",
    key: Key = "",
) -> None:
    """Say why the desk answered, did not answer, assigned, handed off or blocked, a line each, oldest first."""
    if url:
        from fastdesk import online

        lines = online.why(url, key, conversation)
    else:
        from fastdesk import offline
        from fastdesk.config import load_settings

        lines = offline.why(load_settings(), tenant, conversation)
    for each in lines:
        place = "" if each.seq is None else f"#{each.seq}"
        typer.echo(f"{place:>5}  {each.line.get(language) or each.line['en']}")


def _webhooks(url: str, key: str, tenant: str) -> list[Any]:
    from fastdesk.model.webhook import Webhook

    return read_records(url, key, tenant, "webhook", "webhooks", Webhook)


def _deliveries(id: str, tenant: str, url: str, key: str) -> "list[Delivery]":
    if url:
        from fastdesk import online

        return online.deliveries(url, key, id)
    from fastdesk.model.webhook import WebhookTry

    lines = read_records(url, key, tenant, "webhook_try", "", WebhookTry)
    own = sorted((line for line in lines if line.webhook == id), key=lambda line: -line.number)
    return [line.delivery for line in own]
