"""Render the settings model: as a table, as a page of the documentation, as a settings file."""

from typing import Any

from pydantic import SecretStr

from fastdesk.config import PREFIX, Settings

__all__ = ["render_markdown", "render_rows", "render_toml"]


def render_rows(settings: Settings) -> list[tuple[str, str, str]]:
    """Return (name, value, meaning) of every setting; secrets are not shown."""
    return [
        (PREFIX + name.upper(), _shown(getattr(settings, name)), field.description or "")
        for name, field in Settings.model_fields.items()
    ]


def render_markdown() -> str:
    """Return docs/configuration.md."""
    rows = "\n".join(
        f"| `{PREFIX}{name.upper()}` | {_kind(field.annotation)} | `{_shown(field.default)}` | {field.description} |"
        for name, field in Settings.model_fields.items()
    )
    return f"""# Configuration

This page is generated from the settings model (`fastdesk show-config --markdown`).

Values come from, strongest first: command-line options, the environment, a `.env` file in the working folder, a TOML file
(`FASTDESK_CONFIG`, or `fastdesk.toml` in the working folder; there the names are in lower case without the prefix), the
defaults. An unknown name stops the start and names the nearest setting. `fastdesk init` writes a file to begin with,
`fastdesk check-config` checks, `fastdesk show-config` shows what is in force.

| setting | kind | default | meaning |
| --- | --- | --- | --- |
{rows}
"""


def render_toml() -> str:
    """Return a settings file with every default as a comment."""
    lines = ["# Settings of fastdesk. Take the # off the lines you want to change.", ""]
    for name, field in Settings.model_fields.items():
        lines += [f"# {field.description}", f"#{name} = {_toml(field.default)}", ""]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "(set)"
    if value is None:
        return "-"
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "-"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kind(annotation: Any) -> str:
    if isinstance(annotation, type):
        return {
            "bool": "true or false",
            "int": "number",
            "float": "number",
            "str": "text",
            "Path": "path",
        }.get(annotation.__name__, "text")
    text = str(annotation)
    if "Literal" in text and "None" not in text:
        return text.partition("[")[2].rstrip("]").replace("'", "`").replace(", ", " or ")
    if "tuple" in text:
        return "list, with commas"
    return "path" if "Path" in text else "number" if "int" in text or "float" in text else "text"


def _toml(value: Any) -> str:
    if value is None:
        return '""'
    if isinstance(value, bool | int | float):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{item}"' for item in value) + "]"
    return f'"{value}"'
