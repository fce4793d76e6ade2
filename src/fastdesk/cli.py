"""The command line. Each command imports what it needs when it runs, so that `--help` is there at once."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fastdesk import __version__
from fastdesk.cli_knowledge import kb_app
from fastdesk.cli_look import webhook_app, why
from fastdesk.cli_plugin import plugin_app
from fastdesk.cli_records import progress
from fastdesk.cli_rights import erase, retention
from fastdesk.cli_teach import flow_app, rules_app, teach, words_app
from fastdesk.errors import FastdeskError

if TYPE_CHECKING:
    from rich.console import Console

    from fastdesk.app import App
    from fastdesk.config import Settings

__all__ = ["main"]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,  # its tables take a tenth of a second to import
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The fastest customer-service desk: chat widget, rules, flows, assistant and console in one process.",
    epilog="Every setting is an environment variable FASTDESK_NAME; `fastdesk show-config` lists them.",
)
agent_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Agents: the people who answer.")
site_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Sites: where the widget stands.")
tenant_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Tenants: shops whose things nobody else sees."
)
key_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="API keys for programs.")
app.add_typer(tenant_app, name="tenant")
app.add_typer(agent_app, name="agent")
app.add_typer(site_app, name="site")
app.add_typer(key_app, name="apikey")
app.add_typer(flow_app, name="flow")
app.add_typer(rules_app, name="rules")
app.add_typer(words_app, name="words")
app.add_typer(kb_app, name="kb")
app.add_typer(plugin_app, name="plugin")
app.add_typer(webhook_app, name="webhook")

app.command("erase")(erase)
app.command("retention")(retention)
app.command("teach")(teach)
app.command("why")(why)

Tenant = Annotated[str, typer.Option(help="Tenant the new thing belongs to.")]


def main() -> None:
    """Run the command line; an expected refusal is one line on stderr and exit code 1."""
    try:
        app()
    except FastdeskError as problem:
        typer.echo(f"fastdesk: {problem.message}", err=True)
        if problem.hint:
            typer.echo(f"          {problem.hint}", err=True)
        sys.exit(1)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.")] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of everything that is stored.")] = None,
) -> None:
    """Start the desk. It makes what it needs at the first start and prints where to go."""
    from fastdesk.app import run
    from fastdesk.observe.logs import configure_logs

    settings = _settings(host=host, port=port, data=data)
    configure_logs(settings.log_level, settings.log_format)
    run(settings, _announce)


def _announce(running: "App") -> None:
    host, port = running.address
    shown = "localhost" if host in ("0.0.0.0", "127.0.0.1", "::") else host
    scheme = "https" if running.settings.tls_certificate else "http"
    console = _console()
    console.print(f"\n  [bold]fastdesk {__version__}[/] is ready\n")
    console.print(f"  Demo page   {scheme}://{shown}:{port}/", highlight=False)
    console.print(f"  Console     {scheme}://{shown}:{port}/console/", highlight=False)
    if running.first_password is not None:
        console.print(f"  Sign in     {running.settings.admin_email}", highlight=False)
        console.print(f"  Password    {running.first_password}   (shown once)", highlight=False, markup=False)
    console.print("\n  Ctrl+C stops the desk; nothing is lost.\n")


@app.command("check-config")
def check_config() -> None:
    """Check all settings, those of plug-ins among them, and say what is wrong with the first bad one."""
    from fastdesk.hooks.discovery import load_plugins

    load_plugins(_settings().plugins_dir)
    typer.echo("The settings are good.")


@app.command("show-config")
def show_config(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the page of the documentation.")
    ] = False,
) -> None:
    """Show every setting with its value, where it could be set, and what it means."""
    from fastdesk.config_page import render_markdown, render_rows

    if markdown:
        typer.echo(render_markdown())
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("setting", "value", "meaning"):
        table.add_column(heading)
    for row in render_rows(_settings()):
        table.add_row(*row)
    _console().print(table)


@app.command()
def init(
    file: Annotated[Path, typer.Argument(help="TOML file to write.")] = Path("fastdesk.toml"),
) -> None:
    """Write a settings file with every default as a comment; an existing file stays."""
    from fastdesk.config_page import render_toml

    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(render_toml())
    except FileExistsError:
        raise FastdeskError(f"{file} exists already.", hint="Name another file.") from None
    typer.echo(f"Wrote {file}. Take the # off the lines you want to change.")


@app.command()
def version() -> None:
    """Show the versions of fastdesk and of what it stands on."""
    import platform
    from importlib.metadata import version as installed

    names = ("uvloop", "picows", "msgspec", "aiohttp", "SQLAlchemy")
    parts = ", ".join(f"{name} {installed(name)}" for name in names)
    typer.echo(f"fastdesk {__version__} (Python {platform.python_version()}, {parts})")


@app.command()
def doctor() -> None:
    """Look at this machine and the data folder, and say what could become a trouble."""
    from fastdesk.doctor import examine

    console = _console()
    findings = examine(_settings())
    for finding in findings:
        mark = {"good": "[green]good[/]", "warn": "[yellow]look[/]", "bad": "[red]bad [/]"}[finding.level]
        console.print(f"{mark}  {finding.what}", highlight=False)
        if finding.hint:
            console.print(f"      {finding.hint}", style="dim", highlight=False)
    if any(finding.level == "bad" for finding in findings):
        raise typer.Exit(1)


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="Empty or new folder to write to.")],
) -> None:
    """Copy a consistent state of everything, also while the desk runs. To restore, start on a copy of that folder."""
    from fastdesk.store.backup import backup as copy

    with progress("Copying") as step:
        copy(_settings().data, target, step)
    typer.echo(f"The backup stands in {target}.")


@app.command("export")
def export_tenant(
    target: Annotated[Path, typer.Argument(help="Folder for the open files.")],
    tenant: Tenant = "demo",
) -> None:
    """Write all of a tenant's data as open files (JSON Lines)."""
    from fastdesk.store.export import export

    with progress("Exporting") as step:
        export(_settings().data, target, tenant, step)
    typer.echo(f"The export stands in {target}.")


