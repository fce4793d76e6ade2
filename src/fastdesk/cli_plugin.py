"""The commands around plug-ins: start one, list those that the desk would load, check a file."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from fastdesk.config import Settings

__all__ = ["plugin_app"]

plugin_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Plug-ins: start one, list and check them."
)


@plugin_app.command("new")
def new_plugin(
    name: Annotated[str, typer.Argument(help="Name of the plug-in: small letters, digits and _.")],
) -> None:
    """Write a working plug-in and its test into FASTDESK_PLUGINS_DIR, or into the current folder."""
    from fastdesk.plugin_start import write_plugin

    folder = _settings().plugins_dir
    plugin, test = write_plugin(name, folder or Path())
    typer.echo(f"Wrote {plugin} and {test}.")
    typer.echo(f"Test it:  pytest {test}")
    if folder is None:
        typer.echo("Load it:  FASTDESK_PLUGINS_DIR=. fastdesk serve")


@plugin_app.command("list")
def list_plugins() -> None:
    """List the plug-ins that the desk would load, in the order in which they are asked."""
    from fastdesk.hooks.discovery import find_plugins, make_plugins

    found = find_plugins(_settings().plugins_dir)
    made = make_plugins(found, _options())
    for (where, plugin), (name, _) in zip(found, made, strict=True):
        _show(name, plugin, where)
    if not found:
        typer.echo("There are no plug-ins. `fastdesk plugin new NAME` writes one.")


@plugin_app.command("check")
def check_plugin(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="File of the plug-in.")],
) -> None:
    """Load a file as the desk does, with its options, and say what is wrong with it."""
    from fastdesk.hooks.discovery import load_file, make_plugins

    found = load_file(file)
    names = {getattr(plugin, "name", "") for _, plugin in found}
    made = make_plugins(found, {name: value for name, value in _options().items() if name in names})
    for (where, plugin), (name, _) in zip(found, made, strict=True):
        _show(name, plugin, where)


def _show(name: str, plugin: type, where: str) -> None:
    from fastdesk.hooks.discovery import DEFAULT_ORDER
    from fastdesk.hooks.spec import HOOKS

    does = ["handler"] if hasattr(plugin, "claim") else []
    does += ["cards"] if hasattr(plugin, "cards") else []
    does += [hook for hook in sorted(HOOKS) if hasattr(plugin, hook)]
    options = ", ".join(getattr(getattr(plugin, "Options", None), "__struct_fields__", ()))
    typer.echo(f"{getattr(plugin, 'order', DEFAULT_ORDER):>5}  {name}  ({', '.join(does)})  {where}")
    if options:
        typer.echo(f"       options: {options}")


def _settings() -> "Settings":
    from fastdesk.config import load_settings

    return load_settings()


def _options() -> dict[str, Any]:
    from fastdesk.hooks.discovery import read_options

    return read_options(Path(os.environ.get("FASTDESK_CONFIG", "fastdesk.toml")))
