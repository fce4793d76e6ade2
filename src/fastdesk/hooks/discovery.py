"""Find plug-ins: files in a folder, and packages with the entry point group `fastdesk.plugins`.

A plug-in is a class with a `name`, and handlers' or hooks' methods. Its options are a frozen struct `Options` inside it; their
values stand under `[plugins.NAME]` of the settings file and reach the constructor as `options`.
"""

import difflib
import importlib.util
import inspect
import os
import sys
import tomllib
import traceback
from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import msgspec

from fastdesk.errors import PluginError
from fastdesk.hooks.cards import check_cards
from fastdesk.hooks.registry import check_plugin
from fastdesk.hooks.spec import HOOKS

__all__ = [
    "DEFAULT_ORDER",
    "GROUP",
    "find_plugins",
    "load_file",
    "load_plugins",
    "make_plugins",
    "read_options",
]

GROUP: Final = "fastdesk.plugins"
#: Where a plug-in without `order` stands: behind the rules, before the knowledge base.
DEFAULT_ORDER: Final = 100


def find_plugins(folder: Path | None) -> list[tuple[str, type]]:
    """Return (where, class) of every plug-in in `folder` and in installed packages, in their declared order.

    Raises:
        PluginError: a file cannot be imported, holds no plug-in, or two plug-ins have one name.
    """
    found: list[tuple[str, type]] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        found += _classes(_imported(entry.value, entry.load), entry.value)
    if folder is not None:
        if not folder.is_dir():
            raise PluginError(
                f"The folder of plug-ins {folder} is not there.", hint="Set FASTDESK_PLUGINS_DIR."
            )
        for path in sorted(folder.glob("*.py")):
            if not path.name.startswith(("_", "test_")):
                found += load_file(path)
    names: dict[str, str] = {}
    for where, plugin in found:
        other = names.setdefault(_name(plugin), where)
        if other != where:
            raise PluginError(
                f"Two plug-ins are called {_name(plugin)}: {other} and {where}.", hint="Rename one."
            )
    return sorted(found, key=lambda each: (getattr(each[1], "order", DEFAULT_ORDER), _name(each[1])))


def load_file(path: Path) -> list[tuple[str, type]]:
    """Return (where, class) of every plug-in in one file.

    Raises:
        PluginError: the file cannot be imported or holds no plug-in.
    """
    return _classes(_imported(str(path), lambda: _import_file(path)), str(path))


def make_plugins(found: Iterable[tuple[str, type]], options: Mapping[str, Any]) -> list[tuple[str, object]]:
    """Return (name, plug-in) of each class, made with its checked options.

    Raises:
        PluginError: an option is unknown or wrong, the constructor fails, or a hook does not keep its contract.
    """
    made: list[tuple[str, object]] = []
    known = dict(options)
    for where, plugin in found:
        name = _name(plugin)
        given = known.pop(name, {})
        try:
            instance = (
                plugin(options=_checked(plugin, name, given)) if hasattr(plugin, "Options") else plugin()
            )
        except TypeError as failure:
            raise PluginError(
                f"Plug-in {name} ({where}) cannot be made: {failure}.",
                hint="Its constructor takes `options` when it declares Options, else nothing.",
            ) from failure
        check_plugin(instance, name)
        check_cards(instance, name)
        made.append((name, instance))
    if known:
        stranger = min(known)
        near = difflib.get_close_matches(stranger, [name for name, _ in made], n=1)
        raise PluginError(
            f"There are options for a plug-in {stranger}, which is not here.",
            hint=f"Did you mean {near[0]}?" if near else "",
        )
    return made


def load_plugins(folder: Path | None) -> list[tuple[str, object]]:
    """Return (name, plug-in) of everything that the desk loads, made with the options of its settings file.

    Raises:
        PluginError: as `find_plugins` and `make_plugins`.
    """
    return make_plugins(
        find_plugins(folder), read_options(Path(os.environ.get("FASTDESK_CONFIG", "fastdesk.toml")))
    )


def read_options(file: Path) -> dict[str, Any]:
    """Return the `[plugins.…]` tables of a settings file; none when there is no such file."""
    if not file.is_file():
        return {}
    tables = tomllib.loads(file.read_text("utf-8")).get("plugins", {})
    return tables if isinstance(tables, dict) else {}


def _checked(plugin: type, name: str, given: Any) -> Any:
    shape: type[msgspec.Struct] = plugin.Options  # type: ignore[attr-defined]
    if isinstance(given, dict):
        for key in given:
            if key not in shape.__struct_fields__:
                near = difflib.get_close_matches(key, shape.__struct_fields__, n=1)
                hint = (
                    f"Did you mean {near[0]}?"
                    if near
                    else f"Known: {', '.join(shape.__struct_fields__) or 'none'}."
                )
                raise PluginError(f"Plug-in {name} has no option {key}.", hint=hint)
    try:
        return msgspec.convert(given, shape)
    except msgspec.ValidationError as fault:
        raise PluginError(f"An option of plug-in {name} is wrong: {fault}.") from fault


def _imported(where: str, load: Any) -> Any:
    try:
        return load()
    except PluginError:
        raise
    except Exception as failure:  # the border to foreign code
        file = str(Path(where).absolute())
        frames = traceback.extract_tb(failure.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == file]
        place = f", line {lines[-1]}" if lines else ""
        raise PluginError(
            f"Plug-in {where}{place} cannot be imported: {type(failure).__name__}: {failure}."
        ) from failure


def _import_file(path: Path) -> ModuleType:
    name = f"fastdesk_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _classes(loaded: Any, where: str) -> list[tuple[str, type]]:
    if inspect.isclass(loaded):
        return [(where, loaded)]
    classes = [
        each
        for _, each in inspect.getmembers(loaded, inspect.isclass)
        if each.__module__ == loaded.__name__
        and isinstance(getattr(each, "name", None), str)
        and _does_something(each)
    ]
    if not classes:
        raise PluginError(
            f"{where} holds no plug-in.",
            hint=f"Write a class with a name and claim/answer, cards, or one of {', '.join(sorted(HOOKS))}.",
        )
    return [(where, each) for each in classes]


def _does_something(each: type) -> bool:
    return (hasattr(each, "claim") and hasattr(each, "answer")) or any(
        name.startswith("on_") or name == "cards" for name in dir(each)
    )


def _name(plugin: type) -> str:
    return str(getattr(plugin, "name", plugin.__name__.lower()))