@app.command("import")
def import_tenant(
    source: Annotated[Path, typer.Argument(help="Folder that `fastdesk export` wrote.")],
) -> None:
    """Read an export into an installation that does not have this tenant."""
    from fastdesk.store.importing import import_

    with progress("Importing") as step:
        import_(_settings().data, source, step)
    typer.echo("Imported.")


@app.command("import-gofly")
def import_gofly(
    source: Annotated[Path, typer.Argument(help="MySQL dump, SQLite file, or folder of CSV files.")],
    site: Annotated[str, typer.Option(help="Site that the visitors come to.")] = "demo",
    zone: Annotated[str, typer.Option(help="Time zone of the times in the tables.")] = "Asia/Shanghai",
    tenant: Tenant = "demo",
) -> None:
    """Bring in visitors, messages, canned replies and blocks of a gofly installation. The desk must not run."""
    from fastdesk.offline import import_gofly as bring

    found = bring(_settings(), tenant, site, source, zone)
    typer.echo(
        f"{found.visitors} visitors, {found.messages} messages, {found.canned} canned replies, {found.blocks} blocks"
    )
    if found.left_out:
        typer.echo(f"{found.left_out} messages belong to no visitor and were left out")


@tenant_app.command("add")
def add_tenant(
    tenant: Annotated[str, typer.Argument(help="Its id: a to z, 0 to 9 and -.")],
    owner: Annotated[str, typer.Option(help="Address that its owner signs in with.")],
    name: Annotated[str, typer.Option(help="What it is called.")] = "",
    own_file: Annotated[bool, typer.Option("--own-file", help="Keep it in a data base of its own.")] = False,
) -> None:
    """Add a tenant with its owner and print the password, once. Then: fastdesk site add KEY --tenant TENANT."""
    from fastdesk.offline import add_tenant as add

    typer.echo(f"Password of {owner}: {add(_settings(), tenant, name, owner, own_file=own_file)}")


@tenant_app.command("list")
def list_tenants() -> None:
    """List the tenants of this installation."""
    from fastdesk.offline import tenants

    for each in tenants(_settings()):
        own = "own file" if each.isolation == "database" else ""
        typer.echo("  ".join(part for part in (each.id, each.name, own) if part))


@agent_app.command("add")
def add_agent(
    email: Annotated[str, typer.Argument(help="Address to sign in with.")],
    name: Annotated[str, typer.Option(help="Name that visitors see.")] = "",
    role: Annotated[str, typer.Option(help="owner, admin, agent or viewer.")] = "agent",
    tenant: Tenant = "demo",
) -> None:
    """Add an agent and print the password, once. The desk must not run; while it runs, use the console."""
    from fastdesk.offline import add_agent as add

    typer.echo(f"Password of {email}: {add(_settings(), tenant, email, name, role)}")


@agent_app.command("password")
def new_password(email: Annotated[str, typer.Argument(help="Address that they sign in with.")]) -> None:
    """Give an agent who has forgotten it a new password and print it, once. The desk must not run."""
    from fastdesk.offline import new_password as change

    typer.echo(f"Password of {email}: {change(_settings(), email)}")


@site_app.command("add")
def add_site(
    key: Annotated[str, typer.Argument(help="Public key of the site: letters, digits, - and _.")],
    name: Annotated[str, typer.Option(help="Name of the site.")] = "",
    origin: Annotated[
        list[str] | None, typer.Option(help="Allowed origin, such as https://shop.example.")
    ] = None,
    tenant: Tenant = "demo",
) -> None:
    """Add a site and print the line that puts the widget on its pages."""
    from fastdesk.offline import add_site as add

    add(_settings(), tenant, key, name, tuple(origin or ()))
    typer.echo(f'<script async src="https://YOUR-DESK/widget.js" data-site="{key}"></script>')


@key_app.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[list[str] | None, typer.Option(help="Permission of the key; * for all.")] = None,
    tenant: Tenant = "demo",
) -> None:
    """Make an API key and print it, once."""
    from fastdesk.offline import add_key as add

    typer.echo(add(_settings(), tenant, name, tuple(scope or ("conversation.read",))))


def _settings(**options: object) -> "Settings":
    from fastdesk.config import load_settings

    return load_settings(**options)  # type: ignore[arg-type]


def _console() -> "Console":
    from rich.console import Console

    return Console(soft_wrap=True)
