"""Plug-ins are found in a folder, put in order, given their options, and refused with the reason."""

from pathlib import Path

import pytest

from fastdesk.errors import PluginError
from fastdesk.hooks.discovery import find_plugins, load_file, make_plugins, read_options

GREETER = """
from msgspec import Struct

class Greeter:
    name = "greeter"

    class Options(Struct, frozen=True, forbid_unknown_fields=True):
        word: str = "hello"
        times: int = 1

    def __init__(self, options):
        self.options = options

    def on_stored(self, said):
        pass
"""


def watcher(name: str, order: int | None = None) -> str:
    placed = "" if order is None else f"    order = {order}\n"
    return f"class {name.title()}:\n    name = {name!r}\n{placed}\n    def on_stored(self, said):\n        pass\n"


def test_plugins_stand_in_their_order_then_by_name(tmp_path: Path) -> None:
    for name, order in (("late", 300), ("zoe", None), ("amy", None), ("early", 5)):
        (tmp_path / f"{name}.py").write_text(watcher(name, order))
    assert [plugin.name for _, plugin in find_plugins(tmp_path)] == ["early", "amy", "zoe", "late"]  # type: ignore[attr-defined]


def test_tests_and_private_files_are_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "test_amy.py").write_text("raise SystemExit")
    (tmp_path / "_draft.py").write_text("raise SystemExit")
    assert find_plugins(tmp_path) == []


def test_two_plugins_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(watcher("same"))
    (tmp_path / "b.py").write_text(watcher("same"))
    with pytest.raises(PluginError, match=r"Two plug-ins are called same: .*a\.py and .*b\.py"):
        find_plugins(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="nowhere"):
        find_plugins(tmp_path / "nowhere")


def test_a_file_without_a_plugin_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("from pathlib import Path\n")
    with pytest.raises(PluginError, match="holds no plug-in"):
        load_file(tmp_path / "empty.py")


@pytest.mark.parametrize("text", ["\n\nimport no_such_module\n", "\n\ndef broken(:\n"])
def test_a_file_that_cannot_be_imported_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken.py").write_text(text)
    with pytest.raises(PluginError, match=r"broken\.py.*line 3"):
        load_file(tmp_path / "broken.py")


def test_options_reach_the_constructor(tmp_path: Path) -> None:
    (tmp_path / "greeter.py").write_text(GREETER)
    ((name, plugin),) = make_plugins(find_plugins(tmp_path), {"greeter": {"times": 3}})
    assert name == "greeter"
    assert (plugin.options.word, plugin.options.times) == ("hello", 3)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"greeter": {"wrod": "hi"}}, "no option wrod. Did you mean word"),
        ({"greeter": {"times": "often"}}, r"wrong: Expected `int`, got `str` - at `\$\.times`"),
        ({"greater": {}}, "for a plug-in greater, which is not here. Did you mean greeter"),
    ],
)
def test_wrong_options_are_refused(tmp_path: Path, options: dict[str, object], says: str) -> None:
    (tmp_path / "greeter.py").write_text(GREETER)
    with pytest.raises(PluginError, match=says):
        make_plugins(find_plugins(tmp_path), options)


def test_a_constructor_that_wants_more_is_refused(tmp_path: Path) -> None:
    (tmp_path / "needy.py").write_text(
        watcher("needy") + "\n    def __init__(self, database):\n        pass\n"
    )
    with pytest.raises(PluginError, match=r"needy .* cannot be made"):
        make_plugins(find_plugins(tmp_path), {})


def test_options_are_read_from_the_settings_file(tmp_path: Path) -> None:
    file = tmp_path / "fastdesk.toml"
    assert read_options(file) == {}
    file.write_text('port = 80\n[plugins.greeter]\nword = "hi"\n')
    assert read_options(file) == {"greeter": {"word": "hi"}}
